"""Pages of Japanese and Chinese whose lines run down and follow each other from right to left.

A file draws such a page letter by letter, down its columns or across them, and no library tells. What tells is
where the letters stand: each has its neighbour right below, an em away, and the next column is further off.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Literal
from unicodedata import normalize

from graph.documents.line import Box, Line

# Marks as they look in a line that runs down, which fonts have for characters, and those of a line across.
_DOWN = [chr(code) for code in (*range(0xFE10, 0xFE19), *range(0xFE31, 0xFE49))]
_ACROSS = [normalize("NFKC", mark) for mark in _DOWN]
ACROSS = str.maketrans(
    {down: chr(ord(mark) + 0xFEE0) if "!" <= mark <= "~" else mark
     for down, mark in zip(_DOWN, _ACROSS, strict=True) if len(mark) == 1}
)  # fmt: skip
_WIDE = re.compile(
    r"[\u3001-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe48\uff01-\uff60]"
)
# What is written out has these; a chart, or the cells of a table, has not.
_WRITTEN = re.compile(r"[\u3041-\u3093。、，．；：？！「」\ufe10-\ufe19\ufe41-\ufe44]")
_FEWEST = 20  # letters of such scripts on the page, which are most of it
_MOST = 4000
_RIGHT_BELOW = (0.7, 1.35)  # times the height of a letter, from its top to that of the one below
_MOST_OF = 0.7  # of the letters, that stand so
_FURTHER = 1.15  # times that distance, from a letter to the one beside it
_SHARE_WRITTEN = 0.04  # Chinese has no kana, and a mark for every ten or twenty letters
_SAME_COLUMN = 0.35  # times the height of a letter, between the middles of two
_SAME_ROW = 0.3
_APART = 1.6  # times the height of a letter, between the pieces of a column
_WORD_GAP = 0.2
_ASIDE = re.compile(r"[\d\s.,/()–—-]{1,9}")  # a page number, below or above the columns


@dataclass(frozen=True, slots=True)
class Glyph:
    """A character, its place in the text of the page, and on the page."""

    text: str
    place: int
    box: Box

    @property
    def middle(self) -> float:
        return (self.box[0] + self.box[2]) / 2

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


def may_be_vertical(text: str) -> bool:
    """Whether a page has the letters for it, and more than a few lines of one or many letters: a quick look."""
    if not _WIDE.search(text):
        return False
    letters = "".join(text.split())
    wide = len(_WIDE.findall(letters))
    return _FEWEST <= wide <= _MOST and wide > 0.5 * len(letters)


def is_vertical(glyphs: list[Glyph]) -> bool:
    """Whether most letters of a page stand in columns, and say something."""
    wide = [glyph for glyph in glyphs if _WIDE.match(glyph.text) and glyph.height > 0]
    if len(wide) < _FEWEST or len(wide) <= 0.5 * len(glyphs):
        return False
    if sum(bool(_WRITTEN.match(glyph.text)) for glyph in wide) < _SHARE_WRITTEN * len(wide):
        return False
    em = median(glyph.height for glyph in wide)
    least, most = _RIGHT_BELOW[0] * em, _RIGHT_BELOW[1] * em
    down = [
        above.box[3] - below.box[3]
        for column in _columns(wide, em)
        for above, below in pairwise(column)
        if least <= above.box[3] - below.box[3] <= most
    ]
    if len(down) < _MOST_OF * len(wide):
        return False
    beside = [
        right.box[0] - left.box[0]
        for row in _rows(wide, em)
        for left, right in pairwise(row)
        if right.box[0] - left.box[0] > 0
    ]
    return not beside or median(beside) >= _FURTHER * median(down)


def _columns(glyphs: Iterable[Glyph], em: float) -> list[list[Glyph]]:
    """Columns from right to left, each from the top."""
    columns: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.middle):
        if columns and columns[-1][-1].middle - glyph.middle <= _SAME_COLUMN * em:
            columns[-1].append(glyph)
        else:
            columns.append([glyph])
    return [_downwards(column, em) for column in columns]


def _downwards(column: list[Glyph], em: float) -> list[Glyph]:
    """From the top; two digits that stand side by side in one place, from the left."""
    ordered = sorted(column, key=lambda glyph: -glyph.box[1])
    found: list[Glyph] = []
    for glyph in ordered:
        row = [other for other in found[-3:] if abs(other.box[1] - glyph.box[1]) < _SAME_ROW * em]
        beside = [other for other in row if other.box[0] > glyph.box[0]]
        found.insert(len(found) - len(beside), glyph)
    return found


def _rows(glyphs: Iterable[Glyph], em: float) -> list[list[Glyph]]:
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda glyph: -glyph.box[1]):
        if rows and rows[-1][0].box[1] - glyph.box[1] <= _SAME_ROW * em:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    return [sorted(row, key=lambda glyph: glyph.box[0]) for row in rows]


def in_columns(glyphs: list[Glyph]) -> tuple[list[list[Glyph]], list[list[Glyph]]]:
    """The columns of a vertical page in the order they are read, in pieces where one has a gap; and the rows that
    stand above or below all columns: its head, its number.
    """
    em = median(glyph.height for glyph in glyphs if _WIDE.match(glyph.text))
    pieces: list[list[Glyph]] = []
    for column in _columns(glyphs, em):
        start = 0
        for index, (above, below) in enumerate(pairwise(column), 1):
            if above.box[1] - below.box[3] > _APART * em:
                pieces.append(column[start:index])
                start = index
        pieces.append(column[start:])
    written = [piece for piece in pieces if piece[0].box[3] - piece[-1].box[1] > _APART * em]
    written = [piece for piece in written if not _ASIDE.fullmatch(_text(piece))]
    if not written:
        return pieces, []
    top, bottom = max(piece[0].box[3] for piece in written), min(piece[-1].box[1] for piece in written)
    aside = [piece for piece in pieces if piece[-1].box[1] >= top or piece[0].box[3] <= bottom]
    rows = _rows((glyph for piece in aside for glyph in piece), em)
    return [piece for piece in pieces if piece not in aside], rows


def _text(piece: list[Glyph]) -> str:
    return "".join(glyph.text for glyph in piece).translate(ACROSS)


def with_spaces(piece: list[Glyph], *, across: bool = False) -> list[Glyph]:
    """A column, or a row, with spaces between the words of scripts that have them."""
    found = piece[:1]
    for before, glyph in pairwise(piece):
        gap = glyph.box[0] - before.box[2] if across else before.box[1] - glyph.box[3]
        is_wide = _WIDE.match(before.text) and _WIDE.match(glyph.text)
        if gap > _WORD_GAP * glyph.height and not is_wide:
            found.append(Glyph(" ", before.place, before.box))
        found.append(glyph)
    return found


def line_across(row: list[Glyph], edge: Literal["top", "bottom"]) -> Line:
    """A row above or below the columns."""
    lefts, bottoms, rights, tops = zip(*(glyph.box for glyph in row), strict=True)
    box = (min(lefts), min(bottoms), max(rights), max(tops))
    size = max(glyph.height for glyph in row)
    return Line(_text(with_spaces(row, across=True)), box, size, starts=True, edge=edge)


def turned(box: Box, page: Box) -> Box:
    """A place on the page turned by a quarter, so that columns are lines: the first is the topmost."""
    return (page[3] - box[3], box[0] - page[0], page[3] - box[1], box[2] - page[0])


def turned_back(box: Box, page: Box) -> Box:
    """The place on the page itself."""
    return (box[1] + page[0], page[3] - box[2], box[3] + page[0], page[3] - box[0])


def columns_as_text(glyphs: list[Glyph]) -> str | None:
    """The text of a page that is known by the places of its characters alone; None where it is not vertical."""
    if not is_vertical(glyphs):
        return None
    pieces, rows = in_columns(glyphs)
    lines = [with_spaces(piece) for piece in pieces] + [with_spaces(row, across=True) for row in rows]
    return "\n".join(map(_text, lines))
