"""Sentences and their sizes -> where chunks end. Pure arithmetic."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from math import ceil, log2
from typing import NamedTuple

# What a stretch holds. Fewer would fill chunks less, more would let a change on a page move more cuts.
_STRETCH_CHUNKS = 3
# What a chapter holds that is not mixed with another of its kind, in chunks; and how far smaller ones have to fill
# theirs.
_LARGE_CHUNKS, _FILLED = 2, 0.85


class Unit(NamedTuple):
    """A sentence, or a part of one that is over budget, with the white space after it."""

    start: int  # characters into the whole text
    end: int
    tokens: int  # an estimate: counted alone
    price: float  # of a cut behind it


def stretches(units: list[Unit], starts: list[int], numbers: list[int], budget: int) -> Iterator[list[Unit]]:
    """Units by stretches: as many pages each as a power of two, counted by number, so that no text decides it.

    A stretch begins with the first sentence that begins on its pages. What is left in the end joins the last one.
    """
    tokens = sum(unit.tokens for unit in units)
    size = 2 ** max(0, round(log2(max(1, _STRETCH_CHUNKS * budget * len(numbers)) / max(1, tokens))))
    last = (numbers[-1] - 1 - size // 2) // size if numbers else 0
    begins = [
        start
        for start, number, before in zip(starts[1:], numbers[1:], numbers, strict=False)
        if (before - 1) // size < (number - 1) // size <= last
    ]
    first = 0
    for begin in begins:
        end = bisect_left(units, begin, lo=first, key=lambda unit: unit.start)
        if first < end < len(units):
            yield units[first:end]
            first = end
    if units:
        yield units[first:]


def chapters(units: list[Unit], begins: Iterable[int], budget: int) -> Iterator[list[Unit]]:
    """Units by chapters that are large enough for chunks of their own; small ones go with their neighbours.

    Chapters end together where they fill their chunks, or between two that take several: so this costs few chunks.
    """
    edges = [0, *(bisect_left(units, begin, key=lambda unit: unit.start) for begin in sorted(begins)), len(units)]
    parts = [units[first:last] for first, last in pairwise(edges) if first < last]
    shares = [sum(unit.tokens for unit in part) / budget for part in parts]
    groups: list[list[Unit]] = []
    filled = 0.0  # chunks that the last group takes
    for index, (part, share) in enumerate(zip(parts, shares, strict=True)):
        before = shares[index - 1] if index else 0.0
        is_large = before >= _LARGE_CHUNKS and share >= _LARGE_CHUNKS
        if not groups or is_large or filled >= _FILLED * max(1, ceil(filled)):
            groups.append(part)
            filled = share
        else:
            groups[-1] = groups[-1] + part
            filled += share
    if len(groups) > 1 and filled < _FILLED * ceil(filled) and filled < _LARGE_CHUNKS:
        last = groups.pop()
        groups[-1] = groups[-1] + last
    yield from groups


def plan(units: list[Unit], budget: int) -> list[list[Unit]]:
    """Units in the fewest groups of at most `budget` estimated tokens, as even as the prices allow.

    `needed[i]` is the least number of groups for units[i:]; each cut goes where it is nearest to an even
    share of what is left, among the places that keep to that number. Linear in the number of units.
    """
    if not units:
        return []
    sums = [0, *accumulate(unit.tokens for unit in units)]
    needed = _needed(units, sums, budget)
    groups: list[list[Unit]] = []
    first = 0
    while first < len(units):
        left = needed[first]
        even = (sums[-1] - sums[first]) / left
        best, cost = first + 1, float("inf")
        for cut in range(first + 1, len(units) + 1):
            size = sums[cut] - sums[first]
            if size > budget and cut > first + 1:
                break
            if needed[cut] > left - 1:
                continue
            price = units[cut - 1].price if cut < len(units) else 0.0
            if (total := abs(size - even) / max(1.0, even) + price) < cost:
                best, cost = cut, total
        groups.append(units[first:best])
        first = best
    return groups


def _needed(units: list[Unit], sums: list[int], budget: int) -> list[int]:
    needed = [0] * (len(units) + 1)
    reach = len(units)
    for first in range(len(units) - 1, -1, -1):
        while reach > first + 1 and sums[reach] - sums[first] > budget:
            reach -= 1
        needed[first] = 1 + needed[reach]
    return needed
