"""From loaded weights to a decoder: which model may decode together, and how. Runs on the engine's thread."""

from __future__ import annotations

import logging
from typing import Any

from llm.mlx.engine.batch import Lane
from llm.mlx.engine.batch_probe import decodes_together
from llm.mlx.engine.kv_budget import Budget
from llm.mlx.engine.model_patches import repair_attention
from llm.mlx.engine.request_queue import MOST_LANES
from llm.mlx.engine.scheduler import Decoder
from llm.mlx.engine.single import Alone, SoloLane

logger = logging.getLogger(__name__)


def open_decoder(
    model: Any, stop_ids: list[int], alone: Alone | None = None, *, wire_memory: bool = True
) -> Decoder:
    """Make `model` ready for requests; `alone` when it is to decode one row at a time.

    Raises:
        UnsupportedModelError: the model cannot do what `alone` asks for.
    """
    from mlx_lm.generate import StopSequences

    if alone is not None:
        alone.check(model)
        budget = Budget(model, alone.draft_model, wire=wire_memory)
        return Decoder(model, [SoloLane(model, stop_ids, alone)], budget, together=False)
    repair_attention(model)
    budget = Budget(model, wire=wire_memory)
    together = decodes_together(model, budget.shape)
    if not together:
        logger.warning(
            "%s is computed wrongly for several rows at once: its requests run one at a time.",
            getattr(model, "model_type", type(model).__name__),
        )
    stops = StopSequences([[token] for token in stop_ids])
    lanes = [Lane(model, stops) for _ in range(MOST_LANES)]
    return Decoder(model, lanes, budget, together=together)
