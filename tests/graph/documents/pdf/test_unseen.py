"""Text that nobody sees, and text that is struck out: left out, and named. What only looks like it stays."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, read_document
from graph.documents.clean.steps import clean_pages
from graph.documents.line import Line
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.protocol import PageRead, PageRecognized
from graph.documents.types import Reading
from tests.pdfs import Sheet, file_of, make_pdf, stream

TEXT = "The board agreed to mend the harbour wall"
PLAIN = [f"The {word} line of the page is printed as any other is." for word in ("first", "second", "third")]
PICTURE = "q 500 0 0 30 60 590 cm /Im Do Q\n"  # black
SECRET = "Nobody shall read that the chairman left"


def shown(text: str, y: float, *, x: float = 72, size: float = 11, state: str = "") -> str:
    return f"q {state} BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET Q\n"


def covered(text: str, box: str, y: float) -> str:
    return shown(text, y) + f"q {box} Q\n"


def read(tmp_path: Path, *parts: str) -> Reading:
    """A page with three printed lines, and these parts."""
    path = tmp_path / "page.pdf"
    page = "".join(shown(line, 760 - 20 * row) for row, line in enumerate(PLAIN)) + "".join(parts)
    path.write_bytes(make_pdf([Sheet(content=page.encode())]))
    return read_document(path, LoadConfig())


def words_of(reading: Reading) -> str:
    return " ".join(reading["pages"][0]["text"].split())


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(shown(SECRET, 600, state="3 Tr"), id="mode 3"),
        pytest.param(shown(SECRET, 600, state="1 g"), id="white"),
        pytest.param(shown(SECRET, 600, state="0.98 g"), id="nearly white"),
        pytest.param(shown(SECRET, 600, size=0.5), id="tiny"),
        pytest.param(covered(SECRET, "1 g 60 590 480 30 re f", 600), id="under a white box"),
        pytest.param(covered(SECRET, "0 g 60 590 480 30 re f", 600), id="under a black bar"),
        pytest.param(shown(SECRET, 600, state="0 0 9 9 re W n"), id="clipped"),
        pytest.param(shown(SECRET, 760, state="3 Tr"), id="mode 3 over other print"),
    ],
)
def test_text_that_nobody_sees_is_left_out_and_named(tmp_path: Path, part: str) -> None:
    reading = read(tmp_path, part)
    assert words_of(reading) == " ".join(PLAIN)
    assert "Page 1 has 7 words that are not visible on it; they were left out." in reading["warnings"]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(shown(TEXT, 600, state="0.87 g"), id="light grey"),
        pytest.param(shown(TEXT, 600, state="1 1 0 rg"), id="yellow"),
        pytest.param("q 0 g 60 590 480 30 re f Q\n" + shown(TEXT, 600, state="1 g"), id="white on black"),
        pytest.param(
            "q 0 .51 0 rg 60 590 480 30 re f Q\n" + shown(TEXT, 600, state="1 0 0 rg"), id="alike in grey"
        ),
        pytest.param(shown(TEXT, 600, size=4), id="small print"),
        pytest.param(shown(TEXT, 600, state="1 Tr .3 w"), id="outlines"),
        pytest.param(shown(TEXT, 600, state="3 Tr") + PICTURE, id="OCR under a picture"),
        pytest.param(PICTURE + shown(TEXT, 600, state="3 Tr"), id="OCR over a picture"),
        pytest.param(PICTURE + shown(TEXT, 600, state="1 g"), id="white on a dark picture"),
    ],
)  # fmt: skip
def test_text_that_can_be_seen_or_was_read_by_ocr_stays(tmp_path: Path, part: str) -> None:
    reading = read(tmp_path, part)
    assert words_of(reading) == " ".join([*PLAIN, TEXT])
    assert reading["warnings"] == []


def test_a_line_hidden_in_part_keeps_the_rest(tmp_path: Path) -> None:
    line = "The witness Johannes Mueller was heard by the court"
    reading = read(tmp_path, covered(line, "0 g 131.5 596 91 14 re f", 600))
    assert words_of(reading) == " ".join([*PLAIN, "The witness was heard by the court"])
    assert reading["warnings"] == ["Page 1 has 2 words that are not visible on it; they were left out."]
    assert [line.text for line in reading["pages"][0]["lines"] if line.label == "hidden"] == ["Johannes Mueller"]


def test_a_turned_page_is_looked_at_where_its_words_are(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    content = "".join(shown(line, 560 - 20 * row) for row, line in enumerate(PLAIN)) + shown(
        SECRET, 400, state="1 g"
    )
    pages = make_pdf([Sheet(content=content.encode())])
    path.write_bytes(pages.replace(b"/MediaBox [0 0 612 842]", b"/MediaBox [9 9 600 800] /Rotate 90"))
    reading = read_document(path, LoadConfig())
    assert sorted(words_of(reading).split()) == sorted(" ".join(PLAIN).split())
    assert reading["warnings"] == ["Page 1 has 7 words that are not visible on it; they were left out."]


def test_a_layer_that_is_off_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "layers.pdf"
    content = shown(TEXT, 700) + "/OC /L1 BDC\n" + shown(SECRET, 600) + "EMC\n/OC /L2 BDC\n" + shown(PLAIN[0], 500)
    path.write_bytes(
        file_of(
            {
                1: b"<</Type /Catalog /Pages 2 0 R /OCProperties <</OCGs [6 0 R 7 0 R]"
                b" /D <</Order [6 0 R 7 0 R] /OFF [6 0 R]>>>>>>",
                2: b"<</Type /Pages /Count 1 /Kids [3 0 R]>>",
                3: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents 4 0 R /Resources"
                b" <</Font <</F1 5 0 R>> /Properties <</L1 6 0 R /L2 7 0 R>>>>>>",
                4: stream(content.encode() + b"EMC\n"),
                5: b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
                6: b"<</Type /OCG /Name (Draft)>>",
                7: b"<</Type /OCG /Name (Final)>>",
            }
        )
    )
    assert words_of(read_document(path, LoadConfig())) == f"{TEXT} {PLAIN[0]}"


STRUCK = "The yearly fee is fifty euros"  # 150 points wide at 11 points


@pytest.mark.parametrize(
    "bar",
    [
        pytest.param("1 w 72 603.3 m {right} 603.3 l S\n", id="a line"),
        pytest.param("71 603 {width} 0.8 re f\n", id="a filled box"),
        pytest.param("72 603 60 .7 re f 132 603 {rest} .7 re f\n", id="in pieces"),
        pytest.param("0.5 w 72 602.6 m {right} 602.6 l S 72 605 m {right} 605 l S\n", id="two lines"),
    ],
)
def test_struck_words_are_left_out_and_named(tmp_path: Path, bar: str) -> None:
    right = _right_of(tmp_path, STRUCK)
    reading = read(tmp_path, shown(STRUCK, 600), bar.format(right=right, width=right - 71, rest=right - 132))
    assert words_of(reading) == " ".join(PLAIN)
    assert reading["warnings"] == ["Page 1 has 6 words that are struck out on it; they were left out."]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(shown(STRUCK, 600) + "1 w 72 598 m 215 598 l S\n", id="underline"),
        pytest.param(shown(STRUCK, 600) + "1 w 72 609 m 215 609 l S\n", id="line above"),
        pytest.param(shown(STRUCK, 600) + "1 w 20 603.3 m 590 603.3 l S\n", id="rule across the page"),
        pytest.param(shown(STRUCK, 600) + ".5 w 60 611 m 300 611 l S 60 596 m 300 596 l S\n", id="table"),
        pytest.param(shown(STRUCK, 600) + "q 1 1 0 rg 72 598 143 11 re f Q\n" + shown(STRUCK, 600), id="marker"),
    ],
)  # fmt: skip
def test_other_lines_strike_nothing(tmp_path: Path, part: str) -> None:
    reading = read(tmp_path, part)
    assert STRUCK in words_of(reading)
    assert reading["warnings"] == []


def test_the_bar_of_a_fraction_strikes_nothing(tmp_path: Path) -> None:
    fraction = shown("mean of them", 606) + shown("number of all", 591) + "0.5 w 70 602 m 140 602 l S\n"
    assert words_of(read(tmp_path, fraction)) == " ".join([*PLAIN, "mean of them number of all"])


def _right_of(tmp_path: Path, text: str) -> float:
    """Where a text at x 72 ends."""
    path = tmp_path / "width.pdf"
    path.write_bytes(make_pdf([Sheet(content=shown(text, 600).encode())]))
    box = read_document(path, LoadConfig())["pages"][0]["lines"][0].box
    assert box
    return box[2]


def test_pages_are_named_together(tmp_path: Path) -> None:
    path = tmp_path / "pages.pdf"
    secret, plain = (shown(SECRET, 600, state="1 g"), shown(TEXT, 700))
    pages = [plain + secret, plain, plain + secret]
    path.write_bytes(make_pdf([Sheet(content=page.encode()) for page in pages]))
    reading = read_document(path, LoadConfig())
    assert reading["warnings"] == ["Pages 1, 3 have 14 words that are not visible on them; they were left out."]


def test_what_is_left_out_is_in_the_account(tmp_path: Path) -> None:
    reading = read(tmp_path, shown(SECRET, 600, state="1 g"), shown("x1 y2", 500, state="1 g"))
    cleaned = clean_pages(reading["pages"], LoadConfig())
    assert cleaned[0]["left_out"] == [{"reason": "hidden text", "words": 9, "text": SECRET}]


def test_ocr_keeps_the_account() -> None:
    content = PDFContent(page_count=1)
    content.take(PageRead.of(1, [Line("Scanned"), Line(SECRET, label="hidden")], 50))
    content.take(PageRecognized(1, "All of what the picture of this page says"))
    assert content.texts[1] == "All of what the picture of this page says"
    assert [line.text for line in content.lines[1] if line.label == "hidden"] == [SECRET]
