"""The values that travel through the graph: plain, and without any text twice.

A checkpointer keeps every value that it is given, and most of them write the whole state anew at each step.
What is long here is a DeltaChannel, of which only what is added is kept; texts are compressed, or not kept at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NotRequired

from langgraph.channels import DeltaChannel, EphemeralValue, UntrackedValue
from pydantic import Field, WithJsonSchema

# Not typing's: pydantic, which makes the tool's schema, takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.calling.stage_answer import Timing
from graph.calling.wanted import Wanted
from graph.channels import NotKept, appended, latest
from graph.grounding.types import Flag, Sentence
from graph.results.types import (
    ChunkRecord,
    Coverage,
    Length,
    PageRecord,
    Provenance,
    Revision,
    SectionRecord,
    Stats,
    SummarizedFile,
    Summary,
)

# As JSON has them. In a program they may be LangChain's own Documents.
_DOCUMENTS = {
    "type": "array",
    "description": "Texts instead of files: each a page or more, in order.",
    "items": {
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {"page_content": {"type": "string"}, "metadata": {"type": "object"}},
                "required": ["page_content"],
            },
        ]
    },
}


class InputState(TypedDict):
    """What to summarize: a path, or LangChain documents. Neither: the configuration's load.source.

    Several paths, or a folder of PDFs, are summarized together.
    """

    source: NotRequired[
        Annotated[str | list[str], Field(description="A path, or several; a folder for all in it.")]
    ]
    documents: NotRequired[Annotated[list[Any], WithJsonSchema(_DOCUMENTS)]]


class PagesRead(TypedDict):
    """What the load node says on LangGraph's "custom" stream: how many pages are done, of those wanted."""

    type: Literal["pages_read"]
    done: int
    wanted: int


class MapTask(TypedDict):
    """What one map_summarize task is sent: a chunk and the pages of it that were read, `where` for people.

    `context` says where the chunk stands (part_context.py).

    A checkpointer does not keep `chunk_text`. A task that was resumed without it does nothing, and is sent once
    more, with its text `compressed`. Nor does it keep `run`, which is known while its process lives. Of several
    documents, one that is a single chunk has its summary at once: `document` is its name.
    """

    id: str
    tokens: int
    pages: list[int]
    where: str
    context: str
    run: NotRequired[str]
    wanted: NotRequired[Wanted]
    document: NotRequired[str]
    chunk_text: NotRequired[str]
    compressed: NotRequired[bytes]


class CollapseTask(TypedDict):
    """What one collapse task is sent: neighbours to make one summary of, `compressed` as a list of Parts.

    With `document`, the name of one of several, they are all of it, and the summary is the document's own.
    """

    id: str
    level: int
    sources: list[str]
    pages: list[int]
    where: str
    tokens: int
    run: NotRequired[str]
    wanted: NotRequired[Wanted]
    document: NotRequired[str]
    compressed: bytes


class ReviseTask(TypedDict):
    """What one revise task is sent: a doubtful sentence and where it begins in the summary, passages of the
    document for it, best first, and the round, from 1.
    """

    round: int
    start: int
    sentence: str
    flags: list[Flag]
    passages: list[str]
    wanted: Wanted
    run: NotRequired[str]


class Proposal(TypedDict):
    """What is to stand for the sentence `before`, which begins at `start`: `after`, which is empty if it is to go,
    and None if it is to stay. `error` says why the model was not heard.
    """

    round: int
    start: int
    before: str
    after: str | None
    error: str


def grown(value: list[Summary], writes: Sequence[list[Summary]]) -> list[Summary]:
    """The tree, by level and in document order. A checkpointer may give the writes back in another order."""
    return sorted(
        appended(value, writes), key=lambda summary: (summary["level"], len(summary["id"]), summary["id"])
    )


class State(TypedDict):
    """Everything a run knows.

    `run` tells it from others that the same graph makes, `language` is the document's where the summary is to be
    in that, `text` holds the cleaned pages, compressed, and `errors` say which parts failed. `tasks` go on to
    map_summarize at once, and `chunk_text` is a key of theirs; `doubtful` go on to revise, which adds to
    `proposals`, and `rounds` counts how often.
    """

    source: Annotated[str | list[str], EphemeralValue]
    documents: Annotated[list[Any], NotKept]
    run: Annotated[str, UntrackedValue]
    language: str
    title: str
    text: Annotated[bytes, DeltaChannel(latest)]
    pages: Annotated[list[PageRecord], DeltaChannel(latest)]
    sections: Annotated[list[SectionRecord], DeltaChannel(latest)]
    files: list[SummarizedFile]
    chunks: Annotated[list[ChunkRecord], DeltaChannel(latest)]
    chunk_text: Annotated[str, UntrackedValue]
    tasks: Annotated[list[MapTask], UntrackedValue]
    route: Literal["direct", "map"]
    tree: Annotated[list[Summary], DeltaChannel(grown)]
    timings: Annotated[list[Timing], DeltaChannel(appended)]
    errors: Annotated[list[str], DeltaChannel(appended)]
    warnings: Annotated[list[str], DeltaChannel(appended)]
    schema_version: Literal[1]
    summary: str
    sentences: Annotated[list[Sentence], DeltaChannel(latest)]
    doubtful: Annotated[list[ReviseTask], UntrackedValue]
    proposals: Annotated[list[Proposal], DeltaChannel(appended)]
    rounds: int
    revisions: Annotated[list[Revision], DeltaChannel(latest)]
    length: Length
    coverage: Coverage
    stats: Stats
    made: Provenance
