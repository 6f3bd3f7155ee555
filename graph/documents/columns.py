"""Reading order of a page whose file draws it line by line across its columns. Works on boxes; no PDF library.

Most files draw one column after the other, and their own order is best. Where the drawing jumps from column to
column all the time, and the columns are of prose (lines that fill them; a table's cells do not), lines are put
in order by column.
"""

from collections.abc import Callable
from itertools import pairwise
from statistics import median

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points
TextIn = Callable[[Box], str]

_NARROWEST_GUTTER = 4  # points
_NARROWEST_COLUMN = 90
_FEWEST_LINES = 8  # in a column
_FARTHEST = 5000  # points from the corner; a file may claim any coordinates
_MOST_BOXES = 3000
_JUMPS = 0.25  # share of drawing steps that change the column
_FILLED = 0.7  # share of a column's width that its lines have in the middle


def in_columns(boxes: list[Box], text_in: TextIn) -> str | None:
    """Text of the page column by column; None when the file's own order is to be trusted.

    `boxes` are runs of print in the order drawn, `text_in` gives the text inside a box.
    """
    boxes = [box for box in boxes if -_FARTHEST < box[0] < box[2] < _FARTHEST and box[1] < box[3]]
    gutters = _gutters(boxes) if 2 * _FEWEST_LINES <= len(boxes) <= _MOST_BOXES else []
    if not gutters or not _is_interleaved(boxes, gutters):
        return None
    edges = [min(box[0] for box in boxes) - 1, *gutters, max(box[2] for box in boxes) + 1]
    return _by_band(boxes, edges, text_in)


def _gutters(boxes: list[Box]) -> list[float]:
    """Middles of the vertical strips that hardly any print crosses, between columns wide enough for prose."""
    left, right = int(min(box[0] for box in boxes)), int(max(box[2] for box in boxes)) + 1
    crossed = [0] * (right - left + 1)
    for box in boxes:
        if box[2] - box[0] > 0.5 * (right - left):
            continue  # a heading over all columns, or lines of several columns drawn as one
        for x in range(int(box[0]) - left, int(box[2]) - left + 1):
            crossed[x] += 1
    limit = 0.1 * max(crossed)
    gutters: list[float] = []
    start = edge = left
    for x in range(left, right + 1):
        if crossed[x - left] <= limit:
            continue
        if x - start > _NARROWEST_GUTTER and start - edge >= _NARROWEST_COLUMN and right - x >= _NARROWEST_COLUMN:
            gutters.append((start + x) / 2)
            edge = x
        start = x
    return gutters


def _column(box: Box, gutters: list[float]) -> int | None:
    """Index of the column a box lies in; None when it crosses a gutter."""
    first = sum(box[0] > gutter for gutter in gutters)
    return first if first == sum(box[2] > gutter for gutter in gutters) else None


def _is_interleaved(boxes: list[Box], gutters: list[float]) -> bool:
    drawn = [(column, box) for box in boxes if (column := _column(box, gutters)) is not None]
    jumps = sum(a[0] != b[0] for a, b in pairwise(drawn))
    if jumps < _JUMPS * len(drawn):
        return False
    for column in range(len(gutters) + 1):
        inside = [box for c, box in drawn if c == column]
        if len(inside) < _FEWEST_LINES:
            return False
        width = max(box[2] for box in inside) - min(box[0] for box in inside)
        if median(box[2] - box[0] for box in inside) < max(_FILLED * width, _NARROWEST_COLUMN):
            return False
    return True


def _by_band(boxes: list[Box], edges: list[float], text_in: TextIn) -> str:
    """Full-width lines cut the page into bands; within a band, column after column."""
    lines: list[str] = []
    band: list[tuple[int, Box]] = []
    for box in sorted(boxes, key=lambda box: -box[3]):
        column = _column(box, edges[1:-1])
        if column is not None:
            band.append((column, box))
        elif any(text_in((gutter - 1, box[1], gutter + 1, box[3])).strip() for gutter in edges[1:-1]):
            lines += [*_lines(band, text_in), text_in(box).strip()]
            band = []
        else:  # lines of several columns that only happen to be drawn as one
            band += [
                (column, (max(left, box[0]), box[1], min(right, box[2]), box[3]))
                for column, (left, right) in enumerate(pairwise(edges))
                if box[0] < right and box[2] > left
            ]
    return "\n".join(line for line in [*lines, *_lines(band, text_in)] if line)


def _lines(band: list[tuple[int, Box]], text_in: TextIn) -> list[str]:
    """Text of boxes as lines: those that stand beside each other in a column are one line."""
    rows: list[tuple[int, list[Box]]] = []
    for column, box in sorted(band, key=lambda entry: (entry[0], -entry[1][3])):
        height = box[3] - box[1]
        beside = rows and rows[-1][0] == column and min(box[3], rows[-1][1][0][3]) - max(
            box[1], rows[-1][1][0][1]
        ) > 0.5 * height  # fmt: skip
        if beside:
            rows[-1][1].append(box)
        else:
            rows.append((column, [box]))
    return [" ".join(text_in(box).strip() for box in sorted(row)) for _, row in rows]
