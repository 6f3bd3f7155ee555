"""Whether a sentence says more than its evidence: "some" become "all", "may" becomes "does", "you" for others."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from graph.grounding.alignment import Aligner, Claim, Match
from graph.grounding.words import Word
from llm.language.strength import DOUBTFUL, NECESSARY, READER, UNIVERSAL

_SAYS_THE_SAME = 0.3  # what a passage must support for its words to count
_BESIDE = 2  # passages on each side of the evidence in which "all", "must" and "you" are looked for
_SCOPE = 4  # words that a doubt speaks of
_WIDE = 4  # words on each side of an "all" of which one must be beside an "all" of the evidence
_LEAST_DOUBTED = 2  # of them in the sentence, and all but one
_CLAUSE_END = re.compile(r"[.;:!?]\s|,\s|\bbut\b")


def overstates(claim: Claim, matches: Sequence[Match], aligner: Aligner) -> bool:
    """Whether the sentence says more than its evidence.

    It speaks of all, of what must be, or to the reader, and nothing near the evidence does; or it says for sure
    what the best passage says with a doubt.
    """
    language = aligner.index.language
    speaking = [match.passage for match in matches if match.score >= _SAYS_THE_SAME]
    if not speaking:
        return False
    around = aligner.near(speaking, _BESIDE)
    near = [aligner.passages[i] for i in around]
    if _is_widened(claim, around, aligner, _pattern(UNIVERSAL.get(language, ""))):
        return True
    for table in (NECESSARY, READER):
        pattern = _pattern(table.get(language, ""))
        if pattern.search(claim.text) and not any(map(pattern.search, near)):
            return True
    doubt = _pattern(DOUBTFUL.get(language, ""))
    return not doubt.search(claim.text) and _is_doubted(claim, speaking[0], aligner, doubt)


def _is_widened(claim: Claim, passages: Sequence[int], aligner: Aligner, wide: re.Pattern[str]) -> bool:
    """Whether the sentence has an "all" whose words no "all" of the passages stands beside."""
    ours = [_beside(claim.text, claim.words, cue) for cue in wide.finditer(claim.text)]
    theirs = [
        _beside(aligner.passages[i], aligner.words(i), cue)
        for i in passages
        for cue in wide.finditer(aligner.passages[i])
    ]
    return not all(any(one & other for other in theirs) or (not one and theirs) for one in ours)


def _beside(text: str, words: Sequence[Word], cue: re.Match[str]) -> set[str]:
    """The terms of the words around a cue, which are what it most likely speaks of."""
    before = [word for word in words if word.end <= cue.start()][-_WIDE:]
    after = [word for word in words if word.start >= cue.end()][:_WIDE]
    return {term for word in (*before, *after) for term in word.terms}


def _is_doubted(claim: Claim, passage: int, aligner: Aligner, doubt: re.Pattern[str]) -> bool:
    """Whether what a doubt in the passage speaks of is in the sentence."""
    text, words = aligner.passages[passage], aligner.words(passage)
    said = {term for word in claim.words for term in word.terms}
    for cue in doubt.finditer(text):
        scope = [word for word in words if word.start >= cue.end()][:_SCOPE]
        scope = [word for word in scope if not _CLAUSE_END.search(text, cue.end(), word.start)]
        shared = sum(said.issuperset(word.terms) for word in scope)
        if shared >= max(_LEAST_DOUBTED, len(scope) - 1):
            return True
    return False


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern or "(?!)", re.IGNORECASE)
