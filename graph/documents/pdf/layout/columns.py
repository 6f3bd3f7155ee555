"""Reading order of a page whose file draws it line by line across its columns.

Most files draw one column after the other, and their own order is best. Where the drawing jumps from column to
column all the time, or lines beside each other were taken for one, and the columns are of prose (lines that fill
them; a table's cells do not), lines are put in order by column.
"""

import re
from bisect import bisect_left
from dataclasses import replace
from itertools import accumulate, pairwise
from statistics import median

from graph.documents.line import Box
from graph.documents.pdf.layout.printed_line import PrintedLine
from llm.language.marks import HANGUL, UNSPACED

Gutter = tuple[float, float]  # left and right edge of the strip between two columns, in points

_NARROWEST_GUTTER = 4  # points
_NARROWEST_COLUMN = 5.5  # times the height of print, about seven ems
_NARROWEST_RUNNING = 4  # where lines of two words show that they are those of a text
_WIDE_COLUMN = 90  # points; in what is narrower, lines have to stand as those of a text do
_EVEN, _AS_LONG = 0.8, 0.6  # of the lines are as far from the next as most; of the lines of the longest column
_FEWEST_LINES = 8  # in a column
_FARTHEST = 5000  # points from the corner; a file may claim any coordinates
_MOST_BOXES = 3000
_JUMPS = 0.25  # share of drawing steps that change the column
_BESIDE = 2  # lines of prose taken for one with those of the next column
_WORDS = re.compile(rf"[{UNSPACED}]{{4}}|[^\W\d_]{{2,}}")  # Japanese and Chinese have no spaces
_ROWS = 2  # from a row of short words, at most, to one of prose above it and below
_WORDS_OF_PROSE, _WORDS_OF_RUNNING = 3, 2  # in a line, at least; in one of a text that runs through its lines
_UNCASED = re.compile(rf"[{UNSPACED}{HANGUL}]")
_MARKED = re.compile(r"[^\W\d_][.,;:] \w|\w[。，、；]\w")
_GOING_ON, _WITH_MARKS = 0.4, 0.06  # of such lines
_FILLED = 0.7  # share of a column's width that its lines have in the middle


def find_gutters(boxes: list[Box]) -> list[Gutter]:
    """The vertical strips that hardly any print crosses, between columns wide enough for prose.

    `boxes` are runs of print: words, or lines.
    """
    boxes = [box for box in boxes if -_FARTHEST < box[0] < box[2] < _FARTHEST and box[1] < box[3]]
    if not 2 * _FEWEST_LINES <= len(boxes) <= _MOST_BOXES:
        return []
    left, right = int(min(box[0] for box in boxes)), int(max(box[2] for box in boxes)) + 1
    crossed = [0] * (right - left + 2)
    for box in boxes:
        if box[2] - box[0] > 0.5 * (right - left):
            continue  # a heading over all columns, or lines of several columns drawn as one
        crossed[int(box[0]) - left] += 1
        crossed[int(box[2]) - left + 1] -= 1
    crossed = list(accumulate(crossed))
    limit = 0.2 * max(crossed)
    narrowest = _NARROWEST_COLUMN * median(box[3] - box[1] for box in boxes)
    gutters: list[Gutter] = []
    start = edge = left
    for x in range(left, right + 1):
        if crossed[x - left] <= limit:
            continue
        if x - start > _NARROWEST_GUTTER and start - edge >= narrowest and right - x >= narrowest:
            gutters.append((start, x))
            edge = x
        start = x
    return gutters


def in_columns(lines: list[list[PrintedLine]], gutters: list[Gutter]) -> list[PrintedLine] | None:
    """The lines column by column; None when their own order is to be trusted.

    `lines` are in the order drawn, each in the parts that it has between the gutters. A row of a table, which has
    no prose in any part, is one line; a row of short words between rows of prose is of the text, as they are.
    """
    middles = [(left + right) / 2 for left, right in gutters]
    for fewest in (_WORDS_OF_PROSE, _WORDS_OF_RUNNING):
        prose = [any(_is_prose(part, fewest) for part in parts) for parts in lines]
        drawn = [
            part
            for index, parts in enumerate(lines)
            for part in (parts if prose[index] or _is_of_text(lines, prose, index) else [_together(parts)])
        ]
        if _is_interleaved(drawn, middles, fewest):
            return _by_band(drawn, middles)
    return None


def _is_of_text(lines: list[list[PrintedLine]], prose: list[bool], index: int) -> bool:
    """Whether a row without prose is one of a text in narrow columns: in words, and in step with those around it.

    Rows of a table are many, and their cells do not begin where the lines of the columns do.
    """
    if len(lines[index]) < 2 or not all(part.text[:1].isalpha() and not part.has_gap for part in lines[index]):
        return False
    around = [
        range(index - 1, max(-1, index - _ROWS - 1), -1),
        range(index + 1, min(len(lines), index + _ROWS + 1)),
    ]
    nearest = [next((row for row in rows if prose[row] and len(lines[row]) > 1), None) for rows in around]
    for row in nearest:
        if row is None:
            return False
        lefts = [part.box[0] for part in lines[row]]
        if any(min(abs(part.box[0] - left) for left in lefts) > 1 for part in lines[index]):
            return False
    return True


def _is_prose(line: PrintedLine, fewest: int) -> bool:
    if line.has_gap:
        return False
    words = line.text.split()
    letters = sum(map(str.isalpha, line.text))
    return letters >= 0.7 * sum(map(len, words)) and len(_WORDS.findall(line.text)) >= fewest


def _column(line: PrintedLine, middles: list[float]) -> int | None:
    """Index of the column a line lies in; None when it crosses a gutter."""
    first = bisect_left(middles, line.box[0])
    return first if first == bisect_left(middles, line.box[2]) else None


def _is_interleaved(lines: list[PrintedLine], middles: list[float], fewest: int) -> bool:
    drawn = [(c, line) for line in lines if _is_prose(line, fewest) and (c := _column(line, middles)) is not None]
    columns = [[line for c, line in drawn if c == column] for column in range(len(middles) + 1)]
    if min(map(len, columns)) < _FEWEST_LINES or (fewest < _WORDS_OF_PROSE and not _are_running(columns)):
        return False
    widths = [max(line.box[2] for line in column) - min(line.box[0] for line in column) for column in columns]
    usual = [median(map(_width, column)) for column in columns]
    ems = _NARROWEST_COLUMN if fewest == _WORDS_OF_PROSE else _NARROWEST_RUNNING
    narrowest = ems * median(line.height for _, line in drawn)
    if any(own < _FILLED * width or width < narrowest for own, width in zip(usual, widths, strict=True)):
        return False
    if min(usual) < _WIDE_COLUMN and not _are_even(lines, middles):
        return False
    jumps = [(a, b) for a, b in pairwise(drawn) if a[0] != b[0]]
    if len(jumps) >= _JUMPS * len(drawn):
        return True
    beside = [_are_beside(a, b) and all(_width(x) >= _FILLED * widths[c] for c, x in ((i, a), (j, b)))
              for (i, a), (j, b) in jumps]  # fmt: skip
    return sum(beside) >= _BESIDE


def _are_running(columns: list[list[PrintedLine]]) -> bool:
    """Whether short lines are those of a text: many go on in small letters, and marks stand inside."""
    lines = [line.text.strip() for column in columns for line in column]
    going = [
        sum(line.text.strip()[0].islower() or bool(_UNCASED.match(line.text.strip())) for line in column)
        for column in columns
    ]
    if any(own < _GOING_ON * len(column) for own, column in zip(going, columns, strict=True)):
        return False
    return sum(bool(_MARKED.search(line)) for line in lines) >= _WITH_MARKS * len(lines)


def _are_even(lines: list[PrintedLine], middles: list[float]) -> bool:
    """Whether lines stand as those of a text do: cells of several lines leave blanks between rows, and below."""
    counts: list[int] = []
    for column in range(len(middles) + 1):
        bases = sorted((line.base for line in lines if _column(line, middles) == column), reverse=True)
        steps = [above - below for above, below in pairwise(bases) if above - below > 1]
        counts.append(len(steps))
        if sum(step <= 1.25 * median(steps) for step in steps) < _EVEN * len(steps):
            return False
    return min(counts) >= _AS_LONG * max(counts)


def _width(line: PrintedLine) -> float:
    return line.box[2] - line.box[0]


def _are_beside(one: PrintedLine, other: PrintedLine) -> bool:
    return min(one.box[3], other.box[3]) - max(one.box[1], other.box[1]) > 0.5 * one.height


def _by_band(lines: list[PrintedLine], middles: list[float]) -> list[PrintedLine]:
    """Lines over several columns cut the page into bands; within a band, column after column."""
    found: list[PrintedLine] = []
    band: list[tuple[int, PrintedLine]] = []
    for line in sorted(lines, key=lambda line: -line.box[3]):
        column = _column(line, middles)
        if column is None:
            found += [*_ordered(band), line]
            band = []
        else:
            band.append((column, line))
    return found + _ordered(band)


def _ordered(band: list[tuple[int, PrintedLine]]) -> list[PrintedLine]:
    """Lines in order; those that stand beside each other in a column are one."""
    rows: list[tuple[int, list[PrintedLine]]] = []
    for column, line in sorted(band, key=lambda entry: (entry[0], -entry[1].box[3])):
        if rows and rows[-1][0] == column and _are_beside(line, rows[-1][1][0]):
            rows[-1][1].append(line)
        else:
            rows.append((column, [line]))
    return [_together(sorted(row, key=lambda line: line.box[0])) for _, row in rows]


def _together(row: list[PrintedLine]) -> PrintedLine:
    lefts, bottoms, rights, tops = zip(*(line.box for line in row), strict=True)
    tallest = max(row, key=lambda line: line.height)
    text = " ".join(line.text.strip() for line in row)
    return replace(tallest, text=text, box=(min(lefts), min(bottoms), max(rights), max(tops)))
