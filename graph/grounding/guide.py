"""Which chunks of a document a sentence most likely rests on, by the summary tree. Knows nothing of pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from graph.grounding.alignment import Claim
from graph.grounding.index import Index

if TYPE_CHECKING:
    from graph.results.types import ChunkRecord, Summary

_BEAM = 3  # summaries of a level that are followed down


class Guide:
    """The summaries under the final one, and the chunks at their feet."""

    def __init__(self, tree: Sequence[Summary], chunks: Sequence[ChunkRecord], language: str) -> None:
        self._chunks = {chunk["id"]: (chunk["start"], chunk["end"]) for chunk in chunks}
        self._sources = {summary["id"]: summary["sources"] for summary in tree}
        self._top = max(tree, key=lambda summary: summary["level"])["id"] if tree else ""
        self._rows = {summary["id"]: row for row, summary in enumerate(tree)}
        self._index = Index((summary["text"] for summary in tree), language)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """[start, end) in the whole text of the chunks that are reached from the best summaries of every level."""
        shared = self._index.shared(Claim(text, self._index).term_weights())
        level, reached = [self._top], list[str]()
        for _ in self._rows:  # no path is longer, whatever the tree says
            below = dict.fromkeys(source for name in level for source in self._sources.get(name, ()))
            reached += [name for name in below if name in self._chunks]
            level = [name for name in below if name in self._rows]
            level = sorted(level, key=lambda name: -shared[self._rows[name]])[:_BEAM]
            if not level:
                break
        return [self._chunks[name] for name in dict.fromkeys(reached)]
