"""The characters of a page and where they stand, as pdfium tells: it is asked once for each. Raises anything."""

from bisect import bisect
from collections.abc import Callable
from ctypes import c_double
from typing import Any

from graph.documents.line import Box


class PageCharacters:
    """The characters of a text page of pypdfium2, by their places in its text. All measures are in points."""

    def __init__(self, raw: Any, textpage: Any, text: str) -> None:
        self._raw, self._textpage = raw, textpage
        self._edges, self._font_edges = [c_double() for _ in range(4)], raw.FS_RECTF()
        self._x, self._y = c_double(), c_double()
        self._boxes: dict[int, Box] = {}
        self._bases: dict[int, float] = {}
        # Characters that are two of UTF-16, as pdfium counts.
        wide = [place for place, character in enumerate(text) if character > "\uffff"]

        def ask(place: int) -> int:
            shifted = place + bisect(wide, place - 1) if wide else place
            return int(raw.FPDFText_GetCharIndexFromTextIndex(textpage, shifted))

        self.indices = _rising(ask, len(text))  # pdfium's of each character; negative where it knows none

    def box(self, place: int) -> Box:
        """As wide as the character, as high as its font."""
        box = self._boxes.get(place)
        if box is None:
            edges = self._font_edges
            if not self._raw.FPDFText_GetLooseCharBox(self._textpage, self.indices[place], edges):
                raise ValueError("no box")
            box = self._boxes[place] = (edges.left, edges.bottom, edges.right, edges.top)
        return box

    def ink(self, place: int) -> Box:
        """Around its ink; empty where it has none."""
        left, right, bottom, top = self._edges
        if not self._raw.FPDFText_GetCharBox(self._textpage, self.indices[place], left, right, bottom, top):
            return (0, 0, 0, 0)
        return (left.value, bottom.value, right.value, top.value)

    def base(self, place: int) -> float:
        """Height above the page's foot that it stands on."""
        base = self._bases.get(place)
        if base is None:
            self._raw.FPDFText_GetCharOrigin(self._textpage, self.indices[place], self._x, self._y)
            base = self._bases[place] = float(self._y.value)
        return base

    def angle(self, place: int) -> float:
        """In radians."""
        return float(self._raw.FPDFText_GetCharAngle(self._textpage, self.indices[place]))

    def weight(self, place: int) -> int:
        """Of its font, where 400 is regular and 700 is bold."""
        return int(self._raw.FPDFText_GetFontWeight(self._textpage, self.indices[place]))


def _rising(ask: Callable[[int], int], count: int) -> list[int]:
    """What `ask` answers to 0, 1, ... `count` - 1. The answers rise: where the ends tell that it is by one each
    time, nothing between them is asked.
    """
    found: list[int] = []
    waiting = [(0, count - 1)] if count else []
    while waiting:
        first, last = waiting.pop()
        low, high = ask(first), ask(last)
        if high - low == last - first:
            found += range(low, high + 1)
        else:
            middle = (first + last) // 2
            waiting += [(middle + 1, last), (first, middle)]
    return found
