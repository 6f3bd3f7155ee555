"""The index of a folder of reports: a row for each document, as JSON Lines, a table (CSV) and Markdown.

The page for browsers is in html/index.py.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NotRequired

# Not typing's: pydantic takes only this one before Python 3.12.
from typing_extensions import TypedDict

from graph.grounding.types import Sentence
from graph.length import words_in
from graph.report.citations import is_claim
from graph.report.words import count, say, speaking
from graph.results.types import Fate, Result
from llm.language.detect import detect_language

_LONGEST_BEGINNING = 400  # characters
_TELLING = 6  # words that a sentence has, at least, to tell what a document is about
_MARKUP = re.compile(r"([\\`*_\[\]<>#|])")


class Origin(TypedDict):
    """What a report was made of, so that a later run can tell whether it still stands."""

    place: str
    """SHA-256, in hex, of where the document lies; an index is passed on, without this machine's folders."""
    size: int
    """Of the document, in bytes."""
    modified: int
    """When it was changed last, in nanoseconds."""
    content: str
    """SHA-256 of it, in hex."""
    made_by: str
    """Of the program, the model and the configuration, as far as these shape a report."""
    failures: int
    """How often in a row it had no summary, from the same content and by the same configuration."""


class IndexRow(TypedDict):
    """What is known of a document whose report is in the folder, or would be."""

    report: str
    """Where its report is, as a link from the index: "./a%20b.html"."""
    document: str
    """Name of the document, with as many of its folders as it takes to tell it from others."""
    fate: Fate
    """What became of it."""
    error: str
    """Why it has no summary."""
    title: str
    """The title of the document; nothing, as all below, if it has no summary."""
    language: str
    """Of the summary, such as "en", where it can be known."""
    pages: int
    """Pages of the document."""
    pages_read: int
    """Those of them that the model was given."""
    coverage: NotRequired[float]
    """The share of these that the summary rests on, 0 to 1."""
    words: int
    """Words of the summary."""
    beginning: str
    """The first sentence of the summary that says something: no title, no date, none that is to be checked."""
    summary: str
    """All of it."""
    sentences: int
    """How many of its sentences, and of those of chapters, were compared with the document."""
    flagged: int
    """How many of these are to be looked at."""
    warnings: list[str]
    """What was lost or cut on the way."""
    seconds: float
    """How long it took."""
    extracted: NotRequired[dict[str, str]]
    """The answer to each question of `extract`, by its name."""
    origin: NotRequired[Origin]
    """What it was made of."""


# What a spreadsheet takes for a formula, and what it looks through to find one.
_FORMULA = re.compile(r"\s*[=+\-@]")
_CSV_COLUMNS = (
    "document", "report", "fate", "error", "title", "language", "pages", "pages_read", "coverage", "words",
    "sentences", "flagged", "seconds",
)  # fmt: skip


def row_of(report: str, document: str, result: Result, seconds: float) -> IndexRow:
    """The row of a document that has a summary."""
    claims = [sentence for sentence in result["sentences"] if is_claim(sentence)]
    chapters = [one for section in result["sections"] for one in section.get("sentences", []) if is_claim(one)]
    return IndexRow(
        report=report,
        document=document,
        fate="done",
        error="",
        title=" ".join(result["title"].split()),
        language=detect_language(result["summary"], fallback=""),
        pages=result["coverage"]["pages_total"],
        pages_read=result["coverage"]["pages_read"],
        coverage=_coverage(result),
        words=result["length"]["words"],
        beginning=_shortened(_beginning(result, claims)),
        summary=result["summary"],
        sentences=len(claims + chapters),
        flagged=sum(bool(sentence["flags"]) for sentence in claims + chapters),
        warnings=result["warnings"],
        seconds=round(seconds, 1),
    )


def row_without(report: str, document: str, fate: Fate, error: str, seconds: float) -> IndexRow:
    """The row of a document that has no summary."""
    return IndexRow(
        report=report,
        document=document,
        fate=fate,
        error=" ".join(error.split()),
        title="",
        language="",
        pages=0,
        pages_read=0,
        words=0,
        beginning="",
        summary="",
        sentences=0,
        flagged=0,
        warnings=[],
        seconds=round(seconds, 1),
    )


def has_report(row: IndexRow) -> bool:
    """Whether there is anything to lead to."""
    return row["fate"] == "done"


def why_not(row: IndexRow) -> str:
    """Why a document has no summary."""
    return row["error"] or say(row["fate"])


def all_beginnings(rows: Iterable[IndexRow]) -> str:
    """A text in the language of most summaries, which the index speaks, too."""
    return "\n".join(row["beginning"] for row in rows)


def counted(rows: Collection[IndexRow]) -> str:
    """ "12 documents, 1 of them without a summary"."""
    documents = count(len(rows), "{count} document", "{count} documents")
    without = sum(not has_report(row) for row in rows)
    if not without:
        return documents
    return say("{documents}, {without} of them without a summary", documents=documents, without=f"{without:,}")


def facts(row: IndexRow) -> list[str]:
    """In a few words each: how long the document and its summary are, and what there is to look at."""
    one, many = "{count} page", "{count} pages"
    if row["pages_read"] != row["pages"]:
        one, many = "{read} of {count} page read", "{read} of {count} pages read"
    said = [
        count(row["pages"], one, many, read=f"{row['pages_read']:,}"),
        count(row["words"], "summary of {count} word", "summary of {count} words"),
    ]
    if row["flagged"]:
        one, many = "{flagged} of {count} sentence to check", "{flagged} of {count} sentences to check"
        said.append(count(row["sentences"], one, many, flagged=f"{row['flagged']:,}"))
    if row["warnings"]:
        said.append(count(len(row["warnings"]), "{count} warning", "{count} warnings"))
    return said


def extracted_names(rows: Iterable[IndexRow]) -> list[str]:
    """The names of all questions that any document was asked, in the order in which they come."""
    return list(dict.fromkeys(name for row in rows for name in row.get("extracted", {})))


def to_csv(rows: Iterable[IndexRow], extracted: Sequence[str]) -> Iterator[str]:
    """The lines of a table for spreadsheets (RFC 4180), with a column for each name of `extracted`.

    Nothing in it is a formula, whatever a document says. Begins with the mark by which Excel knows UTF-8.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    buffer.write("\ufeff")
    writer.writerow([*_CSV_COLUMNS, *map(_inert, extracted), "warnings", "summary"])
    for row in rows:
        own = row.get("extracted", {})
        writer.writerow(
            [
                *(_inert(row.get(column, "")) for column in _CSV_COLUMNS),
                *(_inert(own.get(name, "")) for name in extracted),
                _inert(" | ".join(row["warnings"])),
                _inert(row["summary"]),
            ]
        )
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _inert(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def to_markdown_index(rows: Sequence[IndexRow]) -> str:
    """A list of links, and below it what has no summary."""
    with speaking(all_beginnings(rows)):
        lines = [f"# {say('Summaries')}", "", f"{counted(rows)}.", ""]
        lines += [_entry(row) for row in rows if has_report(row)]
        if missing := [row for row in rows if not has_report(row)]:
            lines += ["", f"## {say('Without a summary')}", ""]
            lines += [f"- {_plain(row['document'])}: {_plain(why_not(row))}" for row in missing]
    return "\n".join(lines) + "\n"


def _entry(row: IndexRow) -> str:
    said = f"- [{_plain(row['title'])}]({row['report']}): {_plain(row['document'])}, {', '.join(facts(row))}."
    return f"{said} {_plain(row['beginning'])}".rstrip()


def _coverage(result: Result) -> float:
    read = result["coverage"]["pages_read"]
    return round(sum(weight > 0 for weight in result["coverage"]["weights"]) / read, 3) if read else 0.0


def _plain(text: str) -> str:
    """The text, with what Markdown would take for more than text escaped."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def _beginning(result: Result, claims: Sequence[Sentence]) -> str:
    if not claims:
        lines = (line.strip() for line in result["summary"].splitlines())
        return next((line for line in lines if line and not line.startswith("#")), "")
    telling = (one["text"] for one in claims if not one["flags"] and words_in(one["text"]) >= _TELLING)
    titles = result["title"].casefold()
    return next((text for text in telling if text.casefold() not in titles), claims[0]["text"])


def _shortened(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_BEGINNING else f"{text[:_LONGEST_BEGINNING].rsplit(' ', 1)[0]} …"
