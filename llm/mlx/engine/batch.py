"""What the engine's batches have in common: rows, the tokens that are decoded for them, and what a batch can do.

`ragged_batch.py` drafts tokens from the prompt; `padded_batch.py` and `single.py` leave that to mlx-lm, for what
the first does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from llm.mlx.engine.request import Effort, FinishReason, LogitsProcessor, Request
from llm.mlx.engine.sampling import Guarded

if TYPE_CHECKING:
    import mlx.core as mx


@dataclass(eq=False)
class Row:
    """One request in the engine. `error` is what one of its processors raised; `effort`: what its answer took."""

    request: Request
    sample: Guarded
    processors: list[LogitsProcessor]
    effort: Effort = field(default_factory=Effort)
    error: Exception | None = None

    def guard(self) -> list[LogitsProcessor]:
        """The row's processors, made safe for the others: what they raise is kept in `error`."""
        return [self._guarded(processor) for processor in self.processors]

    def _guarded(self, processor: LogitsProcessor) -> LogitsProcessor:
        def call(tokens: mx.array, logits: mx.array) -> mx.array:
            if self.error is None:
                try:
                    processed = processor(tokens, logits)
                    if processed.shape != logits.shape:
                        raise ValueError(f"a logits processor returned {processed.shape} for {logits.shape}")
                    return processed
                except Exception as error:
                    self.error = error
            return logits

        return call


@dataclass(frozen=True)
class Decoded:
    """A token of one row, why the row ends with it if it does, and the log probabilities (vocabulary,)
    where mlx-lm decoded it."""

    row: Row
    token: int
    reason: FinishReason | None
    logprobs: mx.array | None = None


class Batch(Protocol):
    """Rows that are decoded together."""

    @property
    def rows(self) -> list[Row]:
        """The rows that are being decoded."""

    @property
    def kv_bytes(self) -> int:
        """Memory of the rows' keys and values."""

    def prepare(self, row: Row, cache: list[Any]) -> Any:
        """Make `row` ready to join; its `cache` holds all of the prompt but its last token. Empties `cache`."""

    def join(self, row: Row, joining: Any) -> None:
        """Take in the row that `joining` was prepared from."""

    def step(self) -> list[Decoded]:
        """Decode at least one token of every row, those of a row in order. Rows that end with it have left."""

    def drop(self, row: Row) -> None:
        """Take out a row before it is done."""
