"""Whether an answer answers: what models say instead of one, and what of it the document bears out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from graph.asking.kinds import has_number
from graph.asking.passages import Finder
from graph.asking.question import Question
from graph.grounding import Sentence, Traced
from graph.grounding.types import Flag
from graph.report.citations import is_claim
from llm.language.marks import CLOSERS, ENDS
from llm.language.sentences import split_sentences

_ABSENT = {"en": "The document does not say.", "ko": "문서에 나와 있지 않습니다."}

# How models say that they find no answer, in few words.
_SAYS_SO = re.compile(
    r"\b(?:documents?|texts?|passages?|reports?|papers?|articles?|context|authors?|information|it|they)\b.{0,40}"
    r"(?:\bnot|n['’]t)\b.{0,30}\b(?:says?|stated?|mention|specif|contain|provide|give|include|tell|answer|discuss|"
    r"address|indicate|available)"
    r"|\bnot (?:(?:explicit|direct|specifical)ly )?(?:mentioned|stated|specified|given|provided|answered|known)\b"
    r"|\bno (?:information|mention|answer)\b|\bcan ?not be (?:determined|answered|found)|\bnot enough information"
    r"|나와\s?있지\s?않|언급(?:되어|돼|되)?(?:\s?있)?지?\s?않|(?:언급|정보|내용|답)[이은가]?\s?(?:전혀 )?없"
    r"|알\s?수\s?없|(?:명시|포함|제공|기재)되(?:어\s?있)?지\s?않"
    r"|\b(?:dokument|text)\b.{0,40}\b(?:nicht|keine?n?)\b|\bne (?:dit|mentionne|précise|contient|donne|indique)\b"
    r"|\bdocumento no\b|\bno (?:dice|menciona|especifica|indica)\b",
    re.IGNORECASE,
)
_FEW = 2  # sentences of such an answer
_ENDED = re.compile(rf"[{ENDS}][{re.escape(CLOSERS)}*_]*$")

# What keeps a sentence from bearing an answer. A fragment may well be one.
_FATAL: frozenset[Flag] = frozenset(
    {"weak support", "number not in source", "name not in source", "opposite in source", "says nothing", "markup"}
)
_OF_SUMMARIES: frozenset[Flag] = frozenset({"not a sentence"})

_SAID_SO = 0.8

# What of the question must stand around the evidence of an answer.
_ON_TOPIC = 0.3


def absent(language: str) -> str:
    """That the document does not say, in the language with this code, if it is English or Korean."""
    return _ABSENT.get(language, _ABSENT["en"])


def says_so(answer: str) -> bool:
    """Whether an answer is that there is none in the document."""
    sentences = [sentence for sentence in split_sentences(answer) if sentence.strip()]
    return 0 < len(sentences) <= _FEW and bool(_SAYS_SO.search(sentences[0]))


def is_in_document(traced: Sequence[Traced]) -> bool:
    """Whether the document says it nearly so: then "It does not include the costs" is an answer."""
    return bool(traced) and all(one.spans and one.sentence["support"] >= _SAID_SO for one in traced)


def as_statement(answer: str) -> str:
    """The answer with an end, so that "Paris" is compared, and not taken for a heading."""
    answer = answer.strip()
    return answer if not answer or "\n" in answer or _ENDED.search(answer) else f"{answer}."


def without_flags_of_summaries(sentence: Sentence) -> Sentence:
    """The sentence without what only a sentence of a summary is blamed for."""
    return sentence | {"flags": [flag for flag in sentence["flags"] if flag not in _OF_SUMMARIES]}


def is_supported(traced: Sequence[Traced], question: Question, finder: Finder) -> bool | None:
    """Whether the document has what an answer says, near what the question is about; None if words cannot tell."""
    if question.crosses:
        numbers_differ = any("number not in source" in one.sentence["flags"] for one in traced)
        return False if numbers_differ else None
    good = [
        one for one in traced if is_claim(one.sentence) and one.spans and _FATAL.isdisjoint(one.sentence["flags"])
    ]
    lacks_number = question.kind and question.kind.is_amount and not any(map(has_number, _texts(good)))
    if not good or lacks_number:
        return False
    return question.is_general or finder.covered(question, _passages(good, finder)) >= _ON_TOPIC


def _texts(traced: Iterable[Traced]) -> list[str]:
    return [one.sentence["text"] for one in traced]


def _passages(traced: Iterable[Traced], finder: Finder) -> list[int]:
    places = (finder.source.within(start, start + 1) for one in traced for start, _ in one.spans)
    return [place.start for place in places]
