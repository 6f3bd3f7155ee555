"""From settings to the functions that choose the next token. Runs on the engine's thread."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    import mlx.core as mx

    from llm.mlx.engine.request import LogitsProcessor


@dataclass(frozen=True)
class Sampling:
    """How one request chooses its tokens. Equal settings without a seed share one sampler."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float | None = None
    repetition_context_size: int = 256
    """Tokens of the answer that the penalty looks back. mlx-lm's choice of 20 is less than a sentence."""
    seed: int | None = None


class Sampler:
    """Draws from log probabilities with a random key of its own.

    MLX's global generator is per thread and starts from the same state in each; a key that travels with
    the sampler makes a seed draw with the same random numbers alone and in any batch. The tokens are the same,
    too, until rounding decides one: a batch adds up in another order than a single row (see benchmarks/LOG.md).
    """

    def __init__(self, sampling: Sampling) -> None:
        self._sampling = sampling
        self._key: mx.array | None = None

    def __call__(self, logprobs: mx.array) -> mx.array:
        """Return tokens (B,) for log probabilities (B, vocabulary)."""
        import mlx.core as mx

        if self._sampling.temperature == 0:
            return mx.argmax(logprobs, axis=-1)
        if self._key is None:
            seed = self._sampling.seed
            self._key = mx.random.key(int.from_bytes(os.urandom(8)) if seed is None else seed % 2**64)
        self._key, key = mx.random.split(self._key)
        kept = self._filter(logprobs)
        return mx.random.categorical(kept * (1 / self._sampling.temperature), key=key)

    def _filter(self, logprobs: mx.array) -> mx.array:
        """Rule tokens out in the order mlx-lm's own `make_sampler` does."""
        from mlx_lm.sample_utils import apply_min_p, apply_top_k, apply_top_p

        sampling = self._sampling
        if sampling.top_p < 1:
            logprobs = apply_top_p(logprobs, sampling.top_p)
        if sampling.min_p > 0:
            logprobs = apply_min_p(logprobs, sampling.min_p)
        if 0 < sampling.top_k < logprobs.shape[-1]:
            logprobs = apply_top_k(logprobs, sampling.top_k)
        return logprobs


class Guarded:
    """A sampler that never raises in the midst of a step.

    An exception there would leave the other rows' keys and values one token ahead of their answers. It is
    kept in `error` instead, for the rows that share the sampler.
    """

    def __init__(self, sample: Callable[[mx.array], mx.array]) -> None:
        self._sample = sample
        self.error: Exception | None = None

    def __call__(self, logprobs: mx.array) -> mx.array:
        """Return tokens (B,) for log probabilities (B, vocabulary)."""
        import mlx.core as mx

        if self.error is None:
            try:
                tokens = self._sample(logprobs)
                if tokens.shape != logprobs.shape[:1]:
                    raise ValueError(f"a sampler returned {tokens.shape} for {logprobs.shape}")
                return tokens
            except Exception as error:
                self.error = error
        return mx.argmax(logprobs, axis=-1)


class Samplers:
    """Gives each request its sampler; rows with the very same one are sampled in a single call."""

    def __init__(self) -> None:
        self._shared: WeakValueDictionary[Sampling, Guarded] = WeakValueDictionary()

    def sampler(self, sampling: Sampling) -> Guarded:
        """The sampler for `sampling`: shared, unless a seed wants a random key to itself."""
        if sampling.seed is not None and sampling.temperature > 0:
            return Guarded(Sampler(sampling))
        sampler = self._shared.get(sampling)
        if sampler is None or sampler.error is not None:
            sampler = self._shared[sampling] = Guarded(Sampler(sampling))
        return sampler


def processors(sampling: Sampling, prompt_tokens: int) -> list[LogitsProcessor]:
    """The logits processors of a request with `sampling` and a prompt of `prompt_tokens`.

    The penalty is mlx-lm's, but for what it looks at: the answer alone. In the prompt stand the token that ends a
    turn, which must not become less likely, and the words that a summary is made of.
    """
    from mlx_lm.sample_utils import make_repetition_penalty

    if sampling.repetition_penalty in (None, 1.0):
        return []
    penalize = make_repetition_penalty(sampling.repetition_penalty, sampling.repetition_context_size)
    return [lambda tokens, logits: penalize(tokens[prompt_tokens:], logits)]
