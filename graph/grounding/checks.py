"""What of a sentence its evidence does not have: numbers, names, a "not". Knows nothing of pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graph.grounding.alignment import Aligner, Claim, Match
from graph.grounding.names import is_named, names_in
from graph.grounding.numerals import named_values, speaks_of_a_fall
from graph.grounding.words import Word, number_term

_BESIDE_NUMBERS = 2  # passages on each side of the evidence in which a number is looked for
_BESIDE_NAMES = 20  # the same for names: about a page
_SPEAKS = 0.15  # what a passage must support of the sentence for its numbers to count
_LEAST_SPELLED = 11  # "three ways" may be counted by who sums up, without a "three" in the source
_SAYS_THE_SAME = 0.3  # what a passage must support for a "not" in it to count
_ROUNDED = 0.05
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.?|roughly|nearly|almost|some|over|under|more than|less than"
    r"|fewer than|at least|at most|up to|close to|circa|ca\.?)\s|[~≈∼]|(?:약|대략|거의|근)\s?)[$€£₩]?$",
    re.IGNORECASE,
)
_OR_SO = re.compile(r"\s?\w{0,3}\s?(?:여|가량|정도|남짓|이상|이하|미만|안팎|or so\b)")

# English denies what comes next: "not significant", "without a parser". "Not only" denies nothing.
_FORWARD = re.compile(
    r"\b(?:(?:can|is|are|was|were|do|does|did|has|have|had|would|could|should|will|wo|must|need)n['’]?t|cannot"
    r"|not(?! only| just| merely| necessarily)|no(?!\.| doubt| less| later| sooner| fewer)"
    r"|never|none|nothing|neither|nor|without|hardly)\b|(?<![가-힣])안(?=\s[가-힣])",
    re.IGNORECASE,
)
# Korean denies what came before: "증가하지 않았다", "효과가 없다".
_BACKWARD = re.compile(r"(?<!못지)(?<!수 )(?<!수밖에 )(?:않|(?<![가-힣])(?:없|못|아니|아닌|아님))")
_NOT_ONLY = re.compile(r"뿐(?:만)?\s?아니")
_CLAUSE_END = re.compile(r"[.;:!?]\s|,\s|\bbut\b")
_SCOPE = 2


def lacks_number(claim: Claim, matches: Sequence[Match], aligner: Aligner) -> bool:
    """Whether a number of the sentence is neither in its evidence nor close to it.

    "About 12 million" is there where 11.8 million is. Numbers spelled out up to ten are not missed.
    """
    numbers = [word for word in claim.words if word.values and _is_precise(claim.text, word)]
    if not numbers:
        return False
    speaking = [match.passage for match in matches if match.score >= _SPEAKS] or [m.passage for m in matches[:1]]
    near = aligner.near(speaking, _BESIDE_NUMBERS)
    has_fallen, values = speaks_of_a_fall(claim.text), set[float]()
    for i in near:
        passage = aligner.passages[i]
        found = named_values(passage).union(*(word.values for word in aligner.words(i)))
        is_signed = not has_fallen and not speaks_of_a_fall(passage)
        values |= found if is_signed else found | {-value for value in found}
    known = set(map(number_term, values))
    return not all(_is_known(claim.text, word, known, values) for word in numbers)


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


def lacks_name(claim: Claim, matches: Sequence[Match], aligner: Aligner, *, by_capitals: bool) -> bool:
    """Whether a name of the sentence is not within about a page of its evidence, nor where the source begins."""
    names = names_in(claim.text, claim.words, by_capitals=by_capitals)
    if not names:
        return False
    near = aligner.near([0, *(match.passage for match in matches)], _BESIDE_NAMES)
    known = {term for i in near for word in aligner.words(i) for term in word.terms}
    texts = [claim.text, *(aligner.passages[i] for i in near)]
    words = [claim.words[i] for i in names]
    return not all(is_named(claim.text[w.start : w.end], w.terms, known, texts) for w in words)


def contradicts(claim: Claim, matches: Sequence[Match], aligner: Aligner) -> bool:
    """Whether a word is denied in the sentence and nowhere in its evidence, or the other way round."""
    ours = _denied_words(claim.text, claim.words)
    theirs: list[set[bool]] = [set() for _ in claim.words]
    for passage in [match.passage for match in matches if match.score >= _SAYS_THE_SAME]:
        words = aligner.words(passage)
        denied = _denied_words(aligner.passages[passage], words)
        for said, terms in zip(theirs, claim.terms, strict=True):
            said.update(i in denied for i, word in enumerate(words) if set(terms) <= set(word.terms))
    return any(said and (i in ours) not in said for i, said in enumerate(theirs))


def _denied_words(text: str, words: Sequence[Word]) -> set[int]:
    """The indices of those `words` of `text` that a negation speaks of, as far as the words next to it tell."""
    denied: set[int] = set()
    for cue in _FORWARD.finditer(text):
        after = [i for i, word in enumerate(words) if word.start >= cue.end()][:_SCOPE]
        denied.update(i for i in after if not _CLAUSE_END.search(text, cue.end(), words[i].start))
    not_only = [match.end() for match in _NOT_ONLY.finditer(text)]
    for cue in _BACKWARD.finditer(text):
        if cue.end() not in not_only:
            denied.update([i for i, word in enumerate(words) if word.end <= cue.start()][-_SCOPE:])
    return denied
