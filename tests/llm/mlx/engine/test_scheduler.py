"""The scheduler step by step, without a thread: who gets which tokens, and when a row leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import llm.mlx.engine.sampling
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.sampling import Sampling
from tests.engine_fakes import Ids, add, alone, intercept, load, run, tokens

FAMILIES = ["gemma", "gemma2", "gemma3"]

Folder = Callable[[str], Path]


@pytest.mark.parametrize("family", FAMILIES)
def test_rows_of_every_length_that_come_and_go_get_what_each_gets_alone(checkpoint: Folder, family: str) -> None:
    """Lengths on both sides of the sliding window (64), of the cache's step (256) and of a piece (512)."""
    model = load(checkpoint(family))
    scheduler, asked = open_scheduler(model, []), []
    for i, length in enumerate([1, 63, 64, 65, 2, 255, 256, 257, 130, 513, 1, 90, 300, 66]):
        request = Request(tokens(length, seed=i), (7, 20, 45)[i % 3], Ids(), limits=Limits(rows=6))
        asked.append(request)
        scheduler.add(request)
        for _ in range(3):
            scheduler.step()
    run(scheduler)
    for request in asked:
        assert request.sink.outcome == (alone(model, request), "length", None)


def test_each_row_has_its_own_sampling_and_length(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma"))
    settings = [
        Sampling(),
        Sampling(temperature=1.0, seed=1),
        Sampling(temperature=1.0, seed=2),
        Sampling(temperature=0.7, top_p=0.8, seed=1),
        Sampling(temperature=1.5, top_k=5, seed=3),
        Sampling(temperature=1.5, min_p=0.1, seed=-4),
        Sampling(repetition_penalty=2.0),
        Sampling(temperature=1.0, seed=2**70),
    ]
    scheduler = open_scheduler(model, [])
    asked = [Request(tokens(20), 5 + 3 * i, Ids(), sampling) for i, sampling in enumerate(settings)]
    for request in asked:
        scheduler.add(request)
    run(scheduler)
    for request in asked:
        assert request.sink.outcome == (alone(model, request), "length", None)
    assert len({tuple(request.sink.ids[:5]) for request in asked}) >= len(settings) - 1


def test_rows_that_share_settings_are_sampled_in_one_call(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows: list[int] = []

    class Counting(llm.mlx.engine.sampling.Sampler):
        def __call__(self, logprobs: Any) -> Any:
            rows.append(logprobs.shape[0])
            return super().__call__(logprobs)

    monkeypatch.setattr(llm.mlx.engine.sampling, "Sampler", Counting)
    scheduler = open_scheduler(load(checkpoint("gemma")), [])
    for i in range(4):
        add(scheduler, tokens(9, i), 12, sampling=Sampling(temperature=1.0))
    run(scheduler)
    assert rows.count(4) >= 8
    rows.clear()
    for i in range(4):
        add(scheduler, tokens(9, i), 12, sampling=Sampling(temperature=1.0, seed=7))
    run(scheduler)
    assert set(rows) == {1}, "a seed wants a random key to itself"


def test_a_seed_says_the_same_whoever_is_beside_it(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma3"))
    seven = Sampling(temperature=1.0, seed=7)
    for company in (0, 1, 7):
        scheduler = open_scheduler(model, [])
        for i in range(company):
            add(
                scheduler,
                tokens(10 + 40 * i, i + 1),
                10 + i,
                sampling=Sampling(temperature=1.0, seed=7 if i % 2 else i),
            )
            scheduler.step()
        sink = add(scheduler, tokens(40), 30, sampling=seven)
        run(scheduler)
        assert sink.ids == alone(model, Request(tokens(40), 30, sink, seven))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_that_is_dropped_is_gone_at_once_and_the_others_do_not_notice(
    checkpoint: Folder, family: str
) -> None:
    model = load(checkpoint(family))
    scheduler = open_scheduler(model, [])
    asked = [Request(tokens(30 + 50 * i, i), 40, Ids(), limits=Limits(rows=4)) for i in range(6)]
    for request in asked:
        scheduler.add(request)
    for _ in range(10):
        scheduler.step()
    running, queued = asked[1], asked[5]
    heard = len(running.sink.ids)
    assert heard > 0
    for request in (running, queued):
        scheduler.drop(request)
        assert request not in scheduler.requests
    run(scheduler)
    assert (len(running.sink.ids), running.sink.done.is_set()) == (heard, False)
    assert (queued.sink.ids, queued.sink.done.is_set()) == ([], False)
    for request in set(asked) - {running, queued}:
        assert request.sink.outcome == (alone(model, request), "length", None)


def test_a_prompt_that_is_being_read_can_be_dropped(checkpoint: Folder) -> None:
    read: list[int] = []
    model = load(checkpoint("gemma"))
    scheduler = open_scheduler(intercept(model, lambda inputs: read.append(inputs.shape[1])), [])
    read.clear()
    request = Request(tokens(3000), 5, Ids())
    scheduler.add(request)
    scheduler.step()
    scheduler.step()
    scheduler.drop(request)
    assert scheduler.requests == []
    assert scheduler.step() is False
    assert sum(read) == 1024
    assert not request.sink.done.is_set()


def test_a_long_prompt_does_not_hold_up_the_answers_under_way(checkpoint: Folder) -> None:
    scheduler = open_scheduler(load(checkpoint("gemma")), [])
    short = add(scheduler, tokens(10), 100)
    scheduler.step()
    long = add(scheduler, tokens(2500, 1), 4)
    before = len(short.ids)
    while not long.ids:
        scheduler.step()
    assert len(short.ids) - before >= 4, "one token for every piece of the long prompt"


def test_a_turn_says_that_it_can_go_on_while_someone_waits_who_has_a_place(checkpoint: Folder) -> None:
    scheduler = open_scheduler(load(checkpoint("gemma")), [])
    for i in range(3):
        add(scheduler, tokens(5, i), 2, limits=Limits(rows=1))
    said = []
    while scheduler.requests:
        said.append((scheduler.step(), bool(scheduler.requests)))
    assert all(goes_on or not left for goes_on, left in said), said
    assert scheduler.step() is False


def test_a_request_that_would_wait_for_ever_is_refused(checkpoint: Folder) -> None:
    scheduler = open_scheduler(load(checkpoint("gemma")), [])
    sink = add(scheduler, tokens(5), limits=Limits(rows=0))
    assert sink.error is not None
    assert scheduler.requests == []


def test_tokens_come_at_every_turn_to_every_row(checkpoint: Folder) -> None:
    scheduler = open_scheduler(load(checkpoint("gemma")), [])
    sinks = [add(scheduler, tokens(5, i), 30) for i in range(4)]
    for _ in range(6):
        scheduler.step()
    before = [len(sink.ids) for sink in sinks]
    scheduler.step()
    assert [len(sink.ids) for sink in sinks] == [n + 1 for n in before]


def test_a_row_is_not_decoded_beyond_its_end(checkpoint: Folder) -> None:
    """`max_tokens` and the stop token end a row; the company goes on without a gap."""
    model = load(checkpoint("gemma"))
    scheduler = open_scheduler(model, [])
    whole = add(scheduler, tokens(30), 20).ids
    run(scheduler)
    stop = next(token for i, token in enumerate(whole) if i >= 4 and token not in whole[:i])
    scheduler = open_scheduler(model, [stop])
    asked = [Request(tokens(30, i), 20, Ids()) for i in range(5)]
    for request in asked:
        scheduler.add(request)
    run(scheduler)
    for request in asked:
        expected = alone(model, request, stop_ids=[stop])
        assert request.sink.outcome == (expected, "stop" if len(expected) < 20 else "length", None)
    assert "stop" in {request.sink.reason for request in asked}


def test_a_short_prompt_is_read_before_the_rest_of_a_long_one_but_not_for_ever(checkpoint: Folder) -> None:
    model = load(checkpoint("gemma"))
    scheduler, diary = open_scheduler(model, []), []
    limits = Limits(rows=64)
    long = add(scheduler, tokens(4000), 2, Ids(diary), limits=limits)
    scheduler.step()
    shorts = []
    while not long.ids:
        shorts.append(add(scheduler, tokens(5, seed=len(shorts)), 1, Ids(diary), limits=limits))
        scheduler.step()
        assert len(shorts) < 100, "the long prompt is never read"
    before = [short for short in shorts if short in diary[: diary.index(long)]]
    assert 5 < len(before) < len(shorts)
    run(scheduler)
    assert long.ids == alone(model, Request(tokens(4000), 2, long))
