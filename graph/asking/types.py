"""What a question is answered with. Plain values: JSON can hold them, and pydantic makes the schema of them."""

from __future__ import annotations

from typing import Literal, NotRequired

# Not typing's: pydantic takes only this one before Python 3.12.
from typing_extensions import TypedDict

from graph.calling.stage_answer import FinishReason
from graph.documents.types import FileRecord
from graph.grounding.types import Sentence
from graph.results.types import PageRecord, Provenance, Stats


class AskedPassage(TypedDict):
    """A passage of the document that the answer was looked for in."""

    text: str
    """The passage, as the document was cleaned."""
    pages: list[int]
    """Numbers of the pages that it stands on, ascending."""
    labels: list[str | None]
    """Labels of these pages, as printed, or nothing."""
    start: int
    """Where it begins in the text of all pages, in characters."""
    end: int
    """Where it ends."""


class Answer(TypedDict):
    """A question and its answer."""

    question: str
    """The question, as it was asked."""
    answer: str
    """The answer, or that the document does not say."""
    supported: bool | None
    """Whether the document has what the answer says, as far as words tell; null where they do not, because answer
    and document are in different languages."""
    quoted: bool
    """Whether the answer is copied from the document, word for word."""
    sentences: list[Sentence]
    """The sentences of the answer with their evidence; none if the document does not say."""
    passages: list[AskedPassage]
    """Where the answer was looked for, in the order of the document."""
    finish_reason: FinishReason
    """How the model's answer came out; "stop" where none was needed."""
    unsupported_answer: NotRequired[str]
    """What the model answered, if the document does not support it."""


class Answers(TypedDict):
    """The result of asking."""

    schema_version: Literal[1]
    """Fields may be added to a version; none is taken away or changes its meaning."""
    answers: list[Answer]
    """One for each question, in the order they were asked."""
    title: str
    """The title of the document, or the name of its file."""
    files: list[FileRecord]
    """The files that were read together, or the one."""
    pages: list[PageRecord]
    """Every page of the document, read or not."""
    warnings: list[str]
    """What was lost, and what the answers cannot tell, a sentence each."""
    stats: Stats
    """What the run took."""
    made: Provenance
    """How the answers were made."""
