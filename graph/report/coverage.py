"""How much of the document is in the summary, for people: what it draws on, what was left out, what is flagged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from graph.documents.types import LeftOut
from graph.length import words_in
from graph.report.citations import claims
from graph.report.words import cite, count, say
from graph.results.coverage import FEW_CHUNKS
from graph.results.page_ranges import PageName
from graph.results.types import Length, PageRecord, Result

# Why a page is not in the summary, by its status in the ledger.
LEFT_OUT = {
    "empty": "no text",
    "failed": "could not be read",
    "skipped": "not selected",
    "references": "references only, left out",
    "unsummarized": "the model failed on all or part of it",
}
_MUCH = 0.1  # of a page's words
_THIRDS = ("{share} of the first third", "{share} of the second", "{share} of the last")


def coverage_line(result: Result) -> str:
    """In one line: what was read, how short the summary is, what it draws on, and which sentences to check."""
    coverage = result["coverage"]
    total = coverage["pages_total"]
    one, many = "{read} of {count} page was read", "{read} of {count} pages were read"
    read = count(total, one, many, read=coverage["pages_read"])
    if coverage["compression"]:
        read += say("; the summary has {length}", length=length_said(result))
    sentences = [f"{read}."]
    if coverage["thirds"]:
        sentences.append(_use(result))
    if unused := unused_documents(result):
        sentences.append(say("No sentence draws on {documents}.", documents=", ".join(unused)))
    if claims(result):
        sentences.append(_flagged(result))
    return " ".join(sentences)


def not_read(pages: Iterable[PageRecord], names: Mapping[int, PageName]) -> dict[str, list[PageName]]:
    """The pages that are not in the summary, by why."""
    found: dict[str, list[PageName]] = {}
    for page in pages:
        if page["status"] in LEFT_OUT:
            found.setdefault(page["status"], []).append(names[page["number"]])
    return {why: found[status] for status, why in LEFT_OUT.items() if status in found}


def lost_much(page: PageRecord) -> bool:
    """Whether a page that was read shows much that no prompt was given: more than a tenth of its words."""
    lost = sum(entry["words"] for entry in page.get("left_out", []))
    return page["status"] == "read" and lost > _MUCH * (lost + page.get("words", 0))


def entry_words(entry: LeftOut) -> str:
    """ "references (310 words)"."""
    return f"{say(entry['reason'])} ({_words(entry['words'])})"


def left_out_of_pages(result: Result, names: Mapping[int, PageName]) -> str:
    """What pages show and no prompt was given: "page headers (1,204 words), references on p. 9 (310 words)"."""
    words: Counter[str] = Counter()
    pages: dict[str, list[int]] = {}
    for page in result["pages"]:
        for entry in page.get("left_out", []):
            words[entry["reason"]] += entry["words"]
            pages.setdefault(entry["reason"], []).append(page["number"])
    parts = []
    for reason, number in words.items():
        is_everywhere = len(pages[reason]) > len(result["pages"]) / 2  # which needs no list of pages
        what = say(reason)
        if not is_everywhere:
            what = say("{what} on {pages}", what=what, pages=cite(names[page] for page in pages[reason]))
        parts.append(f"{what} ({_words(number)})")
    return ", ".join(parts)


def unused_documents(result: Result) -> list[str]:
    """Those of several documents that were read, and that no well-supported sentence draws on."""
    weights: dict[str, float] = {}
    for page, weight in zip(result["pages"], result["coverage"]["weights"], strict=False):
        if page["status"] == "read" and "document" in page:
            weights[page["document"]] = weights.get(page["document"], 0.0) + weight
    return [document for document, weight in weights.items() if not weight]


def length_said(result: Result) -> str:
    """How long the summary is, how long it was to be, and what share that is of the text.

    A result that an earlier version has kept does not say it.
    """
    length = result.get("length") or Length(words=words_in(result["summary"]), wanted=None, asked_again=False)
    share = percent(result["coverage"]["compression"])
    message = "{words} words, {share} of the text read"
    if length["wanted"]:
        message = "{words} words (about {wanted} asked for), {share} of the text read"
    return say(message, words=f"{length['words']:,}", wanted=f"{length['wanted'] or 0:,}", share=share)


def percent(share: float) -> str:
    """0.5 is "50%", 0.013 is "1.3%", and what would be rounded to nothing is "under 0.1%"."""
    if 0 < share < 0.0005:
        return say("under 0.1%")
    return f"{share:.0%}" if share >= 0.095 or share == 0 else f"{share:.1%}"


def _use(result: Result) -> str:
    coverage = result["coverage"]
    used, total = coverage["chunks_used"], coverage["chunks_total"]
    one, many = "{used} of {count} part", "{used} of {count} parts"
    if total < FEW_CHUNKS:
        used, total = sum(weight > 0 for weight in coverage["weights"]), coverage["pages_read"]
        one, many = "{used} of {count} page", "{used} of {count} pages"
    text = say("By word overlap, the summary draws on {what}", what=count(total, one, many, used=used))
    if total < len(coverage["thirds"]):
        return f"{text}."
    shares = zip(coverage["thirds"], _THIRDS, strict=True)
    return f"{text} ({', '.join(say(third, share=percent(share)) for share, third in shares)})."


def _flagged(result: Result) -> str:
    compared = claims(result)
    flags = Counter(flag for sentence in compared for flag in sentence["flags"])
    flagged = sum(bool(sentence["flags"]) for sentence in compared)
    text = say("No sentence is flagged")
    if flagged:
        counts = ", ".join(f"{say(flag)}: {times}" for flag, times in flags.items())
        message = '{flagged} of {all} sentences is flagged with "?" ({counts})'
        if flagged > 1:
            message = '{flagged} of {all} sentences are flagged with "?" ({counts})'
        text = say(message, flagged=flagged, all=len(compared), counts=counts)
    text += say("; this is word overlap only, not a fact check.")
    if flags["weak support"] > len(compared) / 2:
        text += " " + say("It says nothing if the summary and the document are in different languages.")
    return text


def _words(number: int) -> str:
    return count(number, "{count} word", "{count} words")
