"""Who is next: nobody starves, and rows of like length run together. Mostly arithmetic, no model."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.request_queue import MOST_BATCHES, RequestQueue, batches_by_fit
from tests.engine_fakes import Ids, add, load, needed, tokens


def request(total: int = 10) -> Request:
    return Request([1] * (total - 1), 1, Ids())


def everywhere(_: Request) -> bool:
    return True


def test_first_come_is_first_served() -> None:
    waiting, requests = RequestQueue(), [request() for _ in range(5)]
    for each in requests:
        waiting.add(each)
    assert len(waiting) == 5
    assert [found[0] for _ in requests if (found := waiting.next(everywhere))] == requests
    assert waiting.next(everywhere) is None


def test_one_without_a_place_lets_others_pass_and_stays_first() -> None:
    waiting, long, short = RequestQueue(), request(100), request()
    waiting.add(long)
    waiting.add(short)
    assert waiting.next(lambda r: r is short or None) == (short, True)
    assert list(waiting) == [long]
    assert waiting.next(everywhere) == (long, True)


def test_a_place_may_be_anything_but_none() -> None:
    waiting, only = RequestQueue(), request()
    waiting.add(only)
    assert waiting.next(lambda _: 0) == (only, 0)


def test_what_is_removed_is_never_next() -> None:
    waiting, first, second = RequestQueue(), request(), request()
    waiting.add(first)
    waiting.add(second)
    assert waiting.remove(first) is True
    assert waiting.remove(first) is False
    assert waiting.next(everywhere) == (second, True)


@pytest.mark.parametrize("seed", range(30))
def test_nobody_starves_and_nobody_is_lost(seed: int) -> None:
    """A machine with room for 100 tokens, random lengths and ends, and never a pause in what comes."""
    numbers = random.Random(seed)
    waiting, running, served, came, left_out = RequestQueue(), [], [], [], set()
    behind: dict[Request, int] = {}

    def place(each: Request) -> bool | None:
        return sum(r.total for r in running) + each.total <= 100 or None

    for _ in range(600):
        if len(waiting) < 30:
            came.append(request(numbers.choice([2, 3, 5, 60, 100])))
            waiting.add(came[-1])
        if numbers.random() < 0.02 and len(waiting):
            gone = numbers.choice(list(waiting))
            left_out.add(gone)
            waiting.remove(gone)
        if running and numbers.random() < 0.7:
            running.pop(numbers.randrange(len(running)))
        found = waiting.next(place)
        if found is None:
            continue
        for earlier in came[: came.index(found[0])]:
            if earlier in waiting:
                behind[earlier] = behind.get(earlier, 0) + 1
        running.append(found[0])
        served.append(found[0])
    assert max(behind.values(), default=0) <= 16, "one was passed too often"
    assert len(served) == len(set(served))
    assert set(served) | left_out | set(waiting) == set(came)
    assert not set(served) & left_out
    # Whoever waits at the end came lately: the first hundred are through.
    assert set(came[:100]) <= set(served) | left_out


@pytest.mark.parametrize("seed", range(30))
def test_every_row_has_a_lane_and_the_first_choice_pads_least(seed: int) -> None:
    numbers = random.Random(seed)
    batches: list[list[int]] = [[] for _ in range(MOST_BATCHES)]
    for _ in range(60):
        total = numbers.choice([10, 200, 256, 257, 900, 4000, 4001, 30_000])
        choice = batches_by_fit(total, batches)
        assert choice
        assert len(set(choice)) == len(choice)
        assert set(choice) <= set(range(MOST_BATCHES))
        alike = [
            i for i, batch in enumerate(batches) if batch and len({-(-t // 256) for t in (*batch, total)}) == 1
        ]
        if alike:
            assert choice[0] in alike
        batches[choice[0]].append(total)
        for batch in batches:
            while len(batch) > 4:
                batch.pop(numbers.randrange(len(batch)))


def test_unlike_lengths_are_kept_apart_while_there_is_an_empty_lane() -> None:
    assert batches_by_fit(4000, [[100, 100], [], []])[0] == 1
    assert batches_by_fit(120, [[100, 100], [4000], []])[0] == 0
    assert batches_by_fit(3900, [[100, 100], [4000], []])[0] == 1
    assert batches_by_fit(1200, [[100], [4000], [30_000]]), "with no batch left, the best of them must do"


Folder = Callable[[str], Path]


def test_a_long_request_is_served_under_a_steady_stream_of_short_ones(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma"))
    scheduler = open_scheduler(model, [])
    limits = Limits(8, needed(model, [900], 800))
    numbers = random.Random(3)

    def another() -> Ids:
        return add(scheduler, tokens(numbers.randrange(3, 20)), numbers.randrange(2, 6), limits=limits)

    short = [another() for _ in range(6)]
    long = add(scheduler, tokens(800), 100, limits=limits)
    for _ in range(200):
        scheduler.step()
        while sum(not sink.done.is_set() for sink in short) < 6:
            short.append(another())
        if long.started.is_set():
            break
    served_before = sum(sink.done.is_set() for sink in short)
    assert long.started.is_set(), f"{served_before} short ones were served meanwhile"
    scheduler.close()


def test_short_requests_are_served_under_a_steady_stream_of_long_ones(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma"))
    scheduler = open_scheduler(model, [])
    limits = Limits(8, needed(model, [300, 300], 200))
    long = [add(scheduler, tokens(200, i), 20, limits=limits) for i in range(4)]
    short = [add(scheduler, tokens(5, i), 3, limits=limits) for i in range(4)]
    for _ in range(200):
        scheduler.step()
        while sum(not sink.done.is_set() for sink in long) < 4:
            long.append(add(scheduler, tokens(200, len(long)), 20, limits=limits))
        if all(sink.done.is_set() for sink in short):
            break
    assert {sink.reason for sink in short} == {"length"}
    scheduler.close()


def test_one_who_wants_the_engine_alone_gets_it(checkpoint: Folder) -> None:
    """`Limits(rows=1)` among requests that share: it is not starved, and nobody is beside it."""
    scheduler = open_scheduler(load(checkpoint("gemma")), [])
    diary: list[Ids] = []
    many = [add(scheduler, tokens(5, i), 6, Ids(diary)) for i in range(30)]
    single = add(scheduler, tokens(7), 6, Ids(diary), limits=Limits(rows=1))
    for i in range(60):
        many.append(add(scheduler, tokens(5, 30 + i), 6, Ids(diary)))
        scheduler.step()
    while scheduler.requests:
        scheduler.step()
    scheduler.close()
    first = diary.index(single)
    assert diary[first : first + 6] == [single] * 6
    assert first < len(diary) // 2 + 100
    assert {sink.reason for sink in many} == {"length"}
