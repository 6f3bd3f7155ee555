"""Which sentences of a text matter most: TextRank over shared terms. Knows nothing of models or prompts.

The graph of TextRank (Mihalcea & Tarau, EMNLP 2004) joins every two sentences by how alike they are.
With the cosine of weighted terms as likeness its matrix is S = X Xᵀ - I, so a step of PageRank is two
products with the sparse X and S is never written down: memory grows with the words of the text.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import regex

from llm.language.words import ASCII_WORDS, STOP_WORDS, WORDS, normal, pairs, stem

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_DAMPING = 0.85
_ROUNDS = 4  # more of them change hardly any choice
_SAID_AGAIN = 0.2  # what a term is worth each time it comes again
_NOTHING_NEW = 0.3
_LONGEST_CHAIN = 3  # sentences that lean on one another
_FEWEST_STRETCHES, _MOST_STRETCHES, _STRETCH_TOKENS = 3, 5, 140
_NEAR = 0.4  # of a stretch: how far from its even end a section may begin and be its end
_TOKEN = regex.compile(WORDS)
_ASCII_TOKEN = re.compile(ASCII_WORDS)
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")


def terms(text: str, language: str = "en") -> list[str]:
    """What of a text can be shared with another.

    Words lose their endings; Korean words, whose particles vary, and scripts without spaces are taken as pairs
    of neighbouring characters.
    """
    if text.isascii():
        return [term for word in _ASCII_TOKEN.findall(text) for term in _terms(word, "word", language)]
    return [term for match in _TOKEN.finditer(text) for term in _terms(match[0], str(match.lastgroup), language)]


@lru_cache(maxsize=100_000)
def _terms(token: str, kind: str, language: str) -> tuple[str, ...]:
    word = normal(token)
    if kind != "word":
        return tuple(pair for pair in pairs(word) if not _HIRAGANA.fullmatch(pair))
    return () if len(word) < 2 or word in STOP_WORDS else (stem(word, language),)


class TermMatrix:
    """Sentences by terms, TF-IDF weights, rows of length 1 (or 0): the sparse X, as three flat arrays."""

    def __init__(self, texts: Sequence[str], language: str = "en") -> None:
        import numpy as np

        counts = [Counter(terms(text, language)) for text in texts]
        vocabulary: dict[str, int] = {}
        for count in counts:
            for term in count:
                vocabulary.setdefault(term, len(vocabulary))
        self.vocabulary = vocabulary
        sizes = [len(count) for count in counts]
        self.rows = np.repeat(np.arange(len(texts)), sizes)
        self.columns = np.array([vocabulary[term] for count in counts for term in count], dtype=np.int64)
        often = np.array([n for count in counts for n in count.values()], dtype=np.float64)
        self.starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
        self.shape = (len(texts), len(vocabulary))
        holders = np.bincount(self.columns, minlength=self.shape[1])
        self.heard = dict(zip(vocabulary, holders.tolist(), strict=True))  # how many sentences hold a term
        rarity: Floats = np.log(1 + len(texts) / np.maximum(holders, 1))
        weights: Floats = (1 + np.log(often)) * rarity[self.columns]
        lengths = np.sqrt(np.bincount(self.rows, weights**2, minlength=self.shape[0]))
        self.weights: Floats = weights / lengths[self.rows]

    def row(self, i: int) -> tuple[NDArray[np.int64], Floats]:
        """Columns and weights of sentence i."""
        span = slice(self.starts[i], self.starts[i + 1])
        return self.columns[span], self.weights[span]

    def holds(self, terms: Set[str]) -> Floats:
        """How many of the terms each sentence holds. (n,)"""
        import numpy as np

        wanted = np.array([term in terms for term in self.vocabulary], dtype=np.float64)
        # Not of integers: without any row, bincount forgets its weights.
        found: Floats = np.bincount(self.rows, wanted[self.columns], minlength=self.shape[0]).astype(np.float64)
        return found

    def share(self, terms: Set[str]) -> Floats:
        """The share of each sentence's terms that are among these. (n,)"""
        import numpy as np

        return self.holds(terms) / np.maximum(np.diff(self.starts), 1)

    def neighbours(self, mass: Floats) -> Floats:
        """S · mass: what every sentence receives from those it is like. (n,) -> (n,)"""
        import numpy as np

        by_term = np.bincount(self.columns, self.weights * mass[self.rows], minlength=self.shape[1])
        back = np.bincount(self.rows, self.weights * by_term[self.columns], minlength=self.shape[0])
        return np.maximum(back - mass * (self.starts[1:] > self.starts[:-1]), 0.0)


def rank(matrix: TermMatrix, prior: Floats) -> Floats:
    """PageRank of every sentence, mean 1; the walk starts again at sentences by their `prior`. (n,)"""
    import numpy as np

    n = matrix.shape[0]
    start = prior / prior.sum() if prior.sum() > 0 else np.full(n, 1 / n)
    degree = matrix.neighbours(np.ones(n))
    share = np.divide(1.0, degree, out=np.zeros(n), where=degree > 1e-9)
    score = start
    for _ in range(_ROUNDS):
        moved = matrix.neighbours(score * share)
        score = _DAMPING * moved + (1 - _DAMPING * moved.sum()) * start
    return score * n


class Candidates(NamedTuple):
    """The sentences that may be chosen, in the order of the text, and what is known of each."""

    scores: Floats
    costs: Sequence[int]
    parts: Sequence[int]  # the block that it stands in
    borders: Sequence[int] = ()  # which of them begin a section
    before: Mapping[
        int, int | None
    ] = {}  # of those that lean on the sentence before them: which it is, if it is here


def pick(matrix: TermMatrix, candidates: Candidates, budget: int) -> list[int]:
    """The indices of the sentences to keep, in the order of choice, within the budget.

    The best, and little said twice: greedy by score × share of new terms, where a term that has been said is worth
    less from then on (after SumBasic, Nenkova & Vanderwende 2005). Where two thirds of the budget are enough,
    every part first gets a sentence, so that no part of a list of summaries is silent; if not, or if there
    are fewer than three parts, every stretch of the text does: three of them, five where there is room. A
    sentence that leans on another comes with it or not at all, as long as there are others.
    """
    choice = _Choice(matrix, candidates, budget)
    scores, costs = candidates.scores, candidates.costs
    groups = [_members(candidates.parts)] if len({*candidates.parts}) > 2 else []
    most = max(_FEWEST_STRETCHES, min(_MOST_STRETCHES, budget // _STRETCH_TOKENS))
    groups += [
        _stretches(len(costs), candidates.borders, count) for count in range(most, _FEWEST_STRETCHES - 1, -1)
    ]
    for members_of in groups:
        leaders = [max(members, key=lambda i: (scores[i], -i)) for members in members_of]
        if 3 * sum(costs[i] for i in leaders) <= 2 * budget:
            for i in leaders:
                choice.take(i)
            break
    choice.fill()
    if 2 * choice.left > budget:
        choice.before = {}
        choice.fill()
    return choice.taken


def _stretches(length: int, borders: Sequence[int], count: int) -> list[Sequence[int]]:
    """So many stretches of about the same length, cut where a section begins if that is near."""
    cuts = [0]
    for k in range(1, count):
        even = length * k // count
        nearest = min(borders, key=lambda border: abs(border - even), default=even)
        cuts.append(nearest if abs(nearest - even) < _NEAR * length / count else even)
    return [range(start, end) for start, end in pairwise([*cuts, length]) if start < end]


def _members(parts: Sequence[int]) -> list[Sequence[int]]:
    members: dict[int, list[int]] = {}
    for i, part in enumerate(parts):
        members.setdefault(part, []).append(i)
    return [*members.values()]


class _Choice:
    """Sentences taken so far, what they said, and the budget that is left."""

    def __init__(self, matrix: TermMatrix, candidates: Candidates, budget: int) -> None:
        import numpy as np

        self.matrix, self.scores, self.costs = matrix, candidates.scores, candidates.costs
        self.before = candidates.before
        self.budget = self.left = budget
        self.taken: list[int] = []
        self.fresh = np.ones(matrix.shape[1])

    def news(self, i: int) -> float:
        """How much of sentence i has not been said: from 1 down to what repeating is worth."""
        columns, weights = self.matrix.row(i)
        return float((weights**2 * self.fresh[columns]).sum()) if len(columns) else _SAID_AGAIN

    def take(self, i: int) -> None:
        """Take sentence i and what it leans on, unless that does not fit or says nothing new."""
        together = self._with_support(i)
        if sum(self.costs[k] for k in together) > self.left or (self.taken and self.news(i) <= _NOTHING_NEW):
            return
        for k in together:
            self.taken.append(k)
            self.left -= self.costs[k]
            self.fresh[self.matrix.row(k)[0]] *= _SAID_AGAIN

    def _with_support(self, i: int) -> list[int]:
        """The sentence, and those before it without which it cannot be read; none if these are missing."""
        chain = [] if i in self.taken else [i]
        while chain and chain[-1] in self.before:
            before = self.before[chain[-1]]
            if before in self.taken:
                break
            if before is None or len(chain) == _LONGEST_CHAIN:
                return []
            chain.append(before)
        return chain

    def fill(self) -> None:
        """Take the most worthy until nothing fits; of what has score 0, no more than makes half an answer.

        Worth only falls, so a heap whose top is valued anew gives the same choices as valuing every
        sentence each time (Minoux 1978).
        """
        taken = set(self.taken)
        heap = [(-self._worth(i), i) for i in range(len(self.costs)) if i not in taken]
        heapq.heapify(heap)
        while heap and self.left > 0:
            _, i = heapq.heappop(heap)
            if self.scores[i] == 0 and 2 * self.left < self.budget:
                break
            now = (-self._worth(i), i)
            if heap and now > heap[0] and self.costs[i] <= self.left:
                heapq.heappush(heap, now)
            else:
                self.take(i)

    def _worth(self, i: int) -> float:
        # Rounded, so that the last bit of a sum does not decide between equals.
        return round(float(self.scores[i]) * self.news(i), 9)
