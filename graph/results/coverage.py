"""How much of a document its summary rests on. Pure functions over what grounding found."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil

from graph.grounding import Traced
from graph.grounding.types import Sentence
from graph.results.types import ChunkRecord, Coverage, PageRecord

FEW_CHUNKS = 6  # fewer say little about thirds of a document; its pages say more


def cover(
    summary: str,
    pages: Sequence[PageRecord],
    chunks: Sequence[ChunkRecord],
    traced: Sequence[Traced] | None = None,
) -> Coverage:
    """What `summary` covers of the ledger's `pages` and of the `chunks`; without `traced`, what was read alone."""
    read = [page["status"] == "read" for page in pages]
    characters = sum(chunk["end"] - chunk["start"] for chunk in chunks)
    coverage = Coverage(
        pages_read=sum(read),
        pages_total=len(pages),
        chunks_used=0,
        chunks_total=len(chunks),
        thirds=[],
        compression=round(len(summary) / characters, 4) if characters else 0.0,
        weights=[],
    )
    if traced is None:
        return coverage
    resting = [one for one in traced if is_supported(one.sentence)]
    used = _used_chunks(chunks, resting)
    weights = _weights(pages, [one.sentence for one in resting])
    parts = (
        used if len(chunks) >= FEW_CHUNKS else [w > 0 for w, is_read in zip(weights, read, strict=True) if is_read]
    )
    coverage["chunks_used"], coverage["thirds"], coverage["weights"] = sum(used), _thirds(parts), weights
    return coverage


def is_supported(sentence: Sentence) -> bool:
    """Whether the sentence rests on something: it is no heading, and its support is not weak."""
    return bool(sentence["evidence"]) and "weak support" not in sentence["flags"]


def _used_chunks(chunks: Sequence[ChunkRecord], traced: Sequence[Traced]) -> list[bool]:
    starts = [chunk["start"] for chunk in chunks]
    used = {bisect_right(starts, start) - 1 for one in traced for start, _ in one.spans}
    return [index in used for index in range(len(chunks))]


def _weights(pages: Sequence[PageRecord], sentences: Sequence[Sentence]) -> list[float]:
    """The support of all sentences, each shared among the pages of its evidence; the largest is 1."""
    resting = dict.fromkeys((page["number"] for page in pages), 0.0)
    for sentence in sentences:
        total = sum(evidence["score"] for evidence in sentence["evidence"])
        for evidence in sentence["evidence"]:
            resting[evidence["page"]] += sentence["support"] * evidence["score"] / total if total else 0.0
    most = max(resting.values(), default=0.0)
    return [round(weight / most, 3) if most else 0.0 for weight in resting.values()]


def _thirds(used: Sequence[bool]) -> list[float]:
    """The share of each third; a part that lies in two of them counts in both."""
    size = len(used)
    thirds = [used[i * size // 3 : ceil((i + 1) * size / 3)] for i in range(3)]
    return [round(sum(third) / len(third), 3) if third else 0.0 for third in thirds]
