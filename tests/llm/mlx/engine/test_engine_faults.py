"""An engine that dies, and two at a time: everyone is answered, and the next call starts anew."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from llm.errors import EngineError
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.request import Request
from llm.mlx.engine.sampling import Sampling
from tests.engine_fakes import BAD_SAMPLING, Ids, alone, engine_threads, fails_at, intercept, load, tokens

Folder = Callable[[str], Path]


class Fragile:
    """An engine whose model raises at a forward pass of our choice."""

    def __init__(self, folder: Path) -> None:
        self.loads = 0
        self.fail = Event()
        self._folder = folder
        self.engine = Engine(self._load, stop_ids=[])

    def _load(self) -> Any:
        self.loads += 1

        def look(inputs: Any) -> None:
            if self.fail.is_set():
                raise RuntimeError("the device is gone")

        return intercept(load(self._folder), look)


@pytest.fixture
def fragile(checkpoint: Folder) -> Iterator[Fragile]:
    made = Fragile(checkpoint("gemma"))
    yield made
    made.engine.close()


def test_a_dead_engine_answers_everyone_and_the_next_call_loads_again(
    fragile: Fragile, checkpoint: Folder
) -> None:
    before = engine_threads()
    sinks = [Ids() for _ in range(20)]
    fragile.engine.submit([Request(tokens(9, i), 4000, sink) for i, sink in enumerate(sinks)])
    assert sinks[0].started.wait(60)
    fragile.fail.set()
    for sink in sinks:
        assert isinstance(sink.wait().error, EngineError)
        assert "the device is gone" in str(sink.error)
    fragile.fail.clear()
    request = Request(tokens(9), 12, Ids())
    fragile.engine.submit([request])
    assert request.sink.wait().ids == alone(load(checkpoint("gemma")), request)
    assert fragile.loads == 2
    assert len(engine_threads() - before) == 1


def test_calls_that_come_while_an_engine_dies_are_all_answered(fragile: Fragile) -> None:
    sinks: list[Ids] = []
    for round_number in range(12):
        if round_number % 3 == 1:
            fragile.fail.set()
        for i in range(3):
            sinks.append(Ids())
            fragile.engine.submit([Request(tokens(5, i), 6, sinks[-1])])
        fragile.fail.clear()
    for sink in sinks:
        assert (sink.wait().error is None) == (sink.reason == "length")
    last = Ids()
    fragile.engine.submit([Request(tokens(5), 6, last)])
    assert last.wait().reason == "length"


def test_two_engines_decode_at_the_same_time_and_both_are_right(checkpoint: Folder) -> None:
    models = {family: load(checkpoint(family)) for family in ("gemma", "gemma3")}
    engines = {family: Engine(lambda f=family: load(checkpoint(f)), stop_ids=[]) for family in models}
    for engine in engines.values():  # so that neither is done before the other one has its weights
        first = Ids()
        engine.submit([Request(tokens(5), 1, first)])
        first.wait()
    diary: list[Ids] = []
    asked = [
        (family, Request(tokens(10 + 15 * i, i), 40, Ids(diary), Sampling(temperature=1.0, seed=i)))
        for i in range(5)
        for family in models
    ]
    for family, request in asked:
        engines[family].submit([request])
    for family, request in asked:
        assert request.sink.wait().outcome == (alone(models[family], request), "length", None)
    spoke = [family for sink in diary for family, request in asked if request.sink is sink]
    assert "gemma" in spoke[spoke.index("gemma3") :]
    assert "gemma3" in spoke[spoke.index("gemma") :]
    for engine in engines.values():
        engine.close()


def test_an_error_that_is_kept_does_not_keep_the_model(fragile: Fragile) -> None:
    """Callers keep errors: in a list of results, a log, a trace. The weights must not hang on that."""
    import mlx.core as mx

    gc.collect()
    before = mx.get_active_memory()
    sinks = [Ids(), Ids()]
    fragile.engine.submit([Request(tokens(9), 5, sinks[0], processors=[fails_at(2)])])
    fragile.engine.submit([Request(tokens(9), 5, sinks[1], BAD_SAMPLING)])
    errors = [sink.wait().error for sink in sinks]
    fragile.engine.close()
    gc.collect()
    assert mx.get_active_memory() <= before + 10_000
    assert all(isinstance(error, EngineError) for error in errors)


def test_a_stream_collected_in_the_middle_of_a_submission_blocks_nobody(fragile: Fragile) -> None:
    """Garbage is collected whenever memory is asked for, under the engine's locks too."""
    sink, cancelled = Ids(), Request(tokens(9), 5, Ids())

    class Collected(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            fragile.engine.cancel(cancelled)
            return super().__iter__()

    fragile.engine.submit([cancelled])
    submission = Thread(
        target=fragile.engine.submit, args=(Collected([Request(tokens(9), 5, sink)]),), daemon=True
    )
    submission.start()
    assert len(sink.wait().ids) == 5
    submission.join()
