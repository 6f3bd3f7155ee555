"""What is drawn on a page beside its text: pictures and thin bars, in points of the page. Raises anything."""

from collections.abc import Iterator
from ctypes import addressof, c_float, c_int, c_uint
from dataclasses import dataclass, field
from typing import Any

from graph.documents.line import Box

_Matrix = tuple[float, float, float, float, float, float]

_MOST_OBJECTS = 20_000
_DEEPEST = 5  # forms within forms
_THICKEST, _SHORTEST = 3.2, 6  # points, of a bar
_PALE, _OPAQUE = 200, 255  # of 255: every part of a colour that dark text stands out from; alpha
_THIN, _MOST_SEGMENTS = 2, 200  # points, and lines of a path
_OF_A_CURVE = 4  # points: where it starts and ends, and two that bend it


@dataclass
class PageObjects:
    """The pictures and shapes of a page, and the bars that may strike a word, underline it or rule a table."""

    pictures: list[Box] = field(default_factory=list)
    handles: list[Any] = field(default_factory=list)  # of the pictures; valid as long as the page is open
    shapes: list[Box] = field(default_factory=list)  # paths and shadings that may hide text, or be like it
    grounds: list[tuple[Box, int]] = field(default_factory=list)  # pale ones, and when each of them is drawn
    order: dict[int, int] = field(default_factory=dict)  # by the address of a text: when it is drawn
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
            else:
                found.order[address(handle)] = count
            if not found.has_invisible:
                mode = raw.FPDFTextObj_GetTextRenderMode(handle)
                found.has_invisible = mode == raw.FPDF_TEXTRENDERMODE_INVISIBLE
        elif kind == raw.FPDF_PAGEOBJ_IMAGE:
            found.pictures.append(_bounds(raw, handle, matrix))
            found.handles.append(handle)
        elif kind == raw.FPDF_PAGEOBJ_PATH:
            box = _bounds(raw, handle, matrix)
            if _is_pale(raw, handle):
                found.grounds.append((box, count))
            else:
                found.shapes += (not matrix and _thin_lines(raw, handle)) or [box]
            if box[3] - box[1] <= _THICKEST and box[2] - box[0] >= _SHORTEST:
                found.bars.append(box)
        elif kind == raw.FPDF_PAGEOBJ_SHADING:
            found.shapes.append(_bounds(raw, handle, matrix))
    return found


def _is_pale(raw: Any, handle: Any) -> bool:
    """Whether dark text stands out from a path that is filled."""
    red, green, blue, alpha = (c_uint() for _ in range(4))
    return bool(
        raw.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha)
        and min(red.value, green.value, blue.value) >= _PALE
        and alpha.value == _OPAQUE
        and not raw.FPDFPageObj_HasTransparency(handle)
        and _how_drawn(raw, handle) == (True, False)
    )


def _thin_lines(raw: Any, handle: Any) -> list[Box]:
    """Around each of the lines of a path that is nothing else; [] if there are many, or they are thick.

    Between the lines of a frame there is nothing that hides text.
    """
    width, own = c_float(), raw.FS_MATRIX()
    count = raw.FPDFPath_CountSegments(handle)
    if (
        _how_drawn(raw, handle) != (False, True)
        or count > _MOST_SEGMENTS
        or not raw.FPDFPageObj_GetStrokeWidth(handle, width)
        or not raw.FPDFPageObj_GetMatrix(handle, own)
        or width.value * max(map(abs, (own.a, own.b, own.c, own.d))) > _THIN
    ):
        return []
    return list(_lines_of(raw, handle, count, own))


def _lines_of(raw: Any, handle: Any, count: int, matrix: Any) -> Iterator[Box]:
    x, y = c_float(), c_float()
    points: list[tuple[float, float]] = []  # of a line or a curve, from where it starts
    start = (0.0, 0.0)
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(handle, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            points, start = [point], point
            continue
        points.append(point)
        if kind == raw.FPDF_SEGMENT_LINETO or len(points) == _OF_A_CURVE:
            yield _around(points)
            points = points[-1:]
        if raw.FPDFPathSegment_GetClose(segment):
            yield _around([point, start])


def _around(points: list[tuple[float, float]]) -> Box:
    across, up = zip(*points, strict=True)
    return (min(across), min(up), max(across), max(up))


def _how_drawn(raw: Any, handle: Any) -> tuple[bool, bool]:
    """Whether a path is filled, and whether its lines are drawn."""
    fill, lines = c_int(), c_int()
    raw.FPDFPath_GetDrawMode(handle, fill, lines)
    return fill.value != raw.FPDF_FILLMODE_NONE, bool(lines.value)


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
    return _around(corners)
