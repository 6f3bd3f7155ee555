"""A result as Markdown for people."""

from __future__ import annotations

from collections.abc import Mapping

from graph.report.citations import cited, with_citations, written_chapters
from graph.report.coverage import coverage_line, left_out_of_pages, not_read
from graph.report.mended import mended_lines
from graph.report.words import cite, count, say, speaking
from graph.results.page_ranges import PageName, are_printed, page_names
from graph.results.types import Provenance, Result, Stats

# Above this many parts, their page ranges say more in the JSON output than in a sentence.
_PARTS_LISTED = 20

# Above this many documents, so does what is read of each.
_FILES_LISTED = 8


def to_markdown(result: Result, file: str = "") -> str:
    """Title, `file` if it is one of many, summary, and below a rule where it comes from and what was lost."""
    named = f"*{file}*\n\n" if file else ""
    with speaking(result["summary"]):
        return heading(result) + named + cited(result) + chapters(result) + _footing(result)


def heading(result: Result) -> str:
    """What stands above the summary."""
    return f"# {' '.join(result['title'].split())}\n\n"


def chapters(result: Result) -> str:
    """The summaries of the chapters, under headings that are as deep as the chapters are in the document."""
    names = page_names(result["pages"])
    return "".join(
        f"\n\n{'#' * min(6, 2 + deeper)} {section['title']} "
        f"({cite(names[page] for page in section['pages'])})\n\n"
        + with_citations(section["summary"], section.get("sentences", []), names)
        for section, deeper in written_chapters(result)
    )


def footing(result: Result) -> str:
    """What stands below the summary: where it comes from, what it covers and leaves out, and the warnings."""
    with speaking(result["summary"]):
        return _footing(result)


def _footing(result: Result) -> str:
    names = page_names(result["pages"])
    lines = [
        "",
        "",
        "---",
        "",
        f"{_origin(result, names)} {run_line(result['stats'], result['made'])}",
        "",
        coverage_line(result),
    ]
    if left_out := not_read(result["pages"], names):
        lines += [
            "",
            say(
                "Not in the summary: {pages}.",
                pages="; ".join(f"{cite(pages)} ({say(why)})" for why, pages in left_out.items()),
            ),
        ]
    if parts := left_out_of_pages(result, names):
        lines += ["", say("Left out: {what}.", what=parts)]
    if mended := mended_lines(result):
        lines += ["", say("Mended, because the document did not bear it out:"), "", *mended]
    if result["warnings"]:
        is_counted = are_printed(names.values())
        lines += [
            "",
            say("Warnings (pages are counted from the start of the file):" if is_counted else "Warnings:"),
            "",
            *(f"- {' '.join(warning.split())}" for warning in result["warnings"]),
        ]
    return "\n".join(lines) + "\n"


def _origin(result: Result, names: Mapping[int, PageName]) -> str:
    pages = sorted({page for summary in result["tree"] for page in summary["pages"]})
    if not pages:
        return say("No page had anything to summarize.")
    total, files = len(result["pages"]), result["files"]
    text = say("From {pages}", pages=cite(names[page] for page in pages))
    if len(files) > _FILES_LISTED:
        count = sum(file["pages"] > 0 for file in files)
        text = say("From {part} of {whole} pages in {count} documents", part=len(pages), whole=total, count=count)
    elif len(files) < 2 and total > 1:
        text += " " + say("({part} of {whole} pages)", part=len(pages), whole=total)
    parts = [summary for summary in result["tree"] if summary["level"] == 0]
    if len(parts) < 2:
        return say("{text}, read as a whole.", text=text)
    ranges = ""
    if len(files) < 2 and len(pages) > 1 and len(parts) <= _PARTS_LISTED:
        ranges = f" ({' · '.join(cite(names[page] for page in part['pages']) for part in parts)})"
    return say("{text}, read in {count} parts{ranges}.", text=text, count=len(parts), ranges=ranges)


def run_line(stats: Stats, made: Provenance) -> str:
    """Which model made it, with how many calls, and how long that took."""
    seconds = sum(stats["seconds"].values())
    calls = count(stats["calls"], "{count} call", "{count} calls")
    if cached := stats["cached_calls"]:
        calls += " " + say("({count} from the cache)", count=cached)
    model = made["model"]
    return say("Made by {model} with {calls} in {seconds} s.", model=model, calls=calls, seconds=f"{seconds:.1f}")
