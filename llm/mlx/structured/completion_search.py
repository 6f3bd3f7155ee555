"""Finds short completions of a JSON text that has been begun, under a grammar."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

# What closes a value, best first; inside a string only the quotation mark does.
_CLOSING = ("}", "]", ", ", ",", ": ", ":", '"')
# The shortest beginnings of a value, where nothing can be closed yet.
_BEGINNINGS = (".", "0", "1", "n", "f", "t", "[", "{", "-")
_OTHERS = 12
# Characters of an example that are worth trying one by one, and tokens of an answer that is worth shortening.
_LONG = 2_000
# Completions of up to so many tokens are tried first; a longer one than the last of these is never tried.
_LIMITS = (32, 128, 1024, 32_768)
_FEW_STEPS, _FIRST_STEPS, _STEPS = 300, 4_000, 10_000
# Places of a path that are come back to: each keeps a copy of all that was read.
_BRANCHES = 128
_LETTERS = re.compile(r"[A-Za-z]")

# Nesting and numbers beyond these are cut short: Python's JSON parser has limits, and only a float of at most
# fifteen digits is read as it is written (1.49999999999999999 would be read as 1.5).
_DEEPEST = 40
_LONG_NUMBER = 9
_NUMBER = re.compile(rb"-?(0\.)?[0-9.]{0,16}([eE][+-]?[0-9]{0,2})?")


@dataclass(frozen=True)
class JSONPosition:
    """What the end of a JSON text is inside of: a string, an escape, nested values, a number."""

    quoted: bool = False
    escaped: bool = False
    depth: int = 0
    number: bytes = b""

    def after(self, more: bytes) -> JSONPosition:
        """The position once `more` has been written."""
        quoted, escaped, depth, number = self.quoted, self.escaped, self.depth, self.number
        for value in more:
            if quoted:
                quoted = escaped or value != 0x22
                escaped = not escaped and value == 0x5C
                continue
            quoted = value == 0x22
            depth += (value in b"[{") - (value in b"]}")
            number = number + bytes([value]) if value in b"-+.0123456789eE" else b""
        return JSONPosition(quoted, escaped, depth, number)

    @property
    def is_risky(self) -> bool:
        """Whether the next token must be checked before it is written."""
        number = self.number
        return self.depth >= _DEEPEST or len(number) > _LONG_NUMBER or b"e" in number or b"E" in number

    @property
    def is_sound(self) -> bool:
        """Whether the text so far is within the limits of JSON parsers."""
        return self.depth <= _DEEPEST and (not self.number or _NUMBER.fullmatch(self.number) is not None)


class CompletionSearch:
    """Searches for completions under one grammar.

    `example` is an answer, or much like one; `pieces` are texts that may end a string: without them nothing would
    be found where a pattern lets any text come first.
    """

    def __init__(
        self, tokenizer: LLTokenizer, stop_ids: list[int], example: str, pieces: Sequence[str] = ()
    ) -> None:
        self._tokenizer = tokenizer
        self._example = example
        self._stop_ids = stop_ids
        self._quote = self._ids('"')
        self._closing = self._ids(*_CLOSING)
        self._beginnings = self._ids(*_BEGINNINGS)
        # In recursive schemas, the later of two choices usually leaves less to write.
        letters = sorted(set(_LETTERS.findall("".join([example, *pieces]))))
        self._promising = [*reversed(tokenizer.tokenize_str(example[:_LONG])), *self._ids(*letters)]
        self._pieces = [tokenizer.tokenize_str(piece) for piece in pieces]

    def _ids(self, *texts: str) -> list[int]:
        found = [self._tokenizer.tokenize_str(text) for text in texts]
        return [ids[0] for ids in found if len(ids) == 1]

    def shortest(self, start: LLMatcher) -> list[int] | None:
        """About the shortest whole answer: the example, or the first that is found, and shorter ones if there are.

        None if none is found within a number of steps: well under a second.
        """
        best = self._known(start) or self._find(start, JSONPosition(), _LIMITS[-1], _FIRST_STEPS)
        steps = [_STEPS // 4]
        while (
            best
            and len(best) <= _LONG
            and (shorter := self._search(start, JSONPosition(), len(best) - 1, 1, steps))
        ):
            best = shorter
        return best

    def _known(self, start: LLMatcher) -> list[int] | None:
        """The example, if it is an answer; marks of a tool call in it are tokens."""
        for special in (False, True):
            tokens = self._tokenizer.tokenize_str(self._example, parse_special=special)
            if tokens and start.validate_tokens(tokens) == len(tokens):
                after = start.deep_copy()
                after.consume_tokens(tokens)
                if after.is_accepting():
                    return [*tokens, self._stop_ids[0]]
        return None

    def find(
        self, matcher: LLMatcher, position: JSONPosition, limit: int, *, thorough: bool = True
    ) -> list[int] | None:
        """Tokens that complete the text `matcher` has read, the end token last; None if `limit` is too small."""
        if not thorough:
            return self._search(matcher, position, limit, 0, [_FEW_STEPS])
        return self._find(matcher, position, limit, _STEPS)

    def _find(self, matcher: LLMatcher, position: JSONPosition, limit: int, most_steps: int) -> list[int] | None:
        # Where a completion must be long, straight paths of every length come before those with a detour.
        for spare in (0, 1):
            steps = [most_steps]
            for shorter in sorted({min(limit, step) for step in _LIMITS}):
                found = self._search(matcher, position, shorter, spare, steps)
                if found is not None:
                    return found
        return None

    def _search(
        self, matcher: LLMatcher, position: JSONPosition, limit: int, spare: int, steps: list[int]
    ) -> list[int] | None:
        """Follow the most promising choice at each step, but for `spare` times (limited discrepancy search).

        `steps` is a budget that every state looked at counts down.
        """
        matcher = matcher.deep_copy()
        tokens: list[int] = []
        branches: list[tuple[LLMatcher, JSONPosition, int, list[int]]] = []
        skipped, patience = 0, 4
        while len(tokens) < limit and steps[0] > 0:
            steps[0] -= 1
            if matcher.is_accepting():
                return [*tokens, self._stop_ids[0]]
            path = matcher.compute_ff_tokens()
            if not path:
                choices = self._choices(matcher, position)
                if spare and len(branches) < _BRANCHES:
                    branches.append((matcher.deep_copy(), position, len(tokens), choices))
                path = choices[:1]
                if skipped:
                    skipped -= 1
                elif path and not self._closes(path[0], position):
                    ahead = self._look_ahead(matcher, position, choices, steps)
                    # Where looking ahead found nothing, it will not for some more tokens.
                    skipped, patience = (0, 4) if ahead else (patience, 2 * patience)
                    path = ahead or path
            if not path or not matcher.consume_tokens(path):
                break
            tokens += path
            position = position.after(self._tokenizer.decode_bytes(path))
        return self._with_one_change(branches, tokens, limit, spare - 1, steps)

    def _with_one_change(
        self,
        branches: list[tuple[LLMatcher, JSONPosition, int, list[int]]],
        tokens: list[int],
        limit: int,
        spare: int,
        steps: list[int],
    ) -> list[int] | None:
        """The same path with one choice changed, the earliest first."""
        for before, position, length, choices in branches:
            for choice in choices:
                branch = before.deep_copy()
                if steps[0] > 0 and [choice] != tokens[length : length + 1] and branch.consume_token(choice):
                    after = position.after(self._tokenizer.decode_bytes([choice]))
                    rest = self._search(branch, after, limit - length - 1, spare, steps)
                    if rest is not None:
                        return [*tokens[:length], choice, *rest]
        return None

    def _look_ahead(
        self, matcher: LLMatcher, position: JSONPosition, choices: list[int], steps: list[int]
    ) -> list[int] | None:
        """One or two tokens after which a value can be closed, or the next token is forced."""
        few = choices[:_OTHERS]
        if position.quoted:
            for piece in self._pieces:
                if self._leads_on(matcher, position, piece):
                    return piece
        for path in [*([token] for token in choices), *([one, two] for one, two in product(few, few))]:
            steps[0] -= 1
            if self._leads_on(matcher, position, path):
                return path
        return None

    def _leads_on(self, matcher: LLMatcher, position: JSONPosition, tokens: list[int]) -> bool:
        if matcher.validate_tokens(tokens) < len(tokens):
            return False
        after = matcher.deep_copy()
        after.consume_tokens(tokens)
        if after.is_accepting() or after.compute_ff_tokens():
            return True
        quoted = position.after(self._tokenizer.decode_bytes(tokens)).quoted
        closing = self._quote if quoted else self._closing
        return any(after.validate_tokens([token]) for token in closing)

    def _closes(self, token: int, position: JSONPosition) -> bool:
        return token in (self._quote if position.quoted else self._closing)

    def _choices(self, matcher: LLMatcher, position: JSONPosition) -> list[int]:
        import numpy as np

        allowed = allowed_tokens(matcher)
        allowed[self._stop_ids] = False
        others = np.flatnonzero(allowed)[:_OTHERS].tolist()
        closing = self._quote if position.quoted else self._closing
        ordered = dict.fromkeys([*closing, *self._beginnings, *self._promising, *others])
        return [token for token in ordered if allowed[token]]


def allowed_tokens(matcher: LLMatcher) -> Any:
    """Which tokens may come next: booleans (vocabulary,)."""
    import numpy as np

    return np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little").view(bool)
