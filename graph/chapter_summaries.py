"""The summary tree by chapters, where summarize.by is section. Pure functions.

Below, each summary is of one chapter; once every chapter has a single one, they are merged across chapters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from graph.packing import frontier
from graph.results.types import FINAL_ID, ChunkRecord, Summary

# Which of several documents, and which chapter of it; None for what has none.
_Place = tuple[str | None, int | None]


def by_chapter(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> list[list[Summary]]:
    """The summaries that nothing rests on yet, those of each chapter together; none of documents without any."""
    divided = {chunk.get("document") for chunk in chunks if "chapter" in chunk}
    if not divided:
        return []
    covered = _covered(tree, chunks)
    groups = groupby(frontier(tree), key=lambda summary: covered[summary["id"]])
    return [list(group) for places, group in groups if any(document in divided for document, _ in places)]


def chapter_summaries(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> dict[int, Summary]:
    """For each chapter, by its index in the outline, the one summary that stands for all of it, once there is."""
    if not any("chapter" in chunk for chunk in chunks):
        return {}
    covered = _covered(tree, chunks)
    parts = Counter(covered[summary["id"]] for summary in tree if summary["level"] == 0 and summary["text"])
    below: dict[str, int] = {}
    found: dict[int, Summary] = {}
    for summary in tree:
        below[summary["id"]] = sum(below.get(source, 1) for source in summary["sources"])
        places = covered[summary["id"]]
        stands_for_more = summary["id"] == FINAL_ID or "document" in summary
        if summary["text"] and not stands_for_more and below[summary["id"]] == parts[places]:
            found |= {chapter: summary for _, chapter in places if chapter is not None}
    return found


def _covered(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> dict[str, frozenset[_Place]]:
    """Which chapters each summary is of, by its id. The tree is sorted by level."""
    covered = {chunk["id"]: frozenset([(chunk.get("document"), chunk.get("chapter"))]) for chunk in chunks}
    for summary in tree:
        covered[summary["id"]] = frozenset[_Place]().union(*(covered[source] for source in summary["sources"]))
    return covered
