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
from graph.grounding.types import Sentence
from graph.results.types import Coverage, Made

# How a summary came out: whole; ended at its token limit by the model, or cut there by us; cut where it began to
# repeat itself; nothing; no answer.
FinishReason = Literal["stop", "length", "cut", "repeated", "empty", "error"]


# The id of the summary at the top of the tree.
FINAL_ID = "final"


class Summary(TypedDict):
    """A node of the summary tree. Level 0 rests on chunks, every other level on summaries below it."""

    id: str
    """It is "summary-0001" for a part, "level-1-0001" for merged summaries, "final" for the last one."""
    level: int
    """0 rests on chunks; any other level on summaries below it."""
    text: str
    """What the model answered, within its limit."""
    tokens: int
    """Length of `text`, as the model counts."""
    sources: list[str]
    """Ids of the chunks or summaries it was made of."""
    pages: list[int]
    """Numbers of the pages it was made of, ascending."""
    finish_reason: FinishReason
    """How it came out: whole, or what happened to it."""
    source_sentences: NotRequired[list[str]]
    """With summarize.evidence: key sentences of the source of its part, word for word, the best first."""


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
    """A line of the page ledger.

    "unsummarized": it was read, and the model failed on it, or on a part of it. Of several documents, `number`
    counts all pages, and `document_page` those of the file named `document`.
    """

    number: int
    """Position in the file, from 1."""
    label: str
    """As printed on the page, else the number."""
    status: PageStatus | Literal["unsummarized"]
    """What became of the page."""
    document: NotRequired[str]
    """Which of several documents it belongs to."""
    document_page: NotRequired[int]
    """Its position in that document, from 1."""


class ChunkRecord(TypedDict):
    """A part of the document, and where it stands."""

    id: str
    """It is "chunk-0001" and so on, in the order of the document."""
    tokens: int
    """Length of the chunk, as the model counts."""
    start: int
    """Where it begins in the text of all pages, in characters."""
    end: int
    """Where it ends."""
    pages: list[int]
    """Numbers of its pages, ascending."""


class Stats(TypedDict):
    """What a run took. Calls that were answered from disk took no tokens."""

    calls: int
    """Answers of the model."""
    cached_calls: int
    """How many of them came from disk."""
    prompt_tokens: int
    """Tokens the model read."""
    output_tokens: int
    """Tokens the model wrote."""
    seconds: dict[str, float]
    """Wall time of each step."""
    tokens_per_second: float
    """Tokens written per second in which calls ran."""


class InputState(TypedDict):
    """What to summarize: a path, or LangChain documents. Neither: the configuration's load.source.

    Several paths, or a folder of PDFs, are summarized together.
    """

    source: NotRequired[str | list[str]]
    documents: NotRequired[list[Any]]


class OutputState(TypedDict):
    """The result."""

    schema_version: Literal[1]
    """Fields may be added to a version; none is taken away or changes its meaning."""
    summary: str
    """The final summary."""
    title: str
    """The title of the document, or the name of its file."""
    sentences: list[Sentence]
    """The sentences of the summary with their evidence; none if output.grounding is off."""
    tree: list[Summary]
    """All summaries, by level; the final one is the last."""
    chunks: list[ChunkRecord]
    """The parts the document was read in."""
    pages: list[PageRecord]
    """Every page of the document, read or not."""
    files: list[FileRecord]
    """The files that were summarized together, or the one."""
    coverage: Coverage
    """How much of the document the summary rests on."""
    warnings: list[str]
    """What was lost or cut on the way, a sentence each."""
    stats: Stats
    """What the run took."""
    made: Made
    """How the summary was made."""


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
    """What one collapse task is sent: neighbours to make one summary of, as evidence.py compresses them."""

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
    schema_version: Literal[1]
    summary: str
    sentences: Annotated[list[Sentence], DeltaChannel(latest)]
    coverage: Coverage
    stats: Stats
    made: Made
