"""Grammars over the tokens of a checkpoint, compiled by llguidance, each of them once."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from llm.errors import InvalidRequestError, UnsupportedModelError, reason
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.completion_search import CompletionSearch, JSONPosition

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

# The most recently used grammars are kept.
_KEPT = 64

# As `json.dumps` writes. There is one way to write each character: a name written in two ways would be two names.
_JSON_STYLE = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "json_allowed_escapes": '"\\bfnrt',
}


class GrammarCompiler:
    """Compiles grammars for the tokens of one checkpoint.

    Raises:
        UnsupportedModelError: llguidance cannot read tokenizers of this kind.
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
                f"Structured output does not work with the tokenizer of {checkpoint.model}: {reason(error)}.",
                "Tools and structured output need a checkpoint with a tokenizer.json.",
            ) from error
        self._compiled: OrderedDict[str, Grammar] = OrderedDict()
        self._lock = Lock()

    def compile(self, lark: str, growth: int, example: str, pieces: Sequence[str] = ()) -> Grammar:
        """The grammar that `lark` describes; `growth`, `example` and `pieces` are those of GrammarRules.

        Raises:
            InvalidRequestError: it has something that llguidance does not support, or no answer follows it.
        """
        with self._lock:
            grammar = self._compiled.get(lark)
            if grammar is None:
                grammar = self._compiled[lark] = Grammar(self, lark, growth, example, pieces)
                if len(self._compiled) > _KEPT:
                    self._compiled.popitem(last=False)
            self._compiled.move_to_end(lark)
            return grammar


_compilers: WeakKeyDictionary[Checkpoint, GrammarCompiler] = WeakKeyDictionary()
_compilers_lock = Lock()


def compiler_for(checkpoint: Checkpoint) -> GrammarCompiler:
    """The compiler of `checkpoint`. There is one, because reading a large vocabulary takes a second."""
    with _compilers_lock:
        compiler = _compilers.get(checkpoint)
        if compiler is None:
            compiler = _compilers[checkpoint] = GrammarCompiler(checkpoint)
        return compiler


class Grammar:
    """A compiled grammar, and the shortest answer that follows it."""

    def __init__(
        self, compiler: GrammarCompiler, lark: str, growth: int, example: str, pieces: Sequence[str]
    ) -> None:
        from llguidance import LLMatcher

        self.tokenizer = compiler.tokenizer
        self.stop_ids = compiler.stop_ids
        # Beyond what the schema says: brackets that one token opens, and the frame of a tool call.
        self.growth = growth + 32
        self._start = LLMatcher(self.tokenizer, LLMatcher.grammar_from_lark(lark), log_level=0)
        if self._start.is_error():
            problem = self._start.get_error().splitlines()[0].rstrip(".:")
            raise InvalidRequestError(f"Decoding cannot enforce this JSON schema: {problem}.")
        self._search = CompletionSearch(self.tokenizer, self.stop_ids, example, pieces)
        shortest = self._search.shortest(self._start)
        if shortest is None:
            raise InvalidRequestError(
                "Decoding cannot enforce this JSON schema: no answer that follows it was found."
            )
        self.shortest = shortest

    def matcher(self) -> LLMatcher:
        """A matcher at the beginning of an answer."""
        return self._start.deep_copy()

    def completion(
        self, matcher: LLMatcher, position: JSONPosition, limit: int, *, thorough: bool = True
    ) -> list[int] | None:
        """Tokens that complete the text `matcher` has read, the end token last; None if `limit` is too small."""
        return self._search.find(matcher, position, limit, thorough=thorough)


def json_rule(schema: dict[str, Any]) -> str:
    """The right-hand side of a grammar rule: JSON that satisfies `schema`, which is a strict one."""
    return "%json " + json.dumps({**schema, "x-guidance": _JSON_STYLE})


def literal(text: str) -> str:
    """The right-hand side of a grammar rule: `text` itself."""
    return json.dumps(text, ensure_ascii=False)
