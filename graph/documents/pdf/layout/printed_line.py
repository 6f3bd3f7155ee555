"""A line of print, or a piece of one, and where it stands. Knows no PDF library and no order of reading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sin

from graph.documents.line import LOWERED, RAISED, Box

_MARK_GAP = 0.3  # times the height of the line, at most, before what is raised behind a word
_MARK = re.compile(r"[\s(]*(?:[−–-]?\d{1,4}(?:\s?[,–-]\s?\d{1,3})*|[a-z]|[*†‡§¶#]{1,3}|st|nd|rd|th)[\s)]*")


@dataclass(frozen=True)
class PrintedLine:
    """A line of print. `bottom` and `top` are those of the font, not of the letters drawn."""

    text: str
    box: Box
    sizes: tuple[float, float] = (0, 0)  # heights of the smallest and largest of the letters looked at, in points
    weight: int = 400  # of the lightest
    angle: float = 0  # in radians
    base: float = 0  # height above the page's foot that the letters stand on, in points
    has_gap: bool = False  # wider than any between words: cells of a table, where it was looked for
    table: int = 0  # which of the page's tables it is a row of, from 1; 0 is none

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]

    @property
    def is_upright(self) -> bool:
        return abs(sin(self.angle / 2)) < 0.05


def in_rows(lines: list[PrintedLine], taken_out: Sequence[Box] = ()) -> list[PrintedLine]:
    """Put together the pieces of one printed line that were cut at raised, lowered or other print.

    `taken_out` are the places of what is not to be in the lines, between whose pieces it leaves a gap.
    """
    rows: list[PrintedLine] = []
    for line in lines:
        if (
            rows
            and _may_join(rows[-1])
            and _may_join(line)
            and (_goes_on(rows[-1], line) or (taken_out and _is_behind(rows[-1], line, taken_out)))
        ):
            rows.append(joined(rows.pop(), line))
        else:
            rows.append(line)
    return rows


def _may_join(line: PrintedLine) -> bool:
    return line.is_upright and not line.table


def joined(before: PrintedLine, line: PrintedLine) -> PrintedLine:
    """One line of two pieces. It stands where the larger does; a large first letter stands on a later line."""
    is_initial = before.height > 1.5 * line.height and len(before.text.strip()) < 3
    small, large = sorted((before, line), key=lambda piece: piece.height)
    main = line if is_initial else large
    gap = line.box[0] - before.box[2]
    near = 0.12 if not is_initial else 0.3 if before.text.strip() in ("A", "I") else 1  # of a word, or a word
    is_parted = before.text[-1:].isspace() or line.text[:1].isspace()
    between = " " if gap > near * main.height and not is_parted else ""
    written, behind = before.text, line.text
    if abs(line.base - before.base) > 0.1 * main.height and small.height < 0.85 * large.height:
        if line is small and line.base > before.base and _MARK.fullmatch(behind):
            behind = raised(behind)
            between = between if gap > _MARK_GAP * main.height else ""
        elif before is small and before.base > line.base and _MARK.fullmatch(written):
            written = raised(written)
    is_script = is_initial or small.height < 0.85 * large.height
    sizes, others = main.sizes, main.sizes if is_script else (line if main is before else before).sizes
    return replace(
        main,
        text=written + between + behind,
        box=(before.box[0], main.box[1], max(before.box[2], line.box[2]), main.box[3]),
        sizes=(min(sizes[0], others[0]), max(sizes[1], others[1])),
        weight=main.weight if is_script else min(before.weight, line.weight),
    )


def raised(text: str) -> str:
    """Marked as raised; the white space around it is not."""
    bare = text.strip()
    start = text.index(bare)
    return f"{text[:start]}{RAISED}{bare}{LOWERED}{text[start + len(bare) :]}"


def _is_behind(before: PrintedLine, line: PrintedLine, taken_out: Sequence[Box]) -> bool:
    """Whether a piece stands on the base line of another, behind what was taken out."""
    gap = line.box[0] - before.box[2]
    if gap <= 0 or abs(line.base - before.base) > 0.05 * line.height:
        return False
    between = [
        box for box in taken_out
        if before.box[2] - line.height < box[0] < line.box[0] and box[1] < line.box[3] and line.box[1] < box[3]
    ]  # fmt: skip
    edges = [before.box[2], *(edge for box in sorted(between) for edge in (box[0], box[2])), line.box[0]]
    return bool(between) and all(b - a <= line.height for a, b in zip(edges[::2], edges[1::2], strict=True))


def _goes_on(before: PrintedLine, line: PrintedLine) -> bool:
    """Whether a piece stands right behind another, on its line or a little above or below."""
    height = max(before.height, line.height)
    shared = min(before.box[3], line.box[3]) - max(before.box[1], line.box[1])
    gap = line.box[0] - before.box[2]
    is_near = -(2 if line.height < 0.85 * before.height else 0.3) * height <= gap <= height
    return is_near and shared >= 0.35 * min(before.height, line.height)
