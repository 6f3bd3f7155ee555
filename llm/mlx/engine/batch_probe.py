"""Finds out, when a model is loaded, whether rows that are decoded together get what each gets alone.

mlx-lm computes some models' attention wrongly for two rows and more, or only when there are as many rows as
key-value heads (its issue 1903), and more such models will come. So each is tried before it is trusted.
"""

from __future__ import annotations

import logging
from typing import Any

from llm.mlx.engine.batch import Row
from llm.mlx.engine.kv_budget import CacheLayout
from llm.mlx.engine.padded_batch import PaddedBatch
from llm.mlx.engine.prefill import Prefill
from llm.mlx.engine.request import Effort, FinishReason, Request
from llm.mlx.engine.sampling import Guarded

logger = logging.getLogger(__name__)

# Lengths of the two prompts that fill a batch in turn: ragged, so that half of the rows are padded.
_SHORT, _LONG = 5, 21

# Tokens decoded together before the comparison.
_STEPS = 3

# Rounding is told from a wrong context by this share of what losing half of the prompt changes.
_TOLERANCE = 0.3


_verdicts: dict[object, bool] = {}


def batches_correctly(model: Any, layout: CacheLayout) -> bool:
    """Whether a ragged batch of `model` gives every row what it gets alone; tried with two rows and with as
    many as there are key-value heads.
    """
    # What is right does not depend on the weights: the same layers of the same sizes are tried once.
    sizes = getattr(model, "args", None)
    kind = (type(model), str(sizes), frozenset(map(type, model.modules())))
    if kind not in _verdicts or sizes is None:
        _verdicts[kind] = _try(model, layout)
    return _verdicts[kind]


def _try(model: Any, layout: CacheLayout) -> bool:
    sizes = {2, layout.kv_heads} - {0, 1}
    try:
        return all(_agrees(model, layout.vocabulary, rows) for rows in sorted(sizes))
    except Exception as error:  # whatever a model raises in a batch, alone it may still be right
        logger.debug("The model cannot decode two rows together", exc_info=error)
        return False


def _agrees(model: Any, vocabulary: int, rows: int) -> bool:
    import mlx.core as mx

    prompts = [[(7 * length + 11 * i + 3) % vocabulary for i in range(length)] for length in (_SHORT, _LONG)]
    alone = [_continue(model, [prompt])[0] for prompt in prompts]
    damaged = [_continue(model, [prompt[len(prompt) // 2 :]])[0] for prompt in prompts]
    for row, batched in enumerate(_continue(model, [prompts[row % 2] for row in range(rows)])):
        error = mx.abs(batched - alone[row % 2]).mean()
        damage = mx.abs(damaged[row % 2] - alone[row % 2]).mean()
        if not (error <= _TOLERANCE * damage).item():
            return False
    return True


def _continue(model: Any, prompts: list[list[int]]) -> list[Any]:
    """Log probabilities (vocabulary,) of each prompt after the same few forced tokens, decoded in one batch."""
    import mlx.core as mx
    from mlx_lm.generate import StopSequences
    from mlx_lm.models.cache import make_prompt_cache

    batch = PaddedBatch(model, StopSequences())
    force = Guarded(lambda logprobs: mx.ones(logprobs.shape[0], dtype=mx.uint32))
    for prompt in prompts:
        row = Row(Request(prompt, _STEPS + 1, _Nobody()), force, [])
        prefill = Prefill(row, batch, make_prompt_cache(model), 0, None)
        while not prefill.complete:
            prefill.read(model)
        batch.join(row, batch.prepare(row, prefill.cache))
    for _ in range(_STEPS):
        decoded = batch.step()
    return [each.logprobs for each in decoded]


class _Nobody:
    """A sink for answers that nobody waits for."""

    def token(self, token: int) -> bool:
        return False

    def finish(self, reason: FinishReason, effort: Effort) -> None:
        pass

    def fail(self, error: BaseException) -> None:
        pass
