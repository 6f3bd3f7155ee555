"""Pictures, mail that is a web page, and what is said where packages or programs are missing."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pypdfium2
import pytest

from graph.documents import DocumentError, LoadConfig, cancellable, clean_pages, find_sections, read_document
from graph.documents.errors import NoTextError, UnsupportedFormatError
from graph.documents.find import find_documents
from graph.documents.office import messages, reader
from graph.documents.office.images import _pixels
from graph.documents.office.protocol import Refused
from tests.office_files import docx, paragraph
from tests.pdfs import make_pdf, sheet

SAID = "The tide gauge sends a report every ten minutes."
MAIL = f"""From: office@example.org
To: master@example.org
Subject: Gauges
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body><p>{SAID}</p><p style="display:none">preview</p></body></html>
"""


def test_a_mail_that_is_a_web_page_is_read_as_one(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_text(MAIL)
    reading = read_document(path, LoadConfig())
    (page,) = reading["pages"]
    assert (reading["title"], page["text"]) == ("Gauges", SAID)
    assert [entry["reason"] for entry in page.get("left_out", [])] == ["hidden text"]


def test_each_message_of_a_mailbox_is_a_page(tmp_path: Path) -> None:
    plain = MAIL.replace("text/html", "text/plain").replace("Gauges", "Tides")
    nothing = "From: a@example.org\nTo: b@example.org\nSubject: Empty\nMIME-Version: 1.0\n\n"
    parts = (plain.replace(f"<html><body><p>{SAID}</p>", f"{SAID}\n\nFrom here on it is quiet."), MAIL, nothing)
    path = tmp_path / "in.mbox"
    path.write_text("".join(f"From office@example.org Mon Jan  5 10:00:00 2026\n{part}\n\n" for part in parts))
    reading = read_document(path, LoadConfig())
    pages = clean_pages(reading["pages"], LoadConfig())
    assert [page["label"] for page in pages] == ["message 1", "message 2", "message 3"]
    assert pages[0]["text"].startswith(f"# Tides\n\nFrom: office@example.org\n\n{SAID}\n\nFrom here on")
    assert pages[1]["text"] == f"# Gauges\n\nFrom: office@example.org\n\n{SAID}"
    assert [one["title"] for one in find_sections(pages)] == ["Tides", "Gauges"]
    assert reading["warnings"] == ["Message 3: in.mbox is a mail without any text."]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_comma_separated_values_are_rows(tmp_path: Path, separator: str) -> None:
    rows = [["Place", "Crowns", "Note"], ["Quay", "400", "new"], ["Mole", "12", "old"], ["Pier", "7", "old"]]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(separator.join(row) for row in rows))
    (page,) = clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())
    assert page["text"].split("\n") == [" | ".join(row) for row in rows]


def test_a_folder_is_its_pdfs_and_office_documents(tmp_path: Path) -> None:
    for name in ("b.docx", "a.pdf", "~$b.docx", "deep/c.pptx", "report.md", "index.html", "d.xlsx", ".e.odt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [str(path.relative_to(tmp_path)) for path in find_documents([str(tmp_path)])]
    assert found == ["a.pdf", "b.docx", "d.xlsx", "deep/c.pptx"]


def test_the_sentence_for_a_missing_extra_says_what_to_install() -> None:
    said = str(messages.refusal("a.docx", Refused("not_installed"), LoadConfig()))
    assert said.endswith("install them with pip install 'mlx-pdf-summarizer[office]'.")


def test_without_the_extra_a_document_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of the same name that cannot be imported stands before the real one."""
    (tmp_path / "pypandoc.py").write_text("raise ImportError")
    (tmp_path / "a.docx").write_bytes(docx(paragraph(SAID)))
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnsupportedFormatError, match="not installed"):
        read_document(tmp_path / "a.docx", LoadConfig())


def test_a_read_that_takes_too_long_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "a.docx"
    path.write_bytes(docx(paragraph(SAID)))
    with pytest.raises(DocumentError, match=r"took longer than 0\.001 seconds"):
        read_document(path, LoadConfig(timeout_seconds=0.001))
    assert list(tmp_path.iterdir()) == [path]


REMOTE = {
    "a.html": '<html><head><link rel="stylesheet" href="{0}"><base href="{0}"></head><body><img src="{0}" alt="x">'
    '<iframe src="{0}"></iframe><object data="{0}"></object><p>{1}</p></body></html>',
    "a.rst": ".. image:: {0}\n\n.. include:: {0}\n\n{1}\n",
    "table.rst": ".. csv-table::\n   :url: {0}\n\n{1}\n",
    "a.tex": "\\documentclass{{a}}\\begin{{document}}\\includegraphics{{{0}}}\\input{{{0}}}{1}\\end{{document}}",
    "a.org": "#+INCLUDE: {0}\n\n[[{0}]]\n\n{1}\n",
    "a.rtf": '{{\\rtf1 {{\\field{{\\*\\fldinst INCLUDEPICTURE "{0}"}}{{\\fldrslt }}}}{1}}}',
}


@pytest.mark.parametrize("name", REMOTE)
def test_nothing_is_fetched(tmp_path: Path, name: str) -> None:
    """A socket that listens; nobody knocks."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        (tmp_path / name).write_text(REMOTE[name].format(address, SAID))
        try:
            said = read_document(tmp_path / name, LoadConfig())["pages"][0]["text"]
        except DocumentError as error:
            said = error.problem
        assert said == "table.rst is damaged, or not what it is named" if name == "table.rst" else SAID in said
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_read_is_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "a.docx"
    path.write_bytes(docx(paragraph(SAID)))
    with cancellable() as token:
        token.cancel()
        with pytest.raises(Exception, match="cancelled"):
            read_document(path, LoadConfig())


def test_importing_the_reader_imports_no_library_of_an_office_format() -> None:
    heavy = "{'openpyxl', 'pypandoc', 'pypdfium2'}"
    code = f"import sys, {reader.__name__}; sys.exit(bool({heavy} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True)


PRINT = "The harbour opens at six in the morning.\nThe first boats leave before the fog has lifted.\n" * 4


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed")
@pytest.mark.parametrize("form", ["png", "jpeg", "tiff"])
def test_pictures_of_pages_are_read_by_ocr(tmp_path: Path, form: str) -> None:
    with pypdfium2.PdfDocument(make_pdf([sheet(PRINT, size=14, leading=20)])) as pdf:
        image = pdf[0].render(scale=2.5).to_pil()
    path = tmp_path / f"scan.{form}"
    more = {"save_all": True, "append_images": [image]} if form == "tiff" else {}
    image.save(path, **more)
    assert _pixels(path.read_bytes()) == image.width * image.height
    reading = read_document(path, LoadConfig(ocr_languages="eng"))
    assert [page["label"] for page in reading["pages"]] == (["1", "2"] if form == "tiff" else ["1"])
    for page in reading["pages"]:
        assert "The first boats leave before the fog has lifted." in page["text"]
        assert page.get("note") == "read by OCR"
    assert reading["warnings"] == [f"scan.{form} was read by OCR: letters and numbers may be wrong."]


def test_a_picture_without_ocr_is_refused(tmp_path: Path) -> None:
    image = pypdfium2.PdfDocument(make_pdf([PRINT]))[0].render().to_pil()
    image.save(tmp_path / "a.png")
    with pytest.raises(NoTextError, match=r"a\.png is a picture, and load.ocr is off; set load.ocr to auto\."):
        read_document(tmp_path / "a.png", LoadConfig(ocr="off"))
