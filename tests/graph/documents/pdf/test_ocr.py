"""OCR: with the real tesseract where it is installed, and with programs of its name where it is not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from graph.documents import LoadConfig, Reading, read_document
from graph.documents.errors import NoTextError, TimedOutError
from graph.documents.pdf.backends import Pdfium, draw_page
from tests.hostile import one
from tests.pdfs import Sheet, make_pdf, pictures, sheet, stream

ROOT = Path(__file__).parents[4]
TEXT = "The harbour opens at six in the morning.\nThe first boats leave before the fog has lifted.\n" * 4
tesseract = pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")


def read(tmp_path: Path, content: bytes, **settings: Any) -> Reading:
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    return read_document(path, LoadConfig.model_validate(settings))


def print_of(text: str = TEXT) -> bytes:
    return make_pdf([sheet(text, size=14, leading=20)])


def seen(words: str, sure: int = 90) -> str:
    """What tesseract prints of words that it is so sure of."""
    rows = "".join(rf"5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t{sure}\t{word}\n" for word in words.split())
    heading = r"level\tpage_num\t3\t4\t5\t6\t7\t8\t9\t10\tconf\ttext\n"
    return rf"printf '{heading}{rows}{words}\n'"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a tesseract of our own first on the path: a few lines of shell for what it does with an image."""

    def install(body: str, languages: str = "eng kor") -> Path:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        log = tmp_path / "calls"
        script = folder / "tesseract"
        script.write_text(
            "#!/bin/sh\n"
            f'if [ "$1" = --list-langs ]; then printf "%s\\n" "List of languages" {languages}; exit; fi\n'
            f'echo "$@" >> {log}; env > {tmp_path}/env; cat > {tmp_path}/image.pgm\n{body}\n'
        )
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return log

    return install


@tesseract
@pytest.mark.parametrize("turned", [False, True], ids=["upright", "on its side"])
def test_a_picture_of_text_is_read(tmp_path: Path, turned: bool) -> None:
    reading = read(tmp_path, pictures(print_of(), turned=turned), ocr_languages="eng")
    (page,) = reading["pages"]
    assert (page["status"], page["note"]) == ("read", "read by OCR")
    assert "The first boats leave before the fog has lifted." in page["text"]
    assert reading["warnings"] == ["Read by OCR, page 1: letters and numbers may be wrong."]


@tesseract
def test_text_in_no_language_that_is_known_is_not_taken_for_text(tmp_path: Path) -> None:
    with pytest.raises(NoTextError, match=r"page 1, OCR could not make out its text with eng.*load.ocr_languages"):
        read(tmp_path, pictures(print_of(TEXT * 3), mirrored=True), ocr_languages="eng")


@tesseract
def test_a_picture_without_text_is_an_empty_page(tmp_path: Path) -> None:
    reading = read(tmp_path, make_pdf(["some text", Sheet(image=True)]))
    assert [page["status"] for page in reading["pages"]] == ["read", "empty"]
    assert "No text on page 2" in reading["warnings"][0]


def test_only_pages_with_a_picture_and_no_text_are_given_to_it(tmp_path: Path, program: Any) -> None:
    calls = program(seen("The sea is blue."))
    reading = read(tmp_path, make_pdf(["some text", Sheet(image=True), "", Sheet(image=True)]))
    assert [page["text"] for page in reading["pages"]] == ["some text", "The sea is blue.", "", "The sea is blue."]
    assert [page["status"] for page in reading["pages"]] == ["read", "read", "empty", "read"]
    assert [page.get("note") for page in reading["pages"]] == [None, "read by OCR", None, "read by OCR"]
    assert reading["warnings"][0].startswith("Read by OCR, pages 2, 4")
    assert len(calls.read_text().splitlines()) == 2
    assert calls.read_text().startswith("stdin stdout -l eng+kor --psm 3 ")


def test_a_stamp_on_a_picture_is_no_text_layer(tmp_path: Path, program: Any) -> None:
    program(seen("All that the picture says, which is more."))
    stamped = b"q 600 0 0 830 5 5 cm /Im Do Q BT /F1 9 Tf 20 20 Td (%b) Tj ET"
    one, two = (
        Sheet(content=stamped % b"Scanned with a telephone"),
        Sheet(content=stamped % (b"More than that. " * 9)),
    )
    texts = [page["text"] for page in read(tmp_path, make_pdf([one, two]))["pages"]]
    assert texts[0] == "All that the picture says, which is more."
    assert texts[1].startswith("More than that.")


def test_glyphs_that_stand_for_nothing_known_are_no_text_layer(tmp_path: Path, program: Any) -> None:
    """As in a file whose fonts have no table of characters: private codes, where a viewer shows letters."""
    program(seen("The letters one sees."))
    page = Sheet([(72, 700, 12, "".join(chr(0xE000 + n) for n in range(60)))], image=True)
    assert read(tmp_path, make_pdf([page]))["pages"][0]["text"] == "The letters one sees."


def test_what_is_less_than_the_text_layer_does_not_replace_it(tmp_path: Path, program: Any) -> None:
    program(seen("Scan"))
    page = Sheet(content=b"q 600 0 0 830 5 5 cm /Im Do Q BT /F1 9 Tf 20 20 Td (Scanned with a telephone) Tj ET")
    assert read(tmp_path, make_pdf([page]))["pages"][0]["text"] == "Scanned with a telephone"
    program("exit 1")
    assert read(tmp_path, make_pdf([page]))["pages"][0]["text"] == "Scanned with a telephone"


def test_it_is_given_an_image_one_thread_and_no_password(
    tmp_path: Path, program: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLX_PDF_PASSWORD", "hunter2")
    program(seen("Words"), languages="eng kor osd")
    read(tmp_path, make_pdf([Sheet(image=True)]))
    assert (tmp_path / "image.pgm").read_bytes().startswith(b"P5\n2550 3509\n255\n"), (
        "612 by 842 points at 300 dpi"
    )
    environment = (tmp_path / "env").read_text()
    assert "OMP_THREAD_LIMIT=1" in environment
    assert "hunter2" not in environment
    assert "--psm 1 " in (tmp_path / "calls").read_text(), "with osd it can turn pages"


def test_a_page_of_one_colour_is_not_given_to_it(tmp_path: Path, program: Any) -> None:
    calls = program(seen("Words"))
    reading = read(tmp_path, make_pdf(["some text", Sheet(content=b"0.5 g 0 0 612 842 re f")]))
    assert reading["pages"][1]["status"] == "empty"
    assert not calls.exists()


def test_what_is_typed_into_a_form_is_drawn() -> None:
    look = stream(b"0 0 90 90 re f", b" /Type /XObject /Subtype /Form /BBox [0 0 99 99]")
    field = b"<</Type /Annot /Subtype /Widget /FT /Tx /T (a) /V (x) /Rect [9 9 99 99] /AP <</N 7 0 R>>>>"
    content = one(
        b" ", catalog=b"/AcroForm <</Fields [6 0 R]>>", page=b"/Annots [6 0 R]", more={6: field, 7: look}
    )
    backend = Pdfium(content, None)
    assert backend.is_scan(1, 0)
    assert backend.draw(1)


def test_a_file_that_hangs_over_its_labels_has_its_scans_read_all_the_same(tmp_path: Path, program: Any) -> None:
    program(seen("Words"))
    content = make_pdf([*[""] * 400, Sheet(image=True)], labels=f"0 <</S /D /P ({'x' * 4_000_000})>>")
    reading = read(tmp_path, content, page_timeout_seconds=1)
    assert (reading["pages"][-1]["text"], reading["pages"][-1]["status"]) == ("Words", "read")


@pytest.mark.parametrize("box", ["0 0 14400 14400", "0 0 10000000 10000000", "0 0 200000 200", "0 0 -612 -842"])
def test_a_page_of_any_size_is_drawn_within_bounds(box: str) -> None:
    content = make_pdf([Sheet(image=True)]).replace(b"[0 0 612 842]", f"[{box}]".encode())
    image = draw_page(pypdfium2.PdfDocument(content)[0])
    width, height = map(int, image.split(b"\n")[1].split()) if image else (0, 0)
    assert width * height <= 9_100_000
    assert max(width, height) <= 10_000
    assert len(image) in (0, len(b"P5\n%d %d\n255\n" % (width, height)) + width * height)


@pytest.mark.parametrize(
    ("body", "settings", "why"),
    [
        ("exit 1", {}, "OCR failed on it"),
        ("sleep 60", {"ocr_timeout_seconds": 0.5}, "OCR took longer than 0.5 seconds (load.ocr_timeout_seconds)"),
        (seen("abcdefgh " * 9, sure=30), {}, "OCR could not make out its text with eng+kor"),
    ],
    ids=["failed", "late", "unsure"],
)
def test_a_page_it_fails_on_is_lost_and_the_ledger_says_why(
    tmp_path: Path, program: Any, body: str, settings: dict[str, Any], why: str
) -> None:
    program(body)
    reading = read(tmp_path, make_pdf(["some text", Sheet(image=True)]), **settings)
    assert [page["status"] for page in reading["pages"]] == ["read", "failed"]
    assert reading["pages"][1]["note"] == why
    assert reading["warnings"] == [f"Not read, page 2: {why}."]


def test_a_few_doubtful_letters_are_specks(tmp_path: Path, program: Any) -> None:
    program(seen("/ |~ x", sure=30))
    assert read(tmp_path, make_pdf(["text", Sheet(image=True)]))["pages"][1]["status"] == "empty"


def test_it_gives_up_on_a_book_of_which_it_can_read_no_page(tmp_path: Path, program: Any) -> None:
    calls = program(seen("abcdefgh " * 9, sure=30))
    with pytest.raises(NoTextError, match=r"load.ocr_languages"):
        read(tmp_path, make_pdf([Sheet(image=True)] * 30))
    assert 4 <= len(calls.read_text().splitlines()) <= 8


def test_a_scan_is_done_when_ocr_is_done_with_it(tmp_path: Path, program: Any) -> None:
    program(seen("Words"))
    path, told = tmp_path / "paper.pdf", list[tuple[int, int]]()
    path.write_bytes(make_pdf(["text", *[Sheet(image=True)] * 6, "text"]))
    counts = [(done, 8) for done in range(9)]
    read_document(path, LoadConfig(), on_progress=lambda done, wanted: told.append((done, wanted)))
    assert told == counts
    told.clear()
    read_document(path, LoadConfig(ocr="off"), on_progress=lambda done, wanted: told.append((done, wanted)))
    assert told == counts, "without OCR, nothing is left to do on a scan"
    told.clear()
    program(seen("Words"), languages="deu")
    read_document(path, LoadConfig(), on_progress=lambda done, wanted: told.append((done, wanted)))
    assert told == [(0, 8), (1, 8), (2, 8), (8, 8)], "nor where OCR turns out to be unavailable"


def test_when_the_clock_is_out_the_rest_is_listed(tmp_path: Path, program: Any) -> None:
    program(f"[ -e {tmp_path}/first ] && sleep 60\ntouch {tmp_path}/first\n{seen('Words')}")
    # The second of two at the same time may be the one that is late: then the batch is.
    content = make_pdf(["text", *[Sheet(image=True)] * 9])
    reading = read(tmp_path, content, timeout_seconds=3)
    assert {page["status"] for page in reading["pages"][-4:]} == {"failed"}
    assert all("load.timeout_seconds" in page["note"] for page in reading["pages"][-4:])
    with pytest.raises(TimedOutError, match=r"load.timeout_seconds"):
        read(tmp_path, make_pdf([Sheet(image=True)]), timeout_seconds=1)


def test_without_the_program_the_refusal_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoTextError) as caught:
        read(tmp_path, make_pdf([Sheet(image=True)] * 2))
    for words in ("OCR", "tesseract is not installed", "apt install tesseract-ocr", "brew install tesseract"):
        assert words in str(caught.value)
    reading = read(tmp_path, make_pdf(["some text", Sheet(image=True)]))
    assert [page["status"] for page in reading["pages"]] == ["read", "empty"]
    assert any(
        warning.startswith("No OCR of page 2") and "apt install" in warning for warning in reading["warnings"]
    )


def test_a_language_that_is_not_installed_is_named(tmp_path: Path, program: Any) -> None:
    calls = program(seen("Words"))
    with pytest.raises(NoTextError, match=r"tesseract has no language 'deu'.*load.ocr_languages"):
        read(tmp_path, make_pdf([Sheet(image=True)]), ocr_languages="eng+deu")
    program(seen("Words"), languages="deu")
    with pytest.raises(NoTextError, match=r"load.ocr_languages"):
        read(tmp_path, make_pdf([Sheet(image=True)]))
    assert not calls.exists()
    program(seen("Words"), languages="deu kor")
    assert read(tmp_path, make_pdf([Sheet(image=True)]))["pages"][0]["text"] == "Words"
    assert "-l kor " in calls.read_text()


def test_it_can_be_turned_off(tmp_path: Path, program: Any) -> None:
    calls = program(seen("Words"))
    with pytest.raises(NoTextError, match=r"set load.ocr to auto"):
        read(tmp_path, make_pdf([Sheet(image=True)]), ocr="off")
    assert not calls.exists()


@linux
def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path, program: Any) -> None:
    program(f"echo $$ > {tmp_path}/starting; mv {tmp_path}/starting {tmp_path}/started; exec sleep 600")
    path = tmp_path / "scan.pdf"
    path.write_bytes(make_pdf([Sheet(image=True)]))
    code = "import sys; from graph.documents import *; read_document(sys.argv[1], LoadConfig())"
    parent = subprocess.Popen([sys.executable, "-c", code, str(path)], env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        pid = int(_until(lambda: (tmp_path / "started").read_text() if (tmp_path / "started").exists() else ""))
        assert _alive(pid)
        parent.send_signal(signal.SIGKILL)
        parent.wait(timeout=30)
        assert _until(lambda: not _alive(pid))
    finally:
        parent.kill()
        parent.wait()


@linux
def test_nothing_is_left_when_the_clock_is_out(tmp_path: Path, program: Any) -> None:
    program(f"echo $$ > {tmp_path}/started; exec sleep 600")
    reading = read(tmp_path, make_pdf(["text", Sheet(image=True)]), timeout_seconds=3)
    assert [page["status"] for page in reading["pages"]] == ["read", "failed"]
    assert _until(lambda: not _alive(int((tmp_path / "started").read_text())))


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Any) -> Any:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()
