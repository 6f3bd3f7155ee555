"""The pages that each sentence of a summary comes from: [pp. 3–5, 9], or [a.pdf p. 3; b.pdf p. 1]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import itemgetter

from graph.grounding.types import Sentence
from graph.report.words import cite, say, speaking
from graph.results.page_ranges import PageName, page_names
from graph.results.types import Result, SectionRecord


def cited(result: Result) -> str:
    """The summary, with the pages after each sentence; "?" where it is flagged, nothing after headings."""
    return with_citations(result["summary"], result["sentences"], page_names(result["pages"]))


def with_citations(summary: str, sentences: Iterable[Sentence], names: Mapping[int, PageName]) -> str:
    """`cited`, for any text and its sentences."""
    pieces, position = [], 0
    for sentence, citation in _citations(sentences, names):
        pieces += [summary[position : sentence["end"]], " ", citation]
        position = sentence["end"]
    return "".join([*pieces, summary[position:]])


def page_list(result: Result) -> str:
    """The pages of each sentence by its number, to stand below a summary that was shown before they were known."""
    with speaking(result["summary"]):
        return _page_list(result)


def _page_list(result: Result) -> str:
    listed = []
    citations = _citations(result["sentences"], page_names(result["pages"]))
    numbered = enumerate((citation for _, citation in citations), start=1)
    for citation, run in groupby(numbered, key=itemgetter(1)):
        numbers = [str(number) for number, _ in run]
        listed.append(f"{'–'.join(dict.fromkeys([numbers[0], numbers[-1]]))} {citation}")
    return "\n\n" + say("Pages by sentence: {pages}.", pages=", ".join(listed)) if listed else ""


def all_sentences(result: Result) -> list[Sentence]:
    """The sentences of the summary, then those of the chapters' summaries: chips number them in this order."""
    chapters = [sentence for section in result["sections"] for sentence in section.get("sentences", [])]
    return [*result["sentences"], *chapters]


def claims(result: Result) -> list[Sentence]:
    """Those of all sentences that were compared with the document."""
    return list(filter(is_claim, all_sentences(result)))


def written_chapters(result: Result) -> list[tuple[SectionRecord, int]]:
    """The chapters that have a summary, and how many levels each is below the highest of them."""
    written = [section for section in result["sections"] if "summary" in section]
    top = min((section["level"] for section in written), default=1)
    return [(section, section["level"] - top) for section in written]


def is_claim(sentence: Sentence) -> bool:
    """Whether the sentence was compared with the document; a heading was not, and needs no source."""
    return bool(sentence["evidence"] or sentence["flags"])


def source_of(sentence: Sentence, names: Mapping[int, PageName]) -> str:
    """The pages of a sentence, with the names of several documents; without a page, what documents it is about."""
    return cite(names[page] for page in sentence["pages"]) or "; ".join(sentence.get("documents", []))


def _citations(sentences: Iterable[Sentence], names: Mapping[int, PageName]) -> list[tuple[Sentence, str]]:
    """The sentences that need a source, each with its pages in brackets."""
    return [
        (sentence, f"[{source_of(sentence, names)}{'?' if sentence['flags'] else ''}]")
        for sentence in filter(is_claim, sentences)
    ]
