"""A result as Markdown for people. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.documents.types import FileRecord
from graph.report.citations import cited, coverage_line
from graph.report.page_names import FATES
from graph.results.page_ranges import in_pages, page_ranges
from graph.results.types import PageRecord, Result

# Above this many parts, their page ranges say more in the JSON output than in a sentence.
_PARTS_LISTED = 20

# Above this many documents, so does what is read of each.
_FILES_LISTED = 8


def to_markdown(result: Result, model: str, file: str = "") -> str:
    """Title, `file` if it is one of many, summary, and below a rule where it comes from and what was lost."""
    return heading(result) + (f"*{file}*\n\n" if file else "") + cited(result) + footing(result, model)


def heading(result: Mapping[str, Any]) -> str:
    """What stands above the summary."""
    return f"# {' '.join(result['title'].split())}\n\n"


def footing(result: Result, model: str) -> str:
    """What stands below the summary: its pages, parts and maker, what it rests on and leaves out, the warnings."""
    lines = ["", "", "---", "", f"{_origin(result)} {_making(result, model)}", "", coverage_line(result)]
    if left_out := _left_out(result["pages"], result.get("files", [])):
        lines += ["", f"Not in it: {left_out}."]
    if result["warnings"]:
        lines += ["", "Warnings:", "", *(f"- {' '.join(warning.split())}" for warning in result["warnings"])]
    return "\n".join(lines) + "\n"


def _origin(result: Result) -> str:
    pages = sorted({page for summary in result["tree"] for page in summary["pages"]})
    if not pages:
        return "No page gave anything."
    total, files = len(result["pages"]), result.get("files", [])
    text = f"From {in_pages(pages, files)}"
    if len(files) > _FILES_LISTED:
        text = f"From {len(pages)} of {total} pages in {sum(file['pages'] > 0 for file in files)} documents"
    elif len(files) < 2 and total > 1:
        text += f" of {total}"
    parts = [summary for summary in result["tree"] if summary["level"] == 0]
    if len(parts) < 2:
        return f"{text}, read as a whole."
    ranges = ""
    if len(files) < 2 and len(pages) > 1 and len(parts) <= _PARTS_LISTED:
        ranges = f" ({' · '.join(page_ranges(part['pages']) for part in parts)})"
    return f"{text}, read in {len(parts)} parts{ranges}."


def _making(result: Result, model: str) -> str:
    stats = result["stats"]
    seconds = sum(stats["seconds"].values())
    calls = f"{stats['calls']} call{'s' if stats['calls'] != 1 else ''}"
    if cached := stats["cached_calls"]:
        calls += f" ({'all' if cached == stats['calls'] else cached} answered before)"
    return f"Made by {model} with {calls} in {seconds:.1f} s."


def _left_out(ledger: Sequence[PageRecord], files: Sequence[FileRecord]) -> str:
    fates = []
    for status, words in FATES.items():
        if pages := [page["number"] for page in ledger if page["status"] == status]:
            fates.append(f"{in_pages(pages, files)} ({words})")
    return "; ".join(fates)
