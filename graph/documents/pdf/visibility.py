"""Which words of a page nobody sees: ink decides.

A word is looked for on the page as it is drawn. Where all pixels of its place are alike there is nothing to read,
for whatever reason: its colour, something that covers it, a clip, a layer that is off. Text over a picture is what
OCR found in it, and stays.
"""

from collections.abc import Iterable
from ctypes import c_int
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.page_objects import PageObjects
from graph.documents.pdf.words import PageWords, Word

_FEWEST_LETTERS = 2  # a mark of one character may have no ink of its own at this resolution
_SMALLEST = 1.5  # points, of the box of a word that is looked at
_TINY, _TINY_LETTERS = 1.2, 3  # points: nobody can read letters of this height
_CONTRAST = 12  # of 255, between the lightest and the darkest pixel
_MOST_PIXELS = 2_000_000
_FINE = 1000  # parts of a pixel in which pdfium is asked for places, for it tells whole numbers


def hidden_words(raw: Any, page: Any, words: PageWords, objects: PageObjects) -> list[Word]:
    """The words that cannot be seen on the page."""
    judged = [word for word in words.words if word.letters >= _FEWEST_LETTERS]
    width, height = page.get_size()
    area = sum((right - left) * (top - bottom) for left, bottom, right, top in objects.pictures)
    if not (judged and width > 0 and height > 0) or not objects.complete or area > 0.5 * width * height:
        return []
    view = _View(raw, page, grey=True)
    unseen = [word for word in judged if _is_suspect(word, words, view)]
    if not unseen:
        return []
    colours = _View(raw, page, grey=False)
    return [word for word in unseen if _is_hidden(word, words, colours, objects.pictures)]


def _is_suspect(word: Word, words: PageWords, view: "_View") -> bool:
    """A quick look: the ends of a word are enough to see it."""
    return word.box[3] - word.box[1] < _TINY or not view.has_ink(word.box) or not words.is_drawn(word)


def _is_hidden(word: Word, words: PageWords, view: "_View", pictures: list[Box]) -> bool:
    box = words.box(word)
    width, height = box[2] - box[0], box[3] - box[1]
    if width <= 0 or height <= 0 or _share(box, pictures) > 0.5:
        return False
    if not words.is_drawn(word):
        return True
    if height < _TINY:
        return word.letters >= _TINY_LETTERS
    return min(width, height) >= _SMALLEST and view.shows(box) and not view.has_ink(box)


def _share(box: Box, pictures: Iterable[Box]) -> float:
    """How much of a box lies under pictures."""
    covered = sum(
        max(0.0, min(box[2], right) - max(box[0], left)) * max(0.0, min(box[3], top) - max(box[1], bottom))
        for left, bottom, right, top in pictures
    )
    return covered / ((box[2] - box[0]) * (box[3] - box[1]))


class _View:
    """A page drawn at 72 dpi, without what is typed or noted on it."""

    def __init__(self, raw: Any, page: Any, *, grey: bool) -> None:
        width, height = page.get_size()
        scale = min(1.0, (_MOST_PIXELS / (width * height)) ** 0.5)
        bitmap = page.render(scale=scale, grayscale=grey, may_draw_forms=False, draw_annots=False)
        self._width, self._height, self._stride = bitmap.width, bitmap.height, bitmap.stride
        self._bytes = bitmap.n_channels  # a pixel
        self._channels = min(3, self._bytes)
        self._pixels = bytes(bitmap.buffer)
        self._corner, self._across, self._up = (
            self._place(raw, page, x, y) for x, y in ((0, 0), (100, 0), (0, 100))
        )

    def _place(self, raw: Any, page: Any, x: float, y: float) -> tuple[float, float]:
        column, row = c_int(), c_int()
        raw.FPDF_PageToDevice(page, 0, 0, self._width * _FINE, self._height * _FINE, 0, x, y, column, row)
        return column.value / _FINE, row.value / _FINE

    def shows(self, box: Box) -> bool:
        """Whether any of a box is within the page."""
        left, top, right, bottom = self._on_page(box)
        return left < right and top < bottom

    def has_ink(self, box: Box) -> bool:
        """Whether the pixels of a box differ, in brightness or in one of their colours."""
        left, top, right, bottom = self._on_page(box)
        if left >= right or top >= bottom:
            return False
        middle = (top + bottom) // 2
        darkest, lightest = [255] * self._channels, [0] * self._channels
        for row in (*range(middle, bottom), *range(top, middle)):
            start = row * self._stride
            pixels = self._pixels[start + left * self._bytes : start + right * self._bytes]
            for channel in range(self._channels):
                values = pixels[channel :: self._bytes]
                darkest[channel] = min(darkest[channel], min(values))
                lightest[channel] = max(lightest[channel], max(values))
                if lightest[channel] - darkest[channel] >= _CONTRAST:
                    return True
        return False

    def _on_page(self, box: Box) -> tuple[int, int, int, int]:
        """First column and row of pixels, and the ones behind the last."""
        (x, y), (one, other) = self._corner, ((box[0], box[1]), (box[2], box[3]))
        columns, rows = [], []
        for across, up in (one, other):
            columns.append(x + ((self._across[0] - x) * across + (self._up[0] - x) * up) / 100)
            rows.append(y + ((self._across[1] - y) * across + (self._up[1] - y) * up) / 100)
        return (
            max(0, int(min(columns))),
            max(0, int(min(rows))),
            min(self._width, int(max(columns)) + 1),
            min(self._height, int(max(rows)) + 1),
        )
