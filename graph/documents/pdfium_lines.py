"""A page as pdfium sees it -> lines of print with their places. Is handed the library, and imports none."""

import re
from bisect import bisect
from typing import Any

from graph.documents.columns import Gutter, find_gutters, in_columns
from graph.documents.layout import Box, Line, arranged

_HYPHENS = "\x02\ufffe"  # what pdfium leaves of a hyphen at a line end, with no line break after it
_PIECE = re.compile(rf"[^\r\n{_HYPHENS}]*[^\r\n{_HYPHENS}\s][^\r\n{_HYPHENS}]*[{_HYPHENS}]?")
_COVERED = 0.6  # share of a gutter that a gap between letters has to cover


def page_text(raw: Any, page: Any, textpage: Any, text: str) -> str:
    """The text of a page in the order it is read, blank lines between its parts; as it is when it is turned.

    `raw` is pypdfium2.raw, and `text` all that `textpage` has.
    """
    wide = [
        place for place, character in enumerate(text) if character > "\uffff"
    ]  # two of UTF-16, as pdfium counts
    pieces = [_Piece(raw, textpage, match, wide) for match in _PIECE.finditer(text)]
    lines = [piece.line for piece in pieces]
    if 2 * sum(line.is_upright for line in lines) < len(lines):
        return text
    gutters = find_gutters([textpage.get_rect(index) for index in range(textpage.count_rects())])
    if gutters:
        lines = in_columns([piece.cut(gutters) for piece in pieces], gutters) or lines
    return arranged(lines, page.get_bbox())


class _Piece:
    """A line of text as pdfium gives it."""

    def __init__(self, raw: Any, textpage: Any, match: re.Match[str], wide: list[int]) -> None:
        self._raw, self._textpage, self._wide = raw, textpage, wide
        self._text, self._start = match[0], match.start()
        self._visible = [place for place, c in enumerate(self._text) if not c.isspace() and c not in _HYPHENS]
        self.line = self._line(self._text, self._visible)

    def cut(self, gutters: list[Gutter]) -> list[Line]:
        """The line, or the parts of it that stand on the two sides of a gutter."""
        starts = [place for place in self._visible if place == 0 or self._text[place - 1].isspace()] or [0]
        columns = [sum(self._box(place)[0] > (left + right) / 2 for left, right in gutters) for place in starts]
        if len(set(columns)) == 1 or not self.line.is_upright:
            return [self.line]
        cuts = [starts[0]]
        for before, column, place in zip(columns, columns[1:], starts[1:], strict=False):
            if column < before or (column > before and self._is_cut(place, gutters[column - 1])):
                cuts.append(place)
        ranges = zip(cuts, [*cuts[1:], len(self._text)], strict=True)
        return [self._line(self._text[a:b], [v for v in self._visible if a <= v < b]) for a, b in ranges]

    def _is_cut(self, place: int, gutter: Gutter) -> bool:
        """Whether the gap before a word is the gutter, rather than one between words that lies over it."""
        end = self._box(self._visible[self._visible.index(place) - 1])[2]
        return min(self._box(place)[0], gutter[1]) - max(end, gutter[0]) >= _COVERED * (gutter[1] - gutter[0])

    def _index(self, place: int) -> int:
        place += self._start
        return int(
            self._raw.FPDFText_GetCharIndexFromTextIndex(self._textpage, place + bisect(self._wide, place - 1))
        )

    def _box(self, place: int) -> Box:
        box: Box = self._textpage.get_charbox(self._index(place), loose=True)
        return box

    def _line(self, text: str, visible: list[int]) -> Line:
        """A line of print, by its ends and three letters between them."""
        letters = [place for place in visible if self._text[place].isalpha()] or visible
        told = [letters[len(letters) * part // 4] for part in (1, 2, 3)]
        ends, boxes = [self._box(visible[0]), self._box(visible[-1])], [self._box(place) for place in told]
        heights = [box[3] - box[1] for box in boxes]
        tallest = boxes[heights.index(max(heights))]
        weights = [self._raw.FPDFText_GetFontWeight(self._textpage, self._index(place)) for place in told[::2]]
        angle = self._raw.FPDFText_GetCharAngle(self._textpage, self._index(told[1]))
        left, right = min(box[0] for box in ends + boxes), max(box[2] for box in ends + boxes)
        return Line(
            text,
            (left, tallest[1], right, tallest[3]),
            (min(heights), max(heights)),
            min(weights),
            abs(angle) < 0.1,
        )
