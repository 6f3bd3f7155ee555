"""For engine.py: what one way of decoding a mix of lengths takes, printed in megabytes: held, and at its peak.

    python benchmarks/engine_memory.py WAY MODEL

`held` is the most that keys and values took after any step; the peak counts activations and copies too. The ideal
is what mlx-lm's caches take when each prompt is decoded alone.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

from llm.mlx.backend import import_mlx  # noqa: E402

MIX = [2048] + 7 * [64]
NEW_TOKENS = 64


def main() -> None:
    """Measure one way."""
    way, model_path = sys.argv[1:]
    import_mlx()
    import mlx.core as mx
    from mlx_lm.utils import load_model

    model, _ = load_model(Path(model_path))
    generator = random.Random(0)
    prompts = [[generator.randrange(3, 500) for _ in range(length)] for length in MIX]
    model(mx.array([prompts[1]]))
    mx.eval(model.parameters())
    before = mx.get_active_memory()
    mx.reset_peak_memory()
    held = WAYS[way](model, prompts)
    print(held / 1e6, (mx.get_peak_memory() - before) / 1e6)


def ideal(model: Any, prompts: list[list[int]]) -> int:
    """Each alone, and the sum."""
    import mlx.core as mx
    from mlx_lm.generate import generate_step
    from mlx_lm.models.cache import make_prompt_cache

    total = 0
    for prompt in prompts:
        cache = make_prompt_cache(model)
        for _ in generate_step(mx.array(prompt), model, max_tokens=NEW_TOKENS, prompt_cache=cache):
            pass
        total += sum(layer.nbytes for layer in cache)
    return total


def raw(model: Any, prompts: list[list[int]]) -> int:
    """mlx-lm's own generator, as `batch_generate` uses it."""
    from mlx_lm.generate import BatchGenerator

    generator = BatchGenerator(model, completion_batch_size=8, prefill_batch_size=1)
    left = set(generator.insert(prompts, max_tokens=[NEW_TOKENS] * len(prompts)))
    held = 0
    while left:
        _, responses = generator.next()
        left -= {response.uid for response in responses if response.finish_reason is not None}
        held = max(held, generator.prompt_cache_nbytes)
    return held


def ours(model: Any, prompts: list[list[int]]) -> int:
    """The engine's scheduler."""
    from llm.mlx.engine.build import open_scheduler
    from llm.mlx.engine.request import Limits, Request

    scheduler = open_scheduler(model, [])
    for prompt in prompts:
        scheduler.add(Request(prompt, NEW_TOKENS, Nobody(), limits=Limits(rows=8)))
    held = 0
    while scheduler.requests:
        scheduler.step()
        held = max(held, scheduler.kv_bytes)
    return held


class Nobody:
    """Takes an answer and does nothing with it."""

    def token(self, token: int) -> bool:
        """Take a token."""
        return False

    def finish(self, reason: str, effort: object) -> None:
        """Take the end."""

    def fail(self, error: BaseException) -> None:
        """Let it be seen."""
        raise error


WAYS = {"ideal": ideal, "BatchGenerator": raw, "engine": ours}

if __name__ == "__main__":
    main()
