"""Makes small PDFs for tests: objects written by hand, so that a test can say what exactly is in the file."""

import io
import zlib
from dataclasses import dataclass, field

Line = tuple[float, float, float, str]  # x, y (points from the lower left corner), font size, text


@dataclass
class Sheet:
    """One page: lines of text (ASCII in Helvetica, anything else in a font with a ToUnicode map), an image, or a
    content stream written by hand."""

    lines: list[Line] = field(default_factory=list)
    image: bool = False
    content: bytes | None = None


def sheet(text: str, *, top: float = 760, left: float = 72, size: float = 11, leading: float = 14) -> Sheet:
    """A page with one line of print for every line of `text`."""
    lines = text.split("\n")
    return Sheet([(left, top - leading * row, size, line) for row, line in enumerate(lines) if line])


def make_pdf(
    sheets: list[Sheet | str], *, title: str | None = None, labels: str | None = None, prefix: bytes = b""
) -> bytes:
    """A complete PDF. `labels` is the inside of a /Nums array, such as "0 <</S /r>> 2 <</S /D>>"."""
    pages = [sheet(page) if isinstance(page, str) else page for page in sheets]
    special = sorted({c for page in pages for line in page.lines for c in line[3] if not c.isascii()})
    objects: dict[int, bytes] = {}
    kids = " ".join(f"{10 + 2 * index} 0 R" for index in range(len(pages)))
    nums = f" /PageLabels <</Nums [{labels}]>>" if labels else ""
    objects[1] = f"<</Type /Catalog /Pages 2 0 R{nums}>>".encode()
    objects[2] = f"<</Type /Pages /Count {len(pages)} /Kids [{kids}]>>".encode()
    objects[3] = b"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>"
    objects[4] = (
        b"<</Type /Font /Subtype /Type0 /BaseFont /Wide /Encoding /Identity-H /DescendantFonts [5 0 R]"
        b" /ToUnicode 6 0 R>>"
    )
    objects[5] = (
        b"<</Type /Font /Subtype /CIDFontType2 /BaseFont /Wide /DW 1000 /CIDSystemInfo"
        b" <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /FontDescriptor 7 0 R>>"
    )
    objects[6] = stream(_to_unicode("".join(special)))
    objects[7] = (
        b"<</Type /FontDescriptor /FontName /Wide /Flags 4 /FontBBox [0 -200 1000 900] /ItalicAngle 0"
        b" /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80>>"
    )
    objects[8] = stream(b"\x00", b" /Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8"
                                  b" /ColorSpace /DeviceGray")  # fmt: skip
    objects[9] = f"<</Title {_text_string(title)}>>".encode() if title is not None else b"<<>>"
    for index, page in enumerate(pages):
        objects[10 + 2 * index] = (
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 612 842] /Contents {11 + 2 * index} 0 R"
            " /Resources <</Font <</F1 3 0 R /F2 4 0 R>> /XObject <</Im 8 0 R>>>>>>"
        ).encode()
        objects[11 + 2 * index] = stream(_content(page), compress=page.content is not None)
    return prefix + file_of(objects, b" /Info 9 0 R")


def encrypt(content: bytes, *, user: str, owner: str = "owner", algorithm: str = "AES-256") -> bytes:
    """The same PDF, encrypted."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(content)))
    writer.encrypt(user_password=user, owner_password=owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pictures(content: bytes, *, dpi: int = 150, mirrored: bool = False, turned: bool = False) -> bytes:
    """The same pages as pictures without a text layer, as a scanner makes them: mirrored, or on their side."""
    import pypdfium2

    images = []
    for page in pypdfium2.PdfDocument(content):
        bitmap = page.render(scale=dpi / 72, grayscale=True)
        data, width = bytes(bitmap.buffer), bitmap.width
        rows = [data[start : start + width] for start in range(0, len(data), bitmap.stride)]
        if mirrored:
            rows = [row[::-1] for row in rows]
        if turned:
            rows = [bytes(column) for column in zip(*rows[::-1], strict=True)]
        images.append(rows)
    objects: dict[int, bytes] = {}
    for index, rows in enumerate(images):
        number = 10 + 3 * index
        width, height = len(rows[0]), len(rows)
        box = f"{width * 72 / dpi:g} 0 0 {height * 72 / dpi:g} 0 0"
        objects[number] = (
            f"<</Type /Page /Parent 2 0 R /MediaBox [0 0 {width * 72 / dpi:g} {height * 72 / dpi:g}]"
            f" /Contents {number + 1} 0 R /Resources <</XObject <</Im {number + 2} 0 R>>>>>>"
        ).encode()
        objects[number + 1] = stream(f"q {box} cm /Im Do Q".encode())
        objects[number + 2] = stream(
            b"".join(rows),
            f" /Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8"
            " /ColorSpace /DeviceGray".encode(),
            compress=True,
        )
    kids = " ".join(f"{10 + 3 * index} 0 R" for index in range(len(images)))
    objects[1] = b"<</Type /Catalog /Pages 2 0 R>>"
    objects[2] = f"<</Type /Pages /Count {len(images)} /Kids [{kids}]>>".encode()
    return file_of(objects)


def bomb(megabytes: int) -> Sheet:
    """A page whose small compressed stream asks for millions of words: seconds and gigabytes."""
    return Sheet(content=b"BT /F1 9 Tf 72 700 Td " + b"(aaaa bbbb cccc) Tj " * (megabytes * 50_000) + b"ET")


def _content(page: Sheet) -> bytes:
    if page.content is not None:
        return page.content
    parts = [b"q 400 0 0 600 100 100 cm /Im Do Q"] if page.image else []
    parts += [_show(*line) for line in page.lines]
    return b"\n".join(parts)


def _show(x: float, y: float, size: float, text: str) -> bytes:
    if text.isascii():
        escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
        return f"BT /F1 {size} Tf {x} {y} Td ({escaped}) Tj ET".encode()
    return f"BT /F2 {size} Tf {x} {y} Td <{text.encode('utf-16-be').hex()}> Tj ET".encode()


def _to_unicode(characters: str) -> bytes:
    codes = sorted(set(characters) | set(map(chr, range(32, 127))))
    body = ""
    shown = {"\ufefb": "\u0644\u0627"}  # the ligature lam-alef stands for two letters, in fonts as in words
    for start in range(0, len(codes), 100):
        block = codes[start : start + 100]
        body += f"{len(block)} beginbfchar\n"
        body += (
            "".join(f"<{ord(c):04X}> <{shown.get(c, c).encode('utf-16-be').hex()}>\n" for c in block)
            + "endbfchar\n"
        )
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /M def /CMapType 2 def\n"
        f"1 begincodespacerange <0000> <FFFF> endcodespacerange\n{body}"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    ).encode()


def _text_string(text: str) -> str:
    return f"<FEFF{text.encode('utf-16-be').hex()}>"


def stream(data: bytes, entries: bytes = b"", compress: bool = False) -> bytes:
    """A stream object; `entries` is more of its dictionary."""
    if compress:
        data, entries = zlib.compress(data), entries + b" /Filter /FlateDecode"
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(data), entries, data)


def file_of(objects: dict[int, bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, of which 1 is the catalog; `trailer` is more of the trailer's dictionary."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    last = max(objects)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        out += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00000 f \n"
    out += b"trailer\n<</Size %d /Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (last + 1, trailer, start)
    return bytes(out)
