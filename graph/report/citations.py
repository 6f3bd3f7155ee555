"""The pages of each sentence of a summary, and what it rests on, for people: [pp. 3–5, 9]. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graph.grounding.types import Sentence
from graph.results.coverage import FEW_CHUNKS
from graph.results.page_ranges import PageName, cite, page_names
from graph.results.types import Result

_SHOWN = 60  # characters of a sentence in a list


def cited(result: Result) -> str:
    """The summary, with the pages after each sentence; "?" where it is flagged, nothing after headings."""
    pieces, position = [], 0
    for sentence, reference in _references(result):
        pieces += [result["summary"][position : sentence["end"]], " ", reference]
        position = sentence["end"]
    return "".join([*pieces, result["summary"][position:]])


def page_list(result: Result) -> str:
    """The pages of each sentence, as a list to stand below a summary that was shown before they were known."""
    listed = [f"- {reference} {_beginning(sentence['text'])}" for sentence, reference in _references(result)]
    return "\n".join(["\n\nSentence by sentence:\n", *listed]) if listed else ""


def coverage_line(result: Result) -> str:
    """What the summary rests on, what was read, how short it is, and which sentences to look at."""
    coverage, flagged = result["coverage"], [sentence for sentence in result["sentences"] if sentence["flags"]]
    said = [_resting(result)] if coverage["thirds"] else []
    if silent := forgotten(result):
        said.append(f"no sentence rests on {', '.join(silent)}")
    said.append(f"{coverage['pages_read']} of {_pages(coverage['pages_total'])} read")
    if coverage["compression"]:
        said.append(_length(coverage["compression"]))
    if flagged:
        flags = Counter(flag for sentence in flagged for flag in sentence["flags"])
        counts = ", ".join(f"{flag}: {count}" for flag, count in flags.items())
        said.append(f'{len(flagged)} of {_sentences(result)} to be looked at, marked "?" ({counts})')
        if flags["weak support"] > len(result["sentences"]) / 2:
            said.append("words cannot be compared between two languages")
    if any(name.label for name in _cited_names(result)):
        said.append("pages in brackets are as printed")
    line = "; ".join(said)
    return f"{line[0].upper()}{line[1:]}."


def _resting(result: Result) -> str:
    coverage = result["coverage"]
    used, total, parts = coverage["chunks_used"], coverage["chunks_total"], "parts"
    if total < FEW_CHUNKS:
        used, total, parts = sum(weight > 0 for weight in coverage["weights"]), coverage["pages_read"], "pages"
    text = f"as far as words tell, it rests on {used} of {_pages(total) if parts == 'pages' else f'{total} parts'}"
    if total < len(coverage["thirds"]):
        return text
    shares = zip(coverage["thirds"], ("first third", "second", "last"), strict=True)
    return f"{text} ({', '.join(f'{share:.0%} of the {third}' for share, third in shares)})"


def forgotten(result: Mapping[str, Any]) -> list[str]:
    """Those of several documents that were read, and that the summary does not rest on."""
    resting: dict[str, float] = {}
    for page, weight in zip(result["pages"], result["coverage"]["weights"], strict=False):
        if page["status"] == "read" and "document" in page:
            resting[page["document"]] = resting.get(page["document"], 0.0) + weight
    return [document for document, weight in resting.items() if not weight]


def _length(compression: float) -> str:
    return f"1/{1 / compression:.0f} of the text" if compression < 0.4 else f"{compression:.0%} of the text"


def _pages(count: int) -> str:
    return f"{count} page{'' if count == 1 else 's'}"


def _sentences(result: Result) -> str:
    count = sum(bool(sentence["evidence"] or sentence["flags"]) for sentence in result["sentences"])
    return f"{count} sentence{'' if count == 1 else 's'}"


def _references(result: Result) -> list[tuple[Sentence, str]]:
    """Sentences that need evidence, with the pages that have it in brackets."""
    names = page_names(result["pages"])
    found = []
    for sentence in result["sentences"]:
        pages = cite(names[number] for number in sentence["pages"])
        doubt = "?" if sentence["flags"] else ""
        if pages or doubt:
            found.append((sentence, f"[{pages}{doubt}]"))
    return found


def _cited_names(result: Result) -> list[PageName]:
    names = page_names(result["pages"])
    return [names[number] for number in {number for one in result["sentences"] for number in one["pages"]}]


def _beginning(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    return f"{text[:_SHOWN].rpartition(' ')[0] or text[:_SHOWN]} …"
