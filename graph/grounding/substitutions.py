"""A sentence that is nearly a passage's own: which of its words stand in the place of others there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from graph.grounding.alignment import Aligner, Claim, Match
from graph.grounding.names import names_in
from graph.grounding.words import Word

_NEARLY = 0.6  # of the sentence's words, in the order of the passage
_LEAST_WORDS = 4
_ROUNDED = 0.05
# What is the same from either side.
MUTUAL = re.compile(
    r"\b(?:differ|equal|similar|same|compar|resembl|match|combin|relat|associat|correl|meet|met|marr|agree|between"
    r"|together|égal|semblable|igual|parec)\w*",
    re.IGNORECASE,
)


class Substitutions(NamedTuple):
    """Whether a word has another in its place: a name, a number, or two words each the other."""

    of_name: bool = False
    of_number: bool = False
    exchanged: bool = False


def substitutions(claim: Claim, matches: Sequence[Match], aligner: Aligner, *, by_capitals: bool) -> Substitutions:
    """What of the sentence stands in the place of something else in a passage that is otherwise much the same."""
    found = Substitutions()
    if len(claim.words) < _LEAST_WORDS:
        return found
    names = set(names_in(claim.text, claim.words, by_capitals=by_capitals))
    said = {term for word in claim.words for term in word.terms}
    here = {term for match in matches for word in aligner.words(match.passage) for term in word.terms}
    for match in matches:
        text, words = aligner.passages[match.passage], aligner.words(match.passage)
        pairs = _pairs(claim.words, words)
        if not pairs:
            continue
        their_names = set(names_in(text, words, by_capitals=by_capitals))
        for i, k in pairs:
            ours, theirs = claim.words[i], words[k]
            is_new = here.isdisjoint(ours.terms) and said.isdisjoint(theirs.terms)
            found = Substitutions(
                found.of_name or (is_new and i in names and k in their_names and not ours.values),
                found.of_number or (is_new and _are_far_apart(ours, theirs)),
                found.exchanged or _has_counterpart(claim, words, pairs, i, k),
            )
    return found


def _are_far_apart(ours: Word, theirs: Word) -> bool:
    """Whether both are numbers, neither of which is the other rounded."""
    return bool(ours.values and theirs.values) and not any(
        abs(one - other) <= _ROUNDED * abs(other) for one in ours.values for other in theirs.values
    )


def _has_counterpart(
    claim: Claim, words: Sequence[Word], pairs: Sequence[tuple[int, int]], i: int, k: int
) -> bool:
    """Whether the word that stands for another at `i` is elsewhere what that one stands for."""
    for j, other in pairs:
        if j > i and claim.words[j].terms == words[k].terms and words[other].terms == claim.words[i].terms:
            return not MUTUAL.search(claim.text, claim.words[i].end, claim.words[j].start)
    return False


def _pairs(ours: Sequence[Word], theirs: Sequence[Word]) -> list[tuple[int, int]]:
    """Words between the same words on both sides that are not the same, if most others are."""
    matcher = SequenceMatcher(None, [w.terms for w in ours], [w.terms for w in theirs], autojunk=False)
    opcodes = matcher.get_opcodes()
    same = sum(end - start for tag, start, end, _, _ in opcodes if tag == "equal")
    if same < _NEARLY * len(ours):
        return []
    return [
        (start + n, begin + n)
        for tag, start, end, begin, stop in opcodes
        if tag == "replace" and end - start == stop - begin
        for n in range(end - start)
    ]
