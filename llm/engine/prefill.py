"""One prompt on its way into the model, piece by piece. Knows nothing of other rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llm.engine.lane import Lane, Row

# Tokens of a prompt that are read at once, between two tokens of the answers under way.
PREFILL_TOKENS = 512


class Prefill:
    """Reads all of a row's prompt but its last token into a cache of one row.

    `cache` holds the first `done` tokens already. `pause_at` is a place where reading stops in between, so that
    what was read up to there can be kept.
    """

    def __init__(self, row: Row, lane: Lane, cache: list[Any], done: int, pause_at: int | None) -> None:
        self.row = row
        self.lane = lane
        self.cache = cache
        self.done = done
        self.pause_at = pause_at

    @property
    def complete(self) -> bool:
        """Whether only the prompt's last token is left."""
        return self.done == len(self.row.request.prompt) - 1

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
