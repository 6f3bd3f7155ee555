"""Who does what to whom: the order of words around what a sentence and its evidence have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from graph.grounding.alignment import Aligner, Claim, Match, clauses
from graph.grounding.names import names_in
from graph.grounding.substitutions import MUTUAL
from graph.grounding.words import Word

_SAYS_THE_SAME = 0.4  # what a passage must support for its order to count
_BESIDE = 4  # words of the sentence on each side of the common ones
_LEAST_SAID = 2  # words of a clause beside its first
_CROSSED = 2  # words by which two must fit better the other way round
_NEXT = 2  # words on each side that belong to a name or a number
_AROUND = 12  # words of the passage on each side
_CLAUSE = re.compile(r"[;:]\s|,\s|\b(?:while|whereas|but)\b")
_ARTICLE = re.compile(
    r"\b(?:an?|the|their|its|his|her|this|these|that|le|la|les|el|los|las|and|more|most"
    r"|all|some|any|other)\b",
    re.I,
)
_BY_ORDER = {"en", "fr", "es"}  # languages that say roles by the order of words, not by their endings
# What opens a sentence in whose middle its subject stands.
_FRONTED = re.compile(
    r"\W*(?:in|for|when|to|by|with|on|as|if|after|before|since|from|at|under|during|while|given|using"
    r"|pour|avec|dans|si|après|avant|para|con|en|después|antes)\b",
    re.IGNORECASE,
)
# Before a verb, they turn round who does it to whom: "is entered", "est ouvert", "es abierto".
_PASSIVE = re.compile(
    r"\b(?:be|been|being|is|are|was|were|gets?|got|est|sont|était|étaient|été|es|son|fue|fueron|sido)\s(?:\w+ly\s)?$",
    re.IGNORECASE,
)
_LOOK_BACK = 24
_PARTICIPLE = re.compile(r",\s(?:[a-z]+ly\s)?[a-z]+ing\b")


def swaps_roles(claim: Claim, matches: Sequence[Match], aligner: Aligner, *, by_capitals: bool) -> bool:
    """Whether what stands before and after the same words in the evidence stands the other way round.

    Or two names, or two numbers, have changed places.
    """
    found = [(aligner.passages[m.passage], aligner.words(m.passage), m.score) for m in matches]
    near = [_Neighbours(text, words) for text, words, score in found if score >= _SAYS_THE_SAME]
    if any(_are_exchanged(claim, each, by_capitals=by_capitals) for each in near):
        return True
    if _are_subjects_exchanged(claim, [_Neighbours(text, words) for text, words, _ in found]):
        return True
    if aligner.index.language not in _BY_ORDER or _FRONTED.match(claim.text):
        return False
    return any(_is_swapped(claim, text, words) for text, words, score in found if score >= _SAYS_THE_SAME)


def _are_exchanged(claim: Claim, passage: _Neighbours, *, by_capitals: bool) -> bool:
    """Whether each of two names, or of two numbers, stands where the passage has the other."""
    ours = _Neighbours(claim.text, claim.words)
    names = names_in(claim.text, claim.words, by_capitals=by_capitals)
    numbers = [i for i, word in enumerate(claim.words) if word.values]
    for alike in (names, numbers):
        places = {i: _places(claim.words[i], passage.words) for i in alike}
        known = [i for i in alike if places[i] and not _is_repeated(claim.words, i)]
        for i, j in combinations(known, 2):
            if set(places[i]).isdisjoint(places[j]) and ours.are_crossed(i, j, passage, places[i], places[j]):
                return True
    return False


def _are_subjects_exchanged(claim: Claim, passages: Sequence[_Neighbours]) -> bool:
    """Whether of two clauses each says what the passages say of the other's first word, and none of its own."""
    ours = _Neighbours(claim.text, claim.words)
    first = [
        clause[0] for clause in claim.clauses if len(clause) > _LEAST_SAID and not claim.words[clause[0]].values
    ]
    places = {i: [(p, k) for p in passages for k in _places(claim.words[i], p.words)] for i in first}
    for i, j in combinations([i for i in first if places[i]], 2):
        own = {term for k in (i, j) for term in claim.words[k].terms}
        said, other = ours.of_clause(i) - own, ours.of_clause(j) - own
        said, other = said - other, other - said
        here, there = ([p.of_clause(k) for p, k in places[each]] for each in (i, j))
        is_crossed = min(_most(said, there), _most(other, here)) >= _LEAST_SAID
        if is_crossed and not _most(said, here) and not _most(other, there):
            return True
    return False


class _Neighbours:
    """Of each word of a text, the terms of those that belong to it: the ones beside it, and its clause's."""

    def __init__(self, text: str, words: Sequence[Word]) -> None:
        self.words = words
        self._clauses = [set(clause) for clause in clauses(text, words)]

    def are_crossed(self, i: int, j: int, passage: _Neighbours, first: list[int], second: list[int]) -> bool:
        """Whether what belongs to `i` belongs to the `second` in the passage, and that of `j` to the `first`."""
        own = {term for k in (i, j) for term in self.words[k].terms}
        if self._clause(i) == self._clause(j):
            ours, theirs = self.beside(i) - own, self.beside(j) - own
            here, there = [passage.beside(k) for k in first], [passage.beside(k) for k in second]
        else:
            ours, theirs = self.of_clause(i) - own, self.of_clause(j) - own
            ours, theirs = ours - theirs, theirs - ours
            here, there = [passage.of_clause(k) for k in first], [passage.of_clause(k) for k in second]
        crossed, straight = (_most(ours, there), _most(theirs, here)), (_most(ours, here), _most(theirs, there))
        if any(a < b for a, b in zip(crossed, straight, strict=True)):
            return False
        return sum(crossed) >= sum(straight) + _CROSSED

    def of_clause(self, index: int) -> set[str]:
        """The terms of all words of its clause."""
        return {term for k in self._clause(index) for term in self.words[k].terms}

    def beside(self, index: int) -> set[str]:
        """The terms of the words next to it, in its clause."""
        clause = self._clause(index)
        beside = [k for k in range(index - _NEXT, index + _NEXT + 1) if k in clause and k != index]
        return {term for k in beside for term in self.words[k].terms}

    def _clause(self, index: int) -> set[int]:
        return next(clause for clause in self._clauses if index in clause)


def _most(terms: set[str], some: Sequence[set[str]]) -> int:
    return max(len(terms & each) for each in some)


def _places(word: Word, words: Sequence[Word]) -> list[int]:
    return [i for i, other in enumerate(words) if not set(word.terms).isdisjoint(other.terms)]


def _is_swapped(claim: Claim, passage: str, words: Sequence[Word]) -> bool:
    for start, place, length in _common_runs(claim.words, words):
        end, place_end = start + length, place + length
        run = claim.text[claim.words[start].start : claim.words[end - 1].end]
        link = _link(claim.text, claim.words, end)
        if MUTUAL.search(run) or link != _link(passage, words, place_end):
            continue
        if _is_passive(claim.text, claim.words[start]) != _is_passive(passage, words[place]):
            continue
        left, right = _sides(claim.text, claim.words, start, end, _BESIDE)
        their_left, their_right = _sides(passage, words, place, place_end, _AROUND)
        swapped = len(left & their_right), len(right & their_left)
        if link == "than" and swapped[0] and not left & their_left and not right & their_right:
            return True  # the other side may be a pronoun
        if all(swapped) and not left & their_left and sum(swapped) > len(right & their_right):
            return True
    return False


def _is_passive(text: str, word: Word) -> bool:
    return bool(_PASSIVE.search(text, max(0, word.start - _LOOK_BACK), word.start))


def _common_runs(ours: Sequence[Word], theirs: Sequence[Word]) -> Iterator[tuple[int, int, int]]:
    """Where the longest runs of the same words begin in both, and how long they are."""
    for i, word in enumerate(ours):
        for j, other in enumerate(theirs):
            if (
                word.terms != other.terms
                or _is_repeated(ours, i)
                or _is_repeated(theirs, j)
                or (i and j and ours[i - 1].terms == theirs[j - 1].terms)
            ):
                continue
            length = 1
            while i + length < len(ours) and j + length < len(theirs):
                if ours[i + length].terms != theirs[j + length].terms:
                    break
                length += 1
            yield i, j, length


def _is_repeated(words: Sequence[Word], index: int) -> bool:
    return any(word.terms == words[index].terms for i, word in enumerate(words) if i != index)


def _link(text: str, words: Sequence[Word], end: int) -> str:
    """What links a word to the next: "by", "than" or nothing; articles link nothing."""
    between = text[words[end - 1].end : words[end].start] if end < len(words) else ""
    return " ".join(_ARTICLE.sub("", between).casefold().split())


def _sides(text: str, words: Sequence[Word], start: int, end: int, reach: int) -> tuple[set[str], set[str]]:
    """The terms before words[start:end] and after them in their clause, without those on both sides."""
    # In ", surpassing the other" the subject stands before the comma.
    edge = words[start - 1].end if start and _PARTICIPLE.match(text, words[start - 1].end) else words[start].start
    before = [w for w in words[max(0, start - reach) : start] if not _CLAUSE.search(text, w.end, edge)]
    after = [w for w in words[end : end + reach] if not _CLAUSE.search(text, words[end - 1].end, w.start)]
    left, right = ({term for word in side for term in word.terms} for side in (before, after))
    inside = {term for word in words[start:end] for term in word.terms}
    return left - right - inside, right - left - inside
