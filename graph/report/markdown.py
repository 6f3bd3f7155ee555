"""A result as Markdown for people."""

from __future__ import annotations

from graph.report.citations import cited
from graph.report.coverage import LEFT_OUT, coverage_line, left_out_of_pages
from graph.results.page_ranges import in_pages, page_ranges
from graph.results.types import Result

# Above this many parts, their page ranges say more in the JSON output than in a sentence.
_PARTS_LISTED = 20

# Above this many documents, so does what is read of each.
_FILES_LISTED = 8


def to_markdown(result: Result, file: str = "") -> str:
    """Title, `file` if it is one of many, summary, and below a rule where it comes from and what was lost."""
    return heading(result) + (f"*{file}*\n\n" if file else "") + cited(result) + footing(result)


def heading(result: Result) -> str:
    """What stands above the summary."""
    return f"# {' '.join(result['title'].split())}\n\n"


def footing(result: Result) -> str:
    """What stands below the summary: where it comes from, what it covers and leaves out, and the warnings."""
    lines = ["", "", "---", "", f"{_origin(result)} {_run(result)}", "", coverage_line(result)]
    if left_out := _left_out(result):
        lines += ["", f"Not in the summary: {left_out}."]
    if parts := left_out_of_pages(result):
        lines += ["", f"Left out: {parts}."]
    if result["warnings"]:
        lines += ["", "Warnings:", "", *(f"- {' '.join(warning.split())}" for warning in result["warnings"])]
    return "\n".join(lines) + "\n"


def _origin(result: Result) -> str:
    pages = sorted({page for summary in result["tree"] for page in summary["pages"]})
    if not pages:
        return "No page had anything to summarize."
    total, files = len(result["pages"]), result["files"]
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


def _run(result: Result) -> str:
    stats = result["stats"]
    seconds = sum(stats["seconds"].values())
    calls = f"{stats['calls']} call{'s' if stats['calls'] != 1 else ''}"
    if cached := stats["cached_calls"]:
        calls += f" ({'all' if cached == stats['calls'] else cached} from the cache)"
    return f"Made by {result['made']['model']} with {calls} in {seconds:.1f} s."


def _left_out(result: Result) -> str:
    reasons = []
    for status, words in LEFT_OUT.items():
        if pages := [page["number"] for page in result["pages"] if page["status"] == status]:
            reasons.append(f"{in_pages(pages, result['files'])} ({words})")
    return "; ".join(reasons)
