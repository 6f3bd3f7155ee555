"""A page of pypdfium2 -> a picture of it for people, with passages marked. Raises anything."""

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.indices import indices_of
from graph.documents.pdf.passages import PageLetters

_MOST_CHARACTERS = 200_000  # of a page, in which passages are looked for
_MOST_PIXELS, _LONGEST_SIDE = 4_000_000, 6000
# Multiplied with what is there: print stays black, and red and green stay what they were.
_YELLOW = (255, 255, 119)
_ROUND = 0.25  # of the height of a mark: the radius of its corners
_CURVE = 0.5523  # of a radius: how far the handles of the curve that is nearest to a circle are
# Sixteen steps of each colour are enough for print, and make a picture half as large.
_STEPS = bytes(17 * round(value / 17) for value in range(256))
_HIGH, _LOW = (bytes(unit * round(value / 17) for value in range(256)) for unit in (16, 1))


def page_pictures(raw: Any, page: Any, views: Iterable[Sequence[str]], width: int) -> list[bytes]:
    """PNG images of the page, each with its passages marked; narrower than `width` if they would be too high."""
    across, down = page.get_size()
    scale = min(width / across, (_MOST_PIXELS / (across * down)) ** 0.5, _LONGEST_SIDE / max(across, down))
    places: PagePassages | None = None
    found = list[bytes]()
    for passages in views:
        if passages and places is None:
            places = PagePassages(raw, page)
        boxes = [box for passage in passages for box in places.boxes(passage)] if places else []
        with _marked(raw, page, boxes):
            bitmap = page.render(scale=scale * (1 - 1e-9), rev_byteorder=True)  # it rounds up
        pixels, wide = memoryview(bitmap.buffer).cast("B"), bitmap.width * bitmap.n_channels
        starts = range(0, bitmap.stride * bitmap.height, bitmap.stride)
        found.append(png_of([bytes(pixels[start : start + wide]) for start in starts], bitmap.width))
    return found


class PagePassages:
    """Where passages stand on a page."""

    def __init__(self, raw: Any, page: Any) -> None:
        self._raw, self._textpage = raw, page.get_textpage()
        self._text = self._textpage.get_text_range(0, min(self._textpage.count_chars(), _MOST_CHARACTERS))
        self._letters = PageLetters(self._text)
        self._indices = indices_of(raw, self._textpage, self._text)

    def boxes(self, passage: str) -> Iterator[Box]:
        """One for each line of print, in points of the page."""
        for start, end in self._letters.find(passage):
            while end < len(self._text) and not self._text[end].isspace() and not self._text[end].isalnum():
                end += 1  # the full stop, the closing quotation mark
            yield from _lines(_boxes(self._raw, self._textpage, self._indices[start:end]))


def _boxes(raw: Any, textpage: Any, characters: Iterable[int]) -> Iterator[Box]:
    """Around each, as high as the font is."""
    box = raw.FS_RECTF()
    for index in characters:
        if index >= 0 and raw.FPDFText_GetLooseCharBox(textpage, index, box):
            left, right = sorted((box.left, box.right))
            bottom, top = sorted((box.bottom, box.top))
            if left < right and bottom < top:
                yield left, bottom, right, top


def _lines(boxes: Iterable[Box]) -> Iterator[Box]:
    """One box for what stands side by side, or one below the other as in print that is turned."""
    line: Box | None = None
    for box in boxes:
        if line and (_are_in_row(line, box, 0) or _are_in_row(line, box, 1)):
            line = min(line[0], box[0]), min(line[1], box[1]), max(line[2], box[2]), max(line[3], box[3])
        else:
            if line:
                yield line
            line = box
    if line:
        yield line


def _are_in_row(line: Box, box: Box, axis: int) -> bool:
    """Whether a character goes on with a line along an axis: 0 from side to side, 1 up or down."""
    low, high = line[1 - axis], line[3 - axis]
    height, own = high - low, box[3 - axis] - box[1 - axis]
    shared = min(high, box[3 - axis]) - max(low, box[1 - axis])
    gap = max(line[axis], box[axis]) - min(line[2 + axis], box[2 + axis])
    return (
        shared > 0.5 * min(height, own) and max(height, own) < 2 * min(height, own) and gap < 2 * min(height, own)
    )


@contextmanager
def _marked(raw: Any, page: Any, boxes: Sequence[Box]) -> Iterator[None]:
    """Lay colour over the boxes for a while: all of it is one shape, so that nothing is coloured twice."""
    if not boxes:
        yield
        return
    shape = raw.FPDFPageObj_CreateNewPath(boxes[0][0], boxes[0][1])
    for box in boxes:
        _add_rounded(raw, shape, *box)
    raw.FPDFPath_SetDrawMode(shape, raw.FPDF_FILLMODE_WINDING, False)
    raw.FPDFPageObj_SetFillColor(shape, *_YELLOW, 255)
    raw.FPDFPageObj_SetBlendMode(shape, b"Multiply")
    raw.FPDFPage_InsertObject(page, shape)
    yield
    raw.FPDFPage_RemoveObject(page, shape)
    raw.FPDFPageObj_Destroy(shape)


def _add_rounded(raw: Any, shape: Any, left: float, bottom: float, right: float, top: float) -> None:
    radius = _ROUND * min(right - left, top - bottom)
    near, far = radius * (1 - _CURVE), radius
    raw.FPDFPath_MoveTo(shape, left + far, bottom)
    raw.FPDFPath_LineTo(shape, right - far, bottom)
    raw.FPDFPath_BezierTo(shape, right - near, bottom, right, bottom + near, right, bottom + far)
    raw.FPDFPath_LineTo(shape, right, top - far)
    raw.FPDFPath_BezierTo(shape, right, top - near, right - near, top, right - far, top)
    raw.FPDFPath_LineTo(shape, left + far, top)
    raw.FPDFPath_BezierTo(shape, left + near, top, left, top - near, left, top - far)
    raw.FPDFPath_LineTo(shape, left, bottom + far)
    raw.FPDFPath_BezierTo(shape, left, bottom + near, left + near, bottom, left + far, bottom)
    raw.FPDFPath_Close(shape)


def png_of(rows: Sequence[bytes], width: int) -> bytes:
    """A PNG image of rows of red, green and blue, with a palette where red and blue tell which green it is.

    So they do on a page that is grey, with a colour or two, and marks.
    """
    pixels = b"".join(rows).translate(_STEPS)
    red, green, blue = (pixels[channel::3] for channel in range(3))
    codes = _either(red.translate(_HIGH), blue.translate(_LOW))
    greens = bytearray(256)
    for code in set(codes):
        greens[code] = green[codes.index(code)]
    has_palette = codes.translate(greens) == green
    pixels, wide = (codes, width) if has_palette else (pixels, 3 * width)
    # Each row is as it is (filter 0): print has no slopes for the other filters to follow.
    data = b"".join(b"\0" + pixels[start : start + wide] for start in range(0, len(pixels), wide))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, len(rows), 8, 3 if has_palette else 2, 0, 0, 0))]
    if has_palette:
        palette = (bytes((code // 16 * 17, greens[code], code % 16 * 17)) for code in range(256))
        chunks.append((b"PLTE", b"".join(palette)))
    chunks += [(b"IDAT", zlib.compress(data, 6)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in chunks)


def _either(one: bytes, other: bytes) -> bytes:
    """The bits of both."""
    return (int.from_bytes(one) | int.from_bytes(other)).to_bytes(len(one))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
