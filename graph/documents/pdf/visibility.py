"""Which words of a page nobody sees: ink decides.

A word is looked for on the page as it is drawn. Where all pixels of its place are alike there is nothing to read,
for whatever reason: its colour, something that covers it, a clip, a layer that is off. Text over a picture is what
OCR found in it, and stays.
"""

from collections.abc import Iterable
from ctypes import c_int
from math import ceil
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.page_objects import PageObjects
from graph.documents.pdf.suspects import TINY, Runs, is_tiny, suspect_words
from graph.documents.pdf.words import PageWords, Word

_FEWEST_LETTERS = 2  # a mark of one character may have no ink of its own at this resolution
_SMALLEST = 1.5  # points, of the box of a word that is looked at
_TINY_LETTERS = 3
_TINY_FONT = 2.4  # points; letters of a larger font that are flat are those of a font that is not there
_CONTRAST = 12  # of 255, between the lightest and the darkest pixel
_MOST_PIXELS = 2_000_000
_COARSEST = 0.4  # pixels a point; on a page larger than a poster words leave no trace
_NEAR = 3  # points, around a picture: drawing it colours no pixel beyond
_FEW = 60  # words: to draw the part of the page where they are is quicker than all of it
_FINE = 1000  # parts of a pixel in which pdfium is asked for places, for it tells whole numbers


def hidden_words(raw: Any, page: Any, words: PageWords, objects: PageObjects) -> list[Word]:
    """The words that cannot be seen on the page."""
    judged = [word for word in words.words if word.letters >= _FEWEST_LETTERS]
    width, height = page.get_size()
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in objects.pictures)
    if not (judged and width > 0 and height > 0) or not objects.complete or area > 0.5 * width * height:
        return []
    unseen: list[Word] = []
    if _scale(width, height) >= _COARSEST:
        runs = Runs(words.runs())
        suspects = suspect_words(raw, words, judged, objects, runs)
        unseen = _blank_words(raw, page, words, suspects, objects, runs) if suspects else []
    if objects.has_invisible:
        unseen += [
            word for word in judged
            if words.is_invisible(word) and not _is_under(words.box(word), objects.pictures)
        ]  # fmt: skip
    return unseen


def _blank_words(
    raw: Any, page: Any, words: PageWords, suspects: list[Word], objects: PageObjects, runs: Runs
) -> list[Word]:
    """Of the suspects, those without ink, and those too small for any eye."""
    for picture, box in zip(objects.handles, objects.pictures, strict=True):
        if not runs.touched(box, _NEAR):  # to draw pictures takes longer than all the rest
            raw.FPDFPageObj_SetIsActive(picture, False)
    few = [words.box(word) for word in suspects] if len(suspects) <= _FEW else None
    view = _View(raw, page, few)
    # A quick look first: the first letter is enough to see a word.
    blank = [word for word in suspects if is_tiny(word) or view.is_blank(word.box)]
    return [word for word in blank if _is_hidden(word, words, view, objects.pictures)]


def _is_hidden(word: Word, words: PageWords, view: "_View", pictures: list[Box]) -> bool:
    box = words.box(word)
    width, height = box[2] - box[0], box[3] - box[1]
    if width <= 0 or height <= 0 or _is_under(box, pictures):
        return False
    if height < TINY:
        return word.letters >= _TINY_LETTERS and words.height(word) < _TINY_FONT
    return min(width, height) >= _SMALLEST and view.is_blank(box)


def _is_under(box: Box, pictures: Iterable[Box]) -> bool:
    """Whether more than half of a box lies under pictures, or over them."""
    covered = sum(
        max(0.0, min(box[2], right) - max(box[0], left)) * max(0.0, min(box[3], top) - max(box[1], bottom))
        for left, bottom, right, top in pictures
    )
    return covered > 0.5 * (box[2] - box[0]) * (box[3] - box[1])


def _scale(width: float, height: float) -> float:
    """Pixels a point."""
    return float(min(1.0, (_MOST_PIXELS / (width * height)) ** 0.5))


class _View:
    """A page drawn at 72 dpi, without what is typed or noted on it; no more of it than holds `boxes`, if given."""

    def __init__(self, raw: Any, page: Any, boxes: list[Box] | None = None) -> None:
        width, height = page.get_size()
        scale = _scale(width, height)
        self._width, self._height = ceil(width * scale), ceil(height * scale)
        corner, across, up = (self._place(raw, page, x, y) for x, y in ((0, 0), (100, 0), (0, 100)))
        self._matrix = (
            (across[0] - corner[0]) / 100, (up[0] - corner[0]) / 100, corner[0],
            (across[1] - corner[1]) / 100, (up[1] - corner[1]) / 100, corner[1],
        )  # fmt: skip
        left, top, right, bottom = self._left, self._top, *_ = self._part(boxes)
        cut = (left, self._height - bottom, self._width - right, top)
        bitmap = page.render(
            scale=scale, crop=[(side - 0.5) / scale for side in cut], may_draw_forms=False, draw_annots=False
        )
        self._stride, self._bytes = bitmap.stride, bitmap.n_channels  # bytes of a row, and of a pixel
        self._channels = min(3, self._bytes)
        self._pixels = bytes(bitmap.buffer)

    def _part(self, boxes: list[Box] | None) -> tuple[int, int, int, int]:
        """First column and row of pixels that are drawn, and the ones behind the last."""
        places = [self._on_page(box) for box in boxes or ()]
        places = [place for place in places if place[0] < place[2] and place[1] < place[3]]
        if not places:
            return 0, 0, self._width, self._height
        lefts, tops, rights, bottoms = zip(*places, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _place(self, raw: Any, page: Any, x: float, y: float) -> tuple[float, float]:
        column, row = c_int(), c_int()
        raw.FPDF_PageToDevice(page, 0, 0, self._width * _FINE, self._height * _FINE, 0, x, y, column, row)
        return column.value / _FINE, row.value / _FINE

    def is_blank(self, box: Box) -> bool:
        """Whether all pixels of a box are alike in brightness, or in all of their colours; not if it has none."""
        left, top, right, bottom = self._on_page(box)
        if left >= right or top >= bottom:
            return False
        middle = (top + bottom) // 2
        darkest, lightest = [255] * self._channels, [0] * self._channels
        for row in (*range(middle, bottom), *range(top, middle)):
            start = (row - self._top) * self._stride - self._left * self._bytes
            pixels = self._pixels[start + left * self._bytes : start + right * self._bytes]
            for channel in range(self._channels):
                values = pixels[channel :: self._bytes]
                darkest[channel] = min(darkest[channel], min(values))
                lightest[channel] = max(lightest[channel], max(values))
                if lightest[channel] - darkest[channel] >= _CONTRAST:
                    return False
        return True

    def _on_page(self, box: Box) -> tuple[int, int, int, int]:
        """First column and row of pixels, and the ones behind the last."""
        a, b, c, d, e, f = self._matrix
        left, right = sorted((a * box[0] + b * box[1] + c, a * box[2] + b * box[3] + c))
        top, bottom = sorted((d * box[0] + e * box[1] + f, d * box[2] + e * box[3] + f))
        return (
            max(0, int(left)),
            max(0, int(top)),
            min(self._width, int(right) + 1),
            min(self._height, int(bottom) + 1),
        )
