"""How much the summary rests on each page of the document, as a strip of bars and in words. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from graph.report.html.markup import Html, foreign, joined, tag, together
from graph.report.page_names import FATES, PageNames

# A longer document has several pages in a bar.
_BARS = 240
_FEW, _SHORT = 80, 10
_HEIGHTS = 10


def resting(sentences: Sequence[Mapping[str, Any]]) -> dict[int, list[int]]:
    """The numbers of the sentences that rest on each page."""
    found: dict[int, list[int]] = {}
    for number, sentence in enumerate(sentences, start=1):
        for page in sentence["pages"]:
            found.setdefault(page, []).append(number)
    return dict(sorted(found.items()))


def strip(ledger: Sequence[Mapping[str, Any]], weights: Sequence[float], on: Mapping[int, list[int]]) -> Html:
    """A bar for each page, or for each few. `weights`: 0..1 for each page of the ledger; `on`: see `resting`.

    It is for the eye and the finger alone: `in_words` says the same.
    """
    if not any(weights) and all(page["status"] == "read" for page in ledger):
        return Html()
    names, size = PageNames(ledger), ceil(len(ledger) / _BARS)
    bars = []
    for start in range(0, len(ledger), size):
        pages = ledger[start : start + size]
        begins = start > 0 and pages[0].get("document") != ledger[start - 1].get("document")
        bars.append(_bar(pages, max(weights[start : start + size]), on, names, begins=begins))
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


def in_words(ledger: Sequence[Mapping[str, Any]], on: Mapping[int, list[int]]) -> Html:
    """What became of the pages, and which sentences rest on which."""
    names = PageNames(ledger)
    fates = {"read": "Read", **{status: words.capitalize() for status, words in FATES.items()}}
    rows = []
    for status, words in fates.items():
        if pages := [page["number"] for page in ledger if page["status"] == status]:
            rows.append(together(tag("dt", words), tag("dd", foreign(names(pages)))))
    links = [tag("li", foreign(names([page])), ": ", _links(numbers)) for page, numbers in on.items()]
    heading = tag("p", "The sentences that rest on each page:")
    return together(tag("dl", *rows, class_="facts"), *(heading, tag("ul", *links, class_="on")) if links else ())


def _links(numbers: Sequence[int]) -> Html:
    links = [tag("a", n, href=f"#s{n}", data_to=n, aria_label=f"sentence {n}") for n in numbers]
    return together("sentence " if len(numbers) == 1 else "sentences ", joined(", ", links))


def _bar(
    pages: Sequence[Mapping[str, Any]],
    weight: float,
    on: Mapping[int, list[int]],
    names: PageNames,
    *,
    begins: bool,
) -> Html:
    numbers = sorted({number for page in pages for number in on.get(page["number"], ())})
    lost = sorted({page["status"] for page in pages} - {"read"})
    said = names(page["number"] for page in pages)
    if lost:
        said += f" ({'; '.join(FATES.get(status, status) for status in lost)})"
    if numbers:
        said += f": sentence{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"
    kinds = ["bar", f"w{ceil(min(max(weight, 0), 1) * _HEIGHTS)}"]
    if lost:
        kinds.append("lost" if all(page["status"] != "read" for page in pages) else "partly")
    if begins:
        kinds.append("begins")
    look = {"class_": " ".join(kinds), "title": said}
    if not numbers:
        return tag("span", tag("i"), **look)
    to = " ".join(map(str, numbers))
    return tag("a", tag("i"), **look, href=f"#s{numbers[0]}", tabindex="-1", data_to=to)


def _legend(ledger: Sequence[Mapping[str, Any]], size: int, has_weights: bool) -> list[object]:
    """How to read the strip, as far as it shows anything."""
    each = "page" if size == 1 else f"bar of {size} pages"
    legend: list[object] = []
    if has_weights:
        legend.append(f"The fuller a {each}, the more the summary rests on it. ")
    if any(page["status"] != "read" for page in ledger):
        legend += [tag("span", class_="bar lost sample", aria_hidden="true"), " Not in the summary."]
    return legend
