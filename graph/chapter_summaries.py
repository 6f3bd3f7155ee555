"""The summary tree by chapters, where summarize.by is section. Pure functions.

Below, each summary is of one chapter; once every chapter has a single one, they are merged across chapters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from graph.packing import frontier
from graph.results.types import FINAL_ID, ChunkRecord, Summary


def by_chapter(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> list[list[Summary]]:
    """The summaries that nothing rests on yet, those of each chapter together; all of them, without chapters."""
    tops = frontier(tree)
    if not _have_chapters(chunks):
        return [tops]
    covered = _covered(tree, chunks)
    return [list(group) for _, group in groupby(tops, key=lambda summary: covered[summary["id"]])]


def chapter_summaries(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> dict[int, Summary]:
    """For each chapter, by its index in the outline, the one summary that stands for all of it, once there is."""
    if not _have_chapters(chunks):
        return {}
    covered = _covered(tree, chunks)
    parts = Counter(covered[summary["id"]] for summary in tree if summary["level"] == 0 and summary["text"])
    below: dict[str, int] = {}
    found: dict[int, Summary] = {}
    for summary in tree:
        below[summary["id"]] = sum(below.get(source, 1) for source in summary["sources"])
        chapters = covered[summary["id"]]
        if summary["text"] and summary["id"] != FINAL_ID and below[summary["id"]] == parts[chapters]:
            found |= {chapter: summary for chapter in chapters if chapter is not None}
    return found


def _have_chapters(chunks: Sequence[ChunkRecord]) -> bool:
    return any("chapter" in chunk for chunk in chunks)


def _covered(tree: Sequence[Summary], chunks: Sequence[ChunkRecord]) -> dict[str, frozenset[int | None]]:
    """Which chapters each summary is of, by its id; None is what has no chapter. The tree is sorted by level."""
    covered = {chunk["id"]: frozenset([chunk.get("chapter")]) for chunk in chunks}
    for summary in tree:
        covered[summary["id"]] = frozenset[int | None]().union(*(covered[source] for source in summary["sources"]))
    return covered
