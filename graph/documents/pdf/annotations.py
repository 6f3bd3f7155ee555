"""What is typed into a page's form, written in boxes on it and noted about it. Raises anything."""

from collections.abc import Callable
from ctypes import POINTER, cast, create_string_buffer
from dataclasses import dataclass, field
from typing import Any

from graph.documents.characters import plain
from graph.documents.line import Box, Line

_MOST = 2000  # on a page
_LONGEST = 20_000  # characters of one
_UNSEEN = 2 | 32  # flags of an annotation: hidden, not on the screen
_PASSWORD = 1 << 13  # flag of a text field
_ON_ROW = 0.5  # of the lower of two heights, that they share when they stand on one row


@dataclass
class Annotations:
    """All that a page has, in the order of the file."""

    standing: list[Line] = field(default_factory=list)  # have their place in the text
    notes: list[Line] = field(default_factory=list)  # have none
    strikes: list[Box] = field(default_factory=list)  # places of what is struck out


def annotations_of(raw: Any, page: Any, form: Any) -> Annotations:
    """The annotations of a page of pypdfium2; `form` is the handle of the document's, if it has one."""
    found = Annotations()
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST)):
        handle = raw.FPDFPage_GetAnnot(page, index)
        if not handle:
            continue
        try:
            if not raw.FPDFAnnot_GetFlags(handle) & _UNSEEN:
                _take(raw, handle, form, found)
        finally:
            raw.FPDFPage_CloseAnnot(handle)
    return found


def with_annotations(lines: list[Line], found: Annotations) -> list[Line]:
    """The lines of a page with what stands between them in its place, and the notes behind all."""
    text = " ".join(" ".join(line.text for line in lines).split())
    placed = list(lines)
    for line in sorted(found.standing, key=lambda line: (-line.box[3], line.box[0]) if line.box else (0, 0)):
        index = _place(placed, line)
        before = placed[index - 1] if index else None
        if line.label == "form_field" and before and before.box and line.box and _share_row(before.box, line.box):
            line.starts = False  # it fills a blank, or stands behind its name
        placed.insert(index, line)
    body = [index for index, line in enumerate(placed) if line.is_text]
    end = body[-1] + 1 if body else 0
    # Some programs write the marked words into the note of a mark.
    notes = [note for note in found.notes if " ".join(note.text.split()) not in text]
    for note in notes:
        note.text = f"[Note: {note.text}]"
    return placed[:end] + notes + placed[end:]


def _take(raw: Any, handle: Any, form: Any, found: Annotations) -> None:
    kind = raw.FPDFAnnot_GetSubtype(handle)
    if kind == raw.FPDF_ANNOT_WIDGET:
        value = _value(raw, handle, form) if form else ""
        if value:
            found.standing.append(Line(value, _box(raw, handle), starts=True, label="form_field"))
        return
    if kind == raw.FPDF_ANNOT_STRIKEOUT:
        found.strikes += _marked(raw, handle)
    marks = (
        raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_HIGHLIGHT, raw.FPDF_ANNOT_UNDERLINE, raw.FPDF_ANNOT_SQUIGGLY,
        raw.FPDF_ANNOT_STRIKEOUT, raw.FPDF_ANNOT_CARET, raw.FPDF_ANNOT_SQUARE, raw.FPDF_ANNOT_CIRCLE,
        raw.FPDF_ANNOT_LINE, raw.FPDF_ANNOT_POLYGON, raw.FPDF_ANNOT_POLYLINE, raw.FPDF_ANNOT_INK,
    )  # fmt: skip
    if kind != raw.FPDF_ANNOT_FREETEXT and kind not in marks:
        return
    if raw.FPDFAnnot_HasKey(handle, b"StateModel"):  # "Accepted", of another note
        return
    text = _said(raw.FPDFAnnot_GetStringValue, handle, b"Contents")
    if text:
        line = Line(text, _box(raw, handle), starts=True, label="annotation")
        (found.standing if kind == raw.FPDF_ANNOT_FREETEXT else found.notes).append(line)


def _value(raw: Any, handle: Any, form: Any) -> str:
    """What is filled in; "" for what is empty, off, secret or only there to be pressed."""
    kind = raw.FPDFAnnot_GetFormFieldType(form, handle)
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        return "[x]" if raw.FPDFAnnot_IsChecked(form, handle) else ""
    texts = (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX)
    if kind not in texts or raw.FPDFAnnot_GetFormFieldFlags(form, handle) & _PASSWORD:
        return ""
    return _said(raw.FPDFAnnot_GetFormFieldValue, form, handle)


def _said(ask: Callable[..., int], *about: Any) -> str:
    """A string of pdfium: asked for its length in bytes first, then for itself in UTF-16."""
    from pypdfium2 import raw

    size = ask(*about, None, 0)
    if not 2 < size <= 2 * _LONGEST:
        return ""
    buffer = create_string_buffer(size)
    ask(*about, cast(buffer, POINTER(raw.FPDF_WCHAR)), size)
    return " ".join(plain(buffer.raw[: size - 2].decode("utf-16-le", "replace")).split())


def _box(raw: Any, handle: Any) -> Box | None:
    place = raw.FS_RECTF()
    if not raw.FPDFAnnot_GetRect(handle, place):
        return None
    return (place.left, place.bottom, place.right, place.top)


def _marked(raw: Any, handle: Any) -> list[Box]:
    """The boxes of a mark, one for each line that it marks."""
    corners = raw.FS_QUADPOINTSF()
    boxes: list[Box] = []
    for index in range(min(raw.FPDFAnnot_CountAttachmentPoints(handle), _MOST)):
        if raw.FPDFAnnot_GetAttachmentPoints(handle, index, corners):
            across = (corners.x1, corners.x2, corners.x3, corners.x4)
            up = (corners.y1, corners.y2, corners.y3, corners.y4)
            boxes.append((min(across), min(up), max(across), max(up)))
    return boxes


def _place(lines: list[Line], line: Line) -> int:
    """The index at which a line comes in: behind what is left of it on its row, or below what is above it."""
    box = line.box
    known = [(index, other.box) for index, other in enumerate(lines) if other.box and other.is_text]
    if not box or not known:
        return len([other for other in lines if other.is_text])
    row = [(index, other) for index, other in known if _share_row(box, other)]
    before = [(other[0], index) for index, other in row if other[0] < box[0]]
    if before:
        return max(before)[1] + 1
    if row:
        return min((other[0], index) for index, other in row)[1]
    above = [(index, other) for index, other in known if other[1] >= (box[1] + box[3]) / 2]
    over = [(index, other) for index, other in above if other[0] < box[2] and box[0] < other[2]] or above
    return min((other[1], -index) for index, other in over)[1] * -1 + 1 if over else known[0][0]


def _share_row(one: Box, other: Box) -> bool:
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return shared > _ON_ROW * min(one[3] - one[1], other[3] - other[1])
