"""The tools as clients and their models see them: what each takes, what it answers with, and what it is for."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, NotRequired

from mcp.types import Tool, ToolAnnotations
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

# Not typing's: pydantic takes only this one before Python 3.12.
from typing_extensions import TypedDict

from graph.service.asking import LONGEST_QUESTION

# Clients give up a call after 60 seconds or more: an answer that comes later is lost.
LONGEST_WAIT = 50.0
_USUAL_WAIT = 20.0


def _object(value: Any) -> Any:
    """Models write objects as text now and then."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


class Waiting(BaseModel):
    """How long a call may take."""

    model_config = ConfigDict(extra="forbid")

    wait_seconds: float = Field(
        _USUAL_WAIT,
        ge=0,
        le=LONGEST_WAIT,
        description="Answer after so many seconds even if the summary is not done; it goes on meanwhile.",
    )


class Asked(Waiting):
    """What `summarize` takes from everyone."""

    id: str | None = Field(None, description="Instead of a document: the id of a summary that was begun before.")
    text: str | None = Field(None, description="The document as text or Markdown.")
    title: str | None = Field(None, description="What to call a document that is given as text.")
    settings: Annotated[dict[str, Any], BeforeValidator(_object)] = Field(
        default_factory=dict,
        description='Keys such as {"prompts.language": "Korean", "prompts.focus": "costs and dates", '
        '"load.pages": "1-9"}; without any, as this service is configured.',
    )


class SummarizeHere(Asked):
    """What `summarize` takes from a client on this machine."""

    path: str | None = Field(
        None, description="Absolute path of a PDF, text or Markdown file on the user's machine. Prefer it to text."
    )


class SummarizeThere(Asked):
    """What `summarize` takes from a client elsewhere."""

    data: str | None = Field(None, description="A PDF, text or Markdown file in base64.")
    name: str | None = Field(None, description="The name of the file in data, such as report.pdf.")


class GetSummary(Waiting):
    """What `get_summary` takes."""

    id: str = Field(description="The id that summarize answered with.")


class AskPages(BaseModel):
    """What `ask_pages` takes."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="The id that summarize answered with.")
    statement: str = Field(
        min_length=1,
        max_length=5000,
        description="A statement as the document might make it, in the document's language. Not a question.",
    )


class AskDocument(BaseModel):
    """What `ask_document` takes."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(description="The id that summarize answered with.")
    question: str = Field(
        min_length=1,
        max_length=LONGEST_QUESTION,
        description="One question, in the document's language if you can.",
    )


class CitedSentence(TypedDict):
    """A sentence of a summary."""

    text: str
    pages: list[int]
    """Numbers of the pages that support it, counted from the start of the file."""
    cited: str
    """These pages as people cite them."""
    support: float
    """How well the evidence fits the sentence, 0 to 1."""
    flags: list[str]
    """What is to be looked at: "weak support", "number not in source", "name not in source"."""


class DocumentAnswer(TypedDict):
    """An answer to a question."""

    id: str
    question: str
    answer: str
    """The answer, or that the document does not say."""
    supported: bool | None
    """Whether the document has it, as far as words tell; null if they cannot, because the languages differ."""
    sentences: list[CitedSentence]
    unsupported_answer: NotRequired[str]
    """What the model answered, if the document does not support it: do not pass it on as what that says."""
    warnings: list[str]


class SummaryAnswer(TypedDict):
    """A summary, or how far it has come."""

    id: str
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    title: str
    stage: str
    """What is being done: waiting, reading, map, collapse, final, grounding, done."""
    done: int
    """Pages or parts of the stage that are done."""
    total: int
    """Pages or parts of the stage."""
    seconds_left: float | None
    summary: NotRequired[str]
    """The summary, once it is done."""
    sentences: NotRequired[list[CitedSentence]]
    warnings: NotRequired[list[str]]
    """What was left out, cut or failed."""


class FoundPassage(TypedDict):
    """A sentence of the document."""

    page: int
    """Number of its page, counted from the start of the file."""
    label: str | None
    """What is printed on that page as its number."""
    excerpt: str
    before: str
    """The text before it."""
    after: str
    """The text after it."""
    score: float
    """How much of the statement it supports alone, 0 to 1."""


class Looked(TypedDict):
    """A sentence of the statement, and what supports it."""

    sentence: str
    support: float
    """How well the passages fit it, 0 to 1; below 0.25 they hardly do."""
    flags: list[str]
    """What of it the passages lack."""
    passages: list[FoundPassage]
    """At most three, the best first."""


class PagesAnswer(TypedDict):
    """What the document has on a statement."""

    id: str
    sentences: list[Looked]


_SUMMARIZE = (
    "Summarize a long document, all of it, with the pages behind each sentence. The document stays with this "
    "service and its own model. It takes from seconds to many minutes: if the status of the answer is queued or "
    "running, call get_summary with its id until it is done. Nothing is lost when a call is given up, and the "
    "same document with the same settings is not summarized twice."
)
_GET = (
    "Get a summary that summarize has begun, by its id. Waits up to wait_seconds for it to be done; call again "
    "while its status is queued or running."
)
_ASK_DOCUMENT = (
    "Ask a summarized document a question. This service's own model answers from the passages that suit it, with "
    "page numbers, or says that the document does not say."
)
_ASK = (
    "Find the passages of a summarized document that support a statement, with their page numbers. It compares "
    "words, by no model: use it to check a sentence of the summary, or to quote the document."
)


def tools(*, here: bool) -> list[Tool]:
    """The tools for a client on this machine, or elsewhere."""
    begins = ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    )
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    takes = SummarizeHere if here else SummarizeThere
    return [
        _tool("summarize", "Summarize a document", _SUMMARIZE, takes, SummaryAnswer, begins),
        _tool("get_summary", "Get a summary", _GET, GetSummary, SummaryAnswer, reads),
        _tool("ask_document", "Ask a document", _ASK_DOCUMENT, AskDocument, DocumentAnswer, reads),
        _tool("ask_pages", "Find passages for a statement", _ASK, AskPages, PagesAnswer, reads),
    ]


def _tool(
    name: str, title: str, description: str, takes: type[BaseModel], gives: Any, annotations: ToolAnnotations
) -> Tool:
    return Tool(
        name=name,
        title=title,
        description=description,
        input_schema=_without_titles(takes.model_json_schema()),
        output_schema=_without_titles(TypeAdapter(gives).json_schema()),
        annotations=annotations,
    )


def _without_titles(schema: Any) -> Any:
    """A schema without the titles that pydantic makes of names: models pay for every word."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: _without_titles(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }
