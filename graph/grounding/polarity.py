"""Whether a sentence says the opposite of its evidence: a "not" or an opposite word on one side alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from itertools import compress
from typing import NamedTuple

from graph.grounding.alignment import QUESTION, Aligner, Claim, Match
from graph.grounding.words import Word
from llm.language.opposites import DENYING_BEFORE, DENYING_NEXT, DENYING_NOTHING, sides_of

_SAYS_THE_SAME = 0.3  # what a passage must support for its words to count against the sentence
_SAYS_MOST = 0.45  # and for a negation that the sentence does not have
_SAYS_MOST_OF_IT = 0.6  # or of the words of the passage that the sentence has
_CLAUSE_END = re.compile(r"[.;:!?]\s|,\s|\||[()\[\]]|\bbut\b")
_SCOPE = 2  # words that a negation speaks of
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BESIDE = 2  # words on each side of an opposite, of which the other side must have one
_PREFIXES = ("un", "non", "non-", "in", "im", "ir", "dis", "비", "불", "무", "미")
_LEAST_PREFIXED = 5  # letters
_MIXED = ("en", "ko")  # Korean texts quote English, and a text in neither may quote both


Passage = tuple[str, Sequence[Word]]


class _Opposite(NamedTuple):
    """A word of a text that has an opposite: the pair, its side, and the terms of the words beside it."""

    pair: int
    side: int
    is_denied: bool
    beside: tuple[tuple[str, ...], ...]

    def shared(self, other: _Opposite) -> int:
        """How many of the words beside it are beside the other, too."""
        theirs = {term for terms in other.beside for term in terms}
        return sum(theirs.issuperset(terms) for terms in self.beside)


class Contradiction(NamedTuple):
    """Whether the evidence says the opposite, plainly; or only may, for what is denied is said in other words."""

    is_plain: bool
    is_possible: bool


def contradiction(claim: Claim, matches: Sequence[Match], aligner: Aligner) -> Contradiction:
    """Whether the evidence denies what the sentence says, or the other way round, or has the opposite word."""
    language = aligner.index.language
    speaking = [match for match in matches if match.score >= _SAYS_THE_SAME]
    # What is asked is not said.
    speaking = [match for match in speaking if not QUESTION.search(aligner.passages[match.passage])] or speaking
    passages = [(aligner.passages[match.passage], aligner.words(match.passage)) for match in speaking]
    alike = [
        match.score >= _SAYS_MOST or _covered(words, claim) >= _SAYS_MOST_OF_IT
        for match, (_, words) in zip(speaking, passages, strict=True)
    ]
    theirs = [denials(text, words, language, _SCOPE + 1) for text, words in passages]
    said = [
        [_said(claim.terms[i], passages, theirs) for i in scope]
        for scope in denials(claim.text, claim.words, language, _SCOPE)
    ]
    is_plain = (
        any(each[:1] == [{False}] and not any(True in other for other in each) for each in said)
        or _lacks_denial(claim, passages, alike, language)
        or _is_turned_round(claim, passages, language)
    )
    return Contradiction(is_plain, _may_differ(claim, passages, language))


def _covered(words: Sequence[Word], claim: Claim) -> float:
    """How many of the words of a passage the sentence has, 0..1."""
    said = {term for terms in claim.terms for term in terms}
    return sum(said.issuperset(word.terms) for word in words) / max(1, len(words))


def _may_differ(claim: Claim, passages: Sequence[Passage], language: str) -> bool:
    """Whether any word is denied in the sentence and nowhere in its evidence, or the other way round."""
    theirs = [denials(text, words, language, _SCOPE) for text, words in passages]
    denied = {i for scope in denials(claim.text, claim.words, language, _SCOPE) for i in scope}
    said = (_said(terms, passages, theirs) for terms in claim.terms)
    return any(each and (i in denied) not in each for i, each in enumerate(said))


def _lacks_denial(claim: Claim, passages: Sequence[Passage], alike: Sequence[bool], language: str) -> bool:
    """Whether passages that are much like the sentence (`alike`) deny what it says, and none says it plainly."""
    theirs = [denials(text, words, language, _SCOPE + 1) for text, words in passages]
    here = [(claim.text, claim.words)]
    ours = [denials(claim.text, claim.words, language, _SCOPE + 1)]
    for text, words in compress(passages, alike):
        for scope in denials(text, words, language, _SCOPE):
            shared = [words[i].terms for i in scope if _said(words[i].terms, here, ours)]
            plain = [terms for terms in shared if False not in _said(terms, passages, theirs)]
            if plain and not any(True in _said(terms, here, ours) for terms in shared):
                return True
    return False


def _said(terms: Sequence[str], passages: Sequence[Passage], scopes: Sequence[Sequence[list[int]]]) -> set[bool]:
    """Whether a word is denied where the passages have it; both, if they do and do not."""
    said = set[bool]()
    for (_, words), denied_in in zip(passages, scopes, strict=True):
        denied = {i for scope in denied_in for i in scope}
        said.update(i in denied for i, word in enumerate(words) if set(terms) <= set(word.terms))
    return said


def denials(text: str, words: Sequence[Word], language: str, reach: int) -> list[list[int]]:
    """Of each negation in `text`, the indices of the `words` it speaks of, at most `reach`, the nearest first."""
    next_to, before, nothing = _denials(language)
    scopes = []
    for cue in next_to.finditer(text):
        after = [i for i, word in enumerate(words) if word.start >= cue.end()][:reach]
        scopes += [[i for i in after if not _CLAUSE_END.search(text, cue.end(), words[i].start)]]
    no_denials = [match.end() for match in nothing.finditer(text)]
    for cue in before.finditer(text):
        if cue.end() not in no_denials:
            scopes.append([i for i, word in enumerate(words) if word.end <= cue.start()][: -reach - 1 : -1])
    return scopes


def _is_turned_round(claim: Claim, passages: Sequence[Passage], language: str) -> bool:
    """Whether the evidence has the opposite of a word of the sentence in its place, and not the word itself."""
    theirs = [each for text, words in passages for each in _opposites_in(text, words, language)]
    for ours in _opposites_in(claim.text, claim.words, language):
        shared = {True: 0, False: 0}
        for each in theirs:
            if each.pair == ours.pair:
                agrees = (each.side == ours.side) == (each.is_denied == ours.is_denied)
                shared[agrees] = max(shared[agrees], ours.shared(each))
        if shared[False] > shared[True]:
            return True
    return any(_is_negated(claim, i, passages) for i, word in enumerate(claim.words) if not word.values)


def _opposites_in(text: str, words: Sequence[Word], language: str) -> list[_Opposite]:
    found = []
    denied = {words[i].start for scope in denials(text, words, language, _SCOPE) for i in scope}
    for token in _WORD.finditer(text):
        if not (sides := sides_of(token[0].lower(), language)):
            continue
        before = [word for word in words if word.end <= token.start()][-_BESIDE:]
        after = [word for word in words if word.start >= token.end()][:_BESIDE]
        is_denied = any(token.start() <= start < token.end() for start in denied)
        terms = tuple(word.terms for word in (*before, *after))
        found += [_Opposite(pair, side, is_denied, terms) for pair, side in sides]
    return found


def _is_negated(claim: Claim, index: int, passages: Sequence[Passage]) -> bool:
    """Whether of a word that the evidence lacks it has "un-" and the word in its place, or the other way round."""
    terms = claim.words[index].terms
    if len(terms) != 1 or any(terms == word.terms for _, words in passages for word in words):
        return False
    beside = {term for word in _beside(claim.words, index) for term in word.terms}
    for _, words in passages:
        for i, word in enumerate(words):
            if _are_opposite(terms[0], word.terms[0]):
                return any(beside.issuperset(other.terms) for other in _beside(words, i))
    return False


def _beside(words: Sequence[Word], index: int) -> list[Word]:
    return [*words[max(0, index - _BESIDE) : index], *words[index + 1 : index + 1 + _BESIDE]]


def _are_opposite(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    is_longer = longer.endswith(shorter) and len(shorter) >= _LEAST_PREFIXED
    return is_longer and longer[: len(longer) - len(shorter)] in _PREFIXES


@cache
def _denials(language: str) -> tuple[re.Pattern[str], ...]:
    """What denies the words after it, and those before it, and what only looks so. Nothing matches `(?!)`."""
    languages = _MIXED if language in _MIXED else (language,)
    tables = (DENYING_NEXT, DENYING_BEFORE, DENYING_NOTHING)
    patterns = ("|".join(table[each] for each in languages if each in table) for table in tables)
    return tuple(re.compile(pattern or "(?!)", re.IGNORECASE) for pattern in patterns)
