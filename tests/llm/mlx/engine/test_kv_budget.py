"""Memory for keys and values: never more than the budget, measured with MLX's own counters."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from llm.errors import ContextOverflowError
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Limits
from llm.mlx.engine.scheduler import Scheduler
from tests.checkpoints import make_checkpoint
from tests.engine_fakes import add, load, needed, run, tokens

Folder = Callable[[str], Path]


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """A model of a family whose keys and values are large beside its activations."""
    made: dict[str, Any] = {}

    def model(family: str) -> Any:
        if family not in made:
            folder = tmp_path_factory.mktemp(f"wide-{family}")
            sizes = {"heads": 4, "head_dim": 256, "layers": 4, "sliding_window": 1024}
            made[family] = load(make_checkpoint(folder, family, **sizes))  # type: ignore[arg-type]
        return made[family]

    return model


def most_held(scheduler: Scheduler, *, between: Callable[[], object] = lambda: None) -> tuple[int, int]:
    """Turn until all is done; the most bytes held after a turn, and at any moment, beyond what was held before."""
    import mlx.core as mx

    mx.clear_cache()
    before, held, peak = mx.get_active_memory(), 0, 0
    while scheduler.requests:
        mx.reset_peak_memory()
        scheduler.step()
        held = max(held, mx.get_active_memory() - before)
        peak = max(peak, mx.get_peak_memory() - before)
        between()
    return held, peak


def activations(model: Any, prompt_tokens: int) -> int:
    """Bytes that reading a prompt takes at its peak besides keys and values."""
    import mlx.core as mx
    from mlx_lm.models.cache import make_prompt_cache

    cache, peak = make_prompt_cache(model), 0
    for start in range(0, prompt_tokens, 512):
        mx.eval([layer.state for layer in cache if not layer.empty()])
        before = mx.get_active_memory()
        mx.reset_peak_memory()
        model(mx.array([tokens(min(512, prompt_tokens - start))]), cache=cache)
        mx.eval([layer.state for layer in cache])
        grown = mx.get_active_memory() - before
        peak = max(peak, mx.get_peak_memory() - before - grown)
    return peak


@pytest.mark.parametrize(
    ("family", "prompt", "answer", "rows"),
    [("gemma", 240, 14, 8), ("gemma", 500, 12, 6), ("gemma2", 250, 12, 8), ("gemma3", 240, 14, 8)],
)
def test_a_full_lane_holds_no_more_than_the_budget(
    wide: Callable[[str], Any], family: str, prompt: int, answer: int, rows: int
) -> None:
    """Whatever the lengths: mlx-lm grows its caches by 256 tokens from wherever they are."""
    model = wide(family)
    scheduler = open_scheduler(model, [])
    budget = needed(model, [prompt + answer] * rows, prompt)
    sinks = [add(scheduler, tokens(prompt, i), answer, limits=Limits(rows, budget)) for i in range(rows)]
    held, peak = most_held(scheduler)
    scheduler.close()
    assert {sink.reason for sink in sinks} == {"length"}
    assert held <= budget
    assert peak <= budget + activations(model, prompt)


@pytest.mark.parametrize("family", ["gemma", "gemma3"])
def test_rows_that_join_and_leave_hold_no_more_than_the_budget(wide: Callable[[str], Any], family: str) -> None:
    model, numbers = wide(family), random.Random(5)
    scheduler = open_scheduler(model, [])
    budget = int(1.5 * needed(model, [800], 700))
    sinks = [
        add(
            scheduler,
            tokens(numbers.choice([3, 20, 100, 255, 257, 511, 513, 700]), i),
            numbers.choice([1, 2, 5, 30, 60]),
            limits=Limits(8, budget),
        )
        for i in range(12)
    ]
    held, peak = most_held(scheduler)
    scheduler.close()
    assert {sink.reason for sink in sinks} == {"length"}
    assert held <= budget
    assert peak <= budget + activations(model, 700)


def test_what_does_not_fit_now_waits_and_is_answered_later(wide: Callable[[str], Any]) -> None:
    model = wide("gemma")
    scheduler = open_scheduler(model, [])
    budget = needed(model, [300], 200)
    sinks = [add(scheduler, tokens(200, i), 100, limits=Limits(8, budget)) for i in range(3)]
    together = 0

    def count() -> None:
        nonlocal together
        together = max(together, sum(bool(sink.ids) and not sink.done.is_set() for sink in sinks))

    most_held(scheduler, between=count)
    scheduler.close()
    assert together == 1
    assert {sink.reason for sink in sinks} == {"length"}


@pytest.mark.parametrize("family", ["gemma", "gemma2", "gemma3"])
def test_what_can_never_fit_is_refused_and_only_that(wide: Callable[[str], Any], family: str) -> None:
    model = wide(family)
    scheduler = open_scheduler(model, [])
    budget = needed(model, [300], 200)
    long = add(scheduler, tokens(200), 5000, limits=Limits(8, budget))
    none = add(scheduler, tokens(5), 1, limits=Limits(8, 0))
    whole = add(scheduler, tokens(200), 20, limits=Limits(8, budget))
    assert isinstance(long.error, ContextOverflowError)
    assert isinstance(none.error, ContextOverflowError)
    run(scheduler)
    scheduler.close()
    assert whole.reason == "length"


def test_requests_of_unlike_length_are_not_padded_to_each_other(wide: Callable[[str], Any]) -> None:
    """One long and seven short rows together take far less than eight long ones."""
    model = wide("gemma")
    scheduler = open_scheduler(model, [])
    lengths = [1500, *[60] * 7]
    sinks = [add(scheduler, tokens(length, i), 40) for i, length in enumerate(lengths)]
    together = 0

    def count() -> None:
        nonlocal together
        together = max(together, sum(bool(sink.ids) and not sink.done.is_set() for sink in sinks))

    held, _ = most_held(scheduler, between=count)
    scheduler.close()
    assert together == len(lengths)
    assert held < 0.5 * needed(model, [1540] * len(lengths), 0)


def test_nothing_is_left_when_all_is_done_and_forgotten(wide: Callable[[str], Any]) -> None:
    import mlx.core as mx

    model = wide("gemma3")
    scheduler = open_scheduler(model, [])
    before = mx.get_active_memory()
    beginning = tokens(600)
    for i in range(4):
        add(scheduler, beginning + tokens(40, i), 5)
    run(scheduler)
    assert mx.get_active_memory() > before, "the beginning is kept for a while"
    scheduler.clear_prefixes()
    assert mx.get_active_memory() <= before + 1000
    scheduler.close()
