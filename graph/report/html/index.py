"""The index of a folder of reports as a page. It leads to the files beside it, and asks for nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from graph.report.html.markup import foreign, tag, together
from graph.report.html.page import whole_page
from graph.report.index import IndexRow, all_beginnings, counted, facts, has_report, why_not
from graph.report.words import say, speaking

_STYLES = [Path(__file__).with_name(name) for name in ("report.css", "index.css")]


def to_html_index(rows: Sequence[IndexRow]) -> str:
    """The whole page: an entry for each report, in the order of the rows, and below them what has none."""
    with speaking(all_beginnings(rows)) as language:
        header = tag("header", tag("h1", say("Summaries")), tag("p", counted(rows), class_="kicker"))
        body = tag("div", header, tag("main", _entries(rows), _missing(rows)), class_="report index")
        style = "".join(path.read_text("utf-8") for path in _STYLES)
        return whole_page(say("Summaries"), body, language=language, style=style)


def _entries(rows: Sequence[IndexRow]) -> Markup:
    entries = [_entry(row) for row in rows if has_report(row)]
    return tag("ul", *entries, class_="entries") if entries else Markup()


def _entry(row: IndexRow) -> Markup:
    name = tag("a", row["title"] or row["document"], href=row["report"])
    said = together(foreign(row["document"]), *(f" · {fact}" for fact in facts(row)))
    warnings = [tag("li", " ".join(warning.split()), dir="auto") for warning in row["warnings"]]
    more = tag("details", tag("summary", say("Warnings")), tag("ul", *warnings)) if warnings else ""
    return tag(
        "li",
        tag("h2", name, dir="auto"),
        tag("p", said, class_="small"),
        tag("p", row["beginning"], class_="prose", dir="auto", lang=row["language"]) if row["beginning"] else "",
        more,
    )


def _missing(rows: Sequence[IndexRow]) -> Markup:
    items = [
        tag("li", tag("strong", foreign(row["document"])), ": ", tag("span", why_not(row), dir="auto"))
        for row in rows
        if not has_report(row)
    ]
    if not items:
        return Markup()
    title = tag("h2", say("Without a summary"), id="missing")
    return tag("section", title, tag("ul", *items), class_="warnings", aria_labelledby="missing")
