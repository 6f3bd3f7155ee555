"""Which drafts are worth a forward pass: what they are expected to save, against what wider passes cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# What a second row, and what a second token of a row, add to a pass of one row and token. Measured
# (benchmarks/LOG.md).
_ROW, _COLUMN = 0.2, 0.1

# A draft, and for each of its tokens how likely it is accepted together with those before.
Proposal = tuple[list[int], list[float]]


class DraftPlan(NamedTuple):
    """A draft for every row, some empty; `width` is the longest, and `drafting` rows have one."""

    drafts: list[list[int]]
    width: int
    drafting: int


def pass_cost(rows: int, width: int) -> float:
    """What drafts of `width` add to a pass of `rows`, in such passes without drafts."""
    return _COLUMN * rows * width / (1 + _ROW * (rows - 1))


def plan(proposals: Sequence[Proposal]) -> DraftPlan | None:
    """The drafts by which a second gives most tokens; None if that is most without any.

    Every row computes as many tokens as the longest draft has, so all are cut at one width.
    """
    rows = len(proposals)
    expected, best, best_rate = float(rows), 0, 1.0 * rows
    for width in range(1, 1 + max(len(draft) for draft, _ in proposals)):
        expected += sum(likely[width - 1] for _, likely in proposals if len(likely) >= width)
        rate = expected / (1 + pass_cost(rows, width))
        if rate > best_rate:
            best, best_rate = width, rate
    if best == 0:
        return None
    drafts = [draft[:best] for draft, _ in proposals]
    return DraftPlan(drafts, best, sum(map(bool, drafts)))
