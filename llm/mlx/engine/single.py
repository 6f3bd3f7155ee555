"""One row at a time through mlx-lm's own `generate_step`, for what it does in no batch: a draft model that
guesses ahead, keys and values in few bits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llm.errors import UnsupportedModelError
from llm.mlx.engine.batch import Decoded, Row
from llm.mlx.engine.prefill import PREFILL_TOKENS

# Tokens that the draft model guesses before the model looks at them together; mlx-lm's own choice.
_GUESSES = 3


@dataclass(frozen=True)
class SingleOptions:
    """What makes a model decode one row at a time. `kv_bits`: 4 or 8; `draft_model`: an `mlx.nn.Module`."""

    kv_bits: int | None = None
    draft_model: Any = None

    def check(self, model: Any) -> None:
        """Raise UnsupportedModelError where mlx-lm would fail, or change the answer without saying so."""
        for each in (model, self.draft_model):
            if self.kv_bits is not None and each is not None:
                check_quantizes(each, self.kv_bits)
        if self.draft_model is not None:
            check_drafts(model, self.draft_model)

    def steps(self, model: Any, row: Row, cache: list[Any]) -> Iterator[tuple[int, Any]]:
        """Yield (token, log probabilities) until `max_tokens`; the caller watches for the stop token.

        `cache` is filled with the row's keys and values, but for a draft model's, which mlx-lm keeps to itself.
        """
        import mlx.core as mx
        from mlx_lm.generate import generate_step, speculative_generate_step
        from mlx_lm.models.cache import make_prompt_cache

        request = row.request
        options: dict[str, Any] = {
            "max_tokens": request.max_tokens,
            "sampler": row.sample,
            "logits_processors": row.guard(),
            "prefill_step_size": PREFILL_TOKENS,
            "kv_bits": self.kv_bits,
            "quantized_kv_start": 0,
        }
        prompt = mx.array(request.prompt)
        # A processor that keeps count of its tokens cannot take back guesses that were wrong, and mlx-lm does not
        # show the prompt to one that only looks.
        if self.draft_model is not None and not row.processors:
            guessing = speculative_generate_step(
                prompt, model, self.draft_model, num_draft_tokens=_GUESSES, **options
            )
            return ((int(token), logprobs) for token, logprobs, _ in guessing)
        cache += make_prompt_cache(model)
        steps = generate_step(prompt, model, prompt_cache=cache, **options)
        return ((int(token), logprobs) for token, logprobs in steps)


class SingleBatch:
    """A batch of one row."""

    def __init__(self, model: Any, stop_ids: list[int], options: SingleOptions) -> None:
        self._model = model
        self._stop_ids = frozenset(stop_ids)
        self._options = options
        self._row: Row | None = None
        self._steps: Iterator[tuple[int, Any]] = iter(())
        self._cache: list[Any] = []
        self._left = 0

    @property
    def kv_bytes(self) -> int:
        """Memory of the row's keys and values."""
        return sum(layer.nbytes for layer in self._cache)

    @property
    def rows(self) -> list[Row]:
        """The row that is being decoded, if there is one."""
        return [] if self._row is None else [self._row]

    def start(self, row: Row) -> None:
        """Take in `row`; its prompt is read at the first step."""
        self._row = row
        self._left = row.request.max_tokens
        self._cache = []
        self._steps = self._options.steps(self._model, row, self._cache)

    def step(self) -> list[Decoded]:
        """Decode one token. A row that ends with it has left."""
        if self._row is None:
            return []
        row = self._row
        try:
            token, logprobs = next(self._steps)
        except Exception as error:
            row.error = error
            return []
        if self._left == row.request.max_tokens and (row.error or row.sample.error):
            return []  # the very first token was no choice
        self._left -= 1
        if token in self._stop_ids:
            self.drop(row)
            return [Decoded(row, token, "stop", logprobs)]
        if self._left == 0:
            self.drop(row)
            return [Decoded(row, token, "length", logprobs)]
        return [Decoded(row, token, None, logprobs)]

    def drop(self, row: Row) -> None:
        """Take out `row`."""
        if self._row is row:
            self._row, self._steps, self._cache = None, iter(()), []


def check_quantizes(model: Any, kv_bits: int) -> None:
    """Raise UnsupportedModelError where keys and values in few bits would fail or be wrong.

    mlx-lm has no such cache for a sliding window, and some models compute attention by themselves.
    """
    import mlx.core as mx
    from mlx_lm.models.cache import KVCache, make_prompt_cache

    cache = make_prompt_cache(model)
    if not all(type(layer) is KVCache for layer in cache):
        raise UnsupportedModelError(
            "kv_bits: this model keeps a sliding window or a state, which mlx-lm cannot hold in few bits.",
            "Leave kv_bits empty.",
        )
    try:
        model(mx.array([[0, 1]]), cache=cache)
        quantized = [layer.to_quantized(bits=kv_bits) for layer in cache]
        mx.eval(model(mx.array([[2]]), cache=quantized))
    except Exception as error:
        raise UnsupportedModelError(
            f"kv_bits: in mlx-lm this model cannot compute with keys and values in {kv_bits} bits.",
            "Leave kv_bits empty.",
        ) from error


def check_drafts(model: Any, draft_model: Any) -> None:
    """Raise UnsupportedModelError where a draft model would fail, or change the answer."""
    from mlx_lm.models.cache import KVCache, make_prompt_cache

    for each in (model, draft_model):
        if not all(type(layer) is KVCache for layer in make_prompt_cache(each)):
            raise UnsupportedModelError(
                "draft_model: a model with a sliding window or a state cannot take back guessed tokens.",
                "Leave draft_model empty.",
            )
