"""Tables: which pieces of print are cells, and which cells are one row. Knows no PDF library.

Evidence is a column of figures: three or more with one edge in common, and beside each of them something that is no
prose and has an edge in common too. A column that only counts (the numbers of lines, of clauses, of formulas), or that
stands beside sentences (years and what happened in them), is none. What such rows have above and between them in the
same columns are their heads, the rest of a name that wraps, and the headings of parts. The way from pieces to columns
to rows is that of Nurminen's thesis on tables in PDF files (Tampere 2013), with figures for the edges.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from graph.documents.line import CELL, Box
from graph.documents.pdf.layout.printed_line import PrintedLine

Rows = list[PrintedLine]
Figure = tuple[float, float, bool]  # left and right edge, in points, and whether its line is nothing else

_FIGURE = re.compile(
    r"[-+±~<>≤≥=(\[$€£¥₩]*\s?(?:[A-Z]{2,3}\$?\s?)?[-−–]?[$€£¥₩]?[.,]?\d[\d.,:/'’%()*†‡§\s+−–^±×-]*"
    r"\s?(?:%|‰|°?[A-Za-zµ²³€£¥₩]{1,3}|[\])*]+)?[.*†‡]?"
)
_NOTHING = re.compile(r"[-−–—.*]{1,3}|n/?a\.?|k\. ?A\.", re.IGNORECASE)  # what stands where there is no figure
_BEFORE = re.compile(r"[-+(]?(?:[A-Z]{0,3}\$|[€£¥₩])")
_BEHIND = re.compile(r"[%)*†‡]{1,3}|[.·․…_\s]{3,}")
_LEADERS = re.compile(r"\s*(?:[.·․…_]\s?){3,}$")
_COUNT = re.compile(r"\W*(\d{1,4})\W*")
_OPEN = re.compile(r"[,(\-–—&/]$|\b(?:the|a|of|and|or|to|in|for|with|by|from|on|at|und|der|die|et|de|du|des|y)$")
_INNER = re.compile(r"[^\W\d][,;.] \w")
_FEWEST = 3  # of a column
_ALIGNED = 6.0  # points by which the edges of three figures of a column may differ, before it is looked at closely
_LEVEL = 0.3  # of the height of print, by which base lines of one row may differ
_EDGE = 0.6  # of the height, by which the edges of one column may differ
_FARTHEST = 4.0  # heights from a figure to the next one below
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
_STEPS = (1, 2, 5, 10)
_COUNTING = 0.7  # of the steps are alike


def is_figure(text: str) -> bool:
    """Whether a cell is a number, an amount, a share, or a date in digits."""
    text = text.strip()
    return len(text) <= 30 and text.count(")") <= text.count("(") and bool(_FIGURE.fullmatch(text))


def are_figures(figures: Sequence[Figure]) -> bool:
    """Whether there may be a column of figures at all: a quick look, before all words are measured."""
    if sum(is_all for _, _, is_all in figures) >= _FEWEST:
        return True
    edges = (sorted(figure[side] for figure in figures) for side in (0, 1))
    return any(last - first <= _ALIGNED for side in edges for first, last in zip(side, side[2:], strict=False))


@dataclass(slots=True)
class _Cell:
    """Pieces that are one, by their sign or their column."""

    text: str
    box: Box
    base: float
    pieces: list[int]
    is_figure: bool = False

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


@dataclass(slots=True)
class _Column:
    left: float
    right: float
    cells: list[_Cell] = field(default_factory=list)

    def shared(self, cell: _Cell) -> float:
        return min(self.right, cell.box[2]) - max(self.left, cell.box[0])


_Level = list[_Cell]  # cells on one base line, from left to right


def find_tables(pieces: Sequence[PrintedLine], page: Box) -> list[tuple[Rows, set[int]]]:
    """The rows of each table, and the places of the pieces that they are made of. Cells are parted by `CELL`.

    What is printed beside the `page` is no part of any.
    """
    if sum(is_figure(piece.text) for piece in pieces) < _FEWEST:
        return []
    levels = _levels(pieces, page)
    found: list[tuple[Rows, set[int]]] = []
    used: set[int] = set()
    for stacks in _together(_stacks(levels)):
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


def _levels(pieces: Sequence[PrintedLine], page: Box) -> list[_Level]:
    """Pieces by their base lines, from the top. The sign of an amount or a share belongs to it."""
    levels: list[_Level] = []
    seen = [place for place, piece in enumerate(pieces) if piece.is_upright and _is_on(page, piece)]
    order = sorted(seen, key=lambda place: -pieces[place].base)
    for place in order:
        piece = pieces[place]
        text = piece.text.strip()
        cell = _Cell(text, piece.box, piece.base, [place], is_figure(text))
        if levels and levels[-1][0].base - cell.base <= _LEVEL * max(1, min(cell.height, levels[-1][0].height)):
            levels[-1].append(cell)
        else:
            levels.append([cell])
    return [_signed(sorted(level, key=lambda cell: cell.box[0])) for level in levels]


def _is_on(page: Box, piece: PrintedLine) -> bool:
    box = piece.box
    return box[0] < page[2] and box[2] > page[0] and box[1] < page[3] and box[3] > page[1]


def _signed(level: _Level) -> _Level:
    out: _Level = []
    for cell in level:
        before = out[-1] if out else None
        if before and (
            (cell.is_figure and _BEFORE.fullmatch(before.text))
            or (_BEHIND.fullmatch(cell.text) and not _NOTHING.fullmatch(cell.text))
        ):
            out[-1] = _one([before, cell], " " if cell.is_figure else "")
        else:
            out.append(cell)
    return out


def _one(cells: Sequence[_Cell], between: str = " ") -> _Cell:
    """Cells as one, in their order."""
    lefts, bottoms, rights, tops = zip(*(cell.box for cell in cells), strict=True)
    text = cells[0].text
    for cell in cells[1:]:
        if text[-1:] in "\x02\ufffe" and cell.text[:1].islower():
            text = text[:-1] + cell.text
        else:
            text = f"{text}{between}{cell.text}" if text and cell.text else text or cell.text
    return _Cell(
        text,
        (min(lefts), min(bottoms), max(rights), max(tops)),
        cells[0].base,
        [place for cell in cells for place in cell.pieces],
        any(cell.is_figure for cell in cells),
    )


def _stacks(levels: Sequence[_Level]) -> list[list[tuple[int, _Cell]]]:
    """Columns of figures: one below the other, with an edge or the middle in common. With their levels."""
    open_, closed = list[list[tuple[int, _Cell]]](), list[list[tuple[int, _Cell]]]()
    for number, level in enumerate(levels):
        for cell in level:
            if not cell.is_figure and not _NOTHING.fullmatch(cell.text):
                continue
            near = [
                stack
                for stack in open_
                if stack[-1][0] < number
                and (_is_below(stack[-1][1], cell) or _are_pairs(levels[stack[-1][0]], level))
            ]
            if near:
                min(near, key=lambda stack: abs(stack[-1][1].box[2] - cell.box[2])).append((number, cell))
            elif cell.is_figure:
                open_.append([(number, cell)])
        lowest = level[0].base
        closed += [stack for stack in open_ if stack[-1][1].base - lowest > _FARTHEST * stack[-1][1].height]
        open_ = [stack for stack in open_ if stack[-1][1].base - lowest <= _FARTHEST * stack[-1][1].height]
    return [
        stack
        for stack in closed + open_
        if sum(cell.is_figure for _, cell in stack) >= _FEWEST and not _counts(stack)
    ]


def _are_pairs(above: _Level, level: _Level) -> bool:
    """Whether two lines are a name and a figure each, wherever that stands: at the end of a bar of a chart."""
    if any(len(line) != 2 or line[0].is_figure or not line[1].is_figure for line in (above, level)):
        return False
    edge = _EDGE * max(above[0].height, level[0].height)
    return min(abs(above[0].box[side] - level[0].box[side]) for side in (0, 2)) <= edge


def _is_below(above: _Cell, cell: _Cell) -> bool:
    edge = _EDGE * max(above.height, cell.height)
    (left, _, right, _), (other_left, _, other_right, _) = above.box, cell.box
    middles = abs(left + right - other_left - other_right) / 2
    return min(abs(left - other_left), abs(right - other_right), middles) <= edge and (
        min(right, other_right) > max(left, other_left)
    )


def _together(stacks: list[list[tuple[int, _Cell]]]) -> list[list[list[tuple[int, _Cell]]]]:
    """Stacks that share rows, from the top of the page."""
    groups: list[list[list[tuple[int, _Cell]]]] = []
    for stack in sorted(stacks, key=lambda stack: stack[0][0]):
        own = {number for number, _ in stack}
        near = [
            group
            for group in groups
            if any(len(own & {n for n, _ in other}) >= max(2, 0.5 * min(len(own), len(other))) for other in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([stack, *(other for group in near for other in group)])
    return sorted(groups, key=lambda group: min(stack[0][0] for stack in group))


def _counts(stack: Sequence[tuple[int, _Cell]]) -> bool:
    """Whether the figures of a column only count: the numbers of lines, of clauses, of formulas."""
    matches = [_COUNT.fullmatch(cell.text) for _, cell in stack]
    values = [int(match[1]) for match in matches if match]
    steps = Counter(after - before for before, after in pairwise(values))
    step, count = steps.most_common(1)[0] if steps else (0, 0)
    return len(values) == len(matches) and step in _STEPS and count >= _COUNTING * (len(values) - 1)


class _Table:
    """What belongs to some columns of figures."""

    def __init__(self, levels: list[_Level], stacks: list[list[tuple[int, _Cell]]], used: set[int]) -> None:
        self._stacks = stacks
        numbers = sorted({number for stack in stacks for number, _ in stack})
        self.first, self.last = numbers[0], numbers[-1]
        self._levels = [[cell for cell in level if not used.intersection(cell.pieces)] for level in levels]
        self._rows = [self._levels[number] for number in numbers if self._levels[number]]
        self._figures = _columns_of(stacks)
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
        if len(full) < max(_FEWEST, _FILLED * len(self._rows)):
            return False
        if len(self._figures) == 1:
            values = [_COUNT.fullmatch(cell.text) for cell in self._figures[0].cells]
            pages = [int(match[1]) for match in values if match]
            if len(pages) == len(values) and pages == sorted(pages) and self._has_leaders:
                return False  # a table of contents, whose dots are looked for later
        return True

    def _is_mixed(self, figures: _Column) -> bool:
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
        return any(_LEADERS.search(cell.text) for row in self._rows for cell in row)

    def _columns(self) -> list[_Column]:
        """The columns of figures, and those beside and between them that most rows have."""
        others = [
            cell
            for row in self._rows
            for cell in row
            if all(column.shared(cell) <= 0.3 * self._height for column in self._figures)
        ]
        beside = _merged([_Column(cell.box[0], cell.box[2], [cell]) for cell in others])
        first, last = self._figures[0], self._figures[-1]
        inner = [column for column in beside if first.right <= column.left and column.right <= last.left]
        left = [column for column in beside if column.right <= first.left + self._height][::-1]
        right = [column for column in beside if column.left >= last.right - self._height]
        found = [*self._figures, *(column for column in inner if len(column.cells) >= 2)]
        for side in (left, right):
            for column in side:
                if len(column.cells) < _FILLED * len(self._rows):
                    break
                if self._is_prose(column):
                    self._is_beside_prose = True
                    break
                found.append(column)
        return sorted(found, key=lambda column: column.left)

    def _is_prose(self, column: _Column) -> bool:
        """Whether it is a column of text beside the table: its lines fill it, go on, and go beyond the rows."""
        inner = self._within(column, self.first, self.last + 1)
        above = self._within(column, max(0, self.first - _AROUND), self.first)
        beyond = above + self._within(column, self.last + 1, self.last + 1 + _AROUND)
        cells = inner + beyond
        widths = [cell.box[2] - cell.box[0] for cell in cells]
        starts = [cell.text[0] for cell in cells if cell.text[:1].isalpha()]
        is_uncased = 2 * sum(letter.lower() == letter.upper() for letter in starts) > len(cells)
        if median(widths) < _PROSE * self._height or (_words(cells) < _PROSE_WORDS and not is_uncased):
            return False
        if len(beyond) >= _AROUND and _words(beyond) >= _PROSE_WORDS:
            return True
        is_mixed = (
            len({letter.islower() for letter in starts}) > 1
            or sum(bool(_INNER.search(cell.text)) for cell in cells) > _PAUSES * len(cells)
        )
        going = sum(_goes_on(above, below) for above, below in pairwise(cells)) >= _GOING_ON * (len(cells) - 1)
        is_full = sum(width >= _FULL * max(widths) for width in widths) >= _FULL * len(cells)
        return is_full and ((is_mixed and going) or is_uncased or median(widths) > 2 * _PROSE * self._height)

    def _within(self, column: _Column, first: int, end: int) -> list[_Cell]:
        """The cells of some levels that are in the column and no wider."""
        left, right = column.left - self._height, column.right + self._height
        return [cell for level in self._levels[first:end] for cell in level if left < cell.box[0] < cell.box[2] < right]

    def _column(self, cell: _Cell) -> _Column | None:
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

    def _inside(self, level: _Level) -> _Level:
        """The cells of a level that are within the table's sides."""
        left, right = self.columns[0].left - 3 * self._height, self.columns[-1].right + self._height
        return [cell for cell in level if cell.box[2] > left and cell.box[0] < right]

    def rows(self) -> list[list[_Cell]]:
        """Cells by column, a cell without text where there is none; one cell for what goes over several columns."""
        found = list(self._heads_as_rows(self._heads()))
        for group in self._groups:
            found += self._row(group)
        return found

    @property
    def is_crossed(self) -> bool:
        """Whether rows overlap that are not one: cells of several lines that are set by their middles."""
        near = sum(
            above[-1][0].base - below[0][0].base <= _BESIDE * self._height for above, below in pairwise(self._groups)
        )
        return near > _CROSSED * len(self._rows)

    def _grouped(self) -> list[list[_Level]]:
        """The lines of each row."""
        groups: list[list[_Level]] = []
        for level in self._levels[self.first : self._end()]:
            inside = self._inside(level)
            if groups and inside and self._is_one_row(groups[-1], inside):
                groups[-1].append(inside)
            elif inside:
                groups.append([inside])
        return groups

    def _heads(self) -> list[_Level]:
        """The lines above the first row that name its columns, from the top."""
        found: list[_Level] = []
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
            if far or not is_rest or len(found) == _MOST_HEADS or not any(over_figures) or len(inside) > len(self.columns):
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

    def _heads_as_rows(self, heads: list[_Level]) -> Iterator[list[_Cell]]:
        """Lines of a head are one row, but for what stands over several columns."""
        group: list[_Level] = []
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

    def _is_one_head(self, above: _Level, level: _Level) -> bool:
        columns = [{id(self._column(cell)) for cell in line} for line in (above, level)]
        if columns[0] != columns[1] or above[0].base - level[0].base < _TIGHT * self._pitch():
            return True
        return all(cell.text[:1].islower() for cell in level)

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
            if not (is_row and distance <= 1.5 * self._pitch()) and not (is_rest and distance < 1.6 * self._height):
                break
            above, end = inside, number + 1
        return end

    def _pitch(self) -> float:
        """The usual distance of rows that have figures."""
        bases = [self._levels[number][0].base for number in sorted({n for stack in self._stacks for n, _ in stack})]
        return median(above - below for above, below in pairwise(bases))

    def _is_one_row(self, group: list[_Level], level: _Level) -> bool:
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
            goes_on = all(cell.text[:1].islower() for cell in level) and is_near
            within = all(id(self._column(cell)) in names for cell in level)
            return has_figure and within and (goes_on or distance <= _TIGHT * self._pitch())
        return (
            is_near
            and len(above) == 1
            and self._column(level[0]) is self._column(above[0])
            and _goes_on(above[0], level[0])
        )

    def _row(self, group: list[_Level]) -> Iterator[list[_Cell]]:
        cells: dict[int, list[_Cell]] = {}
        strays: list[_Cell] = []
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
            _one(cells[id(column)]) if id(column) in cells else _Cell("", (0, 0, 0, 0), 0, [])
            for column in self.columns
        ]
        while row and not row[-1].pieces:
            row.pop()
        yield row if sum(bool(cell.pieces) for cell in row) > 1 else [cell for cell in row if cell.pieces]


def _words(cells: Sequence[_Cell]) -> float:
    return median(len(_LEADERS.sub("", cell.text).split()) for cell in cells)


def _goes_on(above: _Cell, below: _Cell) -> bool:
    return bool(below.text) and (below.text[0].islower() or bool(_OPEN.search(above.text)))


def _columns_of(stacks: Sequence[Sequence[tuple[int, _Cell]]]) -> list[_Column]:
    """A column for each stack; those one below the other are one, those beside each other are not."""
    groups: list[list[tuple[int, _Cell]]] = []
    for stack in sorted(stacks, key=lambda stack: min(cell.box[0] for _, cell in stack)):
        levels = {number for number, _ in stack}
        for group in groups:
            if levels.isdisjoint(number for number, _ in group) and _column_of(group).shared(stack[0][1]) > 0:
                group += stack
                break
        else:
            groups.append(list(stack))
    columns = sorted(map(_column_of, groups), key=lambda column: column.left + column.right)
    for before, column in pairwise(columns):
        if before.right > column.left:
            before.right = column.left = (before.right + column.left) / 2
    return columns


def _column_of(stack: Sequence[tuple[int, _Cell]]) -> _Column:
    cells = [cell for _, cell in stack]
    return _Column(min(cell.box[0] for cell in cells), max(cell.box[2] for cell in cells), cells)


def _merged(columns: Iterable[_Column]) -> list[_Column]:
    """Columns that do not share any of their width, from left to right."""
    found: list[_Column] = []
    for column in sorted(columns, key=lambda column: column.left):
        if found and column.left < found[-1].right:
            last = found[-1]
            found[-1] = _Column(last.left, max(last.right, column.right), last.cells + column.cells)
        else:
            found.append(column)
    return found


def _printed(row: list[_Cell], pieces: Sequence[PrintedLine], table: int) -> PrintedLine:
    """A row as a line of print, with the look of its first piece."""
    filled = [cell for cell in row if cell.pieces]
    own = [pieces[place] for cell in filled for place in cell.pieces]
    lefts, bottoms, rights, tops = zip(*(piece.box for piece in own), strict=True)
    return replace(
        own[0],
        text=CELL.join(_LEADERS.sub("", cell.text).replace(CELL, " ") for cell in row),
        box=(min(lefts), min(bottoms), max(rights), max(tops)),
        sizes=(min(piece.sizes[0] for piece in own), max(piece.sizes[1] for piece in own)),
        weight=min(piece.weight for piece in own),
        base=min(piece.base for piece in own),
        has_gap=True,
        table=table,
    )
