"""ground: the sentences of a summary, each with its evidence in the pages of a document. Calls no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from graph.documents.from_langchain import DocumentLike
from graph.documents.types import Page
from graph.grounding.alignment import Aligner, Claim, Match
from graph.grounding.checks import lacks_name, number_flags
from graph.grounding.form import Form
from graph.grounding.guide import Guide
from graph.grounding.identifiers import rests_on_identifiers
from graph.grounding.names import capitals_tell
from graph.grounding.polarity import contradiction
from graph.grounding.roles import swaps_roles
from graph.grounding.source import Source, as_pages
from graph.grounding.statements import Statement, statements
from graph.grounding.strength import overstates
from graph.grounding.types import Evidence, Flag, Sentence
from graph.grounding.words import is_korean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from graph.results.types import ChunkRecord, Summary

_WEAK = 0.25  # support below this is flagged
_WEAK_KOREAN = 0.18  # the same for Korean, whose words change more from one wording to another
_NOTHING = 0.08  # and below this there is no evidence worth showing
_LACKING = 0.7  # what a number, or a name, that is not in the evidence leaves of the support
_CONTRADICTED = 0.6  # and what a "not" leaves that stands on one side only
_PERHAPS_CONTRADICTED = 0.75  # the same where what is denied is said in other words
_IDENTIFIED = 0.15  # the most that a docket number or a date supports where nothing else of the sentence is there
_NOTHING_SAID = 0.3  # and what is left of a sentence that any summary could have
_PREFERRED = 1.1  # what the chunks that the summary tree leads to count, against the rest of the document


def ground(
    summary: str,
    pages: Iterable[Page | DocumentLike | str],
    *,
    tree: Sequence[Summary] | None = None,
    chunks: Sequence[ChunkRecord] | None = None,
    instructions: Iterable[str] = (),
) -> list[Sentence]:
    """The sentences of `summary`, each with what in `pages` supports it.

    Pages are our own, LangChain documents, or plain texts, which are numbered from 1. Our own are taken as they
    are, so clean them first (`graph.documents.clean_pages`). With `tree` and `chunks` of a run over the same
    pages, what the tree leads to from the final summary is preferred to the rest of the document.

    Support is by words: 1 for a sentence that stands in the document, 0.4 to 0.9 for most that say the same in
    other words, below 0.25 (0.18 in Korean), "weak support", for most that have nothing to do with it. It says how
    well the evidence fits the sentence, not whether the sentence is true. A number is "in source" if it is in the
    evidence or within two sentences of it; a name, if it is within about a page of it or of the document's start.
    Flags that compare with the evidence lower the support. `instructions` are prompts, whose words are flagged.
    """
    traced = trace(summary, pages, tree=tree, chunks=chunks, instructions=instructions)
    return [each.sentence for each in traced]


class Traced(NamedTuple):
    """A grounded sentence, and where its evidence stands: [start, end) into `whole_text(pages)`, best first."""

    sentence: Sentence
    spans: list[tuple[int, int]]


def trace(
    summary: str,
    pages: Iterable[Page | DocumentLike | str],
    *,
    tree: Sequence[Summary] | None = None,
    chunks: Sequence[ChunkRecord] | None = None,
    instructions: Iterable[str] = (),
) -> list[Traced]:
    """`ground`, with the places of the evidence."""
    source = Source(as_pages(pages))
    guide = Guide(tree, chunks, source.language) if tree and chunks else None
    grounder = _Grounder(summary, source, guide, Form(source.text, source.language, instructions))
    return [grounder.traced(statement) for statement in grounder.statements]


class _Support(NamedTuple):
    """How much a sentence is supported, by which passages, and which of their terms it has."""

    support: float
    flags: list[Flag]
    matches: list[Match]
    terms: frozenset[str]


class _Grounder:
    """One summary against one source."""

    def __init__(self, summary: str, source: Source, guide: Guide | None, form: Form) -> None:
        self.statements = statements(summary)
        self._source, self._guide, self._form = source, guide, form
        self._aligner = Aligner([source.excerpt(i) for i in range(len(source.passages))], source.language)
        self._by_capitals = capitals_tell(s.text for s in self.statements if not s.is_heading)
        self._supported = cache(self._support)  # a model may repeat itself

    def traced(self, statement: Statement) -> Traced:
        """The sentence with its evidence. A heading, or one that has no word to compare, needs none."""
        support, flags, matches, terms = self._supported("" if statement.is_heading else statement.text)
        evidence = [self._evidence(match, terms) for match in matches]
        labels = self._labels(matches, terms)
        sentence = Sentence(
            text=statement.text,
            start=statement.start,
            end=statement.end,
            pages=sorted(labels),
            labels=[labels[number] for number in sorted(labels)],
            support=support,
            excerpt=evidence[0]["excerpt"] if evidence else "",
            evidence=evidence,
            flags=[*flags, *self._form.flags(statement, is_quoted=support == 1 and bool(matches))],
        )
        passages = [self._source.passages[match.passage] for match in matches]
        return Traced(sentence, [(passage.start, passage.end) for passage in passages])

    def _support(self, text: str) -> _Support:
        claim = Claim(text, self._aligner.index)
        if not text:
            return _Support(1.0, [], [], frozenset())
        if not claim.words:
            return _Support(0.0, ["says nothing"], [], frozenset())
        alignment = self._aligner.align(claim, self._preference(claim))
        support, matches, _ = alignment
        flags = number_flags(claim, alignment, self._aligner)
        if lacks_name(claim, alignment, self._aligner, self._source.text, by_capitals=self._by_capitals):
            flags.append("name not in source")
        support *= _LACKING ** len(flags)
        is_opposite, may_be_opposite = contradiction(claim, matches, self._aligner)
        if is_opposite:
            support *= _CONTRADICTED
            flags.append("opposite in source")
        elif may_be_opposite:
            support *= _PERHAPS_CONTRADICTED
        if swaps_roles(claim, matches, self._aligner, by_capitals=self._by_capitals):
            support *= _LACKING
            flags.append("roles differ from source")
        if overstates(claim, matches, self._aligner):
            support *= _LACKING
            flags.append("stronger than source")
        if support < 1 and self._form.says_nothing(claim.words):
            support *= _NOTHING_SAID
            flags.append("says nothing")
        if rests_on_identifiers(claim, alignment):
            support = min(support, _IDENTIFIED)
        if support < (_WEAK_KOREAN if is_korean(text) else _WEAK):
            flags.insert(0, "weak support")
        terms = frozenset(term for word in claim.words for term in word.terms)
        return _Support(round(support, 3), flags, matches if support >= _NOTHING else [], terms)

    def _preference(self, claim: Claim) -> NDArray[np.float64] | None:
        import numpy as np

        if not self._guide:
            return None
        preference = np.ones(len(self._source.passages))
        for start, end in self._guide.spans(claim.text):
            preference[self._source.within(start, end)] = _PREFERRED
        return preference

    def _labels(self, matches: Iterable[Match], terms: frozenset[str]) -> dict[int, str | None]:
        """Numbers and labels of the pages on which the passages have words of the sentence."""
        touched = {page for match in matches for page in self._touched(match.passage, terms)}
        return {self._source.pages[page]["number"]: self._source.pages[page]["label"] for page in touched}

    def _touched(self, index: int, terms: frozenset[str]) -> set[int]:
        passage = self._source.passages[index]
        if passage.first == passage.last:
            return {passage.first}
        shared = [word for word in self._aligner.words(index) if not terms.isdisjoint(word.terms)]
        return {self._source.page_at(passage.start + word.start) for word in shared} or {passage.first}

    def _evidence(self, match: Match, terms: frozenset[str]) -> Evidence:
        page = self._source.pages[min(self._touched(match.passage, terms))]
        before, after = self._source.around(match.passage)
        words = self._aligner.words(match.passage)
        return Evidence(
            page=page["number"],
            label=page["label"],
            excerpt=self._aligner.passages[match.passage],
            before=before,
            after=after,
            marks=[[word.start, word.end] for word in words if not terms.isdisjoint(word.terms)],
            score=round(match.score, 3),
        )
