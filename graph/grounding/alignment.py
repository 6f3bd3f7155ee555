"""A sentence against the passages of a source: which support it, and how much. Knows nothing of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from graph.grounding.index import Index
from graph.grounding.numerals import named_values, speaks_of_a_fall
from graph.grounding.quantities import quantities
from graph.grounding.words import Word, light_terms, words_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_CANDIDATES = 40  # passages looked at word by word, those that share most with the sentence
_BOND = 0.5  # what of a word's credit hangs on the words beside it
_BESIDE = 2  # words on each side of which two must be near in the passage, too
_NEAR = 5
_FIRM = 2.0  # what a number or a name weighs in the support, against another word as rare
_WORTH = (1.0, 0.8, 0.65)  # of what the best passage, the second and the third hold
_QUOTED = 1.5  # what a passage counts that has the sentence word for word, against others
_LIGHT = 0.3  # what a word weighs that the source need not have, where it has not
_ASKED = 0.6  # and one that only asks
QUESTION = re.compile(r"[?？][\"”’»)\s]*$")
_GAIN = 0.08  # what a further passage must add


_CLAUSE = re.compile(
    r"[;:—–、，]|,\s|\b(?:and|but|while|whereas|which|who|whose|because|und|aber|et|mais|qui|y|pero|que)\b|[고며]\s"
)


class Match(NamedTuple):
    """A passage that supports a sentence: its index, and how much it supports alone, 0..1."""

    passage: int
    score: float


class Alignment(NamedTuple):
    """How much passages support a sentence, 0..1, these passages, best first, and all that were looked at.

    `credit[passage]` is how much of each word of the sentence a passage holds, 0..1.
    """

    support: float
    matches: list[Match]
    credit: dict[int, list[float]]


class Claim:
    """A sentence to be supported: its words, the terms each is matched by, and what each weighs.

    `weights` choose the passages, `stakes` say how much these support; either sums up to 1.
    """

    def __init__(self, text: str, index: Index) -> None:
        self.text = text
        self.words = words_of(text, index.language)
        self.terms = [_known(word, index) for word in self.words]
        light = light_terms(index.language)
        rarities = [
            sum(map(index.rarity, terms)) / len(terms) * (_LIGHT if _is_light(word, index, light) else 1)
            for terms, word in zip(self.terms, self.words, strict=True)
        ]
        self.weights = _shares(rarities)
        self.clauses = clauses(text, self.words)
        self.stakes = _shares(
            [
                rarity * (_FIRM if _is_firm(word, text) else 1)
                for rarity, word in zip(rarities, self.words, strict=True)
            ]
        )

    def term_weights(self) -> dict[str, float]:
        """What a passage is worth for holding each term."""
        weights: dict[str, float] = {}
        for terms, weight in zip(self.terms, self.weights, strict=True):
            for term in terms:
                weights[term] = weights.get(term, 0.0) + weight / len(terms)
        return weights

    def credits(self, words: Sequence[Word]) -> list[float]:
        """How much of each word of the sentence a passage of `words` holds, 0..1.

        Half for the word, half for two of its neighbours that stand near it there, too.
        """
        places: dict[str, list[int]] = {}
        for place, word in enumerate(words):
            for term in word.terms:
                places.setdefault(term, []).append(place)
        held = [sum(term in places for term in terms) / len(terms) for terms in self.terms]
        found = [[place for term in terms for place in places.get(term, ())] for terms in self.terms]
        return [share * (1 - _BOND + _BOND * _bound(found, i)) if share else 0.0 for i, share in enumerate(held)]


def _is_light(word: Word, index: Index, light: frozenset[str]) -> bool:
    """Whether it is a word that the source need not have: "the text describes", "they make it"."""
    return not word.values and light.issuperset(word.terms) and not any(term in index for term in word.terms)


def _is_firm(word: Word, text: str) -> bool:
    """Whether it is a number or, as far as a capital letter tells, a name."""
    return bool(word.values) or (word.start > 0 and text[word.start].isupper())


def _shares(amounts: Sequence[float]) -> list[float]:
    return [amount / sum(amounts) for amount in amounts]


def _bound(found: Sequence[Sequence[int]], i: int) -> float:
    beside = [*found[max(0, i - _BESIDE) : i], *found[i + 1 : i + 1 + _BESIDE]]
    near = sum(any(abs(a - b) <= _NEAR for a in found[i] for b in places) for places in beside)
    return min(1.0, near / min(2, len(beside))) if beside else 1.0


def _known(word: Word, index: Index) -> tuple[str, ...]:
    """The terms to look for; of a number, the value that the source has."""
    if not word.values:
        return word.terms
    return (next((term for term in word.terms if term in index), word.terms[0]),)


class Aligner:
    """Finds the passages of one source that support a sentence."""

    def __init__(self, passages: Sequence[str], language: str) -> None:
        self.passages = passages
        self.index = Index(passages, language)
        self.words = lru_cache(maxsize=4096)(lambda passage: words_of(passages[passage], language))
        # Every number of a sentence is compared with those of the same few passages.
        self.quantities = lru_cache(maxsize=256)(lambda i: quantities(passages[i], self.words(i)))
        self.named_values = lru_cache(maxsize=256)(lambda i: named_values(passages[i]))
        self.speaks_of_a_fall = lru_cache(maxsize=256)(lambda i: speaks_of_a_fall(passages[i]))

    def near(self, passages: Iterable[int], distance: int) -> list[int]:
        """The passages and those at most `distance` before and after each."""
        size = len(self.passages)
        return sorted({j for i in passages for j in range(max(0, i - distance), min(size, i + distance + 1))})

    def align(self, claim: Claim, preference: Floats | None = None) -> Alignment:
        """How much the best three passages together support the sentence.

        Every word counts by its rarity, and once: a further passage is taken for what the ones before lack. The
        `preference` (passages,) multiplies what a passage is chosen by, not what it supports; one that has the
        sentence word for word comes first.
        """
        credit = {i: claim.credits(self.words(i)) for i in self._candidates(claim, preference)}
        said = _squeezed(claim.text)
        chosen_by = {i: 1.0 if preference is None else float(preference[i]) for i in credit}
        for i in credit:
            if said in _squeezed(self.passages[i]):
                chosen_by[i] *= _QUOTED
            elif QUESTION.search(self.passages[i]) and not QUESTION.search(claim.text):
                chosen_by[i] *= _ASKED
        held = [0.0] * len(claim.words)
        matches: list[Match] = []

        def gain(i: int, worth: float) -> float:
            return sum(
                weight * max(0.0, worth * new - old)
                for weight, new, old in zip(claim.weights, credit[i], held, strict=True)
            )

        for worth in _WORTH[: len(credit)]:
            gains = {i: gain(i, worth) for i in credit}
            best = max(gains, key=lambda i: gains[i] * chosen_by[i])
            if gains[best] < _GAIN and matches:
                break
            score = sum(weight * new for weight, new in zip(claim.weights, credit[best], strict=True))
            matches.append(Match(best, score))
            held = [max(old, worth * new) for old, new in zip(held, credit[best], strict=True)]
        support = sum(stake * share for stake, share in zip(claim.stakes, held, strict=True))
        return Alignment(support, matches, credit)

    def _candidates(self, claim: Claim, preference: Floats | None) -> list[int]:
        """Passages that share most with the sentence, those first that hold little else."""
        import numpy as np

        weights = claim.term_weights()
        shared = self.index.shared(weights)
        promise = shared * (
            1 + self.index.shared({t: w * self.index.rarity(t) for t, w in weights.items()}) / self.index.lengths
        )
        if preference is not None:
            promise = promise * preference
        best = np.argsort(-promise, kind="stable")[:_CANDIDATES]
        return [int(i) for i in best if promise[i] > 0]


def clauses(text: str, words: Sequence[Word]) -> list[list[int]]:
    """The indices of the words of each clause, as far as commas and conjunctions tell; of two words at least."""
    found: list[list[int]] = []
    position = 0
    for index, word in enumerate(words):
        is_next = _CLAUSE.search(text, position, word.start) and found and len(found[-1]) > 1
        if is_next or not found:
            found.append([])
        found[-1].append(index)
        position = word.end
    return found


def is_quotation(text: str, passage: str) -> bool:
    """Whether the passage has the text word for word, white space and large letters aside."""
    return _squeezed(text) in _squeezed(passage)


def _squeezed(text: str) -> str:
    return " ".join(text.casefold().split())
