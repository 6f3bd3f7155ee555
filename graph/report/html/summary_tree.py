"""The tree from the final summary down to parts and their pages, to open and close. Knows nothing of sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graph.report.html.markup import Html, foreign, tag
from graph.report.page_names import PageNames
from graph.results.types import FINAL_ID

# With more parts than these, the first level is closed, too.
_OPEN = 40

_ENDINGS = {
    "length": "stopped at the token limit",
    "cut": "cut at the token limit",
    "repeated": "cut where it repeated itself",
    "empty": "came back empty",
    "error": "missing: the model call failed",
}


def tree(result: Mapping[str, Any]) -> Html:
    """Nested lists of summaries, the final one on top; "" if there is none."""
    writer = _Writer(result)
    tops = [node for node in result["tree"] if node["id"] == FINAL_ID] or writer.frontier()
    return tag("ul", *map(writer.node, tops), class_="nodes") if tops else Html()


class _Writer:
    def __init__(self, result: Mapping[str, Any]) -> None:
        self._nodes = {node["id"]: node for node in result["tree"]}
        self._chunks = {chunk["id"]: chunk for chunk in result.get("chunks") or ()}
        self._names = PageNames(result["pages"])
        self._parts = sum(node["level"] == 0 for node in result["tree"])
        self._written: set[str] = set()

    def frontier(self) -> list[Mapping[str, Any]]:
        """What nothing rests on, where a final summary is missing."""
        below = {source for node in self._nodes.values() for source in node["sources"]}
        return [node for node in self._nodes.values() if node["id"] not in below]

    def node(self, node: Mapping[str, Any]) -> Html:
        """A summary, what it rests on, and its text, but for the final one, whose text everybody has read."""
        self._written.add(node["id"])
        is_final = node["id"] == FINAL_ID
        below = [source for source in node["sources"] if source in self._nodes and source not in self._written]
        chunks = [self._chunk(source) for source in node["sources"] if source not in self._nodes]
        text = "" if is_final else tag("p", node["text"] or "No text.", class_="text", dir="auto")
        children = [self.node(self._nodes[source]) for source in below]
        return tag(
            "li",
            tag(
                "details",
                tag("summary", *self._title(node, len(below))),
                text,
                tag("ul", *children, *chunks) if children or chunks else "",
                open=is_final and len(below) <= _OPEN,
            ),
        )

    def _title(self, node: Mapping[str, Any], below: int) -> Sequence[object]:
        details = [f"from {below} summaries" if below > 1 else "", f"{node['tokens']} tokens"]
        if words := _ENDINGS.get(node["finish_reason"]):
            details.append(words)
        pages = foreign(self._names(node["pages"])) if node["pages"] else "no page"
        small = tag("span", pages, *(f" · {detail}" for detail in details if detail), class_="small")
        return tag("span", self._name(node)), " ", small

    def _name(self, node: Mapping[str, Any]) -> str:
        if node["id"] == FINAL_ID:
            return "The summary above"
        number = node["id"].rpartition("-")[2].lstrip("0")
        if node["level"]:
            return f"Merged summary {number}, round {node['level']}"
        return f"Part {number}"

    def _chunk(self, source: str) -> Html:
        chunk = self._chunks.get(source)
        if not chunk:
            return tag("li", "Text of ", foreign(source), class_="chunk")
        pages = foreign(self._names(chunk["pages"])) if chunk["pages"] else "no page"
        size = f" · {chunk['tokens']} tokens, {chunk['end'] - chunk['start']} characters"
        return tag("li", "Text of ", pages, tag("span", size, class_="small"), class_="chunk")
