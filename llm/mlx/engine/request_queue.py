"""Requests that wait: who is next, and in which batch. Pure arithmetic on token counts.

First come, first served. One that does not fit now lets others pass, but only so many: nobody starves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from llm.mlx.engine.request import Request

T = TypeVar("T")

# How many requests may be served before one that came earlier.
_MOST_OVERTAKEN = 16

# Only so many are looked at each time: a thousand who wait must not slow down those who run.
_LOOKED_AT = 32

# Rows share a batch while padding adds at most half of what they need themselves.
_MOST_PADDED = 1.5

# Lanes at once: each is a forward pass of its own for every token.
MOST_BATCHES = 3

# Lengths that differ by less than what a cache grows by are alike.
_STEP = 256


class RequestQueue:
    """Requests in the order they came."""

    def __init__(self) -> None:
        self._overtaken: dict[Request, int] = {}

    def __len__(self) -> int:
        return len(self._overtaken)

    def __iter__(self) -> Iterator[Request]:
        return iter(self._overtaken)

    def first(self) -> list[Request]:
        """Those who may be served next."""
        return list(islice(self._overtaken, _LOOKED_AT))

    def add(self, request: Request) -> None:
        """Put `request` at the end."""
        self._overtaken[request] = 0

    def remove(self, request: Request) -> bool:
        """Take `request` out; False if it does not wait here."""
        return self._overtaken.pop(request, None) is not None

    def next(self, find: Callable[[Request], T | None]) -> tuple[Request, T] | None:
        """Take out the first request that `find` returns something for, and return both."""
        passed: list[Request] = []
        for request in self.first():
            if (found := find(request)) is not None:
                break
            passed.append(request)
            if self._overtaken[request] >= _MOST_OVERTAKEN:
                return None
        else:
            return None
        for earlier in passed:
            self._overtaken[earlier] += 1
        del self._overtaken[request]
        return request, found


def batches_by_fit(total: int, batches: Sequence[Sequence[int]]) -> list[int]:
    """Positions of the `batches` (each the token totals of its rows) that a row of `total` may join, best first.

    An empty batch (there are at most MOST_BATCHES) is better than much padding; with none left, the batch that
    pads least must do.
    """

    def padded(batch: Sequence[int]) -> float:
        lengths = [-(-tokens // _STEP) for tokens in (*batch, total)]
        return len(lengths) * max(lengths) / sum(lengths)

    occupied = [position for position, batch in enumerate(batches) if batch]
    alike = [position for position in occupied if padded(batches[position]) <= _MOST_PADDED]
    empty = [position for position, batch in enumerate(batches) if not batch][:1]
    by_padding = sorted(alike, key=lambda position: padded(batches[position]))
    return by_padding + empty or sorted(occupied, key=lambda position: padded(batches[position]))
