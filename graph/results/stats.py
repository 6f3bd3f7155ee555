"""What a run did: its pages and chunks, warnings about summaries, and statistics. Pure functions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import cast

from graph.calling.stage_answer import FinishReason, Timing
from graph.documents.left_out import count_words
from graph.documents.types import Chunk, FileRecord, Page
from graph.results.page_ranges import in_pages
from graph.results.types import FINAL_ID, ChunkRecord, PageRecord, Stats, Summary

# What became of an answer, said of a summary; {key} is the setting that helps.
HAPPENED: dict[FinishReason, str] = {
    "length": "stopped at the token limit, so its end is missing; raise {key}",
    "cut": "went over the token limit and was cut at the end of a sentence; raise {key} or change the prompt",
    "repeated": "fell into repeating itself and was cut there; set llm.repetition_penalty, or try another model",
    "language": "came in another language than prompts.language asks for; try another model or prompt",
    "empty": "came back empty",
    "thought": "was still thought about when the answer ended; raise {key}, or turn the model's thinking off",
    "echo": "was the prompt said again, twice; it takes a model that is tuned to follow instructions",
    "refusal": "was refused by the model, twice; try another model or prompt",
    "error": "is missing, because the model call failed",
}


def page_records(pages: Iterable[Page]) -> list[PageRecord]:
    """The ledger: what is remembered of each page."""
    ledger = []
    for page in pages:
        record = cast(PageRecord, {key: page[key] for key in PageRecord.__annotations__ if key in page})  # type: ignore[literal-required]
        if page["status"] == "read":
            record["words"] = count_words(page["text"])
        ledger.append(record)
    return ledger


def chunk_records(chunks: Iterable[Chunk], ledger: Iterable[PageRecord]) -> list[ChunkRecord]:
    """What is remembered of each chunk. Its pages are those of its range whose text was read."""
    ledger = list(ledger)
    read = [page["number"] for page in ledger if page["status"] == "read"]
    documents = {page["number"]: page.get("document", "") for page in ledger}
    several = len({documents[number] for number in read}) > 1
    records: list[ChunkRecord] = []
    for chunk in chunks:
        record = ChunkRecord(
            id=chunk["id"],
            tokens=chunk["tokens"],
            start=chunk["start"],
            end=chunk["start"] + len(chunk["text"]),
            pages=read[bisect_left(read, chunk["first_page"]) : bisect_right(read, chunk["last_page"])],
        )
        if several and (document := documents[chunk["first_page"]]):
            record["document"] = document
        if "section" in chunk:
            record["section"] = chunk["section"]
        if "chapter" in chunk:
            record["chapter"] = chunk["chapter"]
        records.append(record)
    return records


def tree_warnings(tree: Sequence[Summary], files: Sequence[FileRecord]) -> list[str]:
    """One sentence per level and kind of loss: which summaries were cut, empty or missing."""
    warnings = []
    for level in sorted({summary["level"] for summary in tree}):
        here = [summary for summary in tree if summary["level"] == level]
        is_final = here[0]["id"] == FINAL_ID
        key = "summarize.final_tokens" if is_final else "llm.max_tokens"
        for reason, happened in HAPPENED.items():
            hit = [summary for summary in here if summary["finish_reason"] == reason]
            if hit:
                name = "final summary" if is_final else _level_name(level)
                warnings.append(f"{_subject(name, hit, here, files)} {happened.format(key=key)}.")
    return warnings


def make_stats(timings: Sequence[Timing]) -> Stats:
    """Count calls and tokens, and measure each node from its first start to its last end."""
    calls = [timing for timing in timings if timing["output_tokens"] is not None]
    output_tokens = sum(timing["output_tokens"] or 0 for timing in calls)
    nodes = dict.fromkeys(timing["node"] for timing in timings)
    seconds = {node: _wall_seconds([t for t in timings if t["node"] == node]) for node in nodes}
    calling = sum(seconds[node] for node in {timing["node"] for timing in calls})
    return Stats(
        calls=sum(timing["calls"] for timing in calls),
        cached_calls=sum(timing["cached_calls"] for timing in calls),
        prompt_tokens=sum(timing["prompt_tokens"] or 0 for timing in calls),
        output_tokens=output_tokens,
        # A run that was begun by an earlier version has not counted them.
        drafted_tokens=sum(timing.get("drafted_tokens", 0) for timing in calls),
        accepted_tokens=sum(timing.get("accepted_tokens", 0) for timing in calls),
        seconds={node: round(value, 3) for node, value in seconds.items()},
        tokens_per_second=round(output_tokens / calling, 1) if calling > 0 else 0.0,
    )


def _level_name(level: int) -> str:
    return "part summary" if level == 0 else f"merged summary of round {level}"


def _subject(name: str, hit: Sequence[Summary], here: Sequence[Summary], files: Sequence[FileRecord]) -> str:
    if len(here) == 1:
        return f"The {name}"
    pages = list(dict.fromkeys(in_pages(summary["pages"], files) for summary in hit))
    named = "; ".join(pages[:5])
    more = f"; and {len(pages) - 5} more" if len(pages) > 5 else ""
    each = "it" if len(hit) == 1 else "each"
    return f"{len(hit)} of {len(here)} {name.replace('summary', 'summaries', 1)} ({named}{more}): {each}"


def _wall_seconds(timings: Sequence[Timing]) -> float:
    return max(t["ended"] for t in timings) - min(t["started"] for t in timings)
