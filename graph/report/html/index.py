"""The index of a folder of reports as a page. It leads to the files beside it, and asks for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from graph.report.html.markup import foreign, tag, together, writable
from graph.report.index import IndexRow, counted, facts, has_report, why_not

_STYLES = [Path(__file__).with_name(name) for name in ("report.css", "index.css")]


def to_html_index(rows: Sequence[IndexRow]) -> str:
    """The whole page: an entry for each report, in the order of the rows, and below them what has none."""
    style = Markup("".join(path.read_text("utf-8") for path in _STYLES))
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="format-detection", content="telephone=no, date=no, address=no, email=no"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", "Summaries"),
        tag("style", style),
    )
    body = tag("div", _header(rows), tag("main", _entries(rows), _missing(rows)), class_="report index")
    return f"<!DOCTYPE html>\n{writable(tag('html', head, tag('body', body), lang='en'))}\n"


def _header(rows: Sequence[IndexRow]) -> Markup:
    said = tag("p", counted(rows), class_="kicker")
    return tag("header", tag("h1", "Summaries"), said)


def _entries(rows: Sequence[IndexRow]) -> Markup:
    entries = [_entry(row) for row in rows if has_report(row)]
    return tag("ul", *entries, class_="entries") if entries else Markup()


def _entry(row: IndexRow) -> Markup:
    name = tag("a", row["title"] or row["document"], href=row["report"], dir="auto")
    said = together(foreign(row["document"]), *(f" · {fact}" for fact in facts(row)))
    warnings = [tag("li", " ".join(warning.split()), dir="auto") for warning in row["warnings"]]
    more = tag("details", tag("summary", "Warnings"), tag("ul", *warnings)) if warnings else ""
    return tag(
        "li",
        tag("h2", name),
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
    title = tag("h2", "Without a summary", id="missing")
    return tag("section", title, tag("ul", *items), class_="warnings", aria_labelledby="missing")
