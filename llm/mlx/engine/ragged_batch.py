"""Rows that are decoded together, and drafts from their prompts: one forward pass may give a row several tokens.

A pass is given each row's last token and its draft. Where the network says what the draft has, the draft's next
token was computed in its right context; the first that differs is the network's own, and ends what the row gets of
this pass. Every token is chosen by the row's own processors and sampler, in order and once, so an answer does not
depend on what was drafted, but for rounding: a pass of several tokens adds up in another order.

Without a draft, a pass is one token of each row. Where drafts have paid lately its tokens are read at once, for
the next draft begins with them; elsewhere the next pass is given to MLX before that, as mlx-lm does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llm.mlx.engine.batch import Decoded, Row
from llm.mlx.engine.draft_plan import DraftPlan, pass_cost, plan
from llm.mlx.engine.drafts import Drafter, PromptIndexes
from llm.mlx.engine.ragged_cache import MOST_DRAFTED, RaggedLayer, Span, ragged
from llm.mlx.engine.request import FinishReason, LogitsProcessor

if TYPE_CHECKING:
    import mlx.core as mx
    from mlx_lm.models.cache import TokenBuffer


# Passes after a draft in which the next one is awaited.
_PATIENCE = 8


@dataclass(eq=False)
class _Line:
    """A row in the batch. `start`: its tokens that the network has read; `last`: the newest it has not.

    `chosen` tokens of the answer have been chosen, of which `told` were handed on: one may be under way. From
    token `broken` on, a processor or the sampler has failed.
    """

    row: Row
    processors: list[LogitsProcessor]
    context: TokenBuffer | None
    drafter: Drafter | None
    start: int
    last: int
    chosen: int = 0
    told: int = 0
    broken: int | None = None

    @property
    def is_greedy(self) -> bool:
        """Whether the likeliest token is the one."""
        return not self.processors and self.row.request.sampling.temperature == 0

    @property
    def left(self) -> int:
        """Tokens that the answer may still have."""
        return self.row.request.max_tokens - self.told

    def choose(self, logits: mx.array) -> mx.array:
        """The next token (1,), from `logits` (1, vocabulary)."""
        import mlx.core as mx

        for processor in self.processors:
            logits = processor(self.context.tokens if self.context is not None else mx.array([]), logits)
        token = self.row.sample(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
        self.note_choice()
        return token

    def note_choice(self) -> None:
        """A token was chosen, or its choice has failed."""
        if self.broken is None and (self.row.error or self.row.sample.error):
            self.broken = self.chosen
        self.chosen += 1


class RaggedBatch:
    """A batch whose rows each have an end of their own.

    `stop_ids` end an answer; `indexes` are shared by all batches of a model.
    """

    def __init__(self, model: Any, stop_ids: Iterable[int], indexes: PromptIndexes) -> None:
        self._model = model
        self._stop_ids = frozenset(stop_ids)
        self._indexes = indexes
        self._lines: list[_Line] = []
        self._layers: list[RaggedLayer] = []
        # The next token of every row (B,), which MLX is computing.
        self._ahead: mx.array | None = None
        self._passes_without = 0

    @property
    def rows(self) -> list[Row]:
        """The rows that are being decoded."""
        return [line.row for line in self._lines]

    @property
    def kv_bytes(self) -> int:
        """Memory of the rows' keys and values, padding and all."""
        return sum(layer.nbytes for layer in self._layers)

    def prepare(self, row: Row, cache: list[Any]) -> RaggedBatch:
        """A batch of `row` alone, whose `cache` holds all of the prompt but its last token. Empties `cache`."""
        from mlx_lm.models.cache import TokenBuffer

        request = row.request
        drafts = request.speculate == "prompt"
        joining = RaggedBatch(self._model, self._stop_ids, self._indexes)
        joining._layers = ragged(cache)
        line = _Line(
            row,
            row.guard(),
            TokenBuffer(request.prompt[:-1]) if row.processors else None,
            Drafter(self._indexes.of(request.prompt), request.max_tokens) if drafts else None,
            start=len(request.prompt) - 1,
            last=request.prompt[-1],
        )
        joining._lines = [line]
        if self._ahead is not None:
            joining._ahead = joining._launch(joining._known())
        return joining

    def join(self, row: Row, joining: RaggedBatch) -> None:
        """Take in the row that `joining` was prepared from."""
        import mlx.core as mx

        if not self._lines:
            self._layers, self._ahead = joining._layers, joining._ahead
        else:
            for layer, other in zip(self._layers, joining._layers, strict=True):
                layer.extend(other, len(self._lines))
                mx.eval(layer.state)
            if self._ahead is not None and joining._ahead is not None:
                self._ahead = mx.concatenate([self._ahead, joining._ahead])
        self._lines.extend(joining._lines)

    def step(self) -> list[Decoded]:
        """Decode at least one token of every row. Rows that end with it have left."""
        if not self._lines:
            return []
        drafts = self._plan()
        if self._ahead is None:
            if drafts is not None:
                return self._speculate(drafts)
            self._ahead = self._launch(self._known())
        ahead, self._ahead = self._ahead, None
        is_last = all(line.left <= 1 for line in self._lines)
        self._passes_without += 1
        if drafts is None and not is_last and not self._awaits_drafts():
            self._ahead = self._launch(ahead[:, None])
        return self._hand_on([[token] for token in _ints(ahead)])

    def drop(self, row: Row) -> None:
        """Take out a row before it is done."""
        kept = [i for i, line in enumerate(self._lines) if line.row is not row]
        if len(kept) < len(self._lines):
            self._keep(kept)

    def _awaits_drafts(self) -> bool:
        """Whether a draft is likely enough to wait for the tokens that it would begin with."""
        recent = self._passes_without < _PATIENCE
        return recent and any(line.drafter is not None and line.drafter.has_paid for line in self._lines)

    def _plan(self) -> DraftPlan | None:
        """What each row drafts after its last known token, if it is worth a pass."""
        proposals = [
            line.drafter.propose(min(MOST_DRAFTED, line.left - 1)) if line.drafter is not None else ([], [])
            for line in self._lines
        ]
        return plan(proposals)

    def _known(self) -> mx.array:
        import mlx.core as mx

        return mx.array([[line.last] for line in self._lines])

    def _launch(self, inputs: mx.array) -> mx.array:
        """Let MLX begin to compute the token of each row (B,) that follows `inputs` (B, 1)."""
        import mlx.core as mx

        logits = self._forward(inputs)[:, -1, :]
        for i, line in enumerate(self._lines):
            line.start += 1
            if line.context is not None:
                line.context.update_and_fetch(inputs[i])
        tokens = self._choose(logits)
        contexts = [line.context.state for line in self._lines if line.context is not None]
        mx.async_eval(tokens, contexts)  # type: ignore[no-untyped-call]
        return tokens

    def read(self, inputs: Sequence[Sequence[int]], kept: int) -> mx.array:
        """Logits (B, T, vocabulary) after `inputs` (B, T), of which every row keeps the first `kept`."""
        import mlx.core as mx

        logits = self._forward(mx.array(list(inputs)))
        for line in self._lines:
            line.start += kept
        return logits

    def _forward(self, inputs: mx.array) -> mx.array:
        """Logits (B, T, vocabulary) after `inputs` (B, T), each row's from its own start on."""
        span = Span([line.start for line in self._lines], inputs.shape[1])
        for layer in self._layers:
            layer.begin(span)
        logits: mx.array = self._model(inputs, cache=self._layers)
        return logits

    def _choose(self, logits: mx.array) -> mx.array:
        """The next token of every row (B,). Rows that share a sampler are sampled in one call."""
        import mlx.core as mx

        lines = self._lines
        if all(line.is_greedy for line in lines):
            for line in lines:
                line.note_choice()
            return mx.argmax(logits, axis=-1)
        if not any(line.processors for line in lines) and len({id(line.row.sample) for line in lines}) == 1:
            tokens = lines[0].row.sample(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
            for line in lines:
                line.note_choice()
            return tokens
        return mx.concatenate([line.choose(logits[i : i + 1]) for i, line in enumerate(lines)])

    def _speculate(self, planned: DraftPlan) -> list[Decoded]:
        """One pass over every row's last token and draft."""
        import mlx.core as mx

        self._passes_without = 0
        width = 1 + planned.width
        inputs = [
            ([line.last, *draft] + [line.last] * width)[:width]
            for line, draft in zip(self._lines, planned.drafts, strict=True)
        ]
        logits = self._forward(mx.array(inputs))
        likeliest: list[list[int]] = []
        if any(line.is_greedy for line in self._lines):
            likeliest = mx.argmax(logits, axis=-1).tolist()  # type: ignore[assignment]
        said = []
        cost = pass_cost(len(self._lines), planned.width) * len(self._lines) / planned.drafting
        for i, (line, draft) in enumerate(zip(self._lines, planned.drafts, strict=True)):
            told = _agreed(line, draft, likeliest[i]) if line.is_greedy else self._checked(line, draft, logits[i])
            accepted = max(len(told) - 1, 0)
            line.start += len(told)
            line.row.effort.drafted_tokens += len(draft)
            line.row.effort.accepted_tokens += accepted
            if draft and line.drafter is not None:
                line.drafter.learn(len(draft), accepted, cost)
            said.append(told)
        return self._hand_on(said)

    def _checked(self, line: _Line, draft: Sequence[int], logits: mx.array) -> list[int]:
        """What a row says by its processors and sampler, as far as the draft had it, and one token more."""
        import mlx.core as mx

        said: list[int] = []
        last = line.last
        for position in range(len(draft) + 1):
            if line.context is not None:
                line.context.update_and_fetch(mx.array([last]))
            (last,) = _ints(line.choose(logits[position : position + 1]))
            said.append(last)
            if line.broken is not None or last in self._stop_ids or draft[position : position + 1] != [last]:
                break
        return said

    def _hand_on(self, said: Sequence[Sequence[int]]) -> list[Decoded]:
        """What was said, up to each row's end. Rows that have come to it leave."""
        decoded, kept = [], []
        for i, (line, tokens) in enumerate(zip(self._lines, said, strict=True)):
            reason: FinishReason | None = None
            for token in tokens:
                if line.told == line.broken:
                    break  # it was no choice: the scheduler takes the row out
                line.told += 1
                line.last = token
                if line.drafter is not None:
                    line.drafter.take(token)
                reason = "stop" if token in self._stop_ids else "length" if line.left == 0 else None
                decoded.append(Decoded(line.row, token, reason))
                if reason is not None:
                    break
            if reason is None:
                kept.append(i)
        if len(kept) < len(self._lines):
            self._keep(kept)
        return decoded

    def _keep(self, kept: list[int]) -> None:
        import mlx.core as mx

        self._lines = [self._lines[i] for i in kept]
        if not kept:
            self._layers, self._ahead = [], None
            return
        for layer in self._layers:
            layer.filter(kept, max(line.start for line in self._lines))
        if self._ahead is not None:
            self._ahead = self._ahead[mx.array(kept)]


def _ints(tokens: mx.array) -> list[int]:
    return tokens.tolist()  # type: ignore[return-value]


def _agreed(line: _Line, draft: Sequence[int], likeliest: Sequence[int]) -> list[int]:
    """The likeliest tokens, as far as the draft had them, and one more."""
    agreed = 0
    while agreed < len(draft) and draft[agreed] == likeliest[agreed]:
        agreed += 1
    line.chosen += agreed + 1
    return list(likeliest[: agreed + 1])
