"""Which words are looked for on the drawn page, and what is found: by all the ways in which a file hides text."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, read_document
from graph.documents.pdf.page_objects import objects_of
from graph.documents.pdf.suspects import Runs, suspect_words
from graph.documents.pdf.words import PageWords
from tests.pdfs import file_of, stream

PLAIN = "The first line of the page is printed as any other is."
SECRET = "Nobody shall read that the chairman left"
GREY = b" /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"
FORM = b" /Type /XObject /Subtype /Form /Resources <</Font <</F1 5 0 R>>>> /BBox "
BAR = "60 596 300 14 re f\n"  # over the second line, if it is in one piece


def shown(text: str, y: float = 600, *, state: str = "", font: str = "F1") -> str:
    return f"q {state} BT /{font} 11 Tf 72 {y} Td ({text}) Tj ET Q\n"


def page(content: str) -> bytes:
    """A page with the plain line, this content, and all that it may name."""
    secret = shown(SECRET).encode()
    return file_of(
        {
            1: b"<</Type /Catalog /Pages 2 0 R /OCProperties <</OCGs [6 0 R] /D <</OFF [6 0 R]>>>>>>",
            2: b"<</Type /Pages /Count 1 /Kids [3 0 R]>>",
            3: b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents 4 0 R /Resources <<"
               b"/Font <</F1 5 0 R /T3 7 0 R>> /Properties <</Off 6 0 R>> /Shading <</White 9 0 R>>"
               b" /Pattern <</Nothing 10 0 R>> /ExtGState <</Clear <</ca 0>> /Half <</ca .5>> /Mask <</SMask"
               b" <</Type /Mask /S /Luminosity /G 11 0 R>>>> /Multiply <</BM /Multiply>>>>"
               b" /XObject <</Paper 12 0 R /Glass 13 0 R /Cut 15 0 R /OffForm 16 0 R /Form 17 0 R>>>>>>",
            4: stream((shown(PLAIN, 700) + content).encode()),
            5: b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
            6: b"<</Type /OCG /Name (Draft)>>",
            7: b"<</Type /Font /Subtype /Type3 /FontBBox [0 0 600 800] /FontMatrix [.001 0 0 .001 0 0]"
               b" /FirstChar 97 /LastChar 98 /Widths [600 600] /CharProcs <</a 8 0 R /b 18 0 R>>"
               b" /Encoding <</Type /Encoding /Differences [97 /a /b]>> /Resources <<>>>>",
            8: stream(b"600 0 0 0 600 800 d1\n"),
            9: b"<</ShadingType 2 /ColorSpace /DeviceGray /Coords [0 0 612 0] /Function"
               b" <</FunctionType 2 /N 1 /Domain [0 1] /C0 [1] /C1 [1]>> /Extend [true true]>>",
            10: stream(b"", b" /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 9 9] /XStep 9 /YStep 9"
                            b" /Resources <<>>"),
            11: stream(b"", FORM + b"[0 0 612 842] /Group <</S /Transparency /CS /DeviceGray>>"),
            12: stream(b"\xff", GREY),
            13: stream(b"\xff", GREY + b" /SMask 14 0 R"),
            14: stream(b"\x40", GREY),
            15: stream(secret, FORM + b"[0 0 20 20]"),
            16: stream(secret, FORM + b"[0 0 612 842] /OC 6 0 R"),
            17: stream(secret, FORM + b"[0 0 612 842]"),
            18: stream(b"600 0 0 0 600 800 d1 60 0 400 700 re f\n"),
        }
    )  # fmt: skip


def hidden(path: Path) -> str:
    lines = read_document(path, LoadConfig())["pages"][0]["lines"]
    return " ".join(line.text for line in lines if line.label == "hidden")


def suspects(path: Path) -> list[str]:
    import pypdfium2
    from pypdfium2 import raw

    loaded = pypdfium2.PdfDocument(path)[0]
    textpage = loaded.get_textpage()
    words = PageWords(raw, textpage, textpage.get_text_range())
    found = suspect_words(raw, words, words.words, objects_of(raw, loaded), Runs(words.runs()))
    return [word.text for word in found]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(shown(SECRET, state="/Clear gs"), id="glass"),
        pytest.param(shown(SECRET, state="/Mask gs"), id="soft mask"),
        pytest.param(shown(SECRET, state="/Pattern cs /Nothing scn"), id="pattern of nothing"),
        pytest.param(shown(SECRET, state="7 Tr"), id="a clip of its own"),
        pytest.param("/Cut Do\n", id="cut off by its form"),
        pytest.param("/OffForm Do\n", id="form in a layer that is off"),
        pytest.param("/OC /Off BDC\n/Form Do EMC\n", id="form drawn in a layer that is off"),
        pytest.param("/P <</MCID 0>> BDC /OC /Off BDC " + shown(SECRET) + " EMC EMC\n", id="layer in a mark"),
        pytest.param(shown(SECRET) + "1 g " + BAR, id="white box"),
        pytest.param(shown(SECRET) + "1 G 14 w 60 603 m 360 603 l S\n", id="thick line"),
        pytest.param(
            shown(SECRET) + "1 g " + "".join(f"60 {y} 300 1 re f\n" for y in range(596, 611)), id="strips"
        ),
        pytest.param(shown(SECRET) + "q 60 596 300 14 re W n /White sh Q\n", id="shading"),
        pytest.param("0 g " + BAR + shown(SECRET), id="black on black"),
        pytest.param(shown(SECRET, state="60 400 400 30 re W n"), id="clip elsewhere"),
        pytest.param(shown(SECRET, state="60 590 400 30 re W n 60 400 400 30 re W n"), id="two clips"),
        pytest.param(shown(SECRET) + "1 G .1 0 0 .1 0 0 cm 140 w 600 6030 m 3600 6030 l S\n", id="scaled line"),
        pytest.param(".9 g " + BAR + shown(SECRET, state=".9 g"), id="grey on grey"),
    ],
)
def test_whatever_hides_text_is_found(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(page(content))
    assert hidden(path) == SECRET


def test_a_font_that_draws_nothing_is_found(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(page(shown("aaaa", font="T3") + shown("bbbb", 500, font="T3")))
    assert hidden(path) == "aaaa"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("/Form Do\n", id="form"),
        pytest.param(shown(SECRET) + "q /Multiply gs 1 1 0 rg " + BAR + "Q\n", id="under a highlight"),
        pytest.param(shown(SECRET) + "q /Half gs 1 g " + BAR + "Q\n", id="under glass"),
        pytest.param(shown(SECRET) + "q 60 0 0 14 60 596 cm /Glass Do Q\n", id="picture with alpha"),
        pytest.param("0 g " + BAR + shown(SECRET, state="1 g"), id="white on a black head"),
        pytest.param("q .9 g " + BAR + "Q\n" + shown(SECRET), id="grey row of a table"),
        pytest.param("q 1 g " + BAR + "Q\n" + shown(SECRET), id="white paper"),
        pytest.param("0 G .5 w 60 590 400 200 re S\n" + shown(SECRET), id="frame"),
        pytest.param(shown(SECRET) + "q 300 0 0 14 60 400 cm /Paper Do Q\n", id="picture elsewhere"),
        pytest.param(shown(SECRET, state="2 Tr .2 w"), id="bold by its outline"),
        pytest.param(shown(SECRET, state=".45 g"), id="grey"),
    ],
)
def test_text_that_is_seen_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(page(content))
    reading = read_document(path, LoadConfig())
    assert SECRET in " ".join(reading["pages"][0]["text"].split())
    assert hidden(path) == ""


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(shown(SECRET), id="black"),
        pytest.param(shown(SECRET, state=".8 0 0 rg"), id="red"),
        pytest.param("/P <</MCID 0>> BDC " + shown(SECRET) + "EMC\n", id="tagged"),
        pytest.param(shown(SECRET) + "72 598 200 .6 re f\n", id="underline"),
        pytest.param(shown(SECRET) + "1 g 60 400 300 14 re f\n", id="box elsewhere"),
        pytest.param("q .9 g " + BAR + "Q\n" + shown(SECRET), id="grey row of a table"),
        pytest.param("0 G .5 w 60 590 400 200 re S\n" + shown(SECRET), id="frame"),
        pytest.param(
            shown(SECRET) + "0 G .5 w 66 590 m 394 590 l 398 590 400 592 400 596 c 400 640 l 60 640 l "
            "60 596 l 60 592 62 590 66 590 c h S\n",
            id="rounded frame",
        ),
        pytest.param(shown(SECRET, state="60 590 400 30 re W n"), id="clip that cuts nothing"),
    ],
)
def test_a_plain_page_needs_no_drawing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(page(content))
    assert suspects(path) == []


def test_only_the_words_that_something_covers_are_suspects(tmp_path: Path) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(page(shown(SECRET) + "0 g " + BAR))
    assert suspects(path) == SECRET.split()
