"""Which words of a page may be hidden, by what pdfium tells of its objects. Raises anything.

To draw a page takes longer than to read it. Dark text on bare paper is sure to be seen, and a page of nothing else
is not drawn. Whatever is not sure to be seen is a suspect.
"""

from collections import Counter
from collections.abc import Iterable
from ctypes import c_uint, c_ulong, c_ushort
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.page_objects import PageObjects, address
from graph.documents.pdf.words import PageWords, Word

TINY = 1.2  # points: nobody can read letters of this height

_DARK = 160  # of 255: a colour with a part of at most this much stands out from white paper
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
    covered, texts = Runs(runs.covered(objects)), _Texts(raw, objects.in_forms)
    return [
        word for word in judged
        if is_tiny(word) or texts.are_suspect(words.text_object(word)) or covered.hold(word.box)
    ]  # fmt: skip


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
            or raw.FPDFClipPath_CountPaths(raw.FPDFPageObj_GetClipPath(handle)) > 0
            or self._is_in_layer(handle)
            or raw.FPDFFont_GetBaseFontName(raw.FPDFTextObj_GetFont(handle), None, 0) <= 1  # Type 3 has no name
        )

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

    def hold(self, box: Box) -> bool:
        """Whether the middle of a box is in one of them."""
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        here = self._bands.get(int(y // _BAND), ())
        return any(run[0] <= x <= run[2] and run[1] <= y <= run[3] for run in here)

    def covered(self, objects: PageObjects) -> Iterable[Box]:
        """Those that shapes or pictures may be over, or behind."""
        found: set[Box] = set()
        crossed = Counter[Box]()
        for shape in objects.shapes + objects.pictures:
            touched = self.touched(shape)
            if min(shape[2] - shape[0], shape[3] - shape[1]) > _THIN:
                found.update(touched)
            else:
                crossed.update(touched)
        return found.union(run for run, count in crossed.items() if count > _MOST_THIN)


def _bands(box: Box) -> range:
    """The strips across the page that a box lies in; far outside the page all are one."""
    lowest, highest = (int(min(max(y, -_FARTHEST), _FARTHEST) // _BAND) for y in box[1::2])
    return range(lowest, highest + 1)
