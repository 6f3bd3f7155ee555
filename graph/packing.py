"""Summaries to balanced groups that fit a prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from graph.calling.budget import SEPARATOR_TOKENS
from graph.documents.types import Chunk
from graph.results.types import Summary


def frontier(tree: Sequence[Summary]) -> list[Summary]:
    """The summaries that nothing rests on yet, in document order, without the empty ones."""
    used = {source for summary in tree for source in summary["sources"]}
    by_id = {summary["id"]: summary for summary in tree}
    order = {id: index for index, id in enumerate(by_id)}

    def position(summary: Summary) -> int:
        """That of the first part it rests on: level 0 came in document order."""
        while summary["level"] > 0:
            summary = by_id[summary["sources"][0]]
        return order[summary["id"]]

    tops = [summary for summary in tree if summary["id"] not in used and summary["text"]]
    return sorted(tops, key=position)


def fair_shares(wants: Sequence[int], total: int) -> list[int]:
    """An equal share of `total` for each; what those do not want who want less, the others share."""
    shares, left = [0] * len(wants), total
    for before, index in enumerate(sorted(range(len(wants)), key=wants.__getitem__)):
        shares[index] = min(wants[index], left // (len(wants) - before))
        left -= shares[index]
    return shares


def joined_tokens(texts: Iterable[Summary | Chunk]) -> int:
    """Tokens of the texts together, with what joins them."""
    return sum(text["tokens"] + SEPARATOR_TOKENS for text in texts) - SEPARATOR_TOKENS


def pack(summaries: Sequence[Summary], budget_tokens: int) -> list[list[Summary]]:
    """Split `summaries`, in order, into the fewest groups of at most `budget_tokens`, balanced.

    Among the ways with that few groups, take one whose largest group is smallest: found by bisection on the
    size that greedy filling may use. A single summary may be a group of its own, if no neighbour fits.
    """
    fewest = len(_fill(summaries, budget_tokens))
    low, high = max(summary["tokens"] for summary in summaries), budget_tokens
    while low < high:
        middle = (low + high) // 2
        if len(_fill(summaries, middle)) <= fewest:
            high = middle
        else:
            low = middle + 1
    return _pair_up(_fill(summaries, high), budget_tokens)


def joined_pages(summaries: Iterable[Summary]) -> list[int]:
    """The pages that any of the summaries rests on."""
    return sorted({page for summary in summaries for page in summary["pages"]})


def _fill(summaries: Sequence[Summary], size: int) -> list[list[Summary]]:
    groups: list[list[Summary]] = [[]]
    filled = 0
    for summary in summaries:
        grown = filled + SEPARATOR_TOKENS + summary["tokens"]
        if groups[-1] and grown > size:
            groups.append([])
        filled = grown if groups[-1] else summary["tokens"]
        groups[-1].append(summary)
    return groups


def _pair_up(groups: list[list[Summary]], budget_tokens: int) -> list[list[Summary]]:
    """Give a group of one a neighbour's summary where both then have two and still fit."""
    for left, right in pairwise(groups):
        if len(right) == 1 and len(left) > 2 and joined_tokens([left[-1], *right]) <= budget_tokens:
            right.insert(0, left.pop())
        elif len(left) == 1 and len(right) > 2 and joined_tokens([*left, right[0]]) <= budget_tokens:
            left.append(right.pop(0))
    return groups
