"""The cells of tables: pieces of print on one base line, and which of them are figures. Knows no PDF library."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from graph.documents.line import Box
from graph.documents.pdf.layout.printed_line import PrintedLine

Figure = tuple[float, float, bool]  # left and right edge, in points, and whether its line is nothing else

_FIGURE = re.compile(
    r"[-+±~<>≤≥=(\[$€£¥₩]*\s?(?:[A-Z]{2,3}\$?\s?)?[-−–]?[$€£¥₩]?[.,]?\d[\d.,:/'’%()*†‡§\s+−–^±×-]*"
    r"(?:\s?(?:%|‰|°?[A-Za-zµ²³€£¥₩]{1,3}|[\])*]+)|\s(?:[a-z]{5,9}(?<!minutes)(?<!seconds)|tons|Euro))?[.*†‡]?"
)
NOTHING = re.compile(r"[-−–—.*]{1,3}|n/?a\.?|k\. ?A\.", re.IGNORECASE)  # what stands where there is no figure
_BEFORE = re.compile(r"[-+(]?(?:[A-Z]{0,3}\$|[€£¥₩])")
_BEHIND = re.compile(r"[%)*†‡]{1,3}|[.·․…_\s]{3,}")
LEADERS = re.compile(r"\s*(?:[.·․…_]\s?){3,}$")
_OPEN = re.compile(r"[,(\-–—&/]$|\b(?:the|a|of|and|or|to|in|for|with|by|from|on|at|und|der|die|et|de|du|des|y)$")
FEWEST = 3  # of a column
_ALIGNED = 6.0  # points by which the edges of three figures of a column may differ, before it is looked at closely
_LEVEL = 0.3  # of the height of print, by which base lines of one row may differ


def is_figure(text: str) -> bool:
    """Whether a cell is a number, an amount, a share, or a date in digits."""
    text = text.strip()
    return len(text) <= 30 and text.count(")") <= text.count("(") and bool(_FIGURE.fullmatch(text))


def are_figures(figures: Sequence[Figure]) -> bool:
    """Whether there may be a column of figures at all: a quick look, before all words are measured."""
    if sum(is_all for _, _, is_all in figures) >= FEWEST:
        return True
    edges = (sorted(figure[side] for figure in figures) for side in (0, 1))
    return any(last - first <= _ALIGNED for side in edges for first, last in zip(side, side[2:], strict=False))


@dataclass(slots=True)
class Cell:
    """Pieces that are one, by their sign or their column."""

    text: str
    box: Box
    base: float
    pieces: list[int]
    is_figure: bool = False

    @property
    def height(self) -> float:
        return self.box[3] - self.box[1]


Level = list[Cell]  # cells on one base line, from left to right


def levels_of(pieces: Sequence[PrintedLine], page: Box) -> list[Level]:
    """Pieces by their base lines, from the top. The sign of an amount or a share belongs to it."""
    levels: list[Level] = []
    seen = [place for place, piece in enumerate(pieces) if piece.is_upright and _is_on(page, piece)]
    order = sorted(seen, key=lambda place: -pieces[place].base)
    for place in order:
        piece = pieces[place]
        text = piece.text.strip()
        cell = Cell(text, piece.box, piece.base, [place], is_figure(text))
        if levels and levels[-1][0].base - cell.base <= _LEVEL * max(1, min(cell.height, levels[-1][0].height)):
            levels[-1].append(cell)
        else:
            levels.append([cell])
    return [_signed(sorted(level, key=lambda cell: cell.box[0])) for level in levels]


def _is_on(page: Box, piece: PrintedLine) -> bool:
    box = piece.box
    return box[0] < page[2] and box[2] > page[0] and box[1] < page[3] and box[3] > page[1]


def _signed(level: Level) -> Level:
    out: Level = []
    for cell in level:
        before = out[-1] if out else None
        if before and (
            (cell.is_figure and _BEFORE.fullmatch(before.text))
            or (_BEHIND.fullmatch(cell.text) and not NOTHING.fullmatch(cell.text))
        ):
            out[-1] = one([before, cell], " " if cell.is_figure else "")
        else:
            out.append(cell)
    return out


def one(cells: Sequence[Cell], between: str = " ") -> Cell:
    """Cells as one, in their order."""
    lefts, bottoms, rights, tops = zip(*(cell.box for cell in cells), strict=True)
    text = cells[0].text
    for cell in cells[1:]:
        if text[-1:] in "\x02\ufffe" and cell.text[:1].islower():
            text = text[:-1] + cell.text
        else:
            text = f"{text}{between}{cell.text}" if text and cell.text else text or cell.text
    return Cell(
        text,
        (min(lefts), min(bottoms), max(rights), max(tops)),
        cells[0].base,
        [place for cell in cells for place in cell.pieces],
        any(cell.is_figure for cell in cells),
    )


def words(cells: Sequence[Cell]) -> float:
    return median(len(LEADERS.sub("", cell.text).split()) for cell in cells)


def goes_on(above: Cell, below: Cell) -> bool:
    return bool(below.text) and (below.text[0].islower() or bool(_OPEN.search(above.text)))
