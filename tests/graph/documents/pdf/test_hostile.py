"""Files that are broken, or made to break readers: text, or one plain refusal."""

import random
import re
from pathlib import Path

import pytest

from graph.documents import DocumentError, LoadConfig, Reading, read_document
from tests.hostile import HELLO, cases
from tests.pdfs import make_pdf, sheet

_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# Small limits: what a bomb takes is theirs, not the file's.
CONFIG = LoadConfig(memory_mb=256, page_timeout_seconds=20, ocr="off")


def outcome(path: Path) -> tuple[str, str]:
    """("text", all of it) or (name of the refusal, its sentence). Whatever it is must be printable."""
    try:
        reading = read_document(path, CONFIG)
    except DocumentError as error:
        kind, words = type(error).__name__, str(error)
    else:
        check(reading)
        return "text", "\n".join(page["text"] for page in reading["pages"])
    assert words.isprintable()
    assert words.endswith(".")
    assert path.name in words
    return kind, words


def check(reading: Reading) -> None:
    labels = [page["label"] for page in reading["pages"] if page["label"] is not None]
    for line in [reading["title"], *reading["warnings"], *labels]:
        assert "\n" not in line
    for text in [reading["title"], *reading["warnings"], *labels, *(page["text"] for page in reading["pages"])]:
        assert not _FORBIDDEN.search(text)
        text.encode()


@pytest.mark.parametrize(("content", "expected"), [pytest.param(c, e, id=n) for n, c, e in cases()])
def test_it_ends_as_it_should(tmp_path: Path, content: bytes, expected: str) -> None:
    path = tmp_path / "hostile.pdf"
    path.write_bytes(content)
    name, text = outcome(path)
    if expected == "letters":
        assert (name, bool(text.strip())) == ("text", True)
    elif expected == "text":
        assert HELLO in text, name
    else:
        assert name == expected, text


def test_no_damage_gets_past_the_reader(tmp_path: Path) -> None:
    """Thirty files with bytes changed, lost or doubled at random, always the same ones."""
    rng = random.Random(20240)
    good = make_pdf(
        [sheet(f"{HELLO}\nPage {n} of many.") for n in range(4)], title="A title", labels="0 <</S /r>>"
    )
    path = tmp_path / "damaged.pdf"
    ends: list[str] = []
    for turn in range(30):
        content = bytearray(good)
        for _ in range(rng.choice((1, 8, 40))):
            place = rng.randrange(len(content))
            if turn % 3 == 0:
                content[place] = rng.randrange(256)
            elif turn % 3 == 1:
                del content[place : place + rng.randrange(1, 30)]
            else:
                content[place:place] = content[place : place + rng.randrange(1, 30)]
        path.write_bytes(content)
        ends.append(outcome(path)[0])
    assert set(ends) <= {
        "text",
        "DamagedPDFError",
        "NoTextError",
        "NoPagesError",
        "NotAPDFError",
        "PasswordNeededError",
    }
    assert ends.count("text") > 15, "most of the text is still there"
