"""What becomes of a summary that was checked: which sentences the model is asked about, and which of its answers
are taken. Pure functions; what calls the model is in nodes.py.

An answer is taken only if grounding finds the summary better for it. No sentence goes but one that is flagged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from graph.calling.wanted import Wanted
from graph.doubts import is_doubtful, is_heading, sure_support
from graph.grounding import Traced
from graph.grounding.edits import exchanged, without
from graph.grounding.statements import ENDED, statements
from graph.grounding.types import Flag, Sentence
from graph.grounding.words import framing_terms, terms_of
from graph.length import words_in
from graph.results.types import Revision
from graph.state import Proposal, ReviseTask, State
from llm.language.detect import detect_language
from llm.language.sentences import split_sentences

# How often doubtful sentences go to the model: a second time, if the first has made them better and not good.
ROUNDS = 2

# How much higher the support must be where nothing else is better.
_GAIN = 0.1

# How much longer a sentence may become: times its words, and a few for short ones.
_LONGER, _SOME_WORDS = 2, 12

# How a model says that a sentence should go, as the prompts that ship ask for it or as models abridge it.
_DROP = re.compile(r"\W*(?:(?:DROP|삭제)[ \t]*(?:[^\w\s]|\n|$)|(?i:drop|delete|remove)\W*$)|\s*[-–—]\s*$")

# What of the words of a sentence its correction has, too, unless the sentence was no statement at all.
_KEPT = 0.25
_NO_STATEMENT: set[Flag] = {"says nothing", "not a sentence", "markup", "prompt text"}

# What an answer speaks of that is about the question and not about the document.
_OF_THE_QUESTION = re.compile(r"\b(?:sentences?|passages?|DROP)\b|문장|구절", re.IGNORECASE)
_LABEL = re.compile(r"\A\s*(?:\w+\s+){0,3}(?:sentence|문장)\s*[:：]\s*", re.IGNORECASE)
_QUOTES = "\"'“”‘’«»„"

_FRAME = re.compile(
    r"\A[\"“]?(?:the|this) (?:document|text|passage)s? (?:says?|states?|mentions?) that\s+", re.IGNORECASE
)

Trace = Callable[[str], list[Traced]]
Passages = Callable[[Sentence], list[str]]


class Mended(NamedTuple):
    """A summary with its sentences, what was changed in it, and the sentences among them that are new."""

    summary: str
    traced: list[Traced]
    revisions: Sequence[Revision] = ()
    new: frozenset[str] = frozenset()


def proposed(answer: str, sentence: str, *, is_whole: bool) -> str | None:
    """What the model wants to stand for a sentence: nothing ("") if it should go, None if it says nothing of use.

    Unless the answer `is_whole`, its end is missing.
    """
    if _DROP.match(answer):
        return ""
    said = [each.text for each in statements(_LABEL.sub("", answer)) if not each.is_heading]
    if said and not _FRAME.match(sentence):
        said[0] = _FRAME.sub("", said[0])
    most = max(_LONGER * words_in(sentence), words_in(sentence) + _SOME_WORDS)
    kept: list[str] = []
    for text in said:
        if not is_whole and not ENDED.search(text):
            break
        if words_in(" ".join([*kept, text])) > most:
            break
        kept.append(text)
    text = " ".join(" ".join(kept).split())
    if text[:1] in _QUOTES and sentence[:1] not in _QUOTES:
        text = text.strip(_QUOTES + " ")
    if text.count('"') % 2:  # a half of a quotation
        text = text.replace('"', "")
    if not text or (_OF_THE_QUESTION.search(text) and not _OF_THE_QUESTION.search(sentence)):
        return None
    text = _in_form(text, sentence)
    return None if text == sentence else text


def _in_form(text: str, sentence: str) -> str:
    """Begun and ended as the sentence is that it stands for."""
    if sentence[:1].isupper():
        text = text[0].upper() + text[1:]
    return f"{text}." if ENDED.search(sentence) and not ENDED.search(text) else text


def mend(draft: Mended, proposals: Sequence[Proposal], trace: Trace) -> Mended:
    """The draft with those proposals that make it better, one after the other from its end.

    Sentences that say only what one before them says go, too: no model need be asked about these.
    """
    draft = _with_each(draft, proposals, trace)
    twice = [one.sentence for one in draft.traced if "said twice" in one.sentence["flags"]]
    rounds = proposals[0]["round"] if proposals else 1
    gone = [
        Proposal(round=rounds, start=sentence["start"], before=sentence["text"], after="", error="")
        for sentence in twice
    ]
    return _with_each(draft, gone, trace)


def revise_tasks(draft: Mended, state: State, passages: Passages) -> list[ReviseTask]:
    """What the model is asked next: about each doubtful sentence, and in a second round about those that the first
    has made better and not good. Any other would be answered the same again.
    """
    rounds = state["rounds"]
    doubtful = [one.sentence for one in draft.traced if is_doubtful(one.sentence)]
    if rounds:
        doubtful = [each for each in doubtful if each["text"] in draft.new and rounds < ROUNDS]
    return [
        ReviseTask(
            round=rounds + 1,
            start=sentence["start"],
            sentence=sentence["text"],
            flags=sentence["flags"],
            passages=_around(sentence) or passages(sentence),
            wanted=Wanted(language=state.get("language", "")),
            run=state.get("run", ""),
        )
        for sentence in doubtful
    ]


def _around(sentence: Sentence) -> list[str]:
    """Its evidence, each passage with the sentence before and the one after."""
    found = []
    for evidence in sentence["evidence"]:
        before = split_sentences(evidence["before"])[-1:]
        after = split_sentences(evidence["after"])[:1]
        found.append(" ".join(" ".join([*before, evidence["excerpt"], *after]).split()))
    return found


def _with_each(draft: Mended, proposals: Sequence[Proposal], trace: Trace) -> Mended:
    """The draft with those of the proposals that make it better."""
    before = draft.revisions
    draft = draft._replace(revisions=[])
    for proposal in sorted(proposals, key=lambda each: each["start"], reverse=True):
        if proposal["after"] is not None:
            draft = _with(draft, proposal, proposal["after"], trace)
    return draft._replace(revisions=[*before, *reversed(draft.revisions)])


def _with(draft: Mended, proposal: Proposal, after: str, trace: Trace) -> Mended:
    """The draft with `after` in the place of a sentence, if that is better; else as it was."""
    sentences = [one.sentence for one in draft.traced]
    index = next((i for i, each in enumerate(sentences) if each["start"] == proposal["start"]), None)
    if index is None or sentences[index]["text"] != proposal["before"]:
        return draft
    sentence = sentences[index]
    start, end = sentence["start"], sentence["end"]
    if not after and not _may_go(sentences, index):
        return draft
    edit = exchanged(draft.summary, start, end, after) if after else without(draft.summary, start, end)
    traced = trace(edit)
    others = sentences[:index], sentences[index + 1 :]
    inside = _between([one.sentence for one in traced], *others)
    if inside is None or (after and not _is_better(inside, sentence)) or (not after and inside):
        return draft
    revision = Revision(
        before=sentence["text"],
        after=" ".join(each["text"] for each in inside),
        why=sentence["flags"],
        round=proposal["round"],
    )
    new = draft.new | {each["text"] for each in inside}
    return Mended(edit, traced, [*draft.revisions, revision], new)


def _may_go(sentences: Sequence[Sentence], index: int) -> bool:
    """Whether the sentence is flagged, and neither the last one nor all there is under a heading."""
    if not sentences[index]["flags"] or sum(not is_heading(each) for each in sentences) < 2:
        return False
    is_first = index == 0 or is_heading(sentences[index - 1])
    is_last = index + 1 == len(sentences) or is_heading(sentences[index + 1])
    return not (is_first and is_last and index > 0)


def _between(now: list[Sentence], before: list[Sentence], after: list[Sentence]) -> list[Sentence] | None:
    """The sentences between those that were not changed; None if one of these has got a flag by the change."""
    size = len(now) - len(after)
    if size < len(before):
        return None
    for old, new in zip([*before, *after], [*now[: len(before)], *now[size:]], strict=True):
        if old["text"] != new["text"] or not set(new["flags"]) <= set(old["flags"]):
            return None
    return now[len(before) : size]


def _is_better(sentences: Sequence[Sentence], than: Sentence) -> bool:
    """Fewer flags and still supported, or no other flags and better supported. What is weak is no correction, nor
    is what speaks of something else.
    """
    if not sentences or any(is_heading(each) for each in sentences) or not _keep_to_the_matter(sentences, than):
        return False
    flags = {flag for each in sentences for flag in each["flags"]}
    support = min(each["support"] for each in sentences)
    if "weak support" in flags or not flags <= set(than["flags"]):
        return False
    if len(flags) < len(than["flags"]):
        return support >= min(than["support"], sure_support(than["text"]))
    return support >= than["support"] + _GAIN


def _keep_to_the_matter(sentences: Sequence[Sentence], than: Sentence) -> bool:
    """Whether they speak of what the sentence speaks of."""
    language = detect_language(than["text"])
    framing = framing_terms(language)
    matter = {term for term in terms_of(than["text"], language) if term not in framing}
    said = {term for each in sentences for term in terms_of(each["text"], language)}
    return not _NO_STATEMENT.isdisjoint(than["flags"]) or len(matter & said) >= _KEPT * len(matter)
