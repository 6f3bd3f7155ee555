"""The repetition penalty ends answers that go round in circles, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import pytest
from mlx_lm.models.cache import KVCache

from llm import ChatMLX
from llm.mlx.checkpoint import Checkpoint
from tests.checkpoints import make_checkpoint

FIRST = 300


class Looper(nn.Module):
    """Says `length` tokens in a circle; ending is always nearly as likely as going on."""

    def __init__(self, length: int, stop: int, vocabulary: int) -> None:
        super().__init__()
        self.layers = [nn.Identity()]
        self.model_type = "looper"
        self._length = length
        self._stop = stop
        self._vocabulary = vocabulary

    def make_cache(self) -> list[KVCache]:
        return [KVCache()]

    def __call__(self, inputs: mx.array, cache: Any = None) -> mx.array:
        ids = inputs.astype(mx.float32)[:, None, :, None]
        if cache:
            cache[0].update_and_fetch(ids, ids)
        step = mx.where((inputs >= FIRST) & (inputs < FIRST + self._length), inputs - FIRST + 1, 0)
        going = FIRST + step % self._length
        every = mx.arange(self._vocabulary)
        logits = mx.where(every == going[..., None], 8.0, 0.0)
        return mx.where(every == self._stop, 7.0, logits)


@pytest.fixture
def looper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ChatMLX]:
    def make(length: int, **settings: Any) -> ChatMLX:
        monkeypatch.setattr(Checkpoint, "load_weights", lambda self: Looper(length, max(self.stop_ids), 640))
        folder = make_checkpoint(tmp_path / f"loop{length}{len(settings)}")
        return ChatMLX(model=str(folder), **{"max_tokens": 3 * length + 10, **settings})

    return make


def tokens_said(model: ChatMLX, **options: Any) -> tuple[int, str]:
    answer = model.invoke("hi", **options)
    assert answer.usage_metadata is not None
    return answer.usage_metadata["output_tokens"], answer.response_metadata["finish_reason"]


@pytest.mark.parametrize("length", [1, 12, 30, 100, 250])
@pytest.mark.parametrize("penalty", [1.2, 2.0])
def test_a_loop_ends_where_it_begins_again(looper: Callable[..., ChatMLX], length: int, penalty: float) -> None:
    assert tokens_said(looper(length, repetition_penalty=penalty)) == (length, "stop")


def test_without_a_penalty_nothing_ends_it(looper: Callable[..., ChatMLX]) -> None:
    assert tokens_said(looper(30)) == (100, "length")
    assert tokens_said(looper(30, repetition_penalty=1.0)) == (100, "length")


def test_how_far_it_looks_back_is_a_setting(looper: Callable[..., ChatMLX]) -> None:
    model = looper(30, repetition_penalty=1.5)
    assert tokens_said(model, repetition_context_size=20) == (100, "length")
    assert tokens_said(model, repetition_context_size=31) == (30, "stop")
    assert model._identifying_params["repetition_context_size"] == 256


def test_what_stands_in_the_prompt_is_not_penalized(looper: Callable[..., ChatMLX]) -> None:
    model = looper(12, repetition_penalty=3.0)
    # The prompt ends with turns, and so with the token that ends an answer; and it has words of the loop.
    words = model.runtime.checkpoint.tokenizer.decode(list(range(FIRST, FIRST + 12)))
    answer = model.invoke(f"Say this: {words}")
    assert answer.text.strip()
    assert answer.response_metadata["finish_reason"] == "stop"
