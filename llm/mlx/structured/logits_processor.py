"""Logits processors that keep one answer to a grammar, token by token, and complete it within `max_tokens`.

They run on the engine's thread, in one batch with other requests, so they never raise: what goes wrong is kept in
`error` for the caller of this request, and its answer ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from llm.errors import EngineError, InvalidRequestError, ModelError, reason
from llm.mlx.structured.completion_search import JSONPosition, allowed_tokens
from llm.mlx.structured.grammar import Grammar

if TYPE_CHECKING:
    import mlx.core as mx

# Near the limit, this many of the most likely tokens are tried.
_TRIED = 8
# A token often stands for several of the known completion: this many of its tokens may be skipped.
_SKIPPED = 16


class GrammarProcessor:
    """Allows the tokens of `grammar` after which the answer can still be completed within `max_tokens`.

    It always knows one way to complete the answer (`_completion`). While that is much shorter than what is left
    of `max_tokens`, every token of the grammar is allowed. Near the limit, a token is allowed if a completion is
    found after it.

    Raises:
        InvalidRequestError: no answer fits `max_tokens`.
    """

    def __init__(self, grammar: Grammar, max_tokens: int) -> None:
        if (least := len(grammar.shortest)) > max_tokens:
            raise InvalidRequestError(
                f"The answer may have {max_tokens} tokens and needs at least {least} to follow its JSON schema.",
                "Raise max_tokens, or shorten the prompt if it fills the context window.",
            )
        self.error: ModelError | None = None
        self._grammar = grammar
        self._matcher = grammar.matcher()
        self._left = max_tokens
        self._started = False
        self._ended = False
        self._completion = list(grammar.shortest)
        self._free = 0
        self._position = JSONPosition()

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """Logits (1, vocabulary) in which only tokens that may come next are left."""
        try:
            if self._started:
                self.consume(int(tokens[-1]))
            self._started = True
        except Exception as error:  # raised here, it would end every other answer of the batch
            self._fail(EngineError(f"The grammar of this answer failed: {reason(error)}."))
        return self.mask(logits)

    def mask(self, logits: mx.array) -> mx.array:
        """Logits (1, vocabulary) in which only tokens that may follow what was consumed are left."""
        import mlx.core as mx

        try:
            allowed = self._next(logits)
        except Exception as error:  # as above
            self._fail(EngineError(f"The grammar of this answer failed: {reason(error)}."))
            allowed = self._only(self._grammar.stop_ids)
        return mx.where(mx.array(_fit(allowed, logits.shape[-1]))[None], logits, -mx.inf)

    def allows(self, token: int) -> bool:
        """Whether the grammar allows `token` as the next one."""
        return not self._ended and self._matcher.validate_tokens([token]) == 1

    @property
    def complete(self) -> bool:
        """Whether the answer is complete."""
        return self._ended or self._matcher.is_stopped()

    def consume(self, token: int) -> None:
        """Advance by the answer's next token."""
        self._left -= 1
        if self._ended or token in self._grammar.stop_ids:
            self._ended = True
            return
        if not self._matcher.consume_token(token):
            self._fail(EngineError(f"The grammar of this answer failed: {self._matcher.get_error()}."))
            return
        self._position = self._after(token)
        self._completion = self._completion[1:] if self._completion[:1] == [token] else self._completion

    def _next(self, logits: mx.array) -> Any:
        """Which tokens may come next: booleans (vocabulary,)."""
        if self._ended or self._matcher.is_stopped():
            return self._only(self._grammar.stop_ids)
        self._free -= 1
        if self._free >= 0 and not self._position.is_risky:
            return allowed_tokens(self._matcher)
        self._renew_completion()
        if self._ended:
            return self._only(self._grammar.stop_ids)
        # Each free token takes one of those left and may make the completion longer by `growth`.
        growth = self._grammar.growth
        self._free = (self._left - len(self._completion) - growth) // (growth + 1)
        if self._free > 0 and not self._position.is_risky:
            self._free -= 1
            return allowed_tokens(self._matcher)
        return self._only(self._completable_tokens(logits) or self._completion[:1])

    def _renew_completion(self) -> None:
        self._completion = (
            self._known_completion([]) or self._grammar.completion(self._matcher, self._position, self._left) or []
        )
        if not self._completion or len(self._completion) > self._left:
            self._fail(
                InvalidRequestError(
                    "The answer could not be completed within max_tokens to follow its JSON schema.",
                    "Raise max_tokens.",
                )
            )

    def _known_completion(self, first: list[int]) -> list[int] | None:
        """The known completion, or a later part of it, if it completes the answer after `first` too.

        Its numbers must stay within limits: what followed 1e9 would make 1e990 of 1e99.
        """
        for skipped in range(min(_SKIPPED, len(self._completion))):
            path = [*first, *self._completion[skipped:]]
            if len(path) > self._left or self._matcher.validate_tokens(path) < len(path):
                continue
            if all(self._after(*path[:length]).is_sound for length in range(1, len(first) + 3)):
                return self._completion[skipped:]
        return None

    def _after(self, *tokens: int) -> JSONPosition:
        written = [token for token in tokens if token not in self._grammar.stop_ids]
        return self._position.after(self._grammar.tokenizer.decode_bytes(written))

    def _completable_tokens(self, logits: mx.array) -> list[int]:
        """Those of the most likely tokens after which the answer can be completed in time."""
        import mlx.core as mx
        import numpy as np

        scores = np.array(logits[0].astype(mx.float32))
        scores[~_fit(allowed_tokens(self._matcher), len(scores))] = -np.inf
        tried = min(_TRIED, len(scores))
        likeliest = np.argpartition(scores, -tried)[-tried:]
        tokens = {self._completion[0], *(int(token) for token in likeliest if scores[token] > -np.inf)}
        return [token for token in sorted(tokens) if self._is_completable(token)]

    def _is_completable(self, token: int) -> bool:
        if token in self._grammar.stop_ids:
            return True
        position = self._after(token)
        if not position.is_sound:
            return False
        if self._known_completion([token]) is not None:
            return True
        after = self._matcher.deep_copy()
        if not after.consume_token(token):
            return False
        return self._grammar.completion(after, position, self._left - 1, thorough=False) is not None

    def _only(self, tokens: list[int]) -> Any:
        import numpy as np

        allowed = np.zeros(self._grammar.tokenizer.vocab_size, bool)
        allowed[tokens] = True
        return allowed

    def _fail(self, error: ModelError) -> None:
        self.error = self.error or error
        self._ended = True


class OptionalCallProcessor:
    """Applies the grammar of a tool call once the answer has begun as one, and leaves text alone.

    `openings` are the ways in which a call begins, without the spaces. Where no call would fit into `max_tokens`,
    none is expected.
    """

    def __init__(self, grammar: Grammar, max_tokens: int, openings: Sequence[str]) -> None:
        self._call = GrammarProcessor(grammar, max_tokens) if len(grammar.shortest) <= max_tokens else None
        self._decode = grammar.tokenizer.decode_bytes
        self._openings = [opening.encode() for opening in openings]
        self._begun = b""
        self._in_call = False
        self._started = False

    @property
    def error(self) -> ModelError | None:
        """What went wrong, for the caller of this request."""
        return self._call.error if self._call is not None and self._in_call else None

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """The logits as they are, or masked inside a tool call."""
        if self._started and self._call is not None:
            self._watch(self._call, int(tokens[-1]))
        self._started = True
        return self._call.mask(logits) if self._call is not None and self._in_call else logits

    def _watch(self, call: GrammarProcessor, token: int) -> None:
        if not self._in_call and not call.allows(token):
            self._call = None
            return
        call.consume(token)
        self._begun = b"".join((self._begun + self._decode([token])).split()) if not self._in_call else b""
        self._in_call = self._in_call or any(self._begun.startswith(opening) for opening in self._openings)


class MarkedCallsProcessor:
    """Applies the grammar to each tool call in a text, from the token that opens it to the one that closes it.

    Unless there may be `several`, the first call ends the answer.
    """

    def __init__(self, grammar: Grammar, max_tokens: int, opening_id: int, *, several: bool) -> None:
        self._grammar = grammar
        self._several = several
        self._opening_id = opening_id
        self._left = max_tokens
        self._call: GrammarProcessor | None = None
        self._started = False
        self.error: ModelError | None = None

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """The logits as they are, or masked inside a tool call."""
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
            self._call = GrammarProcessor(self._grammar, self._left)


# What a call may bring; each has `error`.
StructuredProcessor = GrammarProcessor | OptionalCallProcessor | MarkedCallsProcessor


def _fit(allowed: Any, vocabulary: int) -> Any:
    """`allowed`, for a model whose vocabulary is larger or smaller than its tokenizer's."""
    import numpy as np

    fitted = np.zeros(vocabulary, bool)
    fitted[: len(allowed)] = allowed[:vocabulary]
    return fitted
