"""Rows that mlx-lm's own batch decodes together, for models whose caches `ragged_cache.py` does not know.

Its rows share one end, so none can take tokens back alone: nothing is drafted here.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, cast

from llm.mlx.engine.batch import Decoded, Row
from llm.mlx.engine.request import FinishReason

if TYPE_CHECKING:
    import mlx.core as mx
    from mlx_lm.generate import GenerationBatch, StopSequences


class PaddedBatch:
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
