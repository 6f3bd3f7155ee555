"""From loaded weights to a scheduler: which model may decode together, and how. Runs on the engine's thread."""

from __future__ import annotations

import logging
from typing import Any

from llm.mlx.engine.batch import Batch
from llm.mlx.engine.batch_probe import batches_correctly, drafts_correctly
from llm.mlx.engine.drafts import PromptIndexes
from llm.mlx.engine.kv_budget import KVBudget
from llm.mlx.engine.model_patches import repair_attention
from llm.mlx.engine.padded_batch import PaddedBatch
from llm.mlx.engine.ragged_batch import RaggedBatch
from llm.mlx.engine.request_queue import MOST_BATCHES
from llm.mlx.engine.scheduler import Scheduler
from llm.mlx.engine.single import SingleBatch, SingleOptions

logger = logging.getLogger(__name__)


def open_scheduler(
    model: Any, stop_ids: list[int], single: SingleOptions | None = None, *, wire_memory: bool = True
) -> Scheduler:
    """Make `model` ready for requests; `single` when it is to decode one row at a time.

    Raises:
        UnsupportedModelError: the model cannot do what `single` asks for.
    """
    from mlx_lm.generate import StopSequences

    if single is not None:
        single.check(model)
        budget = KVBudget(model, single.draft_model, wire=wire_memory)
        return Scheduler(model, [SingleBatch(model, stop_ids, single)], budget, can_batch=False)
    repair_attention(model)
    budget = KVBudget(model, wire=wire_memory)
    drafts = drafts_correctly(model, budget.layout)
    can_batch = drafts or batches_correctly(model, budget.layout)
    if not can_batch:
        logger.warning(
            "%s is computed wrongly for several rows at once: its requests run one at a time.",
            getattr(model, "model_type", type(model).__name__),
        )
    indexes, stops = PromptIndexes(), StopSequences([[token] for token in stop_ids])
    batches: list[Batch] = [
        RaggedBatch(model, stop_ids, indexes) if drafts else PaddedBatch(model, stops) for _ in range(MOST_BATCHES)
    ]
    return Scheduler(model, batches, budget, can_batch=can_batch)
