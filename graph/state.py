"""The values that travel through the graph: plain, and without any text twice. Knows nothing of models.

A checkpointer keeps every value that it is given, and most of them write the whole state anew at each step.
What is long here is a DeltaChannel, of which only what is added is kept; texts are compressed, or not kept at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired

from langgraph.channels import DeltaChannel, EphemeralValue, UntrackedValue

# Not typing's: pydantic, which makes the tool's schema, takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.channels import NotKept, appended, latest
from graph.documents.types import FileRecord, PageStatus

# How a summary came out: whole; ended at its token limit by the model, or cut there by us; cut where it began to
# repeat itself; nothing; no answer.
FinishReason = Literal["stop", "length", "cut", "repeated", "empty", "error"]


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
    """One piece of work: clock times in seconds since the epoch. Tokens are None if no model was called.

    `cached` says that the answer was on disk, from an earlier call: it took no tokens.
    """

    stage: str
    started: float
    ended: float
    prompt_tokens: int | None
    output_tokens: int | None
    cached: bool


class PageRecord(TypedDict):
    """A line of the page ledger: position from 1, label as printed, and what became of the page.

    "unsummarized": it was read, and the model failed on it, or on a part of it. Of several documents, `number`
    counts all pages, and `document_page` those of the file named `document`.
    """

    number: int
    label: str
    status: PageStatus | Literal["unsummarized"]
    document: NotRequired[str]
    document_page: NotRequired[int]


class ChunkRecord(TypedDict):
    """A part of the document: where it stands in the text of all pages, in characters, and on which pages."""

    id: str
    tokens: int
    start: int
    end: int
    pages: list[int]


class Stats(TypedDict):
    """What a run took. `seconds` is wall time per stage; tokens per second count output while calls ran.

    `cached_calls` of the `calls` were answered from disk, and took no tokens.
    """

    calls: int
    cached_calls: int
    prompt_tokens: int
    output_tokens: int
    seconds: dict[str, float]
    tokens_per_second: float


class InputState(TypedDict):
    """What to summarize: a path, or LangChain documents. Neither: the configuration's load.source.

    Several paths, or a folder of PDFs, are summarized together.
    """

    source: NotRequired[str | list[str]]
    documents: NotRequired[list[Any]]


class OutputState(TypedDict):
    """The result."""

    summary: str
    title: str
    tree: list[Summary]
    pages: list[PageRecord]
    files: list[FileRecord]
    warnings: list[str]
    stats: Stats


class MapTask(TypedDict):
    """What one map_summarize task is sent: a chunk and the pages of it that were read, `where` for people.

    A checkpointer does not keep `chunk_text`. A task that was resumed without it does nothing, and is sent once
    more, with its text `compressed`.
    """

    id: str
    tokens: int
    pages: list[int]
    where: str
    chunk_text: NotRequired[str]
    compressed: NotRequired[bytes]


class CollapseTask(TypedDict):
    """What one collapse task is sent: neighbours to make one summary of, their texts joined and compressed."""

    id: str
    level: int
    sources: list[str]
    pages: list[int]
    where: str
    tokens: int
    compressed: bytes


def grown(value: list[Summary], writes: Sequence[list[Summary]]) -> list[Summary]:
    """The tree, by level and in document order. A checkpointer may give the writes back in another order."""
    return sorted(
        appended(value, writes), key=lambda summary: (summary["level"], len(summary["id"]), summary["id"])
    )


class State(TypedDict):
    """Everything a run knows. `text` holds the cleaned pages, compressed; `tasks` go on to
    map_summarize at once, and `chunk_text` is a key of theirs."""

    source: Annotated[str | list[str], EphemeralValue]
    documents: Annotated[list[Any], NotKept]
    title: str
    text: Annotated[bytes, DeltaChannel(latest)]
    pages: Annotated[list[PageRecord], DeltaChannel(latest)]
    files: list[FileRecord]
    chunks: Annotated[list[ChunkRecord], DeltaChannel(latest)]
    chunk_text: Annotated[str, UntrackedValue]
    tasks: Annotated[list[MapTask], UntrackedValue]
    route: Literal["direct", "map"]
    tree: Annotated[list[Summary], DeltaChannel(grown)]
    timings: Annotated[list[Timing], DeltaChannel(appended)]
    warnings: Annotated[list[str], DeltaChannel(appended)]
    summary: str
    stats: Stats
