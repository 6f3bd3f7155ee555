"""Summaries go to a collapse in order, whole, in few and even groups, and every round halves their number."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import cast

import pytest

from graph.calling.budget import SEPARATOR_TOKENS
from graph.packing import frontier, joined_tokens, pack
from graph.results.types import Summary
from graph.state import CollapseTask, State
from graph.tasks import collapse_tasks


def leaf(number: int, tokens: int, text: str = "text") -> Summary:
    return Summary(
        id=f"summary-{number:04}",
        level=0,
        text=text,
        tokens=tokens,
        sources=[f"chunk-{number:04}"],
        pages=[number],
        finish_reason="stop",
    )


def tasks_of(tree: list[Summary], budget: int) -> list[CollapseTask]:
    """The tasks of a round over everything that nothing rests on."""
    state = cast(State, {"tree": tree, "chunks": [], "sections": [], "files": []})
    return collapse_tasks(state, [frontier(tree)], budget)


def leaves(sizes: list[int]) -> list[Summary]:
    return [leaf(number, size) for number, size in enumerate(sizes, start=1)]


def random_cases(count: int = 300, seed: int = 1) -> Iterator[tuple[list[Summary], int, int]]:
    """Summaries, the most tokens of one, and a budget that holds at least two of that size."""
    chance = random.Random(seed)
    for _ in range(count):
        most = chance.randint(1, 200)
        small = chance.choice([1, most // 2 or 1, most])
        sizes = [chance.randint(small, most) for _ in range(chance.randint(2, 60))]
        yield leaves(sizes), most, 2 * most + SEPARATOR_TOKENS + chance.choice([0, 0, 1, most, 5 * most])


def fewest_groups(sizes: list[int], budget: int) -> int:
    """By trying every split (dynamic programming): the reference that packing is held to."""
    best = [0] + [len(sizes)] * len(sizes)
    for end in range(1, len(sizes) + 1):
        for start in range(end):
            if sum(sizes[start:end]) + SEPARATOR_TOKENS * (end - start - 1) <= budget:
                best[end] = min(best[end], best[start] + 1)
    return best[-1]


def smallest_largest(sizes: list[int], groups: int) -> int:
    """The least size that the largest of so many groups can have, by trying every split."""
    infinite = 10**9
    best = [[0] + [infinite] * len(sizes)]
    for _ in range(groups):
        row = [0] + [infinite] * len(sizes)
        for end in range(1, len(sizes) + 1):
            for start in range(end):
                size = sum(sizes[start:end]) + SEPARATOR_TOKENS * (end - start - 1)
                row[end] = min(row[end], max(best[-1][start], size))
        best.append(row)
    return best[-1][-1]


def test_packing_keeps_order_and_loses_nothing() -> None:
    for summaries, _, budget in random_cases():
        assert [summary for group in pack(summaries, budget) for summary in group] == summaries


def test_every_group_fits() -> None:
    for summaries, _, budget in random_cases():
        assert all(joined_tokens(group) <= budget for group in pack(summaries, budget))


def test_there_are_as_few_groups_as_can_be() -> None:
    for summaries, _, budget in random_cases(100):
        sizes = [summary["tokens"] for summary in summaries]
        assert len(pack(summaries, budget)) == fewest_groups(sizes, budget)


def test_the_largest_group_is_as_small_as_can_be_unless_a_lone_summary_was_given_company() -> None:
    for summaries, _, budget in random_cases(60):
        groups = pack(summaries, budget)
        least = smallest_largest([summary["tokens"] for summary in summaries], len(groups))
        assert all(len(group) == 2 for group in groups if joined_tokens(group) > least)


def test_equal_summaries_go_to_equal_groups_where_that_is_possible() -> None:
    # Filling each group to the brim would make 4 + 4 + 1.
    assert [len(group) for group in pack(leaves([100] * 9), 450)] == [3, 3, 3]


def test_a_summary_is_alone_only_where_no_neighbour_could_join_it() -> None:
    """Among groups with three or more, one can be given away."""
    for summaries, _, budget in random_cases():
        groups = pack(summaries, budget)
        for index, group in enumerate(groups):
            if len(group) > 1:
                continue
            for other in (index - 1, index + 1):
                if 0 <= other < len(groups) and len(groups[other]) > 2:
                    lent = groups[other][-1 if other < index else 0]
                    assert joined_tokens([lent, *group]) > budget


def test_no_more_than_half_of_the_summaries_are_left_after_a_round() -> None:
    for summaries, _, budget in random_cases():
        assert len(pack(summaries, budget)) <= math.ceil(len(summaries) / 2)


@pytest.mark.parametrize("answer", ["least", "most", "any"])
def test_rounds_stay_within_the_logarithm_whatever_the_merged_summaries_measure(answer: str) -> None:
    chance = random.Random(3)
    for summaries, most, budget in random_cases(150, seed=2):
        tree, count, rounds = list(summaries), len(summaries), 0
        while len(frontier(tree)) > 1:
            tasks = tasks_of(tree, budget)
            assert tasks, "a round that makes no call would never end"
            for task in tasks:
                size = {"least": 1, "most": most, "any": chance.randint(1, most)}[answer]
                tree.append(
                    Summary(
                        id=task["id"],
                        level=task["level"],
                        text="merged",
                        tokens=size,
                        sources=task["sources"],
                        pages=task["pages"],
                        finish_reason="stop",
                    )
                )
            rounds += 1
        assert rounds <= math.ceil(math.log2(count))
        assert frontier(tree)[0]["pages"] == list(range(1, count + 1))


def test_the_frontier_is_in_document_order_without_what_is_empty_or_merged() -> None:
    merged = Summary(
        id="level-1-0001",
        level=1,
        text="two of them",
        tokens=4,
        sources=["summary-0002", "summary-0003"],
        pages=[2, 3],
        finish_reason="stop",
    )
    tree = [leaf(1, 5), leaf(2, 5), leaf(3, 5), leaf(4, 5), leaf(5, 0, text=""), merged]
    assert [summary["id"] for summary in frontier(tree)] == ["summary-0001", "level-1-0001", "summary-0004"]


def test_the_frontier_stays_in_order_past_ten_thousand_chunks() -> None:
    tree = leaves([1] * 10_001)
    assert [summary["id"] for summary in frontier(tree)] == [summary["id"] for summary in tree]


def test_merged_summaries_have_ids_of_their_own_and_one_level_up() -> None:
    tree = leaves([10] * 8)
    tasks = tasks_of(tree, 22)
    assert [len(task["sources"]) for task in tasks] == [2, 2, 2, 2]
    assert len({task["id"] for task in tasks} | {summary["id"] for summary in tree}) == 12
    assert {task["level"] for task in tasks} == {1}


def test_a_summary_without_company_waits_and_costs_no_call() -> None:
    tree = leaves([100, 100, 100])
    (task,) = tasks_of(tree, 2 * 100 + SEPARATOR_TOKENS)
    assert task["sources"] == ["summary-0001", "summary-0002"]


def test_joining_counts_what_stands_between() -> None:
    assert joined_tokens(leaves([10])) == 10
    assert joined_tokens(leaves([10, 20, 30])) == 60 + 2 * SEPARATOR_TOKENS
