"""Short ways to end a JSON text that has been begun. Knows tokens and parsers; nothing of requests or models."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer

# What closes something, best first; inside a string only the quotation mark does.
_CLOSING = ("}", "]", ", ", ",", ": ", ":", '"')
# The least that can be said where nothing can be closed yet.
_LEAST = (".", "0", "1", "n", "f", "t", "[", "{", "-")
_OTHERS = 12
# Endings are looked for among the short ones first; one longer than the last of these is not looked for.
_LIMITS = (32, 128, 1024, 32_768)
_FEW_STEPS, _STEPS, _MOST_STEPS = 300, 10_000, 100_000
_LETTERS = re.compile(r"[A-Za-z]")

# Deeper nesting, or longer numbers, than anyone means: Python's JSON reader has limits, and a float of at
# most fifteen digits reads as it is written (1.49999999999999999 would read as 1.5).
_DEEPEST = 40
_LONG_NUMBER = 9
_NUMBER = re.compile(rb"-?(0\.)?[0-9.]{0,16}([eE][+-]?[0-9]{0,2})?")


@dataclass(frozen=True)
class Place:
    """Where in a JSON text its end is."""

    quoted: bool = False
    escaped: bool = False
    depth: int = 0
    number: bytes = b""

    def after(self, more: bytes) -> Place:
        """Where the end is once `more` has been written."""
        quoted, escaped, depth, number = self.quoted, self.escaped, self.depth, self.number
        for value in more:
            if quoted:
                quoted = escaped or value != 0x22
                escaped = not escaped and value == 0x5C
                continue
            quoted = value == 0x22
            depth += (value in b"[{") - (value in b"]}")
            number = number + bytes([value]) if value in b"-+.0123456789eE" else b""
        return Place(quoted, escaped, depth, number)

    @property
    def odd(self) -> bool:
        """Whether what follows should be looked at before it is written."""
        number = self.number
        return self.depth >= _DEEPEST or len(number) > _LONG_NUMBER or b"e" in number or b"E" in number

    @property
    def sound(self) -> bool:
        """Whether the text so far is one that any reader takes."""
        return self.depth <= _DEEPEST and (not self.number or _NUMBER.fullmatch(self.number) is not None)


class Endings:
    """Finds endings under one grammar; `hint` is a text whose parts are worth trying."""

    def __init__(self, tokenizer: LLTokenizer, stop_ids: list[int], hint: str) -> None:
        self._tokenizer = tokenizer
        self._stop_ids = stop_ids
        self._quote = self._ids('"')
        self._closing = self._ids(*_CLOSING)
        self._least = self._ids(*_LEAST)
        # The later a choice, the less there is to say after it, where things hold things of their own kind.
        self._liked = [*reversed(tokenizer.tokenize_str(hint)), *self._ids(*sorted(set(_LETTERS.findall(hint))))]

    def _ids(self, *texts: str) -> list[int]:
        found = [self._tokenizer.tokenize_str(text) for text in texts]
        return [ids[0] for ids in found if len(ids) == 1]

    def shortest(self, start: LLMatcher) -> list[int] | None:
        """The first way out of a whole answer, and shorter ones for as long as there are any."""
        best = self._find(start, Place(), _LIMITS[-1], _MOST_STEPS)
        steps = [_STEPS // 4]
        while best and (shorter := self._search(start, Place(), len(best) - 1, 1, steps)):
            best = shorter
        return best

    def find(self, matcher: LLMatcher, place: Place, limit: int, *, thorough: bool = True) -> list[int] | None:
        """Tokens that end the text from where `matcher` stands, the end token last; None: not in `limit`."""
        if not thorough:
            return self._search(matcher, place, limit, 0, [_FEW_STEPS])
        return self._find(matcher, place, limit, _STEPS)

    def _find(self, matcher: LLMatcher, place: Place, limit: int, most_steps: int) -> list[int] | None:
        # What must be long has no other way: that is not to be tried before the straight one is at its end.
        for spare in (0, 1):
            for shorter in sorted({min(limit, step) for step in _LIMITS}):
                found = self._search(matcher, place, shorter, spare, [most_steps])
                if found is not None:
                    return found
        return None

    def _search(
        self, matcher: LLMatcher, place: Place, limit: int, spare: int, steps: list[int]
    ) -> list[int] | None:
        """Take the best-looking way at each place, all but `spare` times (limited discrepancy search).

        `steps` counts down what may still be looked at.
        """
        matcher = matcher.deep_copy()
        tokens: list[int] = []
        places: list[tuple[LLMatcher, Place, int, list[int]]] = []
        blind, patience = 0, 4
        while len(tokens) < limit and steps[0] > 0:
            steps[0] -= 1
            if matcher.is_accepting():
                return [*tokens, self._stop_ids[0]]
            way = matcher.compute_ff_tokens()
            if not way:
                choices = self._choices(matcher, place)
                if spare:
                    places.append((matcher.deep_copy(), place, len(tokens), choices))
                way = choices[:1]
                if blind:
                    blind -= 1
                elif way and not self._closes(way[0], place):
                    ahead = self._look_ahead(matcher, place, choices, steps)
                    # Where looking ahead was in vain, it will be for some letters more.
                    blind, patience = (0, 4) if ahead else (patience, 2 * patience)
                    way = ahead or way
            if not way or not matcher.consume_tokens(way):
                break
            tokens += way
            place = place.after(self._tokenizer.decode_bytes(way))
        return self._elsewhere(places, tokens, limit, spare - 1, steps)

    def _elsewhere(
        self,
        places: list[tuple[LLMatcher, Place, int, list[int]]],
        tokens: list[int],
        limit: int,
        spare: int,
        steps: list[int],
    ) -> list[int] | None:
        """The same way with one choice changed, the earliest first."""
        for before, place, length, choices in places:
            for choice in choices:
                branch = before.deep_copy()
                if steps[0] > 0 and [choice] != tokens[length : length + 1] and branch.consume_token(choice):
                    after = place.after(self._tokenizer.decode_bytes([choice]))
                    rest = self._search(branch, after, limit - length - 1, spare, steps)
                    if rest is not None:
                        return [*tokens[:length], choice, *rest]
        return None

    def _look_ahead(
        self, matcher: LLMatcher, place: Place, choices: list[int], steps: list[int]
    ) -> list[int] | None:
        """One or two tokens after which something can be closed or is forced."""
        few = choices[:_OTHERS]
        for way in [*([token] for token in choices), *([one, two] for one, two in product(few, few))]:
            steps[0] -= 1
            if self._opens_a_way(matcher, place, way):
                return way
        return None

    def _opens_a_way(self, matcher: LLMatcher, place: Place, tokens: list[int]) -> bool:
        if matcher.validate_tokens(tokens) < len(tokens):
            return False
        after = matcher.deep_copy()
        after.consume_tokens(tokens)
        if after.is_accepting() or after.compute_ff_tokens():
            return True
        quoted = place.after(self._tokenizer.decode_bytes(tokens)).quoted
        closing = self._quote if quoted else self._closing
        return any(after.validate_tokens([token]) for token in closing)

    def _closes(self, token: int, place: Place) -> bool:
        return token in (self._quote if place.quoted else self._closing)

    def _choices(self, matcher: LLMatcher, place: Place) -> list[int]:
        import numpy as np

        allowed = allowed_tokens(matcher)
        allowed[self._stop_ids] = False
        others = np.flatnonzero(allowed)[:_OTHERS].tolist()
        closing = self._quote if place.quoted else self._closing
        ordered = dict.fromkeys([*closing, *self._least, *self._liked, *others])
        return [token for token in ordered if allowed[token]]


def allowed_tokens(matcher: LLMatcher) -> Any:
    """Which tokens may come next: booleans (vocabulary,)."""
    import numpy as np

    return np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little").view(bool)
