"""A model whose batch would be wrong is found when it is loaded, and its requests run one at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import llm.mlx.engine.build
from llm.mlx.engine.build import open_scheduler
from llm.mlx.engine.request import Limits, Request
from llm.mlx.engine.scheduler import Scheduler
from tests.checkpoints import make_checkpoint
from tests.engine_fakes import Ids, add, alone, load, run, tokens


@pytest.fixture
def model(tmp_path: Path) -> Callable[..., Any]:
    """Makes a model of random weights; nothing else has touched its attention."""

    def make(family: str = "gemma2", **options: Any) -> Any:
        return load(make_checkpoint(tmp_path / f"{family}-{len(list(tmp_path.iterdir()))}", family, **options))  # type: ignore[arg-type]

    return make


def ask(scheduler: Scheduler, rows: int) -> tuple[list[Request], bool]:
    """Ragged requests that come one after the other; and whether they were decoded together."""
    diary: list[Ids] = []
    asked = [Request(tokens(4 + 17 * i, i), 12, Ids(diary), limits=Limits(rows=rows)) for i in range(rows)]
    for request in asked:
        scheduler.add(request)
        scheduler.step()
        scheduler.step()
    run(scheduler)
    return asked, sum(a is not b for a, b in pairwise(diary)) > rows


@pytest.mark.parametrize(("heads", "head_dim"), [(2, 16), (4, 16), (6, 32), (16, 8)])
@pytest.mark.parametrize("seed", range(3))
def test_gemma2_as_mlx_lm_has_it_is_found_wrong_and_run_one_at_a_time(
    model: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    heads: int,
    head_dim: int,
    seed: int,
) -> None:
    monkeypatch.setattr(llm.mlx.engine.build, "repair_attention", lambda model: None)
    unmended = model(heads=heads, head_dim=head_dim, random_seed=seed, layers=2, hidden_size=96)
    with caplog.at_level(logging.WARNING), closing(open_scheduler(unmended, [])) as scheduler:
        asked, together = ask(scheduler, max(2, heads // 2))
    assert not together
    assert [request.sink.ids for request in asked] == [alone(unmended, request) for request in asked]
    (note,) = [record for record in caplog.records if record.name.startswith("llm")]
    assert note.levelno == logging.WARNING
    assert "one at a time" in note.getMessage()
    assert "gemma2" in note.getMessage()


@pytest.mark.parametrize(("heads", "head_dim"), [(2, 16), (4, 16), (6, 32), (16, 8)])
@pytest.mark.parametrize("family", ["gemma", "gemma2", "gemma3"])
def test_what_is_right_in_a_batch_is_found_right_and_decoded_together(
    model: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    family: str,
    heads: int,
    head_dim: int,
) -> None:
    mended = model(family, heads=heads, head_dim=head_dim, random_seed=5, layers=2, hidden_size=96)
    with caplog.at_level(logging.WARNING), closing(open_scheduler(mended, [])) as scheduler:
        for rows in sorted({2, max(2, heads // 2)}):
            asked, together = ask(scheduler, rows)
            assert together
            assert [request.sink.ids for request in asked] == [alone(mended, request) for request in asked]
    assert [record for record in caplog.records if record.name.startswith("llm")] == []


@pytest.mark.parametrize("family", ["gemma", "gemma2", "gemma3"])
def test_sixteen_bit_weights_are_not_taken_for_a_wrong_batch(model: Callable[..., Any], family: str) -> None:
    """Rounding is coarser there; what decodes together must still be found right."""
    import mlx.core as mx

    for dtype in (mx.float16, mx.bfloat16):
        coarse = model(family)
        coarse.set_dtype(dtype)
        with closing(open_scheduler(coarse, [])) as scheduler:
            _, together = ask(scheduler, 3)
        assert together


def test_a_window_shorter_than_what_the_check_reads_is_right_too(model: Callable[..., Any]) -> None:
    narrow = model("gemma3", sliding_window=8)
    with closing(open_scheduler(narrow, [])) as scheduler:
        asked, together = ask(scheduler, 4)
    assert together
    assert [request.sink.ids for request in asked] == [alone(narrow, request) for request in asked]


def test_a_model_that_is_wrong_only_beside_others_is_found(model: Callable[..., Any]) -> None:
    """Rows that leak into each other: the first row's input is seen by all."""
    plain = model("gemma")

    class Leaking(type(plain)):  # type: ignore[misc]
        def __call__(self, inputs: Any, *arguments: Any, **options: Any) -> Any:
            logits = super().__call__(inputs, *arguments, **options)
            return logits if inputs.shape[0] == 1 else 0.5 * logits + 0.5 * logits[:1]

    plain.__class__ = Leaking
    with closing(open_scheduler(plain, [])) as scheduler:
        asked, together = ask(scheduler, 3)
    assert not together
    assert [request.sink.ids for request in asked] == [alone(plain, request) for request in asked]


def test_the_check_leaves_nothing_behind(model: Callable[..., Any]) -> None:
    import mlx.core as mx

    plain = model("gemma", layers=4, head_dim=64)
    before = mx.get_active_memory()
    with closing(open_scheduler(plain, [])) as scheduler:
        assert scheduler.requests == []
        assert mx.get_active_memory() <= before + 1000
        sink = add(scheduler, tokens(5))
        run(scheduler)
        assert sink.reason == "length"
