"""The pages of each sentence of a summary, and what it rests on, for people: [p. 3–5, 9]. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, cast

from graph.grounding.types import Sentence
from graph.results.coverage import FEW_CHUNKS
from graph.state import OutputState, PageRecord


def cited(result: OutputState) -> str:
    """The summary, with the pages after each sentence; "?" where it is flagged, nothing after headings."""
    pieces, position = [], 0
    for sentence, reference in _references(result):
        pieces += [result["summary"][position : sentence["end"]], " ", reference]
        position = sentence["end"]
    return "".join([*pieces, result["summary"][position:]])


def page_list(result: OutputState) -> str:
    """The pages of each sentence by its number, to stand below a summary that was shown before they were known."""
    listed = []
    numbered = enumerate((reference for _, reference in _references(result)), 1)
    for reference, run in groupby(numbered, key=lambda pair: pair[1]):
        numbers = [number for number, _ in run]
        listed.append(f"{'–'.join(dict.fromkeys(map(str, (numbers[0], numbers[-1]))))} {reference}")
    return f"\n\nPages by sentence: {', '.join(listed)}." if listed else ""


def coverage_line(result: OutputState) -> str:
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
    if any(map(_printed, _cited_pages(result))):
        said.append("pages in brackets are as printed")
    line = "; ".join(said)
    return f"{line[0].upper()}{line[1:]}."


def _resting(result: OutputState) -> str:
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


def _sentences(result: OutputState) -> str:
    count = sum(bool(sentence["evidence"] or sentence["flags"]) for sentence in result["sentences"])
    return f"{count} sentence{'' if count == 1 else 's'}"


def _references(result: OutputState) -> list[tuple[Sentence, str]]:
    """Sentences that need evidence, with the pages that have it in brackets."""
    pages = by_number(result["pages"])
    several = len({page.get("document") for page in result["pages"]}) > 1
    found = []
    for sentence in result["sentences"]:
        places = cite([pages[number] for number in sentence["pages"]], several=several)
        doubt = "?" if sentence["flags"] else ""
        if places or doubt:
            found.append((sentence, f"[{places}{doubt}]"))
    return found


def _cited_pages(result: OutputState) -> list[PageRecord]:
    numbers = {number for sentence in result["sentences"] for number in sentence["pages"]}
    return [page for number, page in by_number(result["pages"]).items() if number in numbers]


def by_number(ledger: Sequence[PageRecord]) -> dict[int, PageRecord]:
    """The pages of a ledger; without labels where a document has printed one of them on two pages.

    A page without a label of its own is "280 of the file" where another one is labelled 280.
    """
    printed = Counter((page.get("document"), _printed(page)) for page in ledger if _printed(page))
    unclear = {document for (document, _), count in printed.items() if count > 1}
    pages = {}
    for page in ledger:
        position = str(page.get("document_page", page["number"]))
        label = page["label"]
        if page.get("document") in unclear:
            label = position
        elif not _printed(page) and (page.get("document"), position) in printed:
            label = f"{position} of the file"
        pages[page["number"]] = cast(PageRecord, {**page, "label": label})
    return pages


def cite(pages: Sequence[PageRecord], *, several: bool) -> str:
    """ "p. 3–5, 9"; of several documents "a.pdf p. 3; b.pdf p. 1"."""
    runs = groupby(pages, key=lambda page: " ".join(page.get("document", "").split()) if several else "")
    return "; ".join(f"{document} p. {_ranges(run)}".strip() for document, run in runs)


def _ranges(pages: Iterable[PageRecord]) -> str:
    """Labels as printed; neighbours are joined where both are numbers, or neither."""
    runs: list[list[PageRecord]] = []
    for page in pages:
        if runs and _follows(runs[-1][-1], page):
            runs[-1].append(page)
        else:
            runs.append([page])
    ends = [list(dict.fromkeys([_label(run[0]), _label(run[-1])])) for run in runs]
    return ", ".join("–".join(labels) for labels in ends)


def _follows(page: PageRecord, other: PageRecord) -> bool:
    first, second = _label(page), _label(other)
    if first.isdecimal() and second.isdecimal():
        return int(second) == int(first) + 1
    return other["number"] == page["number"] + 1 and not first.isdecimal() and not second.isdecimal()


def _label(page: PageRecord) -> str:
    """As printed; without that, the position in its document."""
    return _printed(page) or str(page.get("document_page", page["number"]))


def _printed(page: PageRecord) -> str:
    """The label, if it is more than a count of the pages."""
    label = " ".join(page["label"].split())
    return "" if label == str(page.get("document_page", page["number"])) else label
