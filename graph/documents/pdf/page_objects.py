"""What is drawn on a page beside its text: pictures and thin bars, in points of the page. Raises anything."""

from collections.abc import Iterator
from ctypes import addressof, c_float
from dataclasses import dataclass, field
from typing import Any

from graph.documents.line import Box

_Matrix = tuple[float, float, float, float, float, float]

_MOST_OBJECTS = 20_000
_DEEPEST = 5  # forms within forms
_THICKEST, _SHORTEST = 3.2, 6  # points, of a bar


@dataclass
class PageObjects:
    """The pictures and shapes of a page, and the bars that may strike a word, underline it or rule a table."""

    pictures: list[Box] = field(default_factory=list)
    handles: list[Any] = field(default_factory=list)  # of the pictures; valid as long as the page is open
    shapes: list[Box] = field(default_factory=list)  # all paths and shadings, the bars with them
    bars: list[Box] = field(default_factory=list)
    in_forms: set[int] = field(default_factory=set)  # addresses of text; what clips or hides a form is not told
    has_invisible: bool = False  # text, by its render mode
    complete: bool = True  # whether these are all


def objects_of(raw: Any, page: Any) -> PageObjects:
    """Walk through a page of pypdfium2, and the forms that are drawn on it."""
    found = PageObjects()
    for count, (kind, handle, matrix) in enumerate(_walk(raw, page)):
        if count >= _MOST_OBJECTS:
            found.complete = False
            break
        if kind == raw.FPDF_PAGEOBJ_TEXT:
            if matrix:
                found.in_forms.add(address(handle))
            if not found.has_invisible:
                mode = raw.FPDFTextObj_GetTextRenderMode(handle)
                found.has_invisible = mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            found.pictures.append(_bounds(raw, handle, matrix))
            found.handles.append(handle)
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            box = _bounds(raw, handle, matrix)
            found.shapes.append(box)
            if box[3] - box[1] <= _THICKEST and box[2] - box[0] >= _SHORTEST:
                found.bars.append(box)
        elif kind == raw.FPDF_PAGEOBJ_SHADING:
            found.shapes.append(_bounds(raw, handle, matrix))
    return found


def address(handle: Any) -> int:
    """By which two handles are known to be of the same object."""
    return addressof(handle.contents)


def _walk(raw: Any, page: Any) -> Iterator[tuple[int, Any, _Matrix | None]]:
    """The kind of each object, its handle, and the matrix from its form to the page."""
    count = raw.FPDFPage_CountObjects(page)
    waiting: list[tuple[Any, _Matrix | None, int]] = [
        (raw.FPDFPage_GetObject(page, index), None, 0) for index in reversed(range(min(count, _MOST_OBJECTS + 1)))
    ]
    own = raw.FS_MATRIX()
    while waiting:
        handle, matrix, depth = waiting.pop()
        kind = raw.FPDFPageObj_GetType(handle)
        yield kind, handle, matrix
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            raw.FPDFPageObj_GetMatrix(handle, own)
            inner = _product((own.a, own.b, own.c, own.d, own.e, own.f), matrix)
            count = min(raw.FPDFFormObj_CountObjects(handle), _MOST_OBJECTS + 1)
            waiting += [(raw.FPDFFormObj_GetObject(handle, index), inner, depth + 1) for index in range(count)]


def _product(one: _Matrix, other: _Matrix | None) -> _Matrix:
    """The matrix that does first the one, then the other."""
    if other is None:
        return one
    a, b, c, d, e, f = one
    p, q, r, s, t, u = other
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _bounds(raw: Any, handle: Any, matrix: _Matrix | None) -> Box:
    left, bottom, right, top = c_float(), c_float(), c_float(), c_float()
    if not raw.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
        return (0, 0, 0, 0)
    box = (left.value, bottom.value, right.value, top.value)
    if matrix is None:
        return box
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in box[::2] for y in box[1::2]]
    across, up = zip(*corners, strict=True)
    return (min(across), min(up), max(across), max(up))
