"""Drafts of an answer from its own prompt: what followed the last tokens there may follow them here.

Prompt lookup (apoorvumang/prompt-lookup-decoding, 2023), as n-gram speculation in vLLM: no second model. A summary
repeats names, numbers and phrases of its document, and small models repeat themselves. Pure arithmetic on token
ids; what a draft is worth is for `ragged_batch.py` to decide.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from llm.mlx.engine.prefix_cache import common_length

Tokens = npt.NDArray[np.int64]

# Places of the prompt, and of the answer, that are compared with the answer's end: the last ones.
_PLACES = 48

# Tokens of context that are compared. Two are a match; the more agree, the likelier is what follows.
_SHORTEST, _LONGEST = 2, 8

# A prompt that begins like another by less is indexed by itself.
_WORTH_SHARING = 64

# Prompts whose indexes are kept for those that begin alike.
_KEPT = 16

# Indexes that are asked, one after the other, for one prompt.
_DEEPEST = 4

# Tokens differ by less than this: two of them make one number.
_BASE = 2**31

# How likely a drafted token is accepted after a context of 2, 3, … tokens, before this answer has shown it; and
# how many tokens of experience that is worth. Measured on summaries by small models (benchmarks/LOG.md).
_EXPECTED = np.array([0.35, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85])
_WEIGHT = 2.0

# Experience fades by this with every token of the answer: a row whose drafts failed tries again.
_FADING = 0.99

# Forward passes that a row may lose to drafts, whatever it decodes, and the share of its tokens besides.
_MAY_LOSE, _MAY_LOSE_SHARE = 0.5, 0.005

# Forward passes won that are held against later losses.
_MOST_SAVED = 4.0


class PromptIndex:
    """Where each pair of tokens stands in a prompt (T,).

    The first `shared` tokens may be looked up in the index of another prompt that begins with them.
    """

    def __init__(self, prompt: Sequence[int], base: PromptIndex | None = None, shared: int = 0) -> None:
        self.prompt = prompt
        self.tokens: Tokens = np.asarray(prompt, dtype=np.int64)
        self._base = base if shared else None
        self._shared = shared if base is not None else 0
        self._depth: int = 0 if self._base is None else self._base._depth + 1
        self._first = max(self._shared - 1, 0)
        codes = self.tokens[self._first : -1] * _BASE + self.tokens[self._first + 1 :]
        order = np.argsort(codes, kind="stable")
        self._codes, self._places = codes[order], order + self._first + 1
        self._known = frozenset(codes.tolist())

    def part(self, length: int) -> PromptIndex | None:
        """The index that the first `length` tokens are in; None if many others would have to be asked with it."""
        if self._base is not None and length <= self._shared:
            return self._base.part(length)
        return self if self._depth < _DEEPEST else None

    def may_have(self, code: int) -> bool:
        """Whether two tokens, as one number, can stand in the prompt. A tenth of the time of a look at where."""
        return code in self._known or (self._base is not None and self._base.may_have(code))

    def places(self, first: int, second: int, before: int | None = None) -> Tokens:
        """Positions of `second` where it follows `first`, ascending, all less than `before`; the last few."""
        code = first * _BASE + second
        left, right = np.searchsorted(self._codes, [code, code + 1])
        found: Tokens = self._places[left:right]
        if before is not None:
            found = found[: int(np.searchsorted(found, before))]
        found = found[-_PLACES:]
        if self._base is None or len(found) == _PLACES:
            return found
        shared = self._shared if before is None else min(self._shared, before)
        return np.concatenate([self._base.places(first, second, shared), found])[-_PLACES:]


class PromptIndexes:
    """The indexes of the last prompts. What a prompt begins with in common with one of them is not read again."""

    def __init__(self) -> None:
        self._kept: deque[PromptIndex] = deque(maxlen=_KEPT)

    def of(self, prompt: Sequence[int]) -> PromptIndex:
        """The index of `prompt`."""
        shared, base = 0, None
        for index in self._kept:
            length = common_length(index.prompt, prompt)
            if length > shared:
                shared, base = length, index
        if base is not None and shared == len(prompt) == len(base.prompt):
            return base
        made = PromptIndex(prompt, base and base.part(shared), shared if shared >= _WORTH_SHARING else 0)
        self._kept.append(made)
        return made

    def clear(self) -> None:
        """Forget all prompts."""
        self._kept.clear()


class Drafter:
    """Drafts for one answer, and what became of them.

    `index`: of its prompt; `most`: tokens that the answer may have.
    """

    def __init__(self, index: PromptIndex, most: int) -> None:
        self._index = index
        self._read = len(index.tokens)
        self._history: Tokens = np.empty(self._read + min(most, 256), dtype=np.int64)
        self._history[: self._read] = index.tokens
        self._end = self._read
        self._accepted = _WEIGHT * _EXPECTED
        self._tried = np.full(len(_EXPECTED), _WEIGHT)
        self._saved = 0.0
        self._context = 0
        # Pairs of the answer, as numbers, but for the last; and tokens since experience faded.
        self._said: set[int] = set()
        self._code = _code(index.tokens[-2:].tolist())
        self._unfaded = 0

    def take(self, token: int) -> None:
        """The answer's next token."""
        if self._end == len(self._history):
            self._history = np.concatenate([self._history, np.empty(self._end // 2 + 1, dtype=np.int64)])
        self._history[self._end] = token
        self._end += 1
        self._said.add(self._code)
        self._code = self._code % _BASE * _BASE + token
        self._unfaded += 1

    @property
    def has_paid(self) -> bool:
        """Whether drafts have saved more than they cost so far."""
        return self._saved > 0

    def propose(self, most: int) -> tuple[list[int], list[float]]:
        """A draft of up to `most` tokens, and for each how likely it is accepted together with those before."""
        answered = self._end - self._read
        if most < 1 or self._end < _SHORTEST or self._saved < -(_MAY_LOSE + _MAY_LOSE_SHARE * answered):
            return [], []
        if self._code not in self._said and not self._index.may_have(self._code):
            return [], []
        self._fade()
        place, self._context = self._longest()
        if place is None:
            return [], []
        followers = self._history[place + 1 : min(place + 1 + most, self._end)]
        draft = np.resize(followers, most)  # a text that repeats itself goes on doing so
        length = np.minimum(np.arange(self._context, self._context + most), _LONGEST) - _SHORTEST
        return draft.tolist(), np.cumprod(self._accepted[length] / self._tried[length]).tolist()

    def learn(self, drafted: int, accepted: int, cost: float) -> None:
        """`accepted` of `drafted` tokens were right; `cost`: the passes that trying took beside a plain one."""
        self._fade()
        for position in range(min(accepted + 1, drafted)):
            length = min(self._context + position, _LONGEST) - _SHORTEST
            self._tried[length] += 1
            self._accepted[length] += position < accepted
        self._saved = min(self._saved + accepted - cost, _MOST_SAVED)

    def _fade(self) -> None:
        kept = _FADING**self._unfaded
        self._accepted = _WEIGHT * _EXPECTED + kept * (self._accepted - _WEIGHT * _EXPECTED)
        self._tried = _WEIGHT + kept * (self._tried - _WEIGHT)
        self._unfaded = 0

    def _longest(self) -> tuple[int | None, int]:
        """The last of the places whose context agrees furthest with the end of the answer, and how far."""
        history, end = self._history[: self._end], self._end
        first, second = int(history[-2]), int(history[-1])
        places = self._index.places(first, second)
        written = history[self._read - 1 : -1]  # what followed the prompt, itself looked up
        again = np.flatnonzero((written[1:] == second) & (written[:-1] == first))[-_PLACES:] + self._read
        places = np.concatenate([places, again])
        places = places[places < end - 1]
        if not len(places):
            return None, 0
        agree = np.full(len(places), _SHORTEST)
        going = np.ones(len(places), dtype=bool)
        for back in range(_SHORTEST, min(_LONGEST, end)):
            going &= (places >= back) & (history[np.maximum(places - back, 0)] == history[end - 1 - back])
            if not going.any():
                break
            agree += going
        best = len(places) - 1 - int(np.argmax(agree[::-1]))
        return int(places[best]), int(agree[best])


def _code(tokens: Sequence[int]) -> int:
    """The last two tokens as one number."""
    return sum(token * _BASE**place for place, token in enumerate(reversed(tokens)))
