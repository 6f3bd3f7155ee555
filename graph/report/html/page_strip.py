"""How much of the summary comes from each page of the document, as a strip of bars and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from markupsafe import Markup, escape

from graph.report.coverage import entry_words, lost_much, not_read
from graph.report.html.facts import fact_list
from graph.report.html.markup import foreign, tag, together
from graph.report.words import cite, say
from graph.results.page_ranges import PageName
from graph.results.types import PageRecord, Result

# A longer document has several pages in a bar.
_BARS = 240
_FEW, _SHORT = 80, 10
_HEIGHTS = 10
MUCH_LOST = "More than a tenth of the words left out"


def page_strip(result: Result, names: Mapping[int, PageName]) -> Markup:
    """A bar for each page, or for each few; "" if it would show nothing.

    It is for the eye and the finger alone: `page_facts` says the same to everybody.
    """
    ledger, weights = result["pages"], _weights(result)
    if not any(weights) and all(page["status"] == "read" and not lost_much(page) for page in ledger):
        return Markup()
    by_page, size = _sentences_by_page(result), ceil(len(ledger) / _BARS)
    bars = []
    for start in range(0, len(ledger), size):
        pages = ledger[start : start + size]
        kinds = [f"w{ceil(max(weights[start : start + size]) * _HEIGHTS)}"]
        if start > 0 and pages[0].get("document") != ledger[start - 1].get("document"):
            kinds.append("next-document")
        bars.append(_bar(pages, kinds, by_page, names))
    first, last = (foreign(cite([names[page["number"]]])) for page in (ledger[0], ledger[-1]))
    return tag(
        "div",
        tag("div", *bars, class_="strip few" if len(bars) <= _FEW else "strip", aria_hidden="true"),
        tag(
            "p",
            tag("span", first, aria_hidden="true"),
            tag("span", *_legend(ledger, size, any(weights)), class_="legend"),
            tag("span", last if len(ledger) > 1 else "", aria_hidden="true"),
            class_="small scale",
        ),
        class_="overview short" if len(bars) <= _SHORT else "overview",
    )


def page_facts(result: Result, names: Mapping[int, PageName]) -> Markup:
    """What became of the pages, and which sentences come from which."""
    ledger = result["pages"]
    read = [names[page["number"]] for page in ledger if page["status"] == "read"]
    found = ({"read": read} if read else {}) | not_read(ledger, names)
    rows: list[tuple[str, object]] = [
        (say(why[0].upper() + why[1:]), foreign(cite(pages))) for why, pages in found.items()
    ]
    much = [names[page["number"]] for page in ledger if lost_much(page)]
    rows.append((say(MUCH_LOST), foreign(cite(much)) if much else ""))
    by_page = _sentences_by_page(result).items()
    links = [tag("li", foreign(cite([names[page]])), ": ", _links(numbers)) for page, numbers in by_page]
    heading = tag("p", say("Sentences of the summary by source page:"))
    return together(
        fact_list(rows), _losses(ledger, names), *(heading, tag("ul", *links, class_="by-page")) if links else ()
    )


def _losses(ledger: Sequence[PageRecord], names: Mapping[int, PageName]) -> Markup:
    """What each page shows and no prompt was given, to open."""
    items = []
    for page in ledger:
        if entries := page.get("left_out", []):
            said = [tag("li", entry_words(entry), ": ", tag("q", entry["text"], dir="auto")) for entry in entries]
            items.append(tag("li", foreign(cite([names[page["number"]]])), tag("ul", *said)))
    title = tag("summary", say("What was left out of each page"))
    return tag("details", title, tag("ul", *items, class_="losses")) if items else Markup()


def _sentences_by_page(result: Result) -> dict[int, list[int]]:
    """The numbers, from 1, of the sentences that come from each page."""
    found: dict[int, list[int]] = {}
    for number, sentence in enumerate(result["sentences"], start=1):
        for page in sentence["pages"]:
            found.setdefault(page, []).append(number)
    return dict(sorted(found.items()))


def _weights(result: Result) -> Sequence[float]:
    """How much of the summary comes from each page, 0..1; nothing is known of that without grounding."""
    return result["coverage"]["weights"] or [0.0] * len(result["pages"])


def _links(numbers: Sequence[int]) -> Markup:
    one, many = "sentence {number}", "sentences {number}"
    links = [tag("a", n, href=f"#s{n}", data_sentences=n, aria_label=say(one, number=n)) for n in numbers]
    before, _, after = say(one if len(numbers) == 1 else many, number="\0").partition("\0")
    return together(before, escape(", ").join(links), after)


def _bar(
    pages: Sequence[PageRecord],
    kinds: Sequence[str],
    by_page: Mapping[int, list[int]],
    names: Mapping[int, PageName],
) -> Markup:
    numbers = sorted({number for page in pages for number in by_page.get(page["number"], ())})
    title = cite(names[page["number"]] for page in pages)
    if left_out := _left_out(pages, names):
        title += f" ({'; '.join(left_out)})"
        kinds = [*kinds, "left-out" if all(page["status"] != "read" for page in pages) else "partly"]
    if losses := [entry_words(entry) for page in pages if lost_much(page) for entry in page.get("left_out", [])]:
        title += f" ({say('left out: {what}', what=', '.join(losses))})"
        kinds = [*kinds, "lossy"]
    if numbers:
        message = "sentence {number}" if len(numbers) == 1 else "sentences {number}"
        title += f": {say(message, number=', '.join(map(str, numbers)))}"
    attributes = {"class_": " ".join(["bar", *kinds]), "title": title}
    if not numbers:
        return tag("span", tag("i"), **attributes)
    marked = " ".join(map(str, numbers))
    return tag("a", tag("i"), **attributes, href=f"#s{numbers[0]}", tabindex="-1", data_sentences=marked)


def _left_out(pages: Sequence[PageRecord], names: Mapping[int, PageName]) -> list[str]:
    """Why pages of a bar are not in the summary; which, if not all of them are left out for one reason."""
    return [
        say(why) if len(left_out) == len(pages) else f"{cite(left_out)}: {say(why)}"
        for why, left_out in not_read(pages, names).items()
    ]


def _legend(ledger: Sequence[PageRecord], size: int, has_weights: bool) -> list[object]:
    """How to read the strip, as far as it shows anything."""
    legend: list[object] = []
    if has_weights:
        message = "The fuller a bar ({count} pages), the more of the summary comes from it."
        if size == 1:
            message = "The fuller a page, the more of the summary comes from it."
        legend.append(f"{say(message, count=size)} ")
    if any(page["status"] != "read" for page in ledger):
        sample = tag("span", class_="bar left-out sample", aria_hidden="true")
        legend.append(tag("span", sample, f" {say('Not in the summary.')} ", class_="key"))
    if any(map(lost_much, ledger)):
        sample = tag("span", class_="bar lossy sample", aria_hidden="true")
        legend.append(tag("span", sample, f" {say(MUCH_LOST)}.", class_="key"))
    return legend
