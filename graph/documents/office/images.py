"""Pictures of text (PNG, JPEG, TIFF, WebP): each page of one is read by OCR. No picture is unpacked here."""

import struct
from collections.abc import Iterator
from pathlib import Path

from graph.documents.line import lines_of
from graph.documents.office.protocol import Draft, Found, OfficeRequest, RefusedError
from graph.documents.pdf.ocr import OCRError, OCRUnavailableError, Tesseract

_MOST_PIXELS = 120_000_000  # of one page: A3 at 600 dots per inch has 70 million


def read_image(request: OfficeRequest) -> Found:
    """The pages of a picture. Raises RefusedError."""
    if not request.ocr:
        raise RefusedError("no_program", "off")
    content = Path(request.path).read_bytes()
    if (pixels := _pixels(content)) is None:
        raise RefusedError("damaged")
    if pixels > _MOST_PIXELS:
        raise RefusedError("packed")
    try:
        tesseract = Tesseract(request.ocr_languages, request.ocr_timeout_seconds)
        text = tesseract.read(content)
    except OCRUnavailableError as error:
        raise RefusedError("no_program", f"{error.reason.kind} {error.reason.language}".strip()) from None
    except OCRError as error:
        raise RefusedError("timeout" if error.failure.kind == "ocr_timeout" else "no_text") from None
    return Found(_pages(text))


def _pages(text: str) -> Iterator[Draft]:
    parts = text.split("\f")
    for number, part in enumerate(parts, start=1):
        if part.strip() or number < len(parts):
            yield Draft(str(number), lines_of(part), note="read by OCR")


def _pixels(content: bytes) -> int | None:
    """How many pixels the largest page has, by what the file says of itself; None where it says nothing."""
    try:
        if content.startswith(b"\x89PNG"):
            width, height = struct.unpack(">II", content[16:24])
            return int(width * height)
        if content.startswith(b"\xff\xd8"):
            return _pixels_of_jpeg(content)
        if content.startswith(b"RIFF"):
            return _pixels_of_webp(content)
        return _pixels_of_tiff(content)
    except (struct.error, IndexError):
        return None


def _pixels_of_jpeg(content: bytes) -> int | None:
    position = 2
    while content[position] == 0xFF:
        kind = content[position + 1]
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[position + 5 : position + 9])
            return int(width * height)
        (length,) = struct.unpack(">H", content[position + 2 : position + 4])
        position += 2 + max(2, length) if kind != 0xFF else 1
    return None


def _pixels_of_webp(content: bytes) -> int | None:
    kind = content[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(content[at : at + 3], "little") + 1 for at in (24, 27))
    elif kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (part & 0x3FFF for part in struct.unpack("<HH", content[26:30]))
    else:
        return None
    return width * height


def _pixels_of_tiff(content: bytes) -> int | None:
    order = "<" if content.startswith(b"II") else ">"
    (place,) = struct.unpack(f"{order}I", content[4:8])
    largest, seen = None, set[int]()
    while place and place not in seen:
        seen.add(place)
        (count,) = struct.unpack(f"{order}H", content[place : place + 2])
        end = place + 2 + 12 * count
        size = {256: 0, 257: 0}  # width and height
        for entry in range(place + 2, end, 12):
            tag, form, _, short = struct.unpack(f"{order}HHIH", content[entry : entry + 10])
            if tag in size:
                (long,) = struct.unpack(f"{order}I", content[entry + 8 : entry + 12])
                size[tag] = short if form == 3 else long
        largest = max(largest or 0, size[256] * size[257])
        (place,) = struct.unpack(f"{order}I", content[end : end + 4])
    return largest
