"""The pages that each sentence of a summary comes from: [pp. 3–5, 9]."""

from __future__ import annotations

from graph.grounding.types import Sentence
from graph.results.page_ranges import cite, page_names
from graph.results.types import Result

_SHOWN = 60  # characters of a sentence in a list


def cited(result: Result) -> str:
    """The summary, with the pages after each sentence; "?" where it is flagged, nothing after headings."""
    pieces, position = [], 0
    for sentence, citation in _citations(result):
        pieces += [result["summary"][position : sentence["end"]], " ", citation]
        position = sentence["end"]
    return "".join([*pieces, result["summary"][position:]])


def page_list(result: Result) -> str:
    """The pages of each sentence, as a list to stand below a summary that was shown before they were known."""
    listed = [f"- {citation} {_beginning(sentence['text'])}" for sentence, citation in _citations(result)]
    return "\n".join(["\n\nSentence by sentence:\n", *listed]) if listed else ""


def is_claim(sentence: Sentence) -> bool:
    """Whether the sentence was compared with the document; a heading was not, and needs no source."""
    return bool(sentence["evidence"] or sentence["flags"])


def _citations(result: Result) -> list[tuple[Sentence, str]]:
    """The sentences that need a source, each with its pages in brackets."""
    names, citations = page_names(result["pages"]), []
    for sentence in filter(is_claim, result["sentences"]):
        pages = cite(names[page] for page in sentence["pages"])
        citations.append((sentence, f"[{pages}{'?' if sentence['flags'] else ''}]"))
    return citations


def _beginning(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN].rpartition(' ')[0] or text[:_SHOWN]} …"
