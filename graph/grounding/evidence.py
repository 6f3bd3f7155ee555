"""ground: the sentences of a summary, each with its evidence in the pages of a document. Calls no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

from graph.documents.from_langchain import DocumentLike
from graph.documents.types import Page
from graph.grounding.alignment import Aligner, Claim, Match, is_quotation
from graph.grounding.checks import lacks_name, number_flags
from graph.grounding.form import Form, says_nothing
from graph.grounding.guide import Guide
from graph.grounding.identifiers import rests_on_identifiers
from graph.grounding.names import capitals_tell
from graph.grounding.polarity import contradiction
from graph.grounding.roles import swaps_roles
from graph.grounding.source import Source, as_pages
from graph.grounding.statements import Statement, statements
from graph.grounding.strength import overstates
from graph.grounding.substitutions import substitutions
from graph.grounding.types import Evidence, Flag, Sentence
from graph.grounding.words import is_korean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from graph.results.types import ChunkRecord, Summary

_WEAK = 0.25  # support below this is flagged
_WEAK_KOREAN = 0.18  # the same for Korean, whose words change more from one wording to another
_NOTHING = 0.08  # and below this there is no evidence worth showing
_LACKING = 0.5  # what a number, or a name, that is not in the evidence leaves of the support
_CONTRADICTED = 0.4  # and what a "not" leaves that stands on one side only
_PERHAPS_CONTRADICTED = 0.85  # the same where what is denied is said in other words
_DOUBTED = 1.4  # a flag halves the support, which makes a sentence weak less readily than no evidence does
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
    return Tracer(pages, tree=tree, chunks=chunks, instructions=instructions).trace(summary)


class _Support(NamedTuple):
    """How much a sentence is supported, by which passages, and which of their terms it has."""

    support: float
    flags: list[Flag]
    matches: list[Match]
    terms: frozenset[str]


class Tracer:
    """Grounds summaries in one source, which is read once. Otherwise like `ground`."""

    def __init__(
        self,
        pages: Iterable[Page | DocumentLike | str],
        *,
        tree: Sequence[Summary] | None = None,
        chunks: Sequence[ChunkRecord] | None = None,
        instructions: Iterable[str] = (),
    ) -> None:
        source = self.source = Source(as_pages(pages))
        self._instructions = list(instructions)
        self._guide = Guide(tree, chunks, source.language) if tree and chunks else None
        self.aligner = Aligner([source.excerpt(i) for i in range(len(source.passages))], source.language)
        self._supported = cache(self._support)  # a model may repeat itself, and most of a summary is traced again

    def trace(self, summary: str, preference: NDArray[np.float64] | None = None) -> list[Traced]:
        """The sentences of `summary`, with the places of their evidence.

        `preference` (passages,) says how gladly each passage of the source is taken for evidence; 1 is usual.
        """
        said = statements(summary)
        form = Form(self.source.text, self.source.language, self._instructions)
        by_capitals = capitals_tell(each.text for each in said if not each.is_heading)
        look_up = self._supported if preference is None else partial(self._support, preference=preference)
        supported = partial(look_up, by_capitals=by_capitals)
        return [self._traced(statement, form, supported) for statement in said]

    def passages(self, text: str) -> list[str]:
        """What the source says nearest to a sentence, best first, each with the sentences before and after it.

        There are some for a sentence without evidence, too, unless it has no word of the source.
        """
        claim = Claim(text, self.aligner.index)
        matches = self.aligner.align(claim).matches if claim.words else []
        taken: set[int] = set()
        found = []
        for match in matches:
            near = [i for i in self.aligner.near([match.passage], 1) if i not in taken]
            taken.update(near)
            if match.passage in near:
                first, last = (self.source.passages[i] for i in (near[0], near[-1]))
                found.append(" ".join(self.source.text[first.start : last.end].split()))
        return found

    def _traced(self, statement: Statement, form: Form, supported: Callable[[str], _Support]) -> Traced:
        """The sentence with its evidence. A heading, or one that has no word to compare, needs none."""
        text = statement.text if statement.is_claim else ""
        support, flags, matches, terms = supported(text)
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
            flags=[*flags, *form.flags(statement, is_quoted=support == 1 and bool(matches))],
        )
        passages = [self.source.passages[match.passage] for match in matches]
        return Traced(sentence, [(passage.start, passage.end) for passage in passages])

    def _support(self, text: str, *, by_capitals: bool, preference: NDArray[np.float64] | None = None) -> _Support:
        claim = Claim(text, self.aligner.index)
        if not text:
            return _Support(1.0, [], [], frozenset())
        if not claim.words:
            return _Support(0.0, ["says nothing"], [], frozenset())
        alignment = self.aligner.align(claim, self._preference(claim) if preference is None else preference)
        support, matches, _ = alignment
        flags = number_flags(claim, alignment, self.aligner)
        instead = substitutions(claim, matches, self.aligner, by_capitals=by_capitals)
        if instead.of_number and "number not in source" not in flags:
            flags.append("number not in source")
        if instead.of_name or lacks_name(
            claim, alignment, self.aligner, self.source.text, by_capitals=by_capitals
        ):
            flags.append("name not in source")
        support *= _LACKING ** len(flags)
        is_opposite, may_be_opposite = contradiction(claim, matches, self.aligner)
        if is_opposite:
            support *= _CONTRADICTED
            flags.append("opposite in source")
        elif may_be_opposite:
            support *= _PERHAPS_CONTRADICTED
        if instead.exchanged or swaps_roles(claim, matches, self.aligner, by_capitals=by_capitals):
            support *= _LACKING
            flags.append("roles differ from source")
        if overstates(claim, matches, self.aligner):
            support *= _LACKING
            flags.append("stronger than source")
        is_quoted = any(is_quotation(text, self.aligner.passages[match.passage]) for match in matches)
        if not is_quoted and says_nothing(text, claim.words, self.source.language):
            support *= _NOTHING_SAID
            flags.append("says nothing")
        if rests_on_identifiers(claim, alignment):
            support = min(support, _IDENTIFIED)
        speaks_against = sum(flag != "says nothing" for flag in flags)
        if support * _DOUBTED**speaks_against < (_WEAK_KOREAN if is_korean(text) else _WEAK):
            flags.insert(0, "weak support")
        terms = frozenset(term for word in claim.words for term in word.terms)
        return _Support(round(support, 3), flags, matches if alignment.support >= _NOTHING else [], terms)

    def _preference(self, claim: Claim) -> NDArray[np.float64] | None:
        import numpy as np

        if not self._guide:
            return None
        preference = np.ones(len(self.source.passages))
        for start, end in self._guide.spans(claim.text):
            preference[self.source.within(start, end)] = _PREFERRED
        return preference

    def _labels(self, matches: Iterable[Match], terms: frozenset[str]) -> dict[int, str | None]:
        """Numbers and labels of the pages on which the passages have words of the sentence."""
        touched = {page for match in matches for page in self._touched(match.passage, terms)}
        return {self.source.pages[page]["number"]: self.source.pages[page]["label"] for page in touched}

    def _touched(self, index: int, terms: frozenset[str]) -> set[int]:
        passage = self.source.passages[index]
        if passage.first == passage.last:
            return {passage.first}
        shared = [word for word in self.aligner.words(index) if not terms.isdisjoint(word.terms)]
        return {self.source.page_at(passage.start + word.start) for word in shared} or {passage.first}

    def _evidence(self, match: Match, terms: frozenset[str]) -> Evidence:
        page = self.source.pages[min(self._touched(match.passage, terms))]
        before, after = self.source.around(match.passage)
        words = self.aligner.words(match.passage)
        return Evidence(
            page=page["number"],
            label=page["label"],
            excerpt=self.aligner.passages[match.passage],
            before=before,
            after=after,
            marks=[[word.start, word.end] for word in words if not terms.isdisjoint(word.terms)],
            score=round(match.score, 3),
        )
