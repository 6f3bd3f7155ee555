"""Columns of figures: one below the other with an edge or the middle in common. Knows no PDF library."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from graph.documents.pdf.layout.cells import FEWEST, NOTHING, Cell, Level

Stack = list[tuple[int, Cell]]  # cells of a column, from the top, each with the number of its level

COUNT = re.compile(r"[^\w.]*(\d{1,4}(?:\.\d{1,3})?)\W*")
_EDGE = 0.6  # of the height, by which the edges of one column may differ
_FARTHEST = 4.0  # heights from a figure to the next one below
_STEPS = (1, 2, 5, 10)
_COUNTING = 0.7  # of the steps are alike
_YEARS = range(1000, 2101)
_OWN = 0.9  # of the lines beside numbers begin with something of their own


@dataclass(slots=True)
class Column:
    left: float
    right: float
    cells: list[Cell] = field(default_factory=list)

    def shared(self, cell: Cell) -> float:
        return min(self.right, cell.box[2]) - max(self.left, cell.box[0])


def stacks_of(levels: Sequence[Level]) -> list[Stack]:
    """Columns of figures: one below the other, with an edge or the middle in common. With their levels."""
    open_, closed = list[Stack](), list[Stack]()
    for number, level in enumerate(levels):
        for cell in level:
            if not cell.is_figure and not NOTHING.fullmatch(cell.text):
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
        if sum(cell.is_figure for _, cell in stack) >= FEWEST and (not _counts(stack) or _are_names(stack, levels))
    ]


def _are_pairs(above: Level, level: Level) -> bool:
    """Whether two lines are a name and a figure each, wherever that stands: at the end of a bar of a chart."""
    if any(len(line) != 2 or line[0].is_figure or not line[1].is_figure for line in (above, level)):
        return False
    edge = _EDGE * max(above[0].height, level[0].height)
    return min(abs(above[0].box[side] - level[0].box[side]) for side in (0, 2)) <= edge


def _is_below(above: Cell, cell: Cell) -> bool:
    edge = _EDGE * max(above.height, cell.height)
    (left, _, right, _), (other_left, _, other_right, _) = above.box, cell.box
    middles = abs(left + right - other_left - other_right) / 2
    return min(abs(left - other_left), abs(right - other_right), middles) <= edge and (
        min(right, other_right) > max(left, other_left)
    )


def together(stacks: list[Stack]) -> list[list[Stack]]:
    """Stacks that share rows, from the top of the page."""
    groups: list[list[Stack]] = []
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


def are_apart(one: Sequence[tuple[int, Cell]], other: Sequence[tuple[int, Cell]]) -> bool:
    """Whether two columns are of two tables that are drawn row by row, one after the other."""
    places = [{number: cell.pieces[0] for number, cell in column} for column in (one, other)]
    steps = [[abs(b - a) for a, b in pairwise(own.values())] for own in places]
    shared = [abs(place - places[1][number]) for number, place in places[0].items() if number in places[1]]
    if not all(steps) or not shared:
        return False
    row, other_row = (median(own) for own in steps)
    return min(row, other_row) >= 2 and median(shared) > max(row, other_row) + 1


def _counts(stack: Sequence[tuple[int, Cell]]) -> bool:
    """Whether the figures of a column only count: the numbers of lines, of clauses, of formulas, of an axis."""
    matches = [COUNT.fullmatch(cell.text) for _, cell in stack]
    values = [float(match[1]) for match in matches if match]
    steps = Counter(round(after - before, 3) for before, after in pairwise(values))
    step, count = steps.most_common(1)[0] if steps else (0, 0)
    is_axis = step < 0 or step % 1  # of a chart
    is_even = count >= _COUNTING * (len(values) - 1) and count > 1
    return len(values) == len(matches) and bool(is_even and step and (step in _STEPS or is_axis))


def _are_names(stack: Sequence[tuple[int, Cell]], levels: Sequence[Level]) -> bool:
    """Whether numbers that count, drawn by themselves, name what stands right of them: years and their events.

    The lines of a text, which have numbers too, begin with small letters as often as not.
    """
    values = [float(match[1]) for _, cell in stack if (match := COUNT.fullmatch(cell.text))]
    if any(after - before != 1 for before, after in pairwise(values)):
        return False
    if any(below.pieces[0] - above.pieces[0] != 1 for (_, above), (_, below) in pairwise(stack)):
        return False
    beside = [next((other for other in levels[n] if other.box[0] > cell.box[2]), None) for n, cell in stack]
    starts = [other.text.lstrip("\"'“„«‘([")[:1] if other else "" for other in beside]
    are_years = values[0] in _YEARS and values[-1] in _YEARS
    named = sum(bool(start) and (are_years or start.isupper() or start.isdecimal()) for start in starts)
    return named >= _OWN * len(stack)


def columns_of(stacks: Sequence[Sequence[tuple[int, Cell]]]) -> list[Column]:
    """A column for each stack; those one below the other are one, those beside each other are not."""
    groups: list[Stack] = []
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


def _column_of(stack: Sequence[tuple[int, Cell]]) -> Column:
    cells = [cell for _, cell in stack]
    return Column(min(cell.box[0] for cell in cells), max(cell.box[2] for cell in cells), cells)


def merged(columns: Iterable[Column]) -> list[Column]:
    """Columns that do not share any of their width, from left to right."""
    found: list[Column] = []
    for column in sorted(columns, key=lambda column: column.left):
        if found and column.left < found[-1].right:
            last = found[-1]
            found[-1] = Column(last.left, max(last.right, column.right), last.cells + column.cells)
        else:
            found.append(column)
    return found
