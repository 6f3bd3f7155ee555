"""Today's models: each request gets the tokens that mlx-lm gives it alone, whatever is beside it or drafted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import llm.mlx.engine.ragged_batch
from tests.checkpoints import Family, Precision, make_checkpoint
from tests.engine_fakes import Foreseeing, Ids, Loaded, tokens

WINDOW, ANSWER = 32, 8

# Ragged; three begin alike, two of them past the sliding window; the longest are twice the window and more.
PROMPTS = [tokens(7, 1), tokens(40, 2) + tokens(5, 3), tokens(40, 2) + tokens(30, 4), tokens(3, 5), tokens(90, 6)]
PROMPTS += [tokens(40, 2) + tokens(2, 7), tokens(31, 8), tokens(33, 9)]

# How far rounding moves a log probability at most, as a share of their standard deviation.
ROUNDING: dict[Precision, float] = {"float32": 0.003, "bfloat16": 0.15, "bits4": 0.15}

# On a CPU, MLX computes experts in float32 or in 4 bits only.
KINDS: list[tuple[Family, Precision]] = [
    (family, precision)
    for family in get_args(Family)
    for precision in get_args(Precision)
    if precision != "bfloat16" or not family.endswith("moe")
]


@pytest.fixture(autouse=True)
def no_compiler() -> Iterator[None]:
    """On a CPU, MLX calls a C++ compiler for each function that a model wants fused, which takes seconds."""
    import mlx.core as mx

    mx.disable_compile()
    yield
    mx.enable_compile()


@pytest.mark.parametrize(
    ("family", "precision"),
    [
        pytest.param(*kind, marks=() if kind[1] == "float32" and kind[0] != "gemma3n" else pytest.mark.slow)
        for kind in KINDS
    ],
)
def test_every_family_says_alone_and_in_company_what_it_says_to_mlx_lm(
    tmp_path: Path,
    family: Family,
    precision: Precision,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = make_checkpoint(tmp_path / family, family, sliding_window=WINDOW, precision=precision)
    loaded = Loaded(folder, rounding=ROUNDING[precision])
    # What is computed more slowly is asked less.
    prompts = PROMPTS if precision == "float32" else PROMPTS[1:5]
    sinks = [Ids() for _ in prompts]
    with caplog.at_level(logging.WARNING):
        for prompt, sink in zip(prompts, sinks, strict=True):
            loaded.ask(prompt, sink, ANSWER)
        answers = [sink.wait().ids for sink in sinks]
    assert not caplog.records, "it must be decoded in batches"
    expected = [loaded.reference(p, ANSWER, heard) for p, heard in zip(prompts, answers, strict=True)]
    assert answers == expected
    assert sum(sink.cached_tokens >= 40 for sink in sinks) >= 1, "a beginning that is shared is read once"
    assert len({tuple(ids) for ids in answers}) > len(prompts) // 2, (
        "random weights must not say the same to everyone"
    )
    alone = Ids()
    loaded.ask(PROMPTS[2], alone, ANSWER)
    assert alone.wait().ids == loaded.reference(PROMPTS[2], ANSWER, alone.ids)
    foreseeing = Foreseeing.of({tuple(p): heard for p, heard in zip(prompts, answers, strict=True)})
    monkeypatch.setattr(llm.mlx.engine.ragged_batch, "Drafter", foreseeing)
    drafted = [Ids() for _ in prompts]
    for prompt, sink in zip(prompts, drafted, strict=True):
        loaded.ask(prompt, sink, ANSWER)
    said = [sink.wait().ids for sink in drafted]
    assert said == [loaded.reference(p, ANSWER, heard) for p, heard in zip(prompts, said, strict=True)]
    assert sum(sink.effort.accepted_tokens for sink in drafted) >= len(prompts)
    assert any(sink.effort.accepted_tokens < sink.effort.drafted_tokens for sink in drafted)
    loaded.engine.close()
