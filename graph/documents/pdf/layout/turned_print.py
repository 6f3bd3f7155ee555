"""Print that runs to the left or down, seen as if it ran to the right: what is known of lines holds for it too."""

from collections.abc import Callable
from ctypes import c_void_p, cast
from dataclasses import replace
from statistics import median
from typing import Any

from graph.documents.line import Box, Line
from graph.documents.pdf.layout import vertical
from graph.documents.pdf.layout.page_print import PIECE, PagePrint
from graph.documents.pdf.layout.right_to_left import in_reading_order, runs_leftwards
from graph.documents.pdf.layout.vertical import Glyph


class LeftwardPrint(PagePrint):
    """With script that is read from right to left; where that is most of it, places are of the mirror image."""

    def __init__(self, printed: PagePrint, page: Any) -> None:
        self.__dict__.update(printed.__dict__)
        shown = self._text
        self._mirror: float | None = None  # the sum of the two edges that change places
        self._text, places = in_reading_order(shown, self._box, self._drawn(page))
        self._indices = [self._indices[place] for place in places]
        if runs_leftwards(shown):
            left, _, right, _ = page.get_bbox()
            self._mirror = left + right

    def turned(self, box: Box) -> Box:
        if self._mirror is None:
            return box
        return (self._mirror - box[2], box[1], self._mirror - box[0], box[3])

    def turned_back(self, lines: list[Line]) -> list[Line]:
        return [replace(line, box=self.turned(line.box)) if line.box else line for line in lines]

    def runs(self) -> list[Box]:
        return [self.turned(box) for box in super().runs()]

    def _box(self, place: int) -> Box:
        return self.turned(super()._box(place))

    def _drawn(self, page: Any) -> Callable[[int], int]:
        """Which piece of text of the page a character is drawn with: those drawn later have higher numbers."""
        numbers: dict[int | None, int] = {}
        for number in range(self._raw.FPDFPage_CountObjects(page)):
            numbers[_address(self._raw.FPDFPage_GetObject(page, number))] = number

        def drawn(place: int) -> int:
            handle = self._raw.FPDFText_GetTextObject(self._textpage, self._index(place))
            return numbers.get(_address(handle), 0)

        return drawn


class VerticalPrint(PagePrint):
    """Whose lines run down. Places are those of the page turned by a quarter."""

    def __init__(self, printed: PagePrint, page: Any, glyphs: list[Glyph]) -> None:
        self.__dict__.update(printed.__dict__)
        self._page: Box = page.get_bbox()
        pieces, self._rows = vertical.in_columns(glyphs)
        indices, self._indices = self._indices, []
        self._text, self._boxes = "", list[Box]()
        em = median(glyph.height for glyph in glyphs)
        for piece in pieces:
            middle = median(glyph.middle for glyph in piece)
            column = vertical.with_spaces(piece)
            for glyph in [*column, replace(column[-1], text="\n")]:
                _, bottom, _, top = glyph.box
                height = top - bottom
                half = (em if 0.8 * em < height < 1.25 * em else height) / 2
                self._text += glyph.text.translate(vertical.ACROSS)
                self._indices.append(indices[glyph.place])
                self._boxes.append(self.turned((middle - half, bottom, middle + half, top)))

    def turned(self, box: Box) -> Box:
        return vertical.turned(box, self._page)

    def turned_back(self, lines: list[Line]) -> list[Line]:
        placed = [
            replace(line, box=vertical.turned_back(line.box, self._page), edge=None)
            for line in lines if line.box
        ]  # fmt: skip
        if not placed:
            return placed
        highest = max(line.box[3] for line in placed if line.box)
        above, below = list[Line](), list[Line]()
        for row in self._rows:
            is_above = row[0].box[1] >= highest
            line = vertical.line_across(row, "top" if is_above else "bottom")
            (above if is_above else below).append(line)
        return above + placed + below

    def runs(self) -> list[Box]:
        ends = [match.span() for match in PIECE.finditer(self._text)]
        return [
            (self._boxes[start][0], self._boxes[start][1], self._boxes[end - 1][2], self._boxes[start][3])
            for start, end in ends
        ]

    def _box(self, place: int) -> Box:
        return self._boxes[place]

    def _base(self, place: int) -> float:
        return self._boxes[place][1]

    def _angle(self, place: int) -> float:
        return 0


def _address(handle: Any) -> int | None:
    return cast(handle, c_void_p).value
