"""Which words of a page may be hidden, by what pdfium tells of its objects. Raises anything.

To draw a page takes longer than to read it. Dark text on bare paper is sure to be seen, and a page of nothing else
is not drawn. Whatever is not sure to be seen is a suspect.
"""

from collections import Counter
from collections.abc import Iterable
from ctypes import c_float, c_uint, c_ulong, c_ushort
from math import inf
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.page_objects import PageObjects, address
from graph.documents.pdf.words import PageWords, Word

TINY = 1.2  # points: nobody can read letters of this height

_DARK = 160  # of 255: a colour with a part of at most this much stands out from white paper
_ROUNDING = 0.1  # points
_THIN = 2  # points: rules and underlines, which cover no word
_MOST_THIN = 2  # of them over one run of text: more may be the strips of a cover
_BAND, _FARTHEST = 12, 5000  # points
_BLOCKS = frozenset("█▇▆▉▊■▬▮⬛")  # characters that may cover others
_LAYER = [ord("O"), ord("C"), 0]  # the name of a mark, as pdfium writes it


def suspect_words(
    raw: Any, words: PageWords, judged: list[Word], objects: PageObjects, runs: "Runs"
) -> list[Word]:
    """Those of some words that are not sure to be seen. A word is known by its first letter."""
    if not _BLOCKS.isdisjoint(words.text):
        return judged
    covered, texts = runs.covered(objects), _Texts(raw, objects.in_forms)
    places = Runs(covered)

    def is_suspect(word: Word) -> bool:
        if is_tiny(word):
            return True
        handle = words.text_object(word)
        if texts.are_suspect(handle):
            return True
        drawn = objects.order.get(address(handle), -1)
        return any(drawn < covered[run] for run in places.around(word.box))

    return [word for word in judged if is_suspect(word)]


def is_tiny(word: Word) -> bool:
    """Whether its first letter is so low that nobody can read it."""
    return word.box[3] - word.box[1] < TINY


class _Texts:
    """Tells whether text may be unseen by itself: by its colour, a clip, a layer, a font of its own drawings."""

    def __init__(self, raw: Any, in_forms: set[int]) -> None:
        self._raw = raw
        self._known = dict.fromkeys(in_forms, True)
        self._colour = [c_uint() for _ in range(4)]
        self._name, self._length = (c_ushort * 4)(), c_ulong()

    def are_suspect(self, handle: Any) -> bool:
        if not handle:
            return True
        key = address(handle)
        if key not in self._known:
            self._known[key] = self._may_be_unseen(handle)
        return self._known[key]

    def _may_be_unseen(self, handle: Any) -> bool:
        raw = self._raw
        red, green, blue, alpha = self._colour
        return bool(
            raw.FPDFTextObj_GetTextRenderMode(handle) != raw.FPDF_TEXTRENDERMODE_FILL
            or not raw.FPDFPageObj_GetFillColor(handle, red, green, blue, alpha)
            or min(red.value, green.value, blue.value) > _DARK
            or raw.FPDFPageObj_HasTransparency(handle)
            or self._may_be_clipped(handle)
            or self._is_in_layer(handle)
            or raw.FPDFFont_GetBaseFontName(raw.FPDFTextObj_GetFont(handle), None, 0) <= 1  # Type 3 has no name
        )

    def _may_be_clipped(self, handle: Any) -> bool:
        """Whether a clip is around the text that is not a frame which all of it is in."""
        raw = self._raw
        clip = raw.FPDFPageObj_GetClipPath(handle)
        count = raw.FPDFClipPath_CountPaths(clip)
        if count <= 0:
            return False
        left, bottom, right, top = (c_float() for _ in range(4))
        if not raw.FPDFPageObj_GetBounds(handle, left, bottom, right, top):
            return True
        box = (left.value, bottom.value, right.value, top.value)
        return not all(_is_within(box, self._frame(clip, index)) for index in range(count))

    def _frame(self, clip: Any, index: int) -> Box | None:
        """One path of a clip, if it is a rectangle along the page's edges."""
        raw, points = self._raw, set[tuple[float, float]]()
        count = raw.FPDFClipPath_CountPathSegments(clip, index)
        if not 4 <= count <= 5:
            return None
        x, y = c_float(), c_float()
        for segment in range(count):
            if not raw.FPDFPathSegment_GetPoint(raw.FPDFClipPath_GetPathSegment(clip, index, segment), x, y):
                return None
            points.add((x.value, y.value))
        across, up = (sorted(set(values)) for values in zip(*points, strict=True))
        if len(points) != 4 or len(across) != 2 or len(up) != 2:
            return None
        return across[0], up[0], across[1], up[1]

    def _is_in_layer(self, handle: Any) -> bool:
        raw, name = self._raw, self._name
        for index in range(raw.FPDFPageObj_CountMarks(handle)):
            mark = raw.FPDFPageObj_GetMark(handle, index)
            raw.FPDFPageObjMark_GetName(mark, name, 8, self._length)
            if self._length.value == 6 and name[:3] == _LAYER:
                return True
        return False


class Runs:
    """Where the text of a page stands."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self._bands: dict[int, list[Box]] = {}
        for box in boxes:
            for band in _bands(box):
                self._bands.setdefault(band, []).append(box)

    def touched(self, box: Box, margin: float = 0) -> set[Box]:
        """Those that a box touches, or comes near."""
        left, bottom, right, top = box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin
        return {
            run
            for band in _bands((left, bottom, right, top))
            for run in self._bands.get(band, ())
            if run[0] <= right and left <= run[2] and run[1] <= top and bottom <= run[3]
        }

    def around(self, box: Box) -> list[Box]:
        """Those that the middle of a box is in."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        here = self._bands.get(int(y // _BAND), ())
        return [run for run in here if run[0] <= x <= run[2] and run[1] <= y <= run[3]]

    def covered(self, objects: PageObjects) -> dict[Box, float]:
        """Those that shapes or pictures may be over, and when text there must have been drawn to be over them."""
        found: dict[Box, float] = {}
        for ground, order in objects.grounds:  # in the order drawn
            found.update(dict.fromkeys(self.touched(ground), order))
        crossed = Counter[Box]()
        for shape in objects.shapes + objects.pictures:
            touched = self.touched(shape)
            if min(shape[2] - shape[0], shape[3] - shape[1]) > _THIN:
                found.update(dict.fromkeys(touched, inf))
            else:
                crossed.update(touched)
        return found | {run: inf for run, count in crossed.items() if count > _MOST_THIN}


def _is_within(box: Box, frame: Box | None) -> bool:
    if frame is None:
        return False
    left, bottom, right, top = frame
    reaches_in = box[0] >= left - _ROUNDING and box[1] >= bottom - _ROUNDING
    return reaches_in and box[2] <= right + _ROUNDING and box[3] <= top + _ROUNDING


def _bands(box: Box) -> range:
    """The strips across the page that a box lies in; far outside the page all are one."""
    lowest, highest = (int(min(max(y, -_FARTHEST), _FARTHEST) // _BAND) for y in box[1::2])
    return range(lowest, highest + 1)
