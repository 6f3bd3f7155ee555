"""Levels of headings: by their numbers where they have some, else by their print, in the order of the file."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from graph.documents.line import Line

_LARGER = 1.04  # times the size


@dataclass(slots=True)
class Heading:
    """A heading that was found, and its level, from 1."""

    page: int  # index
    lines: list[Line]  # the first of them is where the section begins
    title: str
    form: str  # how it is numbered; "" if it is not
    level: int  # to begin with, how many numbers it has
    size: float  # of its print, in points

    @property
    def kind(self) -> tuple[str, float]:
        """What headings of one level have in common."""
        return (f"{self.form}{self.level}", 0.0) if self.form else ("", self.size)


def levelled(headings: Sequence[Heading]) -> list[Heading]:
    """The same headings with their levels. One without a number is what most of its print are."""
    numbered: defaultdict[float, Counter[tuple[str, float]]] = defaultdict(Counter)
    for heading in headings:
        if heading.form:
            numbered[heading.size][heading.kind] += 1
    stack: list[tuple[tuple[str, float], float]] = []
    for heading in headings:
        kind = heading.kind
        if not heading.form and numbered[heading.size]:
            kind = numbered[heading.size].most_common(1)[0][0]
        known = [one for one, _ in stack]
        if kind in known:
            del stack[known.index(kind) + 1 :]
        else:
            while stack and _is_above(heading, kind, *stack[-1]):
                stack.pop()
            stack.append((kind, heading.size))
        heading.level = len(stack)
    return list(headings)


def _is_above(heading: Heading, kind: tuple[str, float], other: tuple[str, float], size: float) -> bool:
    """Whether a heading of a kind that comes for the first time ends the section of another."""
    if kind[0] and other[0] and kind[0].rstrip("0123456789") == other[0].rstrip("0123456789"):
        return kind[0] < other[0]  # fewer numbers
    if kind[0] and not other[0]:
        return size <= _LARGER * heading.size  # what is numbered stands below what is larger
    return heading.size > _LARGER * size
