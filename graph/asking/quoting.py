"""The answer of a model that copies: the sentences that come nearest to a question, in quotation marks."""

from __future__ import annotations

import re

from graph.asking.passages import Finder, Found
from graph.asking.question import Question
from llm.language.marks import CLOSERS, ENDS
from llm.textrank.sentences import leans

_MOST = 3  # sentences
_ENOUGH = 0.6  # of what is looked for, in a sentence and around it
_OWN = 0.4  # of it, in the sentence itself
_NEARLY_BEST = 0.85  # of the best one's worth, for a further one
_NEAR_START = 40  # sentences in which a document says what it is, who made it and when
_ENDED = re.compile(rf"[{ENDS}][{re.escape(CLOSERS)}]*$")
_TITLE_WORDS, _LABEL_WORDS = 10, 4  # of a heading, and of one that ends in a full stop
_SHORTEST = 15  # characters
_LONGEST = 120  # words; more are no sentence, but a list or a table without an end


def quotations(question: Question, found: Found, finder: Finder) -> list[str]:
    """At most three passages of the source, word for word and in its order; none where none comes near enough."""
    chosen: list[int] = []
    for passage in _candidates(question, found, finder):
        for told in _told(passage, finder):
            if told not in chosen:
                chosen.append(told)
        if len(chosen) >= _MOST:
            break
    texts = [" ".join(finder.source.excerpt(i).split()) for i in sorted(chosen[:_MOST])]
    return list(dict.fromkeys(texts))  # a document may say it twice


def quoted(sentences: list[str]) -> str:
    """The sentences in quotation marks, a paragraph each."""
    return "\n\n".join(f"“{sentence}”" for sentence in sentences)


def _candidates(question: Question, found: Found, finder: Finder) -> list[int]:
    """Passages that answer, the best first."""
    if question.crosses:
        return []
    if question.is_general:
        start = [i for i in range(min(_NEAR_START, len(finder.source.passages))) if _is_prose(i, finder)]
        if not question.kind:
            return finder.keys()[:2]
        return [i for i in start if question.is_given_in(finder.source.excerpt(i))][:1]
    best = [i for i in finder.best(found.worth) if _is_enough(i, question, finder)]
    return [i for i in best if found.worth[i] >= _NEARLY_BEST * found.worth[best[0]]]


def _is_enough(passage: int, question: Question, finder: Finder) -> bool:
    own = {term for word in finder.words(passage) for term in word.terms}
    if question.covered(own) < _OWN or finder.covered(question, [passage]) < _ENOUGH:
        return False
    return not (question.kind and question.kind.is_needed) or any(
        question.is_given_in(finder.source.excerpt(i)) for i in _told(passage, finder)
    )


def _told(passage: int, finder: Finder) -> list[int]:
    """What to quote for a passage: it, with what it leans on; with what stands below it, if it is a heading."""
    last = len(finder.source.passages) - 1
    if not _is_prose(passage, finder):
        below = [i for i in range(passage + 1, min(last, passage + 2) + 1) if _is_prose(i, finder)]
        is_run_in = bool(_ENDED.search(finder.source.excerpt(passage)))
        return [passage, below[0]] if below and is_run_in else below[:1]
    if passage and leans(finder.source.excerpt(passage)) and _is_prose(passage - 1, finder):
        return [passage - 1, passage]
    return [passage]


def _is_prose(passage: int, finder: Finder) -> bool:
    text = finder.source.excerpt(passage)
    words = len(text.split())
    if words > _LONGEST:
        return False
    return len(text) >= _SHORTEST and (
        words > _TITLE_WORDS or (words > _LABEL_WORDS and bool(_ENDED.search(text)))
    )
