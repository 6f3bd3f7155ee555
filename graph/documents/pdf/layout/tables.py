"""Tables: which pieces of print are cells, and which cells are one row. Knows no PDF library.

Evidence is a column of figures: three or more with one edge in common, and beside each of them something that is
no text of a page's column. Figures that only count (lines, clauses, formulas, the axis of a chart), and lines of a
text that are nothing but a figure, are none. What such rows have above and between them in the same columns are
their heads, the rest of a name that wraps, and the headings of parts.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median

from graph.documents.line import CELL, Box
from graph.documents.pdf.layout.cells import (
    FEWEST,
    LEADERS,
    Cell,
    Level,
    goes_on,
    is_figure,
    levels_of,
    one,
    words,
)
from graph.documents.pdf.layout.figure_columns import (
    COUNT,
    Column,
    Stack,
    are_apart,
    columns_of,
    merged,
    stacks_of,
    together,
)
from graph.documents.pdf.layout.printed_line import PrintedLine

Rows = list[PrintedLine]

_INNER = re.compile(r"[^\W\d][,;.] \w")
_HEAD = 2.8  # heights from the first row up to its head, and from each line of a head to the next
_MOST_HEADS = 4  # lines
_BESIDE = 0.75  # heights between the base line of a figure and those of a name of two lines
_TIGHT = 0.75  # of the distance between rows: lines of one row
_CROSSED = 0.2  # of the rows may overlap the next
_MIXED = 0.5  # times as many lines of text as figures: their column is no column of figures
_FILLED = 0.5  # of the rows have something in a column beside the figures
_PROSE, _PROSE_WORDS = 9, 4  # heights and words that a line of a text has
_AROUND = 3  # lines above and below the rows that show whether a column is one of text
_PAUSES = 0.2  # of the lines of a text, at least so many have a mark inside
_FULL, _GOING_ON = 0.7, 0.3  # of its width, and of its lines


def find_tables(pieces: Sequence[PrintedLine], page: Box) -> list[tuple[Rows, set[int]]]:
    """The rows of each table, and the places of the pieces that they are made of. Cells are parted by `CELL`.

    What is printed beside the `page` is no part of any.
    """
    if sum(is_figure(piece.text) for piece in pieces) < FEWEST:
        return []
    levels = levels_of(pieces, page)
    found: list[tuple[Rows, set[int]]] = []
    used: set[int] = set()
    for stacks in together(stacks_of(levels)):
        if any(used.intersection(cell.pieces) for stack in stacks for _, cell in stack):
            continue
        table = _Table(levels, stacks, used)
        rows = table.rows() if table.is_one else []
        if not rows or table.is_crossed:
            continue
        taken = {place for row in rows for cell in row for place in cell.pieces}
        used |= taken
        found.append(([_printed(row, pieces, len(found) + 1) for row in rows], taken))
    return found


class _Table:
    """What belongs to some columns of figures."""

    def __init__(self, levels: list[Level], stacks: list[Stack], used: set[int]) -> None:
        self._stacks = stacks
        self._numbers = sorted({number for stack in stacks for number, _ in stack})
        self.first, self.last = self._numbers[0], self._numbers[-1]
        self._levels = [[cell for cell in level if not used.intersection(cell.pieces)] for level in levels]
        self._rows = [self._levels[number] for number in self._numbers if self._levels[number]]
        self._figures = columns_of(stacks)
        self._height = median(cell.height for stack in stacks for _, cell in stack)
        self._known = {id(cell): column for column in self._figures for cell in column.cells}
        self._is_beside_prose = False
        self.columns = self._columns()
        self._groups = self._grouped()

    @property
    def is_one(self) -> bool:
        """Whether there is evidence enough."""
        if len(self.columns) < 2 or (self._is_beside_prose and len(self.columns) == len(self._figures)):
            return False
        if all(map(self._is_mixed, self._figures)):
            return False
        full = [row for row in self._rows if len({id(self._column(cell)) for cell in row} - {id(None)}) > 1]
        if len(full) < max(FEWEST, _FILLED * len(self._rows)):
            return False
        if len(self._figures) == 1:
            values = [COUNT.fullmatch(cell.text) for cell in self._figures[0].cells]
            pages = [float(match[1]) for match in values if match]
            if len(pages) == len(values) and pages == sorted(pages) and self._has_leaders:
                return False  # a table of contents, whose dots are looked for later
        return True

    def _is_mixed(self, figures: Column) -> bool:
        """Whether a column of figures is one of text, with lines that are nothing but a figure."""
        others = [
            cell
            for level in self._levels[self.first : self.last + 1]
            for cell in level
            if not cell.is_figure and figures.shared(cell) > 0.5 * (figures.right - figures.left)
        ]
        return len(others) > _MIXED * len(figures.cells)

    @property
    def _has_leaders(self) -> bool:
        return any(LEADERS.search(cell.text) for row in self._rows for cell in row)

    def _columns(self) -> list[Column]:
        """The columns of figures, and those beside and between them that most rows have."""
        others = [
            cell
            for row in self._rows
            for cell in row
            if all(column.shared(cell) <= 0.3 * self._height for column in self._figures)
        ]
        beside = merged([Column(cell.box[0], cell.box[2], [cell]) for cell in others])
        first, last = self._figures[0], self._figures[-1]
        inner = [column for column in beside if first.right <= column.left and column.right <= last.left]
        left = [column for column in beside if column.right <= first.left + self._height][::-1]
        right = [column for column in beside if column.left >= last.right - self._height]
        found = [*self._figures, *(column for column in inner if len(column.cells) >= 2)]
        for side in (left, right):
            for column in side:
                if len(column.cells) < _FILLED * len(self._rows):
                    break
                ids = set(map(id, column.cells))
                own = [
                    (number, cell) for number in self._numbers for cell in self._levels[number] if id(cell) in ids
                ]
                if any(are_apart(own, stack) for stack in self._stacks):
                    break
                if self._is_prose(column, len(found)):
                    self._is_beside_prose = True
                    break
                found.append(column)
        return sorted(found, key=lambda column: column.left)

    def _is_prose(self, column: Column, known: int) -> bool:
        """Whether it is a column of text beside the table: its lines fill it, go on, and go beyond the rows.

        Lines with words where the rows have their figures are rows, too. `known` are the table's other columns.
        """
        inner = self._within(column, self.first, self.last + 1)
        around = [*range(max(0, self.first - _AROUND), self.first), *range(self.last + 1, self.last + 1 + _AROUND)]
        beyond = [
            cell
            for number in around
            if not any(self._within(figures, number, number + 1) for figures in self._figures)
            for cell in self._within(column, number, number + 1)
        ]
        cells = inner + beyond
        widths = [cell.box[2] - cell.box[0] for cell in cells]
        starts = [cell.text[0] for cell in cells if cell.text[:1].isalpha()]
        is_uncased = 2 * sum(letter.lower() == letter.upper() for letter in starts) > len(cells)
        if median(widths) < _PROSE * self._height or (words(cells) < _PROSE_WORDS and not is_uncased):
            return False
        if len(beyond) >= _AROUND and words(beyond) >= _PROSE_WORDS:
            return True
        if known > 2 and len(column.cells) == len(self._rows):
            return False  # a line for each row of a table that is one without it, and none beyond them
        is_mixed = len({letter.islower() for letter in starts}) > 1 or sum(
            bool(_INNER.search(cell.text)) for cell in cells
        ) > _PAUSES * len(cells)
        going = sum(goes_on(above, below) for above, below in pairwise(cells)) >= _GOING_ON * (len(cells) - 1)
        is_full = sum(width >= _FULL * max(widths) for width in widths) >= _FULL * len(cells)
        return is_full and ((is_mixed and going) or is_uncased or median(widths) > 2 * _PROSE * self._height)

    def _within(self, column: Column, first: int, end: int) -> list[Cell]:
        """The cells of some levels that are in the column and no wider."""
        left, right = column.left - self._height, column.right + self._height
        return [
            cell for level in self._levels[first:end] for cell in level if left < cell.box[0] < cell.box[2] < right
        ]

    def _column(self, cell: Cell) -> Column | None:
        """The column of a cell; None when it stands in none, or over several."""
        if id(cell) in self._known:
            return self._known[id(cell)]
        shared = [column for column in self.columns if column.shared(cell) > 0.2 * self._height]
        if len(shared) > 1:
            inside = [column for column in shared if column.shared(cell) > 0.8 * (cell.box[2] - cell.box[0])]
            return inside[0] if len(inside) == 1 else None
        if shared:
            return shared[0]
        first, last = self.columns[0], self.columns[-1]
        if not first.left - 3 * self._height <= cell.box[0] <= last.right:
            return None
        near = min(self.columns, key=lambda column: -column.shared(cell))
        return near if -near.shared(cell) <= 3 * self._height else None

    def _inside(self, level: Level) -> Level:
        """The cells of a level that are within the table's sides."""
        left, right = self.columns[0].left - 3 * self._height, self.columns[-1].right + self._height
        return [cell for cell in level if left < cell.box[0] < right]

    def rows(self) -> list[list[Cell]]:
        """Cells by column, without text where there is none; what goes over several columns is by itself."""
        found = list(self._heads_as_rows(self._heads()))
        for group in self._groups:
            found += self._row(group)
        return found

    @property
    def is_crossed(self) -> bool:
        """Whether rows overlap that are not one: cells of several lines that are set by their middles."""
        near = sum(
            above[-1][0].base - below[0][0].base <= _BESIDE * self._height
            for above, below in pairwise(self._groups)
        )
        return near > _CROSSED * len(self._rows)

    def _grouped(self) -> list[list[Level]]:
        """The lines of each row."""
        groups: list[list[Level]] = []
        for level in self._levels[self.first : self._end()]:
            inside = self._inside(level)
            if groups and inside and self._is_one_row(groups[-1], inside):
                groups[-1].append(inside)
            elif inside:
                groups.append([inside])
        return groups

    def _heads(self) -> list[Level]:
        """The lines above the first row that name its columns, from the top."""
        found: list[Level] = []
        below = self._levels[self.first]
        for level in self._levels[self.first - 1 :: -1] if self.first else []:
            inside = self._inside(level)
            if not inside:
                continue
            far = inside[0].base - below[0].base > _HEAD * self._height
            columns = [self._column(cell) for cell in inside]
            over_figures = [
                any(column.shared(cell) > 0 for column in self._figures)
                and (self._figures[0] is self.columns[0] or self.columns[0].shared(cell) <= 0)
                for cell in inside
            ]
            named = [column for column in columns if column]
            is_rest = len(inside) > 1 or (found and inside[0].base - below[0].base < 1.5 * self._height)
            if (
                far
                or not is_rest
                or len(found) == _MOST_HEADS
                or not any(over_figures)
                or len(inside) > len(self.columns)
            ):
                break
            if len(named) < len(inside) and not all(
                over or column for over, column in zip(over_figures, columns, strict=True)
            ):
                break
            if len({id(column) for column in named}) < len(named):
                break
            found.insert(0, inside)
            below = inside
        return found

    def _heads_as_rows(self, heads: list[Level]) -> Iterator[list[Cell]]:
        """Lines of a head are one row, but for what stands over several columns."""
        group: list[Level] = []
        for level in heads:
            named = {id(self._column(cell)) for cell in level if self._column(cell)}
            is_whole = len(named) == len(level)
            if group and not (is_whole and self._is_one_head(group[-1], level)):
                yield from self._row(group)
                group = []
            if is_whole:
                group.append(level)
            else:
                yield level
        if group:
            yield from self._row(group)

    def _is_one_head(self, above: Level, level: Level) -> bool:
        columns = [{id(self._column(cell)) for cell in line} for line in (above, level)]
        if columns[0] != columns[1] or above[0].base - level[0].base < _TIGHT * self._pitch():
            return True
        return len(level) < len(self.columns) and all(cell.text[:1].islower() for cell in level)

    def _end(self) -> int:
        """The level behind the last of the table: rows without a figure, and the rest of the last row's name."""
        above = self._inside(self._levels[self.last])
        end = self.last + 1
        for number, level in enumerate(self._levels[end:], end):
            inside = self._inside(level)
            if not inside:
                continue
            distance = above[0].base - inside[0].base
            columns = [self._column(cell) for cell in inside]
            named = {id(column) for column in columns if column}
            is_whole = len(named) == len(inside)
            is_row = is_whole and len(inside) > 1 and any(column in self._figures for column in columns)
            is_rest = is_whole and len(inside) == 1 and inside[0].text[:1].islower()
            if not (is_row and distance <= 1.5 * self._pitch()) and not (
                is_rest and distance < 1.6 * self._height
            ):
                break
            above, end = inside, number + 1
        return end

    def _pitch(self) -> float:
        """The usual distance of rows that have figures."""
        return median(self._distances())

    def _distances(self) -> list[float]:
        bases = [self._levels[number][0].base for number in self._numbers]
        return [above - below for above, below in pairwise(bases)]

    def _is_one_row(self, group: list[Level], level: Level) -> bool:
        """Whether a line goes on with the cells above it."""
        above = group[-1]
        distance = above[0].base - level[0].base
        cells = [cell for line in group for cell in line]
        if any(self._column(cell) is None for cell in [*cells, *level]):
            return False
        has_figure, more = (any(cell.is_figure for cell in line) for line in (cells, level))
        if has_figure and more:
            return False
        names = {id(self._column(cell)) for cell in cells}
        if distance <= _BESIDE * self._height:
            figures = level if more else cells
            if all(cell.is_figure for cell in figures) and not names & {id(self._column(cell)) for cell in level}:
                return True
        is_near = distance < 1.8 * self._height
        if not more:
            is_rest = all(cell.text[:1].islower() for cell in level) and is_near
            within = all(id(self._column(cell)) in names for cell in level) and not self._has_value(level)
            return has_figure and within and (is_rest or distance <= _TIGHT * min(self._distances()))
        return (
            is_near
            and len(above) == 1
            and self._column(level[0]) is self._column(above[0])
            and goes_on(above[0], level[0])
        )

    def _has_value(self, level: Level) -> bool:
        """Whether there is a word where rows have their figures, so that it is a row."""
        return any(self._column(cell) in self._figures for cell in level)

    def _row(self, group: list[Level]) -> Iterator[list[Cell]]:
        cells: dict[int, list[Cell]] = {}
        strays: list[Cell] = []
        for cell in (cell for level in group for cell in level):
            column = self._column(cell)
            cells.setdefault(id(column), []).append(cell) if column else strays.append(cell)
        if strays and not cells:
            yield strays
            return
        if strays:
            yield sorted((cell for level in group for cell in level), key=lambda cell: cell.box[0])
            return
        row = [
            one(cells[id(column)]) if id(column) in cells else Cell("", (0, 0, 0, 0), 0, [])
            for column in self.columns
        ]
        while row and not row[-1].pieces:
            row.pop()
        yield row if sum(bool(cell.pieces) for cell in row) > 1 else [cell for cell in row if cell.pieces]


def _printed(row: list[Cell], pieces: Sequence[PrintedLine], table: int) -> PrintedLine:
    """A row as a line of print, with the look of its first piece."""
    filled = [cell for cell in row if cell.pieces]
    own = [pieces[place] for cell in filled for place in cell.pieces]
    lefts, bottoms, rights, tops = zip(*(piece.box for piece in own), strict=True)
    return replace(
        own[0],
        text=CELL.join(LEADERS.sub("", cell.text).replace(CELL, " ") for cell in row),
        box=(min(lefts), min(bottoms), max(rights), max(tops)),
        sizes=(min(piece.sizes[0] for piece in own), max(piece.sizes[1] for piece in own)),
        weight=min(piece.weight for piece in own),
        base=min(piece.base for piece in own),
        has_gap=True,
        table=table,
    )
