"""Documents of office programs that are broken, or made to break readers, each with what should become of it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from tests.office_files import W, docx, paragraph, pptx, shape, zipped

HELLO = "Hello, this is a line of text."
_GOOD = docx(paragraph(HELLO))
_BOMB = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip
_OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'
_SHEET = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'

# Name of the file, content, and "text" (the line is there), "any" (it is read), or the names of refusals.
Case = tuple[str, str, bytes, str]


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _archives()
    yield from _xml()
    yield from _nested()
    yield from _lies()
    yield from _texts()
    yield from _sheets()
    yield from _images()


def _with(content: bytes, entries: dict[str, str | bytes]) -> bytes:
    """The archive with more entries, or others in their place."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**kept, **entries})


def _document(xml: str) -> bytes:
    return _with(_GOOD, {"word/document.xml": xml})


def _archives() -> Iterator[Case]:
    yield "a bomb of zeros", "a.docx", _with(_GOOD, {"word/media/image1.png": bytes(200 * 10**6)}), "TooLargeError"
    yield "a bomb of XML", "a.docx", _document(f"<w:document {W}>{' ' * 60 * 10**6}</w:document>"), "TooLargeError"
    many = {f"word/media/{n}.png": b"" for n in range(25_000)}
    yield "too many entries", "a.docx", _with(_GOOD, many), "TooLargeError"
    size = struct.pack("<I", 10)  # the directory says 10 bytes, and more come out
    directory = _GOOD.rfind(b"PK\x01\x02", 0, _GOOD.rfind(b"word/document.xml"))
    yield (
        "a size that is a lie",
        "a.docx",
        _GOOD[: directory + 24] + size + _GOOD[directory + 28 :],
        "DamagedFileError",
    )
    yield (
        "a bomb in a bomb",
        "a.docx",
        zipped({"a.zip": zipped({"b.zip": bytes(10**6)})}),
        "UnsupportedFormatError",
    )
    yield (
        "entries that climb",
        "a.docx",
        _with(_GOOD, {"../../../tmp/climbed.xml": "<a/>", "/abs.xml": "<a/>"}),
        "text",
    )
    out = io.BytesIO(_GOOD)
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/media/link.xml")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    yield "an entry that is a link", "a.docx", out.getvalue(), "text"
    locked = bytearray(_GOOD)
    for mark, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = locked.find(mark)
        locked[at + place] |= 1
    yield "an entry that is encrypted", "a.docx", bytes(locked), "PasswordNeededError"
    yield "half a file", "a.docx", _GOOD[: len(_GOOD) // 2], "DamagedFileError"
    flipped = bytearray(_GOOD)
    at = flipped.find(b"word/document.xml") + 30
    flipped[at : at + 20] = b"\xff" * 20
    yield "a stream that is damaged", "a.docx", bytes(flipped), "DamagedFileError"


def _xml() -> Iterator[Case]:
    body = f"<w:body>{paragraph('&i;')}</w:body></w:document>"
    yield "a bomb of entities", "a.docx", _document(f"{_BOMB}<w:document {W}>{body}"), "UnsupportedFormatError"
    yield (
        "an entity from outside",
        "a.docx",
        _document(f"{_OUTSIDE}<w:document {W}>{body}"),
        "UnsupportedFormatError",
    )
    slides = _with(pptx(shape(HELLO)), {"ppt/slides/slide0.xml": f"{_BOMB}<x>&i;</x>"})
    yield "entities in a slide", "a.pptx", slides, "UnsupportedFormatError"
    wide = f"{_BOMB}<w:document {W}/>".encode("utf-16")
    yield "entities in UTF-16", "a.docx", _with(_GOOD, {"word/document.xml": wide}), "UnsupportedFormatError"
    styles = _with(_GOOD, {"word/styles.xml": f"{_BOMB}<w:styles {W}>&i;</w:styles>"})
    yield "entities in the styles", "a.docx", styles, "UnsupportedFormatError"
    attributes = " ".join(f'a{n}="1"' for n in range(300_000))
    yield "attributes without end", "a.docx", _document(
        f"<w:document {W}><w:body><w:p {attributes}/>{paragraph(HELLO)}</w:body></w:document>"
    ), "text TooLargeError"  # fmt: skip
    yield "XML that is none", "a.docx", _document("<w:document"), "DamagedFileError"
    yield "a presentation without slides", "a.pptx", pptx(), "NoTextError"


def _nested() -> Iterator[Case]:
    deep = 10_000
    lists = "<ul><li>" * deep + HELLO + "</li></ul>" * deep
    yield "lists in lists", "a.html", f"<html><body>{lists}</body></html>".encode(), "TooLargeError"
    divs = "<div>" * deep + HELLO + "</div>" * deep
    yield "blocks in blocks", "a.html", f"<html><body>{divs}</body></html>".encode(), "TooLargeError"
    yield "tables never closed", "a.html", b"<html><body>" + b"<table><tr><td>" * deep, "TooLargeError"
    tables = "<w:tbl><w:tr><w:tc>" * deep + paragraph(HELLO) + "</w:tc></w:tr></w:tbl>" * deep
    yield "tables in tables", "a.docx", docx(tables), "TooLargeError"
    groups = "<p:grpSp>" * deep + shape(HELLO) + "</p:grpSp>" * deep
    yield "groups in groups", "a.pptx", pptx(groups), "TooLargeError DamagedFileError"
    yield (
        "braces in braces",
        "a.rtf",
        b"{\\rtf1 " + b"{" * 100_000 + HELLO.encode() + b"}" * 100_001,
        "any TooLargeError",
    )
    yield (
        "quotes in quotes",
        "a.rst",
        b"".join(b" " * n + b"* a\n\n" for n in range(300)),
        "any TooLargeError TimedOutError",
    )


def _lies() -> Iterator[Case]:
    yield "a docx that is called a PDF", "a.pdf", _GOOD, "text"
    yield "a docx that is called a text", "a.txt", _GOOD, "text"
    yield "a packed file of no document", "a.docx", zipped({"a.txt": HELLO}), "UnsupportedFormatError"
    yield (
        "a picture that is called a docx",
        "a.docx",
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        "NoTextError DamagedFileError",
    )
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000)
    yield "an old document", "a.doc", old, "UnsupportedFormatError"
    locked = old + "EncryptedPackage".encode("utf-16-le") + bytes(100)
    yield "a docx behind a password", "a.docx", locked, "UnsupportedFormatError"
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    odt = {"mimetype": "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml": manifest}
    yield "an odt behind a password", "a.odt", zipped(odt), "PasswordNeededError"
    yield "a book without a chapter", "a.epub", zipped({"mimetype": "application/epub+zip"}), "DamagedFileError"


def _texts() -> Iterator[Case]:
    picture = f'<img src="data:image/png;base64,{"A" * 5_000_000}">'
    yield "a picture without end", "a.html", f"<html><body>{picture}<p>{HELLO}</p></body></html>".encode(), "text"
    yield "a page that is never closed", "a.html", b"<html><body><p>" + HELLO.encode(), "text"
    yield (
        "broken letters",
        "a.html",
        b'<html><meta charset="utf-7"><body>\xff\xfe\x00' + HELLO.encode(),
        "any NotAPDFError",
    )
    outside = f"\\documentclass{{a}}\\begin{{document}}\\input{{/etc/passwd}} {HELLO}\\end{{document}}".encode()
    yield "a file from outside", "a.tex", outside, "text"
    macros = "".join(
        f"\\def\\{name}{{" + f"\\{inner} " * 10 + "}" for name, inner in zip("abcdefgh", "bcdefghi", strict=True)
    )
    bomb = f"\\documentclass{{a}}{macros}\\def\\i{{ha}}\\begin{{document}}\\a\\end{{document}}".encode()
    yield "a bomb of macros", "a.tex", bomb, "any TooLargeError DamagedFileError TimedOutError"
    yield "a page from outside", "a.rst", b".. include:: /etc/passwd\n\n" + HELLO.encode(), "text"


def _sheets() -> Iterator[Case]:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "xl/workbook.xml": f"<workbook {_SHEET}/>",
    }
    yield "a workbook without sheets", "a.xlsx", zipped(parts), "DamagedFileError NoTextError"
    strings = f"<sst {_SHEET}><si><t>{'x' * 320 * 10**6}</t></si></sst>"
    yield "a string without end", "a.xlsx", zipped({**parts, "xl/sharedStrings.xml": strings}), "TooLargeError"
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="str"><v>row {n}</v></c></row>' for n in range(1, 150_001))
    yield "a sheet of many rows", "a.xlsx", _workbook(f"<sheetData>{rows}</sheetData>"), "any"
    cell = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{HELLO}</t></is></c></row>'
    wide = f'<dimension ref="A1:XFD1048576"/><sheetData>{cell}<row r="1048576"/></sheetData>'
    yield "a sheet that says it is full", "a.xlsx", _workbook(wide), "text"


def _workbook(sheet: str) -> bytes:
    import openpyxl

    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return _with(out.getvalue(), {"xl/worksheets/sheet1.xml": f"<worksheet {_SHEET}>{sheet}</worksheet>"})


def _images() -> Iterator[Case]:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    yield "a picture of 3.6 billion points", "a.png", b"\x89PNG\r\n\x1a\n" + chunk, "TooLargeError"
    yield (
        "a picture of pages in a ring",
        "a.tif",
        b"II*\0\x08\0\0\0\0\0\x08\0\0\0",
        "TooLargeError NoTextError DamagedFileError",
    )
