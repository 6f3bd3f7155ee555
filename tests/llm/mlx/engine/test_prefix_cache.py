"""Beginnings that prompts share are read once, and nobody's answer changes by it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.sampling import Sampling
from tests.engine_fakes import Ids, add, alone, intercept, load, needed, run, tokens

# Gemma 2 caches as Gemma does.
FAMILIES = ["gemma", "gemma3"]

Folder = Callable[[str], Path]


class Reader:
    """A scheduler that counts the tokens of prompts it reads, and checks every answer against the one alone."""

    def __init__(self, folder: Path) -> None:
        self._plain = load(folder)
        self._counting = False
        self._read = 0
        self.scheduler = open_scheduler(intercept(load(folder), self._look), [])

    def _look(self, inputs: Any) -> None:
        if self._counting and inputs.shape[1] > 1:
            self._read += inputs.shape[1]

    def answer(self, prompts: list[list[int]], max_tokens: int = 6, **options: Any) -> list[Request]:
        """Answer all at once, and check that each is right and that what was not read had been read before."""
        asked = [Request(list(prompt), max_tokens, Ids(), **options) for prompt in prompts]
        self._read, self._counting = 0, True
        for request in asked:
            self.scheduler.add(request)
        run(self.scheduler)
        self._counting = False
        for request in asked:
            assert request.sink.outcome == (alone(self._plain, request), "length", None)
        cached = sum(request.sink.cached_tokens for request in asked)
        # The last token of a prompt is decoded, not read; so is one that is read by itself.
        left = sum(len(prompt) - 1 for prompt in prompts) - cached
        assert left - len(prompts) <= self._read <= left
        return asked


@pytest.fixture
def reader(checkpoint: Folder) -> Iterator[Callable[[str], Reader]]:
    opened: list[Reader] = []

    def make(family: str = "gemma") -> Reader:
        opened.append(Reader(checkpoint(family)))
        return opened[-1]

    yield make
    for each in opened:
        each.scheduler.close()


def cached(asked: list[Request]) -> list[int]:
    return [request.sink.cached_tokens for request in asked]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("length", [63, 65, 600])
def test_a_shared_beginning_is_read_once(reader: Callable[[str], Reader], family: str, length: int) -> None:
    """Shorter and longer than the sliding window (64), the cache's step (256) and a piece (512)."""
    beginning = tokens(length, 99)
    asked = reader(family).answer([[*beginning, 6 + i, *tokens(5 + 40 * i, i)] for i in range(4)], max_tokens=20)
    assert cached(asked) == [0, length, length, length]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_later_call_finds_what_earlier_ones_shared(reader: Callable[[str], Reader], family: str) -> None:
    here, beginning = reader(family), tokens(150, 99)
    here.answer([[*beginning, 6, *tokens(30)], [*beginning, 7, *tokens(90, 1)]])
    (later,) = here.answer([[*beginning, 8, *tokens(20, 2)]])
    assert later.sink.cached_tokens == 150
    here.scheduler.clear_prefixes()
    (after,) = here.answer([[*beginning, 9, *tokens(20, 2)]])
    assert after.sink.cached_tokens == 0


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("length", [17, 64, 513])
def test_the_same_prompt_again_and_again(reader: Callable[[str], Reader], family: str, length: int) -> None:
    asked = reader(family).answer([tokens(length)] * 4, max_tokens=12)
    assert cached(asked) == [0, *[length - 1] * 3]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prompt_that_begins_another_one(reader: Callable[[str], Reader], family: str) -> None:
    whole = tokens(400)
    here = reader(family)
    here.answer([whole[:100], whole, whole[:100], whole[:101], whole[:99], whole, whole[:300]])
    here.answer([whole[:101], whole[:100], whole])


@pytest.mark.parametrize(("family", "seed"), [("gemma", 1), ("gemma3", 0), ("gemma3", 1)])
def test_trees_of_prompts_in_any_order(reader: Callable[[str], Reader], family: str, seed: int) -> None:
    """Prompts that part from each other in many places, some longer than the sliding window."""
    numbers, here = random.Random(seed), reader(family)
    stems = [tokens(numbers.choice([10, 30, 60, 70, 130]), i) for i in range(4)]
    prompts = []
    for _ in range(14):
        chosen = numbers.choices(stems, k=numbers.randrange(1, 4))
        prompts.append(
            [token for stem in chosen for token in stem] + tokens(numbers.randrange(1, 30), numbers.random())
        )
    first = here.answer(prompts[:7])
    second = here.answer(prompts[7:])
    assert sum(cached(first + second)) > 0


def test_a_beginning_of_a_few_tokens_is_not_worth_keeping(reader: Callable[[str], Reader]) -> None:
    asked = reader("gemma").answer([[*tokens(10, 99), 6 + i, *tokens(20, i)] for i in range(4)])
    assert cached(asked) == [0, 0, 0, 0]


def test_sampling_is_not_touched_by_a_beginning_that_was_read_before(reader: Callable[[str], Reader]) -> None:
    """The penalty looks at the whole prompt, and the random key belongs to the answer."""
    here, beginning = reader("gemma3"), tokens(120, 99)
    prompts = [beginning + tokens(9, i) for i in range(4)]
    here.answer(prompts, 20, sampling=Sampling(temperature=1.0, seed=5))
    here.answer(prompts, 20, sampling=Sampling(repetition_penalty=2.0))


@pytest.mark.parametrize("family", ["gemma", "gemma3"])
def test_beginnings_give_way_when_memory_is_wanted(checkpoint: Folder, family: str) -> None:
    model = load(checkpoint(family))
    with closing(open_scheduler(model, [])) as scheduler:
        limits = Limits(8, needed(model, [1410], 1400))
        beginning = tokens(150, 99)
        before = [add(scheduler, beginning + tokens(9, i), limits=limits) for i in range(3)]
        run(scheduler)
        assert [sink.cached_tokens for sink in before] == [0, 150, 150]
        large = Request(tokens(1400, 1), 10, Ids(), limits=limits)
        scheduler.add(large)
        run(scheduler)
        assert large.sink.outcome == (alone(model, large), "length", None)
        (again,) = [add(scheduler, beginning + tokens(9, 7), limits=limits)]
        run(scheduler)
        assert again.cached_tokens == 0, "the large request needed that memory"


def test_no_room_for_beginnings_is_no_reason_to_fail(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma"))
    with closing(open_scheduler(model, [])) as scheduler:
        limits = Limits(8, needed(model, [700], 690))
        asked = [Request(tokens(600, 99) + tokens(90, i), 10, Ids(), limits=limits) for i in range(3)]
        for request in asked:
            scheduler.add(request)
        run(scheduler)
        assert [request.sink.ids for request in asked] == [alone(model, request) for request in asked]


def test_who_is_dropped_while_a_beginning_is_read_leaves_it_right_for_the_others(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma3"))
    with closing(open_scheduler(model, [])) as scheduler:
        beginning = tokens(1100, 99)
        asked = [Request(beginning + tokens(30, i), 10, Ids()) for i in range(4)]
        for request in asked:
            scheduler.add(request)
        scheduler.step()
        scheduler.step()
        scheduler.drop(asked[0])
        run(scheduler)
        for request in asked[1:]:
            assert request.sink.outcome == (alone(model, request), "length", None)
