"""The values that travel through the graph: plain, and without any text twice. Knows nothing of models."""

from __future__ import annotations

import operator
from typing import Annotated, Any, Literal, NotRequired

# Not typing's: pydantic, which makes the tool's schema, takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.documents.types import Chunk, Page, PageStatus

# How a summary came out: whole; ended at its token limit by the model, or cut there by us; nothing; no answer.
FinishReason = Literal["stop", "length", "cut", "empty", "error"]


# The id of the summary at the top of the tree.
FINAL_ID = "final"


class Summary(TypedDict):
    """A node of the summary tree. Level 0 rests on chunks, every other level on summaries below it."""

    id: str
    level: int
    text: str
    tokens: int
    sources: list[str]
    pages: list[int]
    finish_reason: FinishReason


class Timing(TypedDict):
    """One piece of work: clock times in seconds since the epoch. Tokens are None if no model was called."""

    stage: str
    started: float
    ended: float
    prompt_tokens: int | None
    output_tokens: int | None


class PageRecord(TypedDict):
    """A line of the page ledger: position from 1, label as printed, and what became of the page."""

    number: int
    label: str
    status: PageStatus


class Stats(TypedDict):
    """What a run took. `seconds` is wall time per stage; tokens per second count output while calls ran."""

    calls: int
    prompt_tokens: int
    output_tokens: int
    seconds: dict[str, float]
    tokens_per_second: float


class InputState(TypedDict):
    """What to summarize: a path, or LangChain documents. Neither: the configuration's load.source."""

    source: NotRequired[str]
    documents: NotRequired[list[Any]]


class OutputState(TypedDict):
    """The result."""

    summary: str
    title: str
    tree: list[Summary]
    pages: list[PageRecord]
    warnings: list[str]
    stats: Stats


class State(TypedDict):
    """Everything a run knows. `text` holds the pages only until they are split; lists are appended to."""

    source: NotRequired[str]
    documents: NotRequired[list[Any]]
    title: str
    text: list[Page]
    pages: list[PageRecord]
    chunks: list[Chunk]
    route: Literal["direct", "map"]
    tree: Annotated[list[Summary], operator.add]
    timings: Annotated[list[Timing], operator.add]
    warnings: Annotated[list[str], operator.add]
    summary: str
    stats: Stats


class MapTask(TypedDict):
    """What one map_summarize task is sent: a chunk, and the pages of it that were read."""

    chunk: Chunk
    pages: list[int]


class CollapseTask(TypedDict):
    """What one collapse task is sent: neighbours to make one summary of, and the new one's id and level."""

    id: str
    level: int
    summaries: list[Summary]
