"""How much of the summary comes from each page of the document, as a strip of bars and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from markupsafe import Markup, escape

from graph.report.coverage import LEFT_OUT
from graph.report.html.facts import fact_list
from graph.report.html.markup import foreign, tag, together
from graph.report.page_names import PageNames
from graph.state import OutputState, PageRecord

# A longer document has several pages in a bar.
_BARS = 240
_FEW, _SHORT = 80, 10
_HEIGHTS = 10


def page_strip(result: OutputState) -> Markup:
    """A bar for each page, or for each few; "" if it would show nothing.

    It is for the eye and the finger alone: `page_facts` says the same to everybody.
    """
    ledger, weights = result["pages"], _weights(result)
    if not any(weights) and all(page["status"] == "read" for page in ledger):
        return Markup()
    names, size, by_page = PageNames(ledger), ceil(len(ledger) / _BARS), _sentences_by_page(result)
    bars = []
    for start in range(0, len(ledger), size):
        pages = ledger[start : start + size]
        kinds = [f"w{ceil(max(weights[start : start + size]) * _HEIGHTS)}"]
        if start > 0 and pages[0].get("document") != ledger[start - 1].get("document"):
            kinds.append("next-document")
        bars.append(_bar(pages, kinds, by_page, names))
    return tag(
        "div",
        tag("div", *bars, class_="strip few" if len(bars) <= _FEW else "strip", aria_hidden="true"),
        tag(
            "p",
            tag("span", foreign(names([ledger[0]["number"]])), aria_hidden="true"),
            tag("span", *_legend(ledger, size, any(weights)), class_="legend"),
            tag("span", foreign(names([ledger[-1]["number"]])) if len(ledger) > 1 else "", aria_hidden="true"),
            class_="small scale",
        ),
        class_="overview short" if len(bars) <= _SHORT else "overview",
    )


def page_facts(result: OutputState) -> Markup:
    """What became of the pages, and which sentences come from which."""
    ledger = result["pages"]
    names = PageNames(ledger)
    rows: list[tuple[str, object]] = []
    for status, words in {"read": "read", **LEFT_OUT}.items():
        if pages := [page["number"] for page in ledger if page["status"] == status]:
            rows.append((f"{words[0].upper()}{words[1:]}", foreign(names(pages))))
    by_page = _sentences_by_page(result).items()
    links = [tag("li", foreign(names([page])), ": ", _links(numbers)) for page, numbers in by_page]
    heading = tag("p", "Sentences of the summary by source page:")
    return together(fact_list(rows), *(heading, tag("ul", *links, class_="by-page")) if links else ())


def _sentences_by_page(result: OutputState) -> dict[int, list[int]]:
    """The numbers, from 1, of the sentences that come from each page."""
    found: dict[int, list[int]] = {}
    for number, sentence in enumerate(result["sentences"], start=1):
        for page in sentence["pages"]:
            found.setdefault(page, []).append(number)
    return dict(sorted(found.items()))


def _weights(result: OutputState) -> Sequence[float]:
    """How much of the summary comes from each page, 0..1; nothing is known of that without grounding."""
    return result["coverage"]["weights"] or [0.0] * len(result["pages"])


def _links(numbers: Sequence[int]) -> Markup:
    links = [tag("a", n, href=f"#s{n}", data_sentences=n, aria_label=f"sentence {n}") for n in numbers]
    return together("sentence " if len(numbers) == 1 else "sentences ", escape(", ").join(links))


def _bar(
    pages: Sequence[PageRecord], kinds: Sequence[str], by_page: Mapping[int, list[int]], names: PageNames
) -> Markup:
    numbers = sorted({number for page in pages for number in by_page.get(page["number"], ())})
    title = names(page["number"] for page in pages)
    if left_out := _left_out(pages, names):
        title += f" ({'; '.join(left_out)})"
        kinds = [*kinds, "left-out" if all(page["status"] != "read" for page in pages) else "partly"]
    if numbers:
        title += f": sentence{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
    attributes = {"class_": " ".join(["bar", *kinds]), "title": title}
    if not numbers:
        return tag("span", tag("i"), **attributes)
    marked = " ".join(map(str, numbers))
    return tag("a", tag("i"), **attributes, href=f"#s{numbers[0]}", tabindex="-1", data_sentences=marked)


def _left_out(pages: Sequence[PageRecord], names: PageNames) -> list[str]:
    """Why pages of a bar are not in the summary; which, if not all of them are left out for one reason."""
    by_status = {
        status: [page["number"] for page in pages if page["status"] == status]
        for status in LEFT_OUT
        if any(page["status"] == status for page in pages)
    }
    return [
        LEFT_OUT[status] if len(numbers) == len(pages) else f"{names(numbers)}: {LEFT_OUT[status]}"
        for status, numbers in by_status.items()
    ]


def _legend(ledger: Sequence[PageRecord], size: int, has_weights: bool) -> list[object]:
    """How to read the strip, as far as it shows anything."""
    each = "page" if size == 1 else f"bar ({size} pages)"
    legend: list[object] = []
    if has_weights:
        legend.append(f"The fuller a {each}, the more of the summary comes from it. ")
    if any(page["status"] != "read" for page in ledger):
        legend += [tag("span", class_="bar left-out sample", aria_hidden="true"), " Not in the summary."]
    return legend
