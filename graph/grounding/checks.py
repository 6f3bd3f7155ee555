"""What of a sentence its evidence lacks: numbers with their units and bounds, names. Knows nothing of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from graph.grounding.alignment import Aligner, Alignment, Claim
from graph.grounding.names import is_named, joined_names, names_in, stand_together
from graph.grounding.numerals import speaks_of_a_fall
from graph.grounding.quantities import Quantity, quantities
from graph.grounding.types import Flag
from graph.grounding.words import Word, number_term, terms_beside

_BESIDE_BEST = 2  # passages on each side of the best evidence in which a number is looked for
_BESIDE_NUMBERS = 1  # the same for what a clause rests on
_BESIDE_NAMES = 20  # the same for names: about a page
_SAYS_THE_SAME = 0.3  # what a passage must support of the sentence for another name in it to count
_BESIDE_OTHERS = 2  # passages on each side in which a name is looked for that another stands for
_NEARLY_BEST = 0.9  # of what the best passage holds of a clause, for another's numbers to count for it
_LEAST_TELLING = 2  # words of a clause beside its numbers, for it to have passages of its own
_LEAST_SPELLED = 11  # "three ways" may be counted by who sums up, without a "three" in the source
_COUNTED = 2  # words after a number, one of which is what it counts
_LIST = re.compile(r"[,;:.]|\b(?:and|or|und|oder|et|ou|y|o)\b")
_LOOK_BACK = 16
_ONE = re.compile(r"\b(?:one|a single|only one)\s(?:\w+\s)?$", re.IGNORECASE)
_ANAPHORA = re.compile(r"\b(?:it|its|they|their|them|this|these|those|he|his|she|her|former|latter|both)\b", re.I)
_ROUNDED = 0.05
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|over|under|more than|less than"
    r"|fewer than|at least|at most|up to|close to|circa|ca\.?)\s|[~≈∼]|(?:약|대략|거의|근)\s?)[$€£₩]?$",
    re.IGNORECASE,
)
_OR_SO = re.compile(r"\s?\w{0,3}\s?(?:여|가량|정도|남짓|이상|이하|미만|안팎|or so\b)")


class _Numbers(NamedTuple):
    """The numbers near some evidence: quantities, the values of all, and what these are matched by."""

    quantities: list[Quantity]
    values: set[float]
    terms: set[str]


def number_flags(claim: Claim, alignment: Alignment, aligner: Aligner) -> list[Flag]:
    """What is wrong with the numbers of a sentence, each against the passages that its clause rests on.

    "About 12 million" is there where 11.8 million is. Numbers spelled out up to ten are not missed.
    """
    flags: dict[Flag, None] = {}
    for clause in claim.clauses:
        words = [claim.words[i] for i in clause]
        ours = quantities(claim.text, words)
        if not ours:
            continue
        near = _near_clause(claim, clause, alignment, aligner)
        numbers = _numbers_in(near, claim, aligner)
        for quantity in ours:
            flags.update(dict.fromkeys(_flags_of(claim.text, quantity, numbers)))
        if any(_is_counted_otherwise(claim, i, near, aligner) for i in clause):
            flags["number not in source"] = None
        if any(_is_number_exchanged(claim, i, alignment, aligner) for i in clause if claim.words[i].values):
            flags["number not in source"] = None
    return list(flags)


def _flags_of(text: str, ours: Quantity, numbers: _Numbers) -> Iterator[Flag]:
    is_precise = _is_precise(text, ours.word)
    if is_precise and not _is_known(text, ours.word, numbers.terms, numbers.values):
        yield "number not in source"
        return
    same = [each for each in numbers.quantities if not set(each.word.terms).isdisjoint(ours.word.terms)]
    counted = [each for each in same if not ours.counts_other(each)]
    if same and not counted:
        yield "unit not in source"
    elif is_precise and counted and _has_other_bound(ours, counted):
        yield "comparison not in source"


def _has_other_bound(ours: Quantity, counted: Sequence[Quantity]) -> bool:
    """Whether all are bounds of another kind; or one is, and none has the bound that the sentence has."""
    others = [each.bound and each.bound != ours.bound for each in counted]
    return all(others) or bool(ours.bound and any(others) and all(each.bound != ours.bound for each in counted))


def _is_counted_otherwise(claim: Claim, number: int, passages: Iterable[int], aligner: Aligner) -> bool:
    """Whether the passages have another number where a small one is spelled out: "two paths", "one path"."""
    word = claim.words[number]
    if not word.values or _is_precise(claim.text, word) or not 1 < word.values[0] < _LEAST_SPELLED:
        return False
    things = _counted(claim.text, claim.words, number)
    is_other = False
    for i in passages:
        text, words = aligner.passages[i], aligner.words(i)
        for k, other in enumerate(words):
            if other.values and things & _counted(text, words, k):
                if not set(word.terms).isdisjoint(other.terms):
                    return False
                is_other |= text[other.start].isalpha()
            elif other.terms[0] in things and _ONE.search(text, max(0, other.start - _LOOK_BACK), other.start):
                is_other = True
    return is_other


def _counted(text: str, words: Sequence[Word], number: int) -> set[str]:
    """The terms of the words after a number, one of which is what it counts."""
    after = words[number + 1 : number + 1 + _COUNTED]
    return {t for word in after if not _LIST.search(text, words[number].end, word.start) for t in word.terms}


def _near_clause(claim: Claim, clause: Sequence[int], alignment: Alignment, aligner: Aligner) -> list[int]:
    """The passages in which the numbers of a clause are looked for."""
    best = [match.passage for match in alignment.matches[:1]]
    of_clause = aligner.near(_of_clause(claim, clause, alignment), _BESIDE_NUMBERS)
    return sorted({*aligner.near(best, _BESIDE_BEST), *of_clause})


def _numbers_in(passages: Iterable[int], claim: Claim, aligner: Aligner) -> _Numbers:
    has_fallen, found, values = speaks_of_a_fall(claim.text), list[Quantity](), set[float]()
    for i in passages:
        found += aligner.quantities(i)
        here = aligner.named_values(i).union(*(word.values for word in aligner.words(i)))
        is_signed = not has_fallen and not aligner.speaks_of_a_fall(i)
        values |= here if is_signed else here | {-value for value in here}
    return _Numbers(found, values, set(map(number_term, values)))


def _of_clause(claim: Claim, clause: Sequence[int], alignment: Alignment) -> list[int]:
    """The passages that hold most of a clause."""
    telling = [i for i in clause if not claim.words[i].values]
    if len(telling) < _LEAST_TELLING:
        return []
    held = {
        i: sum(claim.weights[word] * credit[word] for word in telling) for i, credit in alignment.credit.items()
    }
    best = sorted(held, key=lambda i: -held[i])[:2]
    return [i for i in best if held[i] >= _NEARLY_BEST * held[best[0]]]


def _is_precise(text: str, word: Word) -> bool:
    return not text[word.start].isalpha() or word.values[0] >= _LEAST_SPELLED


def _is_known(text: str, word: Word, known: set[str], values: Iterable[float]) -> bool:
    parts = {float(part) for part in re.findall(r"\d+", text[word.start : word.end])}
    if len(parts) > 1 and parts <= set(word.values):
        # "3,5" and "1 234" are one number, and that is there, or two, and both are; so with "24.12.2025".
        if {number_term(value) for value in parts} <= known:
            return True
        if not known.isdisjoint(number_term(value) for value in word.values if value not in parts):
            return True
    elif not known.isdisjoint(word.terms):
        return True
    if not (_ABOUT.search(text, 0, word.start) or _OR_SO.match(text, word.end)):
        return False
    return any(abs(value - ours) <= _ROUNDED * abs(value) for value in values for ours in word.values)


def lacks_name(claim: Claim, alignment: Alignment, aligner: Aligner, source: str, *, by_capitals: bool) -> bool:
    """Whether a name of the sentence is not within about a page of its evidence, nor where the source begins.

    Or is put together of two, or stands where the evidence has another.
    """
    names = names_in(claim.text, claim.words, by_capitals=by_capitals)
    if not names:
        return False
    near = aligner.near([0, *(match.passage for match in alignment.matches)], _BESIDE_NAMES)
    if not all(_are_named(claim, names, near, aligner)):
        return True
    if not all(stand_together(*pair, source) for pair in joined_names(claim.text, claim.words, names)):
        return True
    return any(_is_exchanged(claim, name, alignment, aligner, by_capitals=by_capitals) for name in names)


def _are_named(claim: Claim, names: Sequence[int], passages: Sequence[int], aligner: Aligner) -> Iterator[bool]:
    """Of each name of the sentence, whether the passages have it."""
    known = {term for i in passages for word in aligner.words(i) for term in word.terms}
    texts = [claim.text, *(aligner.passages[i] for i in passages)]
    for word in (claim.words[i] for i in names):
        yield is_named(claim.text[word.start : word.end], word.terms, known, texts)


def _is_exchanged(claim: Claim, name: int, alignment: Alignment, aligner: Aligner, *, by_capitals: bool) -> bool:
    """Whether the best passage has another name beside what is beside this one, which is in no passage near."""
    if not alignment.matches or alignment.matches[0].score < _SAYS_THE_SAME:
        return False
    match = alignment.matches[0]
    near = aligner.near([each.passage for each in alignment.matches], _BESIDE_OTHERS)
    if all(_are_named(claim, [name], near, aligner)):
        return False
    words, text = aligner.words(match.passage), aligner.passages[match.passage]
    said = {term for word in claim.words for term in word.terms}
    beside = terms_beside(claim.words, name)
    others = [i for i in names_in(text, words, by_capitals=by_capitals) if said.isdisjoint(words[i].terms)]
    return any(beside & terms_beside(words, other) for other in others)


def _is_number_exchanged(claim: Claim, number: int, alignment: Alignment, aligner: Aligner) -> bool:
    """Whether the best passage has another number beside what is beside this one.

    And none near has this one, or only in a passage that has less of that, lacks its names, and speaks of no "it".
    """
    word = claim.words[number]
    if not alignment.matches or not _is_precise(claim.text, word):
        return False
    match = alignment.matches[0]
    if match.score < _SAYS_THE_SAME:
        return False
    near = aligner.near([each.passage for each in alignment.matches], _BESIDE_NUMBERS)
    numbers = _numbers_in(near, claim, aligner)
    beside = terms_beside(claim.words, number)
    is_known = _is_known(claim.text, word, numbers.terms, numbers.values)
    held = _held_with(word, near, aligner) if is_known else set[str]()
    if held is None:
        return False
    firm = {term for w in claim.words if w.values or claim.text[w.start].isupper() for term in w.terms}
    words = aligner.words(match.passage)
    text = aligner.passages[match.passage]
    others = [i for i, other in enumerate(words) if other.values and _is_precise(text, other)]
    if not is_known:
        return any(beside & terms_beside(words, other) for other in others)
    said = _terms(claim)
    shared = [beside & terms_beside(words, other) for other in others if words[other].terms[0] not in said]
    return any(each > (beside & held) and firm & (each - held) for each in shared)


def _terms(claim: Claim) -> set[str]:
    return {term for word in claim.words for term in word.terms}


def _held_with(word: Word, passages: Iterable[int], aligner: Aligner) -> set[str] | None:
    """The terms of all passages that have a number; nothing if one of these speaks of what was named before."""
    held: set[str] = set()
    for i in passages:
        words = aligner.words(i)
        if any(not set(word.terms).isdisjoint(other.terms) for other in words):
            if _ANAPHORA.search(aligner.passages[i]):
                return None
            held.update(term for other in words for term in other.terms)
    return held
