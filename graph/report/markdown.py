"""A result as Markdown for people."""

from __future__ import annotations

from collections.abc import Mapping

from graph.report.citations import cited, with_citations, written_chapters
from graph.report.coverage import coverage_line, left_out_of_pages, not_read
from graph.report.mended import mended_lines
from graph.results.page_ranges import PageName, are_printed, cite, page_names
from graph.results.types import Result

# Above this many parts, their page ranges say more in the JSON output than in a sentence.
_PARTS_LISTED = 20

# Above this many documents, so does what is read of each.
_FILES_LISTED = 8


def to_markdown(result: Result, file: str = "") -> str:
    """Title, `file` if it is one of many, summary, and below a rule where it comes from and what was lost."""
    named = f"*{file}*\n\n" if file else ""
    return heading(result) + named + cited(result) + chapters(result) + footing(result)


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
    names = page_names(result["pages"])
    lines = ["", "", "---", "", f"{_origin(result, names)} {_run(result)}", "", coverage_line(result)]
    if left_out := not_read(result["pages"], names):
        lines += [
            "",
            f"Not in the summary: {'; '.join(f'{cite(pages)} ({why})' for why, pages in left_out.items())}.",
        ]
    if parts := left_out_of_pages(result, names):
        lines += ["", f"Left out: {parts}."]
    if mended := mended_lines(result):
        lines += ["", "Mended, because the document did not bear it out:", "", *mended]
    if result["warnings"]:
        counted = " (pages are counted from the start of the file)" if are_printed(names.values()) else ""
        lines += [
            "",
            f"Warnings{counted}:",
            "",
            *(f"- {' '.join(warning.split())}" for warning in result["warnings"]),
        ]
    return "\n".join(lines) + "\n"


def _origin(result: Result, names: Mapping[int, PageName]) -> str:
    pages = sorted({page for summary in result["tree"] for page in summary["pages"]})
    if not pages:
        return "No page had anything to summarize."
    total, files = len(result["pages"]), result["files"]
    text = f"From {cite(names[page] for page in pages)}"
    if len(files) > _FILES_LISTED:
        text = f"From {len(pages)} of {total} pages in {sum(file['pages'] > 0 for file in files)} documents"
    elif len(files) < 2 and total > 1:
        text += f" ({len(pages)} of {total} pages)"
    parts = [summary for summary in result["tree"] if summary["level"] == 0]
    if len(parts) < 2:
        return f"{text}, read as a whole."
    ranges = ""
    if len(files) < 2 and len(pages) > 1 and len(parts) <= _PARTS_LISTED:
        ranges = f" ({' · '.join(cite(names[page] for page in part['pages']) for part in parts)})"
    return f"{text}, read in {len(parts)} parts{ranges}."


def _run(result: Result) -> str:
    stats = result["stats"]
    seconds = sum(stats["seconds"].values())
    calls = f"{stats['calls']} call{'s' if stats['calls'] != 1 else ''}"
    if cached := stats["cached_calls"]:
        calls += f" ({'all' if cached == stats['calls'] else cached} from the cache)"
    return f"Made by {result['made']['model']} with {calls} in {seconds:.1f} s."
