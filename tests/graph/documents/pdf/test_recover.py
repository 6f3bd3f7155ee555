"""What is read of a PDF that has lost its end."""

import zlib
from pathlib import Path

import pytest

from graph.documents import LoadConfig, read_document
from graph.documents.errors import DamagedPDFError
from graph.documents.pdf.recover import repaired
from tests.pdfs import encrypt, file_of, make_pdf, stream

LINES = [f"This is page {number} of many." for number in range(1, 61)]


def read(tmp_path: Path, content: bytes) -> tuple[list[str], list[str]]:
    """(text of each page, warnings)."""
    path = tmp_path / "download.pdf"
    path.write_bytes(content)
    reading = read_document(path, LoadConfig(ocr="off"))
    return [page["text"] for page in reading["pages"]], reading["warnings"]


def packed(pages: int) -> bytes:
    """A file as most programs write it today: all but the streams is in an object stream, here at the start."""
    inside = {1: b"<</Type /Catalog /Pages 2 0 R>>", 3: b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>"}
    kids = b" ".join(b"%d 0 R" % (10 + n) for n in range(pages))
    inside[2] = b"<</Type /Pages /Count %d /Kids [%b]>>" % (pages, kids)
    for n in range(pages):
        inside[10 + n] = (
            b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R"
            b" /Resources <</Font <</F1 3 0 R>>>>>>" % (100 + n)
        )
    places, bodies = b"", b""
    for number, body in inside.items():
        places, bodies = places + b"%d %d " % (number, len(bodies)), bodies + body + b" "
    entries = b" /Type /ObjStm /N %d /First %d" % (len(inside), len(places))
    shown = {
        100 + n: stream(b"BT /F1 12 Tf 50 700 Td (%b) Tj ET" % LINES[n].encode(), compress=True)
        for n in range(pages)
    }
    return file_of({50: stream(places + bodies, entries, compress=True), **shown})


@pytest.mark.parametrize("tenths", range(2, 10))
def test_a_download_that_stopped_early_is_read_as_far_as_it_goes(tmp_path: Path, tenths: int) -> None:
    content = make_pdf([*LINES])
    cut = content[: len(content) * tenths // 10]
    complete = cut.count(b"endstream") - 2  # one for each page, and two that are not of pages
    texts, warnings = read(tmp_path, cut)
    assert complete > 0
    assert texts[:complete] == LINES[:complete]
    assert len(texts) - complete in (0, 1)
    assert "damaged or incomplete" in warnings[0]


@pytest.mark.parametrize("tenths", [6, 8, 9])
def test_pages_inside_object_streams_are_found_too(tmp_path: Path, tenths: int) -> None:
    content = packed(10)
    texts, _ = read(tmp_path, content[: len(content) * tenths // 10])
    assert len(texts) == 10
    assert texts[0] == LINES[0]
    assert [text for text in texts if text] == LINES[: sum(map(bool, texts))]


def test_what_holds_no_page_is_refused(tmp_path: Path) -> None:
    content = make_pdf([*LINES])
    with pytest.raises(DamagedPDFError):
        read(tmp_path, content[: len(content) // 10])


def test_without_its_key_an_encrypted_file_is_left_alone(tmp_path: Path) -> None:
    content = encrypt(make_pdf([*LINES]), user="")
    assert repaired(content) is None
    with pytest.raises(DamagedPDFError):
        read(tmp_path, content[: content.rindex(b"xref\n0")])


def test_a_page_that_was_changed_is_one_page() -> None:
    first = b"7 0 obj\n<</Type /Page /Rotate 0>>\nendobj\n"
    mended = repaired(b"%PDF-1.7\n" + first + first.replace(b"Rotate 0", b"Rotate 90"))
    assert mended is not None
    assert b"/Count 1 /Kids [7 0 R]" in mended


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1 0 obj <</Type /ObjStm /First 9>> stream\nno zlib",
        b"1 0 obj <</Type /ObjStm /First 4>> stream\n" + zlib.compress(b"a b c d <<>>"),
        b"1 0 obj <</Type /ObjStm /First 8>> stream\n" + zlib.compress(b"5 99999 <</Type /Page>>"),
        b"1 0 obj <</Type /ObjStm",
        b"1 0 obj <</Type /Pages /Note (/Type/Pagex)>>",
    ],
)
def test_garbage_has_no_pages(content: bytes) -> None:
    assert repaired(content) is None
