"""What goes wrong reaches the caller it belongs to, and the others' answers stay exactly what they were."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import llm.mlx.engine.sampling
from llm.errors import EngineError, InvalidRequestError, ModelError
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Request
from llm.mlx.engine.sampling import Sampling
from tests.engine_fakes import BAD_SAMPLING, Ids, add, alone, fails_at, intercept, load, run, tokens

FAMILIES = ["gemma", "gemma3"]

Folder = Callable[[str], Path]


def company(count: int = 4) -> list[Request]:
    """Requests of all kinds that must not notice anything."""
    settings = [Sampling(), Sampling(temperature=1.0, seed=3), Sampling(repetition_penalty=1.5), Sampling()]
    return [Request(tokens(20 + 30 * i, i), 14, Ids(), settings[i % 4]) for i in range(count)]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("call", [1, 2, 6])
def test_a_logits_processor_that_raises_fails_its_own_request(checkpoint: Folder, family: str, call: int) -> None:
    model = load(checkpoint(family))
    with closing(open_scheduler(model, [])) as scheduler:
        others = company()
        for request in others[:2]:
            scheduler.add(request)
        scheduler.step()
        broken = add(scheduler, tokens(25, 9), 14, processors=[fails_at(call)])
        for request in others[2:]:
            scheduler.add(request)
        run(scheduler)
        expected = alone(model, Request(tokens(25, 9), 14, broken))
        assert "a hole" in str(broken.error)
        assert isinstance(broken.error, EngineError)
        assert broken.ids == expected[: call - 1], "what came before the failure was right, and nothing came after"
        for request in others:
            assert request.sink.outcome == (alone(model, request), "length", None)


def test_a_failure_after_the_last_token_is_none(checkpoint: Folder) -> None:
    """The engine looks one token ahead; nobody asked for that one."""
    with closing(open_scheduler(load(checkpoint("gemma")), [])) as scheduler:
        sink = add(scheduler, tokens(9), 5, processors=[fails_at(6)])
        run(scheduler)
        assert (len(sink.ids), sink.reason, sink.error) == (5, "length", None)


@pytest.mark.parametrize(
    "nonsense",
    [lambda logits: "text", lambda logits: logits[:, :7], lambda logits: logits[0]],
    ids=["text", "part of the vocabulary", "one axis too few"],
)
def test_a_logits_processor_that_returns_nonsense_fails_its_own_request(
    checkpoint: Folder, nonsense: Callable[[Any], Any]
) -> None:
    model = load(checkpoint("gemma"))
    with closing(open_scheduler(model, [])) as scheduler:
        others = company(2)
        for request in others:
            scheduler.add(request)
        broken = add(scheduler, tokens(25, 9), 14, processors=[fails_at(3, nonsense)])
        run(scheduler)
        assert broken.error is not None
        for request in others:
            assert request.sink.outcome == (alone(model, request), "length", None)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_sampler_that_raises_fails_its_own_request(checkpoint: Folder, family: str) -> None:
    model = load(checkpoint(family))
    with closing(open_scheduler(model, [])) as scheduler:
        others = company()
        for request in others[:2]:
            scheduler.add(request)
        scheduler.step()
        broken = [add(scheduler, tokens(25, i), 1 + i, sampling=BAD_SAMPLING) for i in range(3)]
        for request in others[2:]:
            scheduler.add(request)
        run(scheduler)
        assert [(sink.ids, type(sink.error)) for sink in broken] == [([], EngineError)] * 3
        for request in others:
            assert request.sink.outcome == (alone(model, request), "length", None)
        again = add(scheduler, tokens(5), 3)
        run(scheduler)
        assert again.reason == "length"


@pytest.mark.parametrize("call", [2, 5])
def test_a_sampler_that_raises_in_the_midst_of_an_answer_fails_its_own_request(
    checkpoint: Folder, monkeypatch: pytest.MonkeyPatch, call: int
) -> None:
    class Tiring(llm.mlx.engine.sampling.Sampler):
        def __init__(self, sampling: Sampling) -> None:
            super().__init__(sampling)
            self.calls_left = call if sampling.seed == 13 else 1000

        def __call__(self, logprobs: Any) -> Any:
            self.calls_left -= 1
            if self.calls_left == 0:
                raise RuntimeError("the dice are gone")
            return super().__call__(logprobs)

    model = load(checkpoint("gemma3"))
    monkeypatch.setattr(llm.mlx.engine.sampling, "Sampler", Tiring)
    unlucky = Request(tokens(25, 9), 14, Ids(), Sampling(temperature=1.0, seed=13))
    with closing(open_scheduler(model, [])) as scheduler:
        others = company()
        for request in [*others[:2], unlucky, *others[2:]]:
            scheduler.add(request)
        run(scheduler)
    assert unlucky.sink.ids == alone(model, unlucky)[: call - 1]
    assert "the dice are gone" in str(unlucky.sink.error)
    for request in others:
        assert request.sink.outcome == (alone(model, request), "length", None)


@pytest.mark.parametrize(
    ("prompt", "max_tokens"),
    [
        ([], 5),
        ([5, 6], 0),
        ([5, 6], -3),
        ([5, 640], 5),
        ([5, -1], 5),
        ([5, 10**12], 5),
        (["five"], 5),
        ([None], 5),
    ],
)
def test_a_bad_request_fails_at_once_and_alone(checkpoint: Folder, prompt: list[Any], max_tokens: int) -> None:
    model = load(checkpoint("gemma"))
    with closing(open_scheduler(model, [])) as scheduler:
        (other,) = company(1)
        scheduler.add(other)
        scheduler.step()
        bad = add(scheduler, prompt, max_tokens)
        assert isinstance(bad.error, ModelError)
        if all(isinstance(token, int) for token in prompt):
            assert isinstance(bad.error, InvalidRequestError)
        run(scheduler)
        assert other.sink.outcome == (alone(model, other), "length", None)


@pytest.mark.parametrize(
    "sampling",
    [Sampling(temperature="hot"), Sampling(temperature=[1.0]), Sampling(repetition_penalty=-1.0)],  # type: ignore[arg-type]
    ids=str,
)
def test_settings_that_make_no_sampler_fail_alone(checkpoint: Folder, sampling: Sampling) -> None:
    model = load(checkpoint("gemma"))
    with closing(open_scheduler(model, [])) as scheduler:
        (other,) = company(1)
        scheduler.add(other)
        scheduler.step()
        bad = add(scheduler, tokens(9), sampling=sampling)
        run(scheduler)
        assert (bad.ids, type(bad.error)) == ([], EngineError)
        assert other.sink.outcome == (alone(model, other), "length", None)


@pytest.mark.parametrize("piece", [1, 3])
def test_a_prompt_that_cannot_be_read_fails_alone(checkpoint: Folder, piece: int) -> None:
    plain, armed, pieces = load(checkpoint("gemma")), Event(), []

    def look(inputs: Any) -> None:
        if armed.is_set() and inputs.shape[1] >= 100:
            pieces.append(inputs.shape[1])
            if len(pieces) == piece:
                raise MemoryError("no room for this piece")

    with closing(open_scheduler(intercept(load(checkpoint("gemma")), look), [])) as scheduler:
        others = company()
        for request in others:
            scheduler.add(request)
        for _ in range(6):
            scheduler.step()
        armed.set()
        broken = add(scheduler, tokens(1500), 5)
        run(scheduler)
        armed.clear()
        assert "no room" in str(broken.error)
        after = Request(tokens(1500), 5, Ids())
        scheduler.add(after)
        run(scheduler)
        for request in [*others, after]:
            assert request.sink.outcome == (alone(plain, request), "length", None)


def test_when_joining_a_lane_fails_the_one_who_joined_is_still_in_the_books(checkpoint: Folder) -> None:
    """Otherwise its caller would wait for ever: the engine fails all that the scheduler says it has."""
    from mlx_lm.models.cache import BatchKVCache, KVCache

    armed = Event()

    class Full(BatchKVCache):
        def extend(self, other: Any) -> None:
            if armed.is_set():
                raise MemoryError("no room to join")
            super().extend(other)

    class Cache(KVCache):
        def merge(self, caches: Any) -> Any:
            batch = BatchKVCache.merge(caches)
            batch.__class__ = Full
            return batch

    model = load(checkpoint("gemma"))
    model.make_cache = lambda: [Cache() for _ in model.layers]
    with closing(open_scheduler(model, [])) as scheduler:
        first, second = Request(tokens(5), 20, Ids()), Request(tokens(5, 1), 20, Ids())
        scheduler.add(first)
        scheduler.step()
        armed.set()
        scheduler.add(second)
        try:
            scheduler.step()
        except MemoryError:
            assert {first, second} <= set(scheduler.requests)
        else:
            assert second.sink.error is not None
            run(scheduler)
            assert first.sink.reason == "length"
