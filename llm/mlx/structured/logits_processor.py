"""Keeps one answer to a grammar, token by token, and brings it to an end in time.

A `Constraint` is a logits processor of one request. It runs on the engine's thread among other requests,
so it never raises: what goes wrong is kept in `error` for its own caller, and the answer is ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llm.errors import EngineError, InvalidRequestError, ModelError, reason
from llm.mlx.structured.completion_search import Place, allowed_tokens
from llm.mlx.structured.grammar import Grammar

if TYPE_CHECKING:
    import mlx.core as mx

# Near the end, this many of the likeliest tokens are looked at.
_LOOKED_AT = 8
# A token often stands for the next ones of the way out that was known: so many are tried.
_REJOINED = 16


class Constraint:
    """Lets through what `grammar` allows, and only what can still be ended within `max_tokens`.

    It knows at all times a way to end the answer (`_ending`). While that is much shorter than the tokens that
    are left, every token of the grammar is free. Near the end a token is let through if the answer can still
    be ended after it.

    Raises:
        InvalidRequestError: no answer fits `max_tokens`.
    """

    def __init__(self, grammar: Grammar, max_tokens: int) -> None:
        if (least := len(grammar.shortest)) > max_tokens:
            raise InvalidRequestError(
                f"The answer may have {max_tokens} tokens and needs at least {least} to follow its JSON schema.",
                "Raise max_tokens, or make the prompt shorter if it fills the context window.",
            )
        self.error: ModelError | None = None
        self._grammar = grammar
        self._matcher = grammar.matcher()
        self._left = max_tokens
        self._started = False
        self._ended = False
        self._ending = list(grammar.shortest)
        self._free = 0
        self._place = Place()

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """Logits (1, vocabulary) with all that may not come next ruled out."""
        try:
            if self._started:
                self.consume(int(tokens[-1]))
            self._started = True
        except Exception as error:  # a failure here would take every other answer of the batch along
            self._fail(EngineError(f"The grammar of this answer failed: {reason(error)}."))
        return self.mask(logits)

    def mask(self, logits: mx.array) -> mx.array:
        """Logits (1, vocabulary) with all that may not come next ruled out, after what was consumed."""
        import mlx.core as mx

        try:
            allowed = self._next(logits)
        except Exception as error:  # as above
            self._fail(EngineError(f"The grammar of this answer failed: {reason(error)}."))
            allowed = self._only(self._grammar.stop_ids)
        return mx.where(mx.array(_fit(allowed, logits.shape[-1]))[None], logits, -mx.inf)

    def allows(self, token: int) -> bool:
        """Whether the grammar knows `token` as the next one."""
        return not self._ended and self._matcher.validate_tokens([token]) == 1

    @property
    def complete(self) -> bool:
        """Whether nothing can be added any more."""
        return self._ended or self._matcher.is_stopped()

    def consume(self, token: int) -> None:
        """Take note of the answer's next token."""
        self._left -= 1
        if self._ended or token in self._grammar.stop_ids:
            self._ended = True
            return
        if not self._matcher.consume_token(token):
            self._fail(EngineError(f"The grammar of this answer failed: {self._matcher.get_error()}."))
            return
        self._place = self._after(token)
        self._ending = self._ending[1:] if self._ending[:1] == [token] else self._ending

    def _next(self, logits: mx.array) -> Any:
        """The tokens that may come next, as booleans (vocabulary,)."""
        if self._ended or self._matcher.is_stopped():
            return self._only(self._grammar.stop_ids)
        self._free -= 1
        if self._free >= 0 and not self._place.odd:
            return allowed_tokens(self._matcher)
        self._renew_ending()
        if self._ended:
            return self._only(self._grammar.stop_ids)
        # Each free token costs one place and may put off the end by `room`; before the last, look.
        room = self._grammar.room
        self._free = (self._left - len(self._ending) - room) // (room + 1)
        if self._free > 0 and not self._place.odd:
            self._free -= 1
            return allowed_tokens(self._matcher)
        return self._only(self._sound_tokens(logits) or self._ending[:1])

    def _renew_ending(self) -> None:
        self._ending = self._known_way([]) or self._grammar.ending(self._matcher, self._place, self._left) or []
        if not self._ending or len(self._ending) > self._left:
            self._fail(
                InvalidRequestError(
                    "max_tokens ended an answer before it could follow its JSON schema.", "Raise max_tokens."
                )
            )

    def _known_way(self, first: list[int]) -> list[int] | None:
        """The way out found before, or a later part of it, if it is one from here after `first`.

        It must be sound too: after 1e99 the way on is not 1e990.
        """
        for skipped in range(min(_REJOINED, len(self._ending))):
            way = [*first, *self._ending[skipped:]]
            if len(way) > self._left or self._matcher.validate_tokens(way) < len(way):
                continue
            if all(self._after(*way[:length]).sound for length in range(1, len(first) + 3)):
                return self._ending[skipped:]
        return None

    def _after(self, *tokens: int) -> Place:
        written = [token for token in tokens if token not in self._grammar.stop_ids]
        return self._place.after(self._grammar.tokenizer.decode_bytes(written))

    def _sound_tokens(self, logits: mx.array) -> list[int]:
        """Those of the likeliest tokens after which the answer can be ended in time."""
        import mlx.core as mx
        import numpy as np

        scores = np.array(logits[0].astype(mx.float32))
        scores[~_fit(allowed_tokens(self._matcher), len(scores))] = -np.inf
        looked_at = min(_LOOKED_AT, len(scores))
        likeliest = np.argpartition(scores, -looked_at)[-looked_at:]
        tokens = {self._ending[0], *(int(token) for token in likeliest if scores[token] > -np.inf)}
        return [token for token in sorted(tokens) if self._is_sound(token)]

    def _is_sound(self, token: int) -> bool:
        if token in self._grammar.stop_ids:
            return True
        place = self._after(token)
        if not place.sound:
            return False
        if self._known_way([token]) is not None:
            return True
        after = self._matcher.deep_copy()
        if not after.consume_token(token):
            return False
        return self._grammar.ending(after, place, self._left - 1, thorough=False) is not None

    def _only(self, tokens: list[int]) -> Any:
        import numpy as np

        allowed = np.zeros(self._grammar.tokenizer.vocab_size, bool)
        allowed[tokens] = True
        return allowed

    def _fail(self, error: ModelError) -> None:
        self.error = self.error or error
        self._ended = True


class OptionalCall:
    """Holds an answer to the grammar of a tool call once it has begun as one; text is left as it is.

    `openings` are the ways a call begins, without the spaces. A call that would not fit is not looked for.
    """

    def __init__(self, grammar: Grammar, max_tokens: int, openings: Sequence[str]) -> None:
        self._call = Constraint(grammar, max_tokens) if len(grammar.shortest) <= max_tokens else None
        self._decode = grammar.tokenizer.decode_bytes
        self._openings = [opening.encode() for opening in openings]
        self._begun = b""
        self._bound = False
        self._started = False

    @property
    def error(self) -> ModelError | None:
        """What went wrong, for this answer's caller."""
        return self._call.error if self._call is not None and self._bound else None

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """The logits as they are, or what is left of them in a tool call."""
        if self._started and self._call is not None:
            self._watch(self._call, int(tokens[-1]))
        self._started = True
        return self._call.mask(logits) if self._call is not None and self._bound else logits

    def _watch(self, call: Constraint, token: int) -> None:
        if not self._bound and not call.allows(token):
            self._call = None
            return
        call.consume(token)
        self._begun = b"".join((self._begun + self._decode([token])).split()) if not self._bound else b""
        self._bound = self._bound or any(self._begun.startswith(opening) for opening in self._openings)


class MarkedCalls:
    """Holds each tool call in a text to its grammar, from the token that opens it to the one that closes it.

    Unless there may be `several`, the first one ends the answer.
    """

    def __init__(self, grammar: Grammar, max_tokens: int, opening_id: int, *, several: bool) -> None:
        self._grammar = grammar
        self._several = several
        self._opening_id = opening_id
        self._left = max_tokens
        self._call: Constraint | None = None
        self._started = False
        self.error: ModelError | None = None

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """The logits as they are, or what is left of them in a tool call."""
        if self._started:
            self._watch(int(tokens[-1]))
        self._started = True
        return self._call.mask(logits) if self._call is not None else logits

    def _watch(self, token: int) -> None:
        self._left -= 1
        if self._call is not None:
            self._call.consume(token)
            self.error = self.error or self._call.error
            if self._several and self._call.complete and self._call.error is None:
                self._call = None
        elif token == self._opening_id and len(self._grammar.shortest) <= self._left:
            self._call = Constraint(self._grammar, self._left)


def _fit(allowed: Any, vocabulary: int) -> Any:
    """`allowed` for a model whose vocabulary is larger than its tokenizer's, or smaller."""
    import numpy as np

    fitted = np.zeros(vocabulary, bool)
    fitted[: len(allowed)] = allowed[:vocabulary]
    return fitted
