"""The engine by behaviour: what each request gets, alone and in company. Real mlx-lm on tiny checkpoints."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from llm.errors import EngineError, InvalidRequestError, ModelError
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.request import Request
from tests.engine_fakes import NEW_TOKENS, Ids, Loaded


@pytest.fixture
def load(checkpoint: Callable[[str], Path]) -> Iterator[Callable[..., Loaded]]:
    opened: list[Loaded] = []

    def make(family: str = "gemma", **options: Any) -> Loaded:
        opened.append(Loaded(checkpoint(family), **options))
        return opened[-1]

    yield make
    for loaded in opened:
        loaded.engine.close()


@pytest.mark.parametrize("family", ["gemma", "gemma2", "gemma3"])
def test_sixteen_requests_at_once_get_the_tokens_that_mlx_lm_gives_each_alone(
    load: Callable[..., Loaded], family: str
) -> None:
    loaded = load(family)
    sinks = [Ids() for _ in loaded.prompts]
    for prompt, sink in zip(loaded.prompts, sinks, strict=True):
        loaded.ask(prompt, sink)
    answers = [sink.wait().ids for sink in sinks]
    assert answers == [
        loaded.reference(prompt, heard=ids) for prompt, ids in zip(loaded.prompts, answers, strict=True)
    ]
    assert len({tuple(ids) for ids in answers}) > 4, "random weights must not say the same to everyone"


@pytest.mark.parametrize(("family", "together"), [("gemma", True), ("gemma3", True), ("gemma2", True)])
def test_requests_are_decoded_together_except_where_a_batch_would_be_wrong(
    load: Callable[..., Loaded], family: str, together: bool
) -> None:
    loaded, diary = load(family), []
    sinks = [Ids(diary) for _ in range(4)]
    loaded.engine.submit(
        [
            Request(list(p), NEW_TOKENS, s, limits=loaded.limits)
            for p, s in zip(loaded.prompts, sinks, strict=False)
        ]
    )
    for sink in sinks:
        sink.wait()
    switches = sum(a is not b for a, b in pairwise(diary))
    assert (switches > len(sinks)) == together


def test_the_batch_size_is_never_exceeded(load: Callable[..., Loaded]) -> None:
    loaded, diary = load(batch_size=2), []
    sinks = [Ids(diary) for _ in range(6)]
    loaded.engine.submit(
        [
            Request(list(p), NEW_TOKENS, s, limits=loaded.limits)
            for p, s in zip(loaded.prompts, sinks, strict=False)
        ]
    )
    for sink in sinks:
        sink.wait()
    spans = [(diary.index(sink), len(diary) - 1 - diary[::-1].index(sink)) for sink in sinks]
    for position in range(len(diary)):
        assert sum(first <= position <= last for first, last in spans) <= 2


def test_an_answer_ends_before_the_stop_token(load: Callable[..., Loaded]) -> None:
    loaded, unstopped = load(), Ids()
    loaded.ask(loaded.prompts[0], unstopped)
    whole = unstopped.wait().ids
    stop_at = next(i for i, token in enumerate(whole) if i > 3 and token not in whole[:i])
    engine = Engine(loaded.checkpoint.load_weights, stop_ids=[whole[stop_at]])
    sink = Ids()
    engine.submit([Request(loaded.prompts[0], NEW_TOKENS, sink)])
    assert sink.wait().ids == whole[:stop_at]
    assert sink.reason == "stop"
    engine.close()


def test_a_sink_that_has_enough_ends_its_request_and_no_other(load: Callable[..., Loaded]) -> None:
    loaded = load()
    short, long = Ids(enough_after=5), Ids()
    loaded.ask(loaded.prompts[0], short)
    loaded.ask(loaded.prompts[1], long)
    assert len(short.wait().ids) == 5
    assert short.reason == "stop"
    assert long.wait().ids == loaded.reference(loaded.prompts[1], heard=long.ids)


def test_the_same_seed_gives_the_same_tokens_alone_and_in_company(load: Callable[..., Loaded]) -> None:
    loaded = load()
    alone = Ids()
    loaded.ask(loaded.prompts[0], alone, temperature=1.0, seed=7)
    alone.wait()
    company = [Ids() for _ in range(6)]
    for i, sink in enumerate(company):
        loaded.ask(loaded.prompts[i if i != 3 else 0], sink, temperature=1.0, seed=7 if i == 3 else i)
    for sink in (alone, company[3]):
        assert sink.wait().ids == loaded.reference(loaded.prompts[0], heard=sink.ids, temperature=1.0, seed=7)
    other = Ids()
    loaded.ask(loaded.prompts[0], other, temperature=1.0, seed=8)
    assert other.wait().ids != alone.ids


def test_without_a_seed_answers_differ(load: Callable[..., Loaded]) -> None:
    loaded = load()
    sinks = [Ids() for _ in range(4)]
    for sink in sinks:
        loaded.ask(loaded.prompts[0], sink, temperature=1.5)
    assert len({tuple(sink.wait().ids) for sink in sinks}) == len(sinks)


@pytest.mark.parametrize("narrow", [{"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}])
def test_the_narrowest_filters_leave_only_the_likeliest_token(
    load: Callable[..., Loaded], narrow: dict[str, float]
) -> None:
    loaded, sink = load(), Ids()
    loaded.ask(loaded.prompts[0], sink, temperature=1.0, **narrow)
    assert sink.wait().ids == loaded.reference(loaded.prompts[0], heard=sink.ids)


def test_a_top_k_beyond_the_vocabulary_keeps_everything(load: Callable[..., Loaded]) -> None:
    loaded, sink, plain = load(), Ids(), Ids()
    loaded.ask(loaded.prompts[0], sink, temperature=1.0, seed=1, top_k=10**6)
    loaded.ask(loaded.prompts[0], plain, temperature=1.0, seed=1)
    for each in (sink, plain):
        assert each.wait().error is None
        assert each.ids == loaded.reference(loaded.prompts[0], heard=each.ids, temperature=1.0, seed=1)


def test_the_repetition_penalty_is_mlx_lms_on_the_answer_alone(load: Callable[..., Loaded]) -> None:
    from mlx_lm.sample_utils import make_repetition_penalty

    loaded, sink = load("gemma3"), Ids()
    loaded.ask(loaded.prompts[0], sink, repetition_penalty=3.0)
    whole, said = make_repetition_penalty(3.0, 256), len(loaded.prompts[0])
    penalty = [lambda tokens, logits: whole(tokens[said:], logits)]
    expected = loaded.reference(loaded.prompts[0], heard=sink.wait().ids, logits_processors=penalty)
    assert sink.ids == expected
    assert expected != loaded.reference(loaded.prompts[0]), "the penalty must change something here"


def test_a_cancelled_request_hears_nothing_more_and_the_others_finish(load: Callable[..., Loaded]) -> None:
    loaded = load(batch_size=1)
    running, queued, last = Ids(), Ids(), Ids()
    started = threading.Event()
    running.token = lambda token: started.set() or False  # type: ignore[method-assign, func-returns-value]
    first = loaded.ask(loaded.prompts[0], running, max_tokens=4000)
    second = loaded.ask(loaded.prompts[1], queued)
    loaded.ask(loaded.prompts[2], last)
    assert started.wait(60)
    loaded.engine.cancel(second)
    loaded.engine.cancel(first)
    assert last.wait().ids == loaded.reference(loaded.prompts[2], heard=last.ids)
    assert not running.done.is_set()
    assert not queued.done.is_set()
    assert queued.ids == []


def test_a_sink_that_raises_fails_alone(load: Callable[..., Loaded]) -> None:
    class Broken(Ids):
        def token(self, token: int) -> bool:
            raise RuntimeError("no room for this token")

    loaded, broken, whole = load(), Broken(), Ids()
    loaded.ask(loaded.prompts[0], broken)
    loaded.ask(loaded.prompts[1], whole)
    assert "no room" in str(broken.wait().error)
    assert whole.wait().ids == loaded.reference(loaded.prompts[1], heard=whole.ids)


def test_a_bad_request_fails_alone(load: Callable[..., Loaded]) -> None:
    loaded, bad, whole = load(), Ids(), Ids()
    loaded.engine.submit([Request([], NEW_TOKENS, bad), Request(list(loaded.prompts[1]), NEW_TOKENS, whole)])
    assert isinstance(bad.wait().error, InvalidRequestError)
    assert whole.wait().ids == loaded.reference(loaded.prompts[1], heard=whole.ids)


def test_a_failed_load_reaches_everyone_who_waits_and_the_next_call_starts_anew(
    load: Callable[..., Loaded],
) -> None:
    loaded = load()
    fail = threading.Event()
    fail.set()

    def load_weights() -> Any:
        if fail.is_set():
            raise MemoryError("weights too large")
        return loaded.checkpoint.load_weights()

    engine = Engine(load_weights, stop_ids=loaded.checkpoint.stop_ids)
    sinks = [Ids(), Ids()]
    engine.submit([Request(list(loaded.prompts[0]), 4, sink) for sink in sinks])
    for sink in sinks:
        assert isinstance(sink.wait().error, EngineError)
        assert "weights too large" in str(sink.error)
    fail.clear()
    sink = Ids()
    engine.submit([Request(list(loaded.prompts[0]), 4, sink)])
    assert sink.wait().ids == loaded.reference(loaded.prompts[0], 4, sink.ids)
    engine.close()


def test_closing_fails_what_is_under_way_and_leaves_no_thread(load: Callable[..., Loaded]) -> None:
    loaded, sink = load(), Ids()
    started = threading.Event()
    sink.token = lambda token: started.set() or False  # type: ignore[method-assign, func-returns-value]
    loaded.ask(loaded.prompts[0], sink, max_tokens=4000)
    assert started.wait(60)
    before = {thread for thread in threading.enumerate() if thread.name == "mlx-engine"}
    loaded.engine.close()
    assert isinstance(sink.wait().error, ModelError)
    assert {t for t in threading.enumerate() if t.name == "mlx-engine"} < before
