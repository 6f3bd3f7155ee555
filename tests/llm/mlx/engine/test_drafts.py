"""Drafts: what a prompt is looked up for, how much of it is indexed twice, and when a row stops drafting."""

from __future__ import annotations

import random

import pytest

from llm.mlx.engine.draft_plan import pass_cost, plan
from llm.mlx.engine.drafts import Drafter, PromptIndex, PromptIndexes


def drafter(prompt: list[int], answer: list[int], most: int = 200) -> Drafter:
    made = Drafter(PromptIndex(prompt), most)
    for token in answer:
        made.take(token)
    return made


def places_by_hand(prompt: list[int], first: int, second: int) -> list[int]:
    return [i for i in range(1, len(prompt)) if (prompt[i - 1], prompt[i]) == (first, second)]


@pytest.mark.parametrize("seed", range(20))
def test_an_index_knows_every_place_of_a_pair_shared_or_not(seed: int) -> None:
    numbers = random.Random(seed)
    stem = [numbers.randrange(7) for _ in range(numbers.randrange(64, 200))]
    indexes, prompts = PromptIndexes(), []
    for _ in range(8):
        kept = numbers.choice(prompts)[: numbers.randrange(64, 120)] if prompts else stem
        prompts.append([*kept, *(numbers.randrange(7) for _ in range(numbers.randrange(90)))])
    for prompt in prompts:
        index = indexes.of(prompt)
        for first in range(7):
            for second in range(7):
                by_hand = places_by_hand(prompt, first, second)
                assert index.places(first, second).tolist() == by_hand[-48:]


def test_what_prompts_begin_with_is_indexed_once() -> None:
    stem = list(range(1000))
    indexes = PromptIndexes()
    first = indexes.of([*stem, 7, 8, 9])
    sizes = [len(indexes.of([*stem, 50 + i, 60, 70])._codes) for i in range(40)]
    assert sizes == [3] * 40
    assert indexes.of([*stem, 7, 8, 9]) is not first, "only the last prompts are kept"
    assert all(index._depth <= 4 for index in indexes._kept)


@pytest.mark.parametrize("prompt", [[5], [5, 6], [5, 5, 5]])
def test_a_prompt_of_few_tokens_has_an_index_too(prompt: list[int]) -> None:
    made = drafter(prompt, [5, 5])
    draft, likely = made.propose(4)
    assert len(draft) == len(likely)


def test_what_followed_the_longest_context_in_the_prompt_is_drafted() -> None:
    prompt = [1, 2, 3, 4, 5, 90, 91, 92, 7, 3, 4, 5, 80, 81, 6, 4, 5, 70]
    assert drafter(prompt, [8, 4, 5]).propose(1)[0] == [70], "of equal contexts, the last"
    assert drafter(prompt, [2, 3, 4, 5]).propose(3)[0] == [90, 91, 92]
    assert drafter(prompt, [7, 3, 4, 5]).propose(2)[0] == [80, 81]
    assert drafter(prompt, [9, 5]).propose(3) == ([], [])


def test_what_the_answer_says_again_is_drafted_round_and_round() -> None:
    assert drafter([1, 2], [40, 41, 42, 40, 41]).propose(7)[0] == [42, 40, 41, 42, 40, 41, 42]
    assert drafter([1, 2], [9, 9, 9, 9]).propose(3)[0] == [9, 9, 9]


def test_the_end_of_the_prompt_leads_into_the_answer() -> None:
    assert drafter([1, 2, 30, 31], [32, 33, 5, 30, 31]).propose(3)[0] == [32, 33, 5]


def test_longer_context_is_likelier_and_each_token_less_likely_than_the_one_before() -> None:
    prompt = list(range(10, 60))
    short, long = drafter(prompt, [9, 20, 21]), drafter(prompt, list(range(14, 22)))
    assert short.propose(4)[1][0] < long.propose(4)[1][0]
    likely = long.propose(6)[1]
    assert likely == sorted(likely, reverse=True)


def test_a_row_whose_drafts_fail_stops_and_tries_again_later() -> None:
    """Its loss stays within half a pass and half a percent of what it has written."""
    prompt = [4, 5] * 300
    made, lost, tried = drafter(prompt, [9, 4, 5]), 0.0, []
    for written in range(2000):
        planned = plan([made.propose(8)])
        if planned is not None:
            cost = pass_cost(1, planned.width)
            made.learn(len(planned.drafts[0]), 0, cost)
            lost += cost
            tried.append(written)
        made.take(4)
        made.take(5)
        assert lost < 1.5 + 0.005 * 2 * written + 1
    assert 1 < len(tried) < 300
    assert tried[-1] > 1000, "it tries again"


def test_a_row_whose_drafts_are_right_drafts_more_at_a_time() -> None:
    prompt = list(range(10, 400))
    made = drafter(prompt, [10, 11, 12])
    widths = []
    for _ in range(12):
        planned = plan([made.propose(16)])
        assert planned is not None
        widths.append(planned.width)
        made.learn(planned.width, planned.width, pass_cost(1, planned.width))
        for token in planned.drafts[0]:
            made.take(token)
    assert widths[-1] >= widths[0]
    assert made.has_paid


def test_a_lane_drafts_as_much_as_is_worth_it_for_all() -> None:
    sure, unsure = ([1] * 8, [0.95**i for i in range(1, 9)]), ([2] * 8, [0.1**i for i in range(1, 9)])
    assert plan([([], [])]) is None
    assert plan([unsure] * 8) is None
    alone, together = plan([sure]), plan([sure] + [([], [])] * 7)
    assert alone is not None
    assert alone.width == 8
    assert together is None, "seven rows would wait for the draft of one"
    mixed = plan([sure, sure, unsure, ([], [])])
    assert mixed is not None
    assert [len(draft) for draft in mixed.drafts] == [mixed.width, mixed.width, mixed.width, 0]
    assert mixed.drafting == 3
