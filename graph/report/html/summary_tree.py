"""The tree from the final summary down to the parts and their pages, to open and close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from graph.calling.stage_answer import FinishReason
from graph.report.html.markup import foreign, tag
from graph.results.page_ranges import PageName, cite
from graph.results.types import FINAL_ID, ChunkRecord, Result, Summary

# With more parts than these, the first level is closed, too.
_OPEN = 40

_LOSSES: dict[FinishReason, str] = {
    "length": "stopped at the token limit",
    "cut": "cut at the token limit",
    "repeated": "cut where it began to repeat itself",
    "language": "in another language than asked for",
    "empty": "came back empty",
    "thought": "a thought without an answer",
    "echo": "the prompt said again",
    "refusal": "refused by the model",
    "error": "missing because the model call failed",
}


def summary_tree(result: Result, names: Mapping[int, PageName]) -> Markup:
    """Nested lists: the final summary, and below it whatever no summary was made of, such as parts that failed."""
    writer = _Writer(result, names)
    used = {source for summary in result["tree"] for source in summary["sources"]}
    tops = [summary for summary in result["tree"] if summary["id"] not in used]
    tops.sort(key=lambda top: -top["level"])
    return tag("ul", *map(writer.item, tops), class_="nodes")


class _Writer:
    def __init__(self, result: Result, names: Mapping[int, PageName]) -> None:
        self._summaries = {summary["id"]: summary for summary in result["tree"]}
        self._chunks = {chunk["id"]: chunk for chunk in result["chunks"]}
        self._names = names

    def item(self, summary: Summary) -> Markup:
        """A summary, what it was made of, and its text, but for the final one, which stands at the top."""
        is_final = summary["id"] == FINAL_ID
        below = [self._summaries[source] for source in summary["sources"] if source in self._summaries]
        chunks = [self._chunks[source] for source in summary["sources"] if source in self._chunks]
        text = "" if is_final else tag("p", summary["text"] or "No text.", class_="text", dir="auto")
        return tag(
            "li",
            tag(
                "details",
                tag("summary", *self._title(summary, len(below))),
                text,
                tag("ul", *map(self.item, below), *map(self._chunk, chunks)),
                open=is_final and len(below) <= _OPEN,
            ),
        )

    def _title(self, summary: Summary, below: int) -> Sequence[object]:
        details = [self._pages(summary["pages"])]
        if below > 1:
            details.append(f" · from {below} summaries")
        details.append(f" · {_tokens(summary['tokens'])}")
        if loss := _LOSSES.get(summary["finish_reason"]):
            details.append(f" · {loss}")
        return tag("span", _name(summary)), " ", tag("span", *details, class_="small")

    def _chunk(self, chunk: ChunkRecord) -> Markup:
        size = f" · {_tokens(chunk['tokens'])}, {chunk['end'] - chunk['start']:,} characters"
        return tag(
            "li", "Text of ", self._pages(chunk["pages"]), tag("span", size, class_="small"), class_="chunk"
        )

    def _pages(self, pages: Sequence[int]) -> Markup | str:
        return foreign(cite(self._names[page] for page in pages)) if pages else "no page"


def _name(summary: Summary) -> str:
    if summary["id"] == FINAL_ID:
        return "Final summary"
    if document := summary.get("document"):
        return document
    number = summary["id"].rpartition("-")[2].lstrip("0")
    return f"Merged summary {number}, round {summary['level']}" if summary["level"] else f"Part {number}"


def _tokens(count: int) -> str:
    return f"{count:,} token{'' if count == 1 else 's'}"
