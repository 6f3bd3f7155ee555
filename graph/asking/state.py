"""The values that travel through the graph that answers: plain, and without any text twice."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NotRequired

from langgraph.channels import DeltaChannel, EphemeralValue, UntrackedValue
from pydantic import Field

# Not typing's: pydantic, which makes the tool's schema, takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.asking.types import Answer
from graph.calling.stage_answer import FinishReason, Timing
from graph.channels import NotKept, appended, latest
from graph.documents.types import FileRecord
from graph.results.types import PageRecord, Provenance, Stats
from graph.state import InputState


class AskInput(InputState):
    """What to ask of which document: a question, or several; a path, or LangChain documents, or our own pages.

    Without any of these, the configuration's load.source. Several paths, or a folder of PDFs, are read together.
    """

    question: NotRequired[Annotated[str, Field(description="What to ask.")]]
    questions: NotRequired[Annotated[list[str], Field(description="Several questions of the same document.")]]


class Looked(TypedDict):
    """Where the answer to a question is looked for, passages [first, last] of the document, and its language.

    `draft` is what there is to say without a model that writes: a quotation, or nothing.
    """

    language: str
    spans: list[list[int]]
    draft: NotRequired[str]


class AskTask(TypedDict):
    """What one answer task is sent: the number of a question, and passages as one text, of so many `tokens`."""

    index: int
    question: str
    language: str
    text: str
    tokens: int
    run: str


class Draft(TypedDict):
    """What the model answered to a question."""

    index: int
    text: str
    finish_reason: FinishReason


class AskState(TypedDict):
    """Everything a run knows. `text` holds the cleaned pages, compressed."""

    source: Annotated[str | list[str], EphemeralValue]
    documents: Annotated[list[Any], NotKept]
    question: Annotated[str, EphemeralValue]
    questions: Annotated[list[str], EphemeralValue]
    run: Annotated[str, UntrackedValue]
    asked: list[str]
    title: str
    text: Annotated[bytes, DeltaChannel(latest)]
    pages: Annotated[list[PageRecord], DeltaChannel(latest)]
    files: list[FileRecord]
    looked: list[Looked]
    tasks: list[AskTask]
    drafts: Annotated[list[Draft], DeltaChannel(appended)]
    timings: Annotated[list[Timing], DeltaChannel(appended)]
    warnings: Annotated[list[str], DeltaChannel(appended)]
    schema_version: Literal[1]
    answers: list[Answer]
    stats: Stats
    made: Provenance
