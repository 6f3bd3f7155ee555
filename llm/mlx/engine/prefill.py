"""One prompt on its way into the model, piece by piece."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm.mlx.engine.batch import Batch, Row
    from llm.mlx.engine.request import Request

# Tokens of a prompt that are read at once, between two tokens of the answers under way.
PREFILL_TOKENS = 512

# Short prompts that may be read before a long one that came earlier.
_MOST_PASSING = 16


class Prefill:
    """Reads all of a row's prompt but its last token into a cache of one row.

    `cache` holds the first `done` tokens already. `pause_at` is a place where reading stops in between, so that
    what was read up to there can be kept.
    """

    def __init__(self, row: Row, batch: Batch, cache: list[Any], done: int, pause_at: int | None) -> None:
        self.row = row
        self.batch = batch
        self.cache = cache
        self.done = done
        self.pause_at = pause_at
        self.passed_by = 0

    @property
    def complete(self) -> bool:
        """Whether only the prompt's last token is left."""
        return self.done == len(self.row.request.prompt) - 1

    def lets_pass(self, request: Request) -> bool:
        """Whether `request` may be read before the rest of this prompt: it is short, and the rest is not."""
        left = len(self.row.request.prompt) - 1 - self.done
        is_short = len(request.prompt) <= PREFILL_TOKENS < left
        return is_short and self.passed_by < _MOST_PASSING

    @property
    def kv_bytes(self) -> int:
        """Memory of the keys and values read so far."""
        return sum(layer.nbytes for layer in self.cache)

    def read(self, model: Any) -> None:
        """Read the next piece."""
        import mlx.core as mx

        prompt = self.row.request.prompt
        end = min(self.done + PREFILL_TOKENS, len(prompt) - 1)
        if self.pause_at is not None and self.done < self.pause_at:
            end = min(end, self.pause_at)
        if end > self.done:
            model(mx.array([prompt[self.done : end]]), cache=self.cache)
            mx.eval([layer.state for layer in self.cache])
            mx.clear_cache()
        self.done = end
