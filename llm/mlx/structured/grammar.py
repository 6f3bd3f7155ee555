"""Grammars over a checkpoint's tokens. Knows nothing of requests.

llguidance does the parsing; each grammar is compiled once per checkpoint.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from llm.errors import InvalidRequestError, UnsupportedModelError, reason
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.completion_search import Endings, Place

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

_KEPT = 64


class Grammars:
    """The grammars of one checkpoint.

    Raises:
        UnsupportedModelError: the tokenizer is of a kind whose tokens cannot be read.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        from llguidance.hf import from_tokenizer

        self.stop_ids = list(checkpoint.stop_ids)
        try:
            with checkpoint.tokenizer_lock:
                inner = checkpoint.tokenizer._tokenizer
                self.tokenizer: LLTokenizer = from_tokenizer(inner, eos_token=self.stop_ids)
        except ValueError as error:
            raise UnsupportedModelError(
                f"The tokenizer of {checkpoint.model} cannot be held to a grammar: {reason(error)}.",
                "Tool choice and structured output need a checkpoint with a tokenizer.json.",
            ) from error
        self._made: OrderedDict[str, Grammar] = OrderedDict()
        self._lock = Lock()

    def compile(self, lark: str, room: int, hint: str) -> Grammar:
        """The grammar that `lark` describes; `room` and `hint` as in llm.schema.

        Raises:
            InvalidRequestError: it holds something that llguidance does not support.
        """
        with self._lock:
            grammar = self._made.get(lark)
            if grammar is None:
                grammar = self._made[lark] = Grammar(self, lark, room, hint)
                if len(self._made) > _KEPT:
                    self._made.popitem(last=False)
            self._made.move_to_end(lark)
            return grammar


_grammars: WeakKeyDictionary[Checkpoint, Grammars] = WeakKeyDictionary()
_grammars_lock = Lock()


def grammars_for(checkpoint: Checkpoint) -> Grammars:
    """The grammars of `checkpoint`: reading a large vocabulary takes a second, so it is done once."""
    with _grammars_lock:
        found = _grammars.get(checkpoint)
        if found is None:
            found = _grammars[checkpoint] = Grammars(checkpoint)
        return found


class Grammar:
    """A compiled grammar and its shortest answer."""

    def __init__(self, grammars: Grammars, lark: str, room: int, hint: str) -> None:
        from llguidance import LLMatcher

        self.tokenizer = grammars.tokenizer
        self.stop_ids = grammars.stop_ids
        # Letters beyond what the schema says: brackets that one token opens, the frame of a tool call.
        self.room = room + 32
        self._start = LLMatcher(self.tokenizer, LLMatcher.grammar_from_lark(lark), log_level=0)
        if self._start.is_error():
            reason = self._start.get_error().splitlines()[0].rstrip(".:")
            raise InvalidRequestError(f"Answers cannot be held to this JSON schema: {reason}.")
        self._endings = Endings(self.tokenizer, self.stop_ids, hint)
        shortest = self._endings.shortest(self._start)
        if shortest is None:
            raise InvalidRequestError("Answers cannot be held to this JSON schema: no answer to it was found.")
        self.shortest = shortest

    def matcher(self) -> LLMatcher:
        """A matcher at the beginning of an answer."""
        return self._start.deep_copy()

    def ending(self, matcher: LLMatcher, place: Place, limit: int, *, thorough: bool = True) -> list[int] | None:
        """Tokens that end the answer from where `matcher` stands, the end token last; None: not in `limit`."""
        return self._endings.find(matcher, place, limit, thorough=thorough)


def literal(text: str) -> str:
    """`text` in a grammar rule."""
    return json.dumps(text, ensure_ascii=False)
