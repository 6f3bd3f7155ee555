"""The tree from the final summary down to the parts and their pages, to open and close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from markupsafe import Markup

from graph.calling.stage_answer import FinishReason
from graph.report.html.markup import foreign, tag
from graph.report.words import cite, say
from graph.results.page_ranges import PageName
from graph.results.types import FINAL_ID, ChunkRecord, Result, Summary

# With more parts than these, the first level is closed, too.
_OPEN = 40

_ENDS: tuple[Literal[0], Literal[-1]] = (0, -1)

LOSSES: dict[FinishReason, str] = {
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
        self._sections = result["sections"]
        self._names = names

    def item(self, summary: Summary) -> Markup:
        """A summary, what it was made of, and its text, but for the final one, which stands at the top."""
        is_final = summary["id"] == FINAL_ID
        below = [self._summaries[source] for source in summary["sources"] if source in self._summaries]
        chunks = [self._chunks[source] for source in summary["sources"] if source in self._chunks]
        text = "" if is_final else tag("p", summary["text"] or say("No text."), class_="text", dir="auto")
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
            details.append(f" · {say('from {count} summaries', count=below)}")
        if loss := LOSSES.get(summary["finish_reason"]):
            details.append(f" · {say(loss)}")
        return tag("span", self._name(summary)), " ", tag("span", *details, class_="small")

    def _name(self, summary: Summary) -> Markup | str:
        """What people know it by: the chapters it is of, as far as the document has any."""
        if summary["id"] == FINAL_ID:
            return say("Final summary")
        if document := summary.get("document"):
            return foreign(document)
        titles = [self._title_of(self._end(summary, place)) for place in _ENDS]
        if all(titles):
            return foreign(" – ".join(dict.fromkeys([titles[0], titles[-1]])))
        number = summary["id"].rpartition("-")[2].lstrip("0")
        return say("Merged summary {number}" if summary["level"] else "Part {number}", number=number)

    def _title_of(self, chunk: ChunkRecord | None) -> str:
        """The title of the chapter, or of the section, in which a chunk begins; "" if there is none."""
        index = chunk and chunk.get("chapter", chunk.get("section"))
        return "" if index is None else " ".join(self._sections[index]["title"].split())

    def _end(self, summary: Summary, place: Literal[0, -1]) -> ChunkRecord | None:
        """The first or the last of the chunks that a summary rests on."""
        source = summary["sources"][place]
        while source in self._summaries:
            source = self._summaries[source]["sources"][place]
        return self._chunks.get(source)

    def _chunk(self, chunk: ChunkRecord) -> Markup:
        return tag(
            "li", say("Text of {pages}", pages=cite(self._names[page] for page in chunk["pages"])), class_="chunk"
        )

    def _pages(self, pages: Sequence[int]) -> Markup | str:
        return foreign(cite(self._names[page] for page in pages)) if pages else say("no page")
