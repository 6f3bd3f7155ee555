"""The index of a folder of reports as a page to browse, sort and search. It leads to the files beside it.

The first rows stand in the page as a table, which needs no script. All rows are there once more as data, of which
the script (index.js) shows what is searched for, as it is sorted: a hundred thousand rows as a table would take a
browser minutes to lay out.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from markupsafe import Markup

from graph.report.html.markup import foreign, tag, writable
from graph.report.html.page import whole_page
from graph.report.index import IndexRow, all_beginnings, counted, has_report, why_not
from graph.report.words import say, speaking

_HERE = Path(__file__)
_STYLES = [_HERE.with_name(name) for name in ("report.css", "index.css")]
_SCRIPT = _HERE.with_name("index.js")

_FIRST = 200  # rows that stand in the page
_SAMPLE = 1000  # rows that decide which language the index speaks
_BEGINNING = 240  # characters
_SEARCHED = 20_000_000  # characters of summaries, all together, that can be searched; beyond, their beginnings are

_ROWS_HERE = "rows-go-here"

DOCUMENT = "Document"
# The other columns, in their order.
FIGURES = ("Pages", "Words", "Pages used", "To check", "Warnings", "Seconds")
FILTERS = {"": "All", "flagged": "To check", "warnings": "With warnings", "missing": "Without a summary"}


def html_index(rows: Collection[IndexRow]) -> Iterator[str]:
    """The page, in pieces. `rows`, in the order to show, are gone through more than once."""
    with speaking(all_beginnings(islice(rows, _SAMPLE))) as language:
        extracted, languages, searched = _looked_through(rows)
        first = list(islice(rows, _FIRST))
        header = tag("header", tag("h1", say("Summaries")), tag("p", counted(rows), class_="kicker"))
        table = tag(
            "table",
            tag("thead", tag("tr", *_headings(extracted))),
            tag("tbody", *(_table_row(row, extracted) for row in first)),
            class_="rows",
        )
        main = tag("main", _tools(languages), table, _rest(len(rows)))
        data = tag("script", Markup(_ROWS_HERE), type="application/json", id="rows")
        page = whole_page(
            say("Summaries"),
            tag("div", header, main, data, class_="report index"),
            language=language,
            style="".join(path.read_text("utf-8") for path in _STYLES),
            script=_SCRIPT.read_text("utf-8"),
        )
        before, after = page.split(_ROWS_HERE)
        yield before
        yield from _data(rows, extracted, searched=searched <= _SEARCHED)
        yield after


def _looked_through(rows: Iterable[IndexRow]) -> tuple[list[str], list[str], int]:
    """Names of questions, languages, and characters of all summaries, in one go: the rows are on the disk."""
    names, languages, characters = dict[str, None](), set[str](), 0
    for row in rows:
        names.update(dict.fromkeys(row.get("extracted", {})))
        languages.add(row["language"])
        characters += len(row["summary"])
    return list(names), sorted(languages - {""}), characters


def _tools(languages: Sequence[str]) -> Markup:
    """What the script needs to search and to choose; hidden without it."""
    return tag(
        "form",
        tag("label", say("Search"), tag("input", type="search", id="search", autocomplete="off")),
        tag(
            "label",
            say("Show"),
            tag("select", *(tag("option", say(word), value=value) for value, word in FILTERS.items()), id="which"),
        ),
        tag(
            "label",
            say("Language"),
            tag(
                "select",
                tag("option", say("All"), value=""),
                *(tag("option", code, value=code) for code in languages),
                id="language",
            ),
        ) if len(languages) > 1 else "",
        tag(
            "output",
            aria_live="polite",
            id="count",
            data_text=say("{shown} of {count} documents", shown="{shown}", count="{count}"),
        ),
        class_="tools",
        role="search",
        hidden=True,
    )  # fmt: skip


def _headings(extracted: Sequence[str]) -> Iterator[Markup]:
    for position, (word, kind) in enumerate(_columns(extracted)):
        name = foreign(word) if position > len(FIGURES) else say(word)
        yield tag("th", name, scope="col", class_=kind, aria_sort="ascending" if position == 0 else None)


def _columns(extracted: Sequence[str]) -> list[tuple[str, str]]:
    """Name and kind of each column; those of `extracted` bear the names of questions."""
    return [
        ("Document", "text"),
        *((name, "number") for name in FIGURES),
        *((name, "text") for name in extracted),
    ]


def _figures(row: IndexRow) -> list[tuple[float, str]]:
    """The value by which to sort, and what is shown, in the order of the columns."""
    if not has_report(row):
        return [(-1, "")] * (len(FIGURES) - 1) + [(row["seconds"], f"{row['seconds']:,.1f}")]
    pages, read = row["pages"], row["pages_read"]
    coverage = row.get("coverage", -1.0)
    return [
        (pages, f"{pages:,}" if pages == read else say("{read} of {count}", read=f"{read:,}", count=f"{pages:,}")),
        (row["words"], f"{row['words']:,}"),
        (coverage, f"{coverage:.0%}" if coverage >= 0 else ""),
        (row["flagged"], f"{row['flagged']:,}" if row["flagged"] else ""),
        (len(row["warnings"]), f"{len(row['warnings']):,}" if row["warnings"] else ""),
        (row["seconds"], f"{row['seconds']:,.1f}"),
    ]


def _table_row(row: IndexRow, extracted: Sequence[str]) -> Markup:
    names = [word for word, _ in _columns(extracted)]
    cells = [
        tag("td", shown, class_="number", data_label=say(name))
        for name, (_, shown) in zip(names[1:], _figures(row), strict=False)
    ]
    own = row.get("extracted", {})
    cells += [tag("td", own.get(name, ""), dir="auto", data_label=name) for name in extracted]
    return tag("tr", tag("th", *_about(row), scope="row"), *cells, class_=None if has_report(row) else "missing")


def _about(row: IndexRow) -> Iterator[Markup]:
    if not has_report(row):
        yield tag("strong", row["document"], dir="auto")
        yield tag("p", why_not(row), dir="auto")
        return
    name = row["title"] or row["document"]
    yield tag("a", name, href=row["report"], dir="auto")
    if name != row["document"]:
        yield tag("span", row["document"], class_="small", dir="auto")
    if beginning := _beginning(row):
        yield tag("p", beginning, dir="auto", lang=row["language"] or None)
    if row["warnings"]:
        items = [tag("li", " ".join(warning.split()), dir="auto") for warning in row["warnings"]]
        yield tag("details", tag("summary", say("Warnings")), tag("ul", *items))


def _beginning(row: IndexRow) -> str:
    text = row["beginning"]
    return text if len(text) <= _BEGINNING else f"{text[:_BEGINNING].rsplit(' ', 1)[0]} …"


def _rest(count: int) -> Markup:
    if count <= _FIRST:
        return Markup()
    said = say("Only the first {count} documents are shown without a script; index.csv has all.", count=_FIRST)
    return tag("p", said, id="rest")


def _data(rows: Iterable[IndexRow], extracted: Sequence[str], *, searched: bool) -> Iterator[str]:
    """All rows as one JSON value, whose texts end no element of the page; with `searched`, their summaries too."""
    head = {"columns": [kind for _, kind in _columns(extracted)], "warnings": say("Warnings")}
    head["labels"] = [say(name) for name in FIGURES] + list(extracted)
    yield f'{_json(head)[:-1]},"rows":['
    for position, row in enumerate(rows):
        own = row.get("extracted", {})
        yield ("," if position else "") + _json(
            {
                "href": row["report"] if has_report(row) else "",
                "title": row["title"] or row["document"],
                "document": row["document"],
                "text": _beginning(row) if has_report(row) else why_not(row),
                "more": row["summary"] if searched else "",
                "language": row["language"],
                "warnings": [" ".join(warning.split()) for warning in row["warnings"]],
                "flagged": row["flagged"],
                "values": [value for value, _ in _figures(row)],
                "shown": [shown for _, shown in _figures(row)] + [own.get(name, "") for name in extracted],
            }
        )
    yield "]}"


def _json(value: object) -> str:
    return writable(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).replace("<", "\\u003c")
