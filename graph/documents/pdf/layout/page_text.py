"""Lines of print and where they stand -> the lines of a page in the order they are read. No PDF library.

Files draw a page in any order and mark no paragraphs. What a reader sees is brought back from the places: print
outside the page and up its margins goes, pieces of one printed line are put together, heads, feet and notes come
before and after the text, and a blank line stands wherever the print shows that something new begins.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby, pairwise
from math import sin
from statistics import median
from typing import Literal

from graph.documents.line import Box, Label, Line
from graph.documents.pdf.layout.printed_line import PrintedLine, in_rows
from llm.language.marks import LINE_ENDED

_Lines = list[PrintedLine]

_ENDED = re.compile(LINE_ENDED)
_HYPHENS = ("\x02", "\ufffe", "-", "\u2010")
_MARGIN = 0.12  # share of the page's height in which heads and feet stand
_SMALL = 0.93  # times the size of the text: footnotes, captions
_FEWEST = 40  # characters of a part that is no heading
_APART = 1.25  # times the usual distance between lines: a paragraph, heading or note begins
_BOLD = 1.3  # times the usual weight
_BOLD_WEIGHT = 600  # of a font, where 400 is regular and 700 is bold


def arranged(lines: list[PrintedLine], page: Box, taken_out: Sequence[Box] = ()) -> list[Line]:
    """The lines of a page. `lines` are in the order of the columns, `page` is what can be seen of it.

    `taken_out` are the places of characters that are not to be in the lines.
    """
    lines, beside, stamps = _visible(lines, page)
    if not lines:
        return []
    lines = in_rows(lines, taken_out)
    heads, lines, feet = _heads_and_feet(lines, page)
    found = [_line(line, starts=True, edge="top") for line in heads]
    for part in _notes_last(_paragraphs(lines)) if lines else []:
        found += [_line(line, starts=index == 0) for index, line in enumerate(part)]
    found += [_line(line, starts=True, edge="bottom") for line in feet]
    found += [_line(line, starts=True, label="watermark") for line in stamps]
    return found + [_line(line, starts=True, label="off_page") for line in beside]


def _line(
    line: PrintedLine, *, starts: bool, edge: Literal["top", "bottom"] | None = None, label: Label = "text"
) -> Line:
    label = "table" if line.table else label
    return Line(line.text, line.box, line.sizes[1], line.weight >= _BOLD_WEIGHT, starts, edge, label)


def _visible(lines: list[PrintedLine], page: Box) -> tuple[_Lines, _Lines, _Lines]:
    """The text; printer's marks beside the page; stamps up its margin and words across it. Unless that is all."""
    left, bottom, right, top = page
    seen, beside = _parted(
        lines,
        lambda line: line.box[0] < right and line.box[2] > left and line.box[1] < top and line.box[3] > bottom,
    )
    upright = [line for line in seen if line.is_upright]
    if not upright:
        return (seen, beside, []) if seen else (lines, [], [])
    first, last = min(line.box[0] for line in upright), max(line.box[2] for line in upright)
    large = 2 * median(line.sizes[1] for line in upright)
    text, stamps = _parted(
        seen,
        lambda line: (
            line.is_upright
            or (
                line.box[0] < last
                and line.box[2] > first
                and (abs(sin(2 * line.angle)) < 0.2 or line.sizes[1] < large)
            )
        ),
    )
    return text, beside, stamps


def _parted(lines: _Lines, test: Callable[[PrintedLine], bool]) -> tuple[_Lines, _Lines]:
    passed, others = list[PrintedLine](), list[PrintedLine]()
    for line in lines:
        (passed if test(line) else others).append(line)
    return passed, others


def _heads_and_feet(lines: list[PrintedLine], page: Box) -> tuple[_Lines, _Lines, _Lines]:
    """What stands above and below everything else, in the margins; the rest keeps its order."""
    rows: list[list[PrintedLine]] = []
    for line in sorted(lines, key=lambda line: -line.box[3]):
        if (
            rows
            and min(line.box[3], rows[-1][0].box[3]) - max(line.box[1], rows[-1][0].box[1]) > 0.5 * line.height
        ):
            rows[-1].append(line)
        else:
            rows.append([line])
    margin = _MARGIN * (page[3] - page[1])
    width = max(line.box[2] for line in lines) - min(line.box[0] for line in lines)
    gaps = [_gap(above, below) for above, below in pairwise(rows)]
    apart = 1.5 * median(gaps) if gaps else 0
    heads = _edge([row for row in rows if row[0].box[1] > page[3] - margin], gaps, width, apart)
    feet = _edge([row for row in rows[::-1] if row[0].box[3] < page[1] + margin], gaps[::-1], width, apart)
    aside = {id(line) for row in heads + feet for line in row}
    if len(aside) == len(lines):
        return [], lines, []
    body = [line for line in lines if id(line) not in aside]
    return _in_order(heads), body, _in_order(feet[::-1])


def _in_order(rows: list[list[PrintedLine]]) -> list[PrintedLine]:
    ordered = [sorted(row, key=lambda line: line.box[0]) for row in rows]
    return [replace(row[0], text=" ".join(line.text.strip() for line in row)) for row in ordered]


def _gap(above: list[PrintedLine], below: list[PrintedLine]) -> float:
    return min(line.box[1] for line in above) - max(line.box[3] for line in below)


def _edge(near: list[list[PrintedLine]], gaps: list[float], width: float, apart: float) -> list[list[PrintedLine]]:
    """Of the rows near an edge, the outermost, up to the last that keeps its distance from the next one inside."""
    found = 0
    for index, (row, gap) in enumerate(zip(near[:4], gaps, strict=False)):
        if any(line.table for line in row):
            break
        if len(row) > 1 and sum(line.box[2] - line.box[0] for line in row) > 0.6 * width:
            break  # lines of columns
        if gap >= max(0.8 * row[0].height, apart):
            found = index + 1
    return near[:found]


def _paragraphs(lines: list[PrintedLine]) -> list[list[PrintedLine]]:
    """The lines between the places where the print shows that something new begins."""
    leadings = _leadings(lines)
    usual = median(line.weight for line in lines for _ in line.text)
    parts = [[lines[0]]]
    following = [*lines[1:], None]
    for (before, line), after in zip(pairwise(lines), following[1:], strict=True):
        if _is_parted(before, line, leadings, usual) or _is_indented(before, line, after):
            parts.append([line])
        else:
            parts[-1].append(line)
    return parts


def _leadings(lines: list[PrintedLine]) -> dict[int, float]:
    """The usual distance between lines of each size (in whole points), where there are enough of them."""
    distances: dict[int, list[float]] = {}
    for before, line in pairwise(lines):
        distance = before.base - line.base
        if _are_above_another(before, line) and 0.5 * line.height < distance < 3 * line.height:
            distances.setdefault(round(line.sizes[1]), []).append(distance)
    return {size: median(found) for size, found in distances.items() if len(found) >= 3}


def _are_above_another(before: PrintedLine, line: PrintedLine) -> bool:
    return before.box[0] < line.box[2] and line.box[0] < before.box[2] and line.base < before.base


def _is_parted(before: PrintedLine, line: PrintedLine, leadings: dict[int, float], usual: float) -> bool:
    """Whether size, weight or distance show that a line begins something new."""
    if before.table or line.table:
        return before.table != line.table
    if before.text.endswith(_HYPHENS) and line.text[:1].islower():
        return False
    if before.sizes[1] < 0.89 * line.sizes[0] or line.sizes[1] < 0.89 * before.sizes[0]:
        return True
    if (before.weight > _BOLD * usual) != (line.weight > _BOLD * usual):
        return before.weight > _BOLD * usual or before.weight * _BOLD < line.weight
    distance = before.base - line.base
    if _are_above_another(before, line):
        return distance > _APART * leadings.get(round(line.sizes[1]), 1.3 * line.height)
    if distance > line.height:
        return True  # further down, and not below
    return distance < -line.height  # back up: to the next column, or anywhere


def _is_indented(before: PrintedLine, line: PrintedLine, after: PrintedLine | None) -> bool:
    """Whether a line begins a paragraph by its indent: the lines before and after it begin further left."""
    indent = line.box[0] - before.box[0]
    if (
        after is None
        or line.table
        or not _ENDED.search(before.text.rstrip())
        or not _are_above_another(before, line)
    ):
        return False
    return 0.8 * line.height < indent < 6 * line.height and abs(after.box[0] - before.box[0]) < 0.4 * line.height


def _notes_last(parts: list[list[PrintedLine]]) -> list[list[PrintedLine]]:
    """Small print that follows the text of its column down to the foot comes after the text of all columns.

    Where it goes on in the next column it is text like any other.
    """
    sizes = Counter[int]()
    for part in parts:
        for line in part:
            sizes[round(10 * line.sizes[1])] += len(line.text)
    small = _SMALL * sizes.most_common(1)[0][0] / 10
    text = [line for part in parts for line in part if line.sizes[1] > small]
    moved: list[list[PrintedLine]] = []
    kept: list[list[PrintedLine]] = []
    for is_small, run in groupby(parts, key=lambda part: max(line.sizes[1] for line in part) <= small):
        notes = list(run)
        follows_text = not kept or sum(len(line.text) for line in kept[-1]) > _FEWEST
        if is_small and follows_text and all(_is_below(part, text) for part in notes):
            moved += notes
        else:
            kept += notes
    return kept + moved


def _is_below(part: list[PrintedLine], text: list[PrintedLine]) -> bool:
    """Whether a part is below all of the text that its column has."""
    left, right = min(line.box[0] for line in part), max(line.box[2] for line in part)
    middle = (part[0].box[1] + part[0].box[3]) / 2
    beside = [line for line in text if line.box[0] < right and left < line.box[2]]
    return bool(beside) and all(line.box[1] > middle for line in beside)
