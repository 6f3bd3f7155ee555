"""Finds out, when a model is loaded, whether rows that are decoded together get what each gets alone.

mlx-lm computes some models' attention wrongly for two rows and more, or only when there are as many rows as
key-value heads (its issue 1903), and more such models will come. So each is tried before it is trusted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from llm.mlx.engine.batch import Batch, Row
from llm.mlx.engine.drafts import PromptIndexes
from llm.mlx.engine.kv_budget import CacheLayout
from llm.mlx.engine.padded_batch import PaddedBatch
from llm.mlx.engine.prefill import Prefill
from llm.mlx.engine.ragged_batch import RaggedBatch
from llm.mlx.engine.ragged_cache import is_ragged
from llm.mlx.engine.request import Effort, FinishReason, Request
from llm.mlx.engine.sampling import Guarded

logger = logging.getLogger(__name__)

# Lengths of the two prompts that fill a batch in turn: ragged, so that half of the rows are padded.
_SHORT, _LONG = 5, 21

# Tokens decoded together before the comparison.
_STEPS = 3

# Rounding is told from a wrong context by this share of what losing half of the prompt changes.
_TOLERANCE = 0.3


# A way to log probabilities (vocabulary,) of each prompt after the same few forced tokens.
Together = Callable[[Any, list[list[int]]], list[Any]]

_verdicts: dict[object, bool] = {}


def batches_correctly(model: Any, layout: CacheLayout) -> bool:
    """Whether mlx-lm's batch of `model` gives every row what it gets alone; tried with two rows and with as
    many as there are key-value heads.
    """
    return _try(model, layout, _continue, {2, layout.kv_heads} - {0, 1})


def drafts_correctly(model: Any, layout: CacheLayout) -> bool:
    """Whether rows with ends of their own get from `model` what each gets alone, after a draft was rejected."""
    from mlx_lm.models.cache import make_prompt_cache

    known = is_ragged(make_prompt_cache(model))
    return known and _try(model, layout, _continue_ragged, {1, 2, layout.kv_heads} - {0})


def _try(model: Any, layout: CacheLayout, together: Together, sizes: set[int]) -> bool:
    # What is right does not depend on the weights: the same layers of the same sizes are tried once.
    arguments = getattr(model, "args", None)
    kind = (together, type(model), str(arguments), frozenset(map(type, model.modules())))
    if kind not in _verdicts or arguments is None:
        try:
            _verdicts[kind] = all(_agrees(model, layout.vocabulary, rows, together) for rows in sorted(sizes))
        except Exception as error:  # whatever a model raises in a batch, alone it may still be right
            logger.debug("The model cannot decode two rows together", exc_info=error)
            _verdicts[kind] = False
    return _verdicts[kind]


def _agrees(model: Any, vocabulary: int, rows: int, together: Together) -> bool:
    import mlx.core as mx

    prompts = [[(7 * length + 11 * i + 3) % vocabulary for i in range(length)] for length in (_SHORT, _LONG)]
    alone = [_continue(model, [prompt])[0] for prompt in prompts]
    damaged = [_continue(model, [prompt[len(prompt) // 2 :]])[0] for prompt in prompts]
    for row, batched in enumerate(together(model, [prompts[row % 2] for row in range(rows)])):
        error = mx.abs(batched - alone[row % 2]).mean()
        damage = mx.abs(damaged[row % 2] - alone[row % 2]).mean()
        if not (error <= _TOLERANCE * damage).item():
            return False
    return True


def _continue(model: Any, prompts: list[list[int]]) -> list[Any]:
    """Log probabilities (vocabulary,) of each prompt after the same few forced tokens, decoded in one batch."""
    import mlx.core as mx
    from mlx_lm.generate import StopSequences

    batch = PaddedBatch(model, StopSequences())
    force = Guarded(lambda logprobs: mx.ones(logprobs.shape[0], dtype=mx.uint32))
    for prompt in prompts:
        row = Row(Request(prompt, _STEPS + 1, _Nobody()), force, [])
        batch.join(row, batch.prepare(row, _read(model, row, batch)))
    for _ in range(_STEPS):
        decoded = batch.step()
    return [each.logprobs for each in decoded]


def _continue_ragged(model: Any, prompts: list[list[int]]) -> list[Any]:
    """As `_continue`, in two passes of several tokens: a draft that is rejected, and the forced tokens."""
    import mlx.core as mx

    force, lane = Guarded(lambda logprobs: mx.argmax(logprobs, axis=-1)), RaggedBatch(model, (), PromptIndexes())
    for prompt in prompts:
        row = Row(Request(prompt, _STEPS + 1, _Nobody()), force, [])
        lane.join(row, lane.prepare(row, _read(model, row, lane)))
    lane.read([[prompt[-1], 2, 3] for prompt in prompts], kept=1)
    logits = lane.read([[1] * (_STEPS - 1) + [4]] * len(prompts), kept=_STEPS)[:, _STEPS - 2]
    return list(logits - mx.logsumexp(logits, axis=-1, keepdims=True))


def _read(model: Any, row: Row, batch: Batch) -> list[Any]:
    """The caches of a row whose prompt was read, but for its last token."""
    from mlx_lm.models.cache import make_prompt_cache

    prefill = Prefill(row, batch, make_prompt_cache(model), 0, None)
    while not prefill.complete:
        prefill.read(model)
    return prefill.cache


class _Nobody:
    """A sink for answers that nobody waits for."""

    def token(self, token: int) -> bool:
        return False

    def finish(self, reason: FinishReason, effort: Effort) -> None:
        pass

    def fail(self, error: BaseException) -> None:
        pass
