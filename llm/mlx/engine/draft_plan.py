"""Which drafts are worth a forward pass: what they are expected to save, against what wider passes cost."""

from __future__ import annotations

from collections.abc import Sequence
from math import log
from typing import NamedTuple

# What a second row, and what a second token of a row, add to a pass of one row and token. Measured
# (benchmarks/LOG.md); in a lane on the side of caution, for the arithmetic of more rows is sooner what takes time.
_ROW, _COLUMN, _COLUMN_IN_LANE = 0.2, 0.1, 0.15

# A draft, and for each of its tokens how likely it is accepted together with those before.
Proposal = tuple[list[int], list[float]]


class DraftPlan(NamedTuple):
    """A draft for every row, some empty; `width` is the longest, and `drafting` rows have one."""

    drafts: list[list[int]]
    width: int
    drafting: int


def pass_cost(rows: int, width: int) -> float:
    """What drafts of `width` add to a pass of `rows`, in such passes without drafts."""
    column = _COLUMN if rows == 1 else _COLUMN_IN_LANE
    return column * rows * width / (1 + _ROW * (rows - 1))


def plan(proposals: Sequence[Proposal]) -> DraftPlan | None:
    """The drafts that make the rows faster than none would; None if no draft does.

    Every row computes as many tokens as the longest draft has, so all are cut at one width. Speed is the geometric
    mean of the rows': no row should gain what all others wait for, since a lane lasts as long as its slowest.
    """
    rows = len(proposals)
    expected, best, best_speed = [1.0] * rows, 0, 0.0
    for width in range(1, 1 + max(len(draft) for draft, _ in proposals)):
        for row, (_, likely) in enumerate(proposals):
            expected[row] += likely[width - 1] if len(likely) >= width else 0
        speed = sum(map(log, expected)) / rows - log(1 + pass_cost(rows, width))
        if speed > best_speed:
            best, best_speed = width, speed
    if best == 0:
        return None
    drafts = [draft[:best] for draft, _ in proposals]
    return DraftPlan(drafts, best, sum(map(bool, drafts)))
