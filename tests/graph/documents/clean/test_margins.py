"""What stands in the margins and stays is a paragraph of its own, and no sentence runs into it."""

from itertools import pairwise
from pathlib import Path

from graph.documents import LoadConfig, clean_pages, read_document
from graph.documents.clean.margins import body_of
from graph.documents.line import Line
from tests.pdfs import Sheet, make_pdf

TEXT = (
    "The storm tide raised the water of the bay by two metres. Three dikes were damaged, and one village had to be"
    " left for two days. The coast office repaired all of them within a month. It pays for eleven new gauges that"
    " stand along the whole coast of the county. They report the height of the water every ten minutes."
)
SENTENCES = TEXT.split(" ")
CHAPTERS = ["Introduction", "The Night", "Repairs", "Costs"]


def rows(words: list[str], width: int = 80) -> list[str]:
    found = [""]
    for word in words:
        if len(found[-1]) + len(word) > width:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    return found


def pages_of(heads: list[str], feet: list[str], words: list[list[str]], tmp_path: Path) -> list[str]:
    sheets = [
        Sheet(
            [(72, 800, 9, head)] * bool(head)
            + [(72, 740 - 14 * row, 11, text) for row, text in enumerate(rows(own))]
            + [(72, 36, 9, foot)] * bool(foot)
        )
        for head, foot, own in zip(heads, feet, words, strict=True)
    ]
    path = tmp_path / "report.pdf"
    path.write_bytes(make_pdf(list(sheets)))
    return [page["text"] for page in clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())]


def test_heads_and_feet_that_vary_are_never_within_a_sentence(tmp_path: Path) -> None:
    heads = [f"Dike Report - {chapter}" for chapter in CHAPTERS]
    feet = [f"printed 2024-03-0{n} by user{n}" for n in range(1, 5)]
    words = SENTENCES * 8
    cuts = [0, 136, 262, 399, len(words)]
    texts = pages_of(heads, feet, [words[a:b] for a, b in pairwise(cuts)], tmp_path)
    for text, head, foot in zip(texts, heads, feet, strict=True):
        paragraphs = text.split("\n")
        assert head in paragraphs, "not lost, and alone"
        assert foot in paragraphs
    together = "\n".join(texts)
    for part in [*heads, *feet]:
        together = together.replace(part, "")
        before, after = "\n".join(texts).split(part)
        assert not before or before.rstrip().endswith((".", *feet)), before[-40:]
        assert not after.strip()[:1].islower() or after.strip().startswith("printed"), after[:40]
    assert together.split() == words, "and nothing else has moved"


def test_heads_of_record_sheets_stay_first(tmp_path: Path) -> None:
    heads = [f"Sheet {number} - {name}" for number, name in enumerate(["Ahlbeck", "Binz", "Caputh"], 1)]
    texts = pages_of(heads, ["Costs: 12 euros", "Costs: 19 euros", "Costs: 23 euros"], [SENTENCES] * 3, tmp_path)
    assert [text.split("\n")[0] for text in texts] == heads
    assert [text.split("\n")[-1] for text in texts] == ["Costs: 12 euros", "Costs: 19 euros", "Costs: 23 euros"]


def test_a_foot_that_ends_a_sentence_belongs_to_it() -> None:
    body, end = Line("The office will report on it"), Line("in autumn.", edge="bottom")
    assert body_of([body, end]) == [body, end]
    stamp = Line("printed by user 3", edge="bottom")
    assert body_of([body, stamp]) == [body], "it ends nothing"
    assert body_of([Line("It is over."), end])[1:] == []
