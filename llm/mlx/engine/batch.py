"""Rows that are decoded together, one token of each at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from llm.mlx.engine.request import FinishReason, LogitsProcessor, Request
from llm.mlx.engine.sampling import Guarded

if TYPE_CHECKING:
    import mlx.core as mx
    from mlx_lm.generate import GenerationBatch, StopSequences


@dataclass(eq=False)
class Row:
    """One request in the engine. `error` is what one of its processors raised."""

    request: Request
    sample: Guarded
    processors: list[LogitsProcessor]
    cached_tokens: int = 0
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
    """A token of one row, why the row ends with it if it does, and the log probabilities (vocabulary,)."""

    row: Row
    token: int
    reason: FinishReason | None
    logprobs: mx.array


class Batch:
    """A batch whose rows are of like length, for the keys and values of all are padded to the longest."""

    def __init__(self, model: Any, stops: StopSequences) -> None:
        self._model = model
        self._stops = stops
        self._generation: GenerationBatch | None = None
        self._rows: dict[int, Row] = {}
        self._next_uid = 0

    @property
    def rows(self) -> list[Row]:
        """The rows that are being decoded."""
        return list(self._rows.values())

    @property
    def kv_bytes(self) -> int:
        """Memory of the rows' keys and values, padding and all."""
        return 0 if self._generation is None else sum(layer.nbytes for layer in self._generation.prompt_cache)

    def prepare(self, row: Row, cache: list[Any]) -> GenerationBatch:
        """A batch of `row` alone, whose `cache` holds all of the prompt but its last token. Empties `cache`."""
        import mlx.core as mx

        prompt = row.request.prompt
        return _generation_class()(
            self._model,
            uids=[self._next_uid],
            inputs=mx.array(prompt[-1:]),
            prompt_cache=_as_batch(cache),
            tokens=[prompt[:-1]],
            samplers=[row.sample],
            fallback_sampler=row.sample,
            logits_processors=[row.guard()],
            stop_sequences=[self._stops],
            max_tokens=[row.request.max_tokens],
        )

    def join(self, row: Row, joining: GenerationBatch) -> None:
        """Take in the row that `joining` was prepared from."""
        if self._generation is None:
            self._generation = joining
        else:
            self._generation.extend(joining)
            _evaluate(self._generation.prompt_cache)
        self._rows[self._next_uid] = row
        self._next_uid += 1

    def step(self) -> list[Decoded]:
        """Decode one token of every row. Rows that end with it have left."""
        if self._generation is None:
            return []
        decoded = []
        for r in self._generation.next():
            reason = cast(FinishReason | None, r.finish_reason)
            row = self._rows[r.uid] if reason is None else self._rows.pop(r.uid)
            decoded.append(Decoded(row, r.token, reason, r.logprobs))
        self._forget_if_empty()
        return decoded

    def drop(self, row: Row) -> None:
        """Take out a row before it is done."""
        uid = next((uid for uid, other in self._rows.items() if other is row), None)
        if uid is None or self._generation is None:
            return
        self._generation.filter([i for i, other in enumerate(self._generation.uids) if other != uid])
        del self._rows[uid]
        self._forget_if_empty()

    def _forget_if_empty(self) -> None:
        if not self._rows:
            self._generation = None


@cache
def _generation_class() -> type[GenerationBatch]:
    import mlx.core as mx
    from mlx_lm.generate import GenerationBatch

    class Generation(GenerationBatch):
        """mlx-lm's batch, which computes a token ahead, without the one that comes after everybody's last.

        It would be decoded when all answers are out already, and for nobody.
        """

        def _step(self) -> tuple[list[int], list[mx.array]]:
            is_first = not self._next_logprobs
            is_last = all(n + 1 >= most for n, most in zip(self._num_tokens, self.max_tokens, strict=True))
            if is_first or not is_last:
                step: tuple[list[int], list[mx.array]] = super()._step()
                return step
            tokens: mx.array = self._next_tokens
            mx.eval(tokens, self._next_logprobs)
            return cast(list[int], tokens.tolist()), self._next_logprobs

    return Generation


def _as_batch(cache: list[Any]) -> list[Any]:
    """Turn the caches of one row into those of a batch of one, layer by layer so that one at most is double."""
    batch = []
    while cache:
        layer = cache.pop(0)
        batch.append(layer.merge([layer]))
        _evaluate(batch[-1:])
    return batch


def _evaluate(cache: list[Any]) -> None:
    import mlx.core as mx

    for layer in cache:
        mx.eval(layer.state)
