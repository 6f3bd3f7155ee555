"""What a run returns. Plain values: JSON can hold them, and pydantic makes the schema of them."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

# Not typing's: pydantic takes only this one before Python 3.12.
from typing_extensions import TypedDict

from graph.calling.stage_answer import FinishReason
from graph.documents.types import FileRecord, LeftOut, PageStatus, Section
from graph.grounding.types import Flag, Sentence

# The id of the summary at the top of the tree.
FINAL_ID = "final"

# What became of one of the documents of a run.
Fate = Literal["done", "refused", "failed", "unfinished", "not begun"]


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
    document: NotRequired[str]
    """Of several documents: the name of the file that this is the summary of."""
    source_sentences: NotRequired[list[str]]
    """With summarize.evidence: key sentences of the source of its part, word for word, the best first."""


class PageRecord(TypedDict):
    """A line of the page ledger.

    "unsummarized": it was read, and the model failed on it, or on a part of it. Of several documents, `number`
    counts all pages, and `document_page` those of the file named `document`.
    """

    number: int
    """Position in the file, from 1."""
    label: str | None
    """As printed on the page ("iv", "A-3"), or nothing."""
    status: PageStatus | Literal["unsummarized"]
    """What became of the page."""
    document: NotRequired[str]
    """Which of several documents it belongs to."""
    document_page: NotRequired[int]
    """Its position in that document, from 1."""
    words: NotRequired[int]
    """How many words of it prompts were given."""
    left_out: NotRequired[list[LeftOut]]
    """What the page shows and no prompt was given, by reason."""


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
    document: NotRequired[str]
    """Of several documents: the name of the file that it is from."""
    section: NotRequired[int]
    """The section in which it begins, the innermost: an index into the result's `sections`."""
    chapter: NotRequired[int]
    """With summarize.by: section, the section it is summarized with: an index, too."""


class SummarizedFile(FileRecord):
    """A file of a run; of several, with what the summary says of it."""

    words: NotRequired[int]
    """About how many words its summary was to have."""
    summary: NotRequired[str]
    """Its own summary, which is a part of the whole one, under its name."""


class SectionRecord(Section):
    """A section of the outline. With summarize.by: section, the chapters among them have a summary."""

    summary: NotRequired[str]
    """What the chapter says."""
    pages: NotRequired[list[int]]
    """Numbers of the pages it was made of, ascending."""
    sentences: NotRequired[list[Sentence]]
    """The sentences of its summary, with their evidence in the chapter's pages."""


class Length(TypedDict):
    """How long the final summary is."""

    words: int
    """Words of it; of a text without spaces, characters by 1.7."""
    wanted: int | None
    """How many summarize.length asks for."""
    asked_again: bool
    """Whether the model was asked again, because it missed them by more than a third."""


class Revision(TypedDict):
    """A sentence of the summary that was changed, because it was doubtful (summarize.check)."""

    before: str
    """What it said."""
    after: str
    """What stands in its place; nothing, if it was taken out."""
    why: list[Flag]
    """What was to be looked at in it; nothing, if little in the document supported it."""
    round: int
    """1, or 2 if it was changed after all had been compared with the document again."""


class Coverage(TypedDict):
    """How much of the document the final summary rests on, as far as words tell.

    Without grounding, `thirds` and `weights` are empty and `chunks_used` is 0.
    """

    pages_read: int
    """Pages whose text the model was given."""
    pages_total: int
    """Pages of the document."""
    chunks_used: int
    """Chunks that hold evidence of a sentence whose support is not weak."""
    chunks_total: int
    """Chunks of the document; one, if it was read as a whole."""
    thirds: list[float]
    """The share used of the chunks in each third of the document, 0 to 1; below six chunks, of its pages."""
    compression: float
    """Characters of the summary for each character read."""
    weights: list[float]
    """For each page of the document, how much the summary rests on it; 1 is the page it rests on most."""


class Provenance(TypedDict):
    """How a summary was made."""

    model: str
    """The model, as people call it."""
    provider: str
    """What runs it: the configuration's llm.provider, or the kind of a model that was handed in."""
    settings: dict[str, Any]
    """Keys of the configuration and their values, as --set takes them; no addresses and no secrets."""
    prompts: dict[str, str]
    """The prompts of map, collapse and final, and of several documents together, with {document} where the text
    stood; with summarize.check that of revise, too, with {sentence} and {doubts}."""
    language: str
    """What {language} stood for in the prompts."""
    focus: str
    """What {focus} stood for in the prompts."""


class Stats(TypedDict):
    """What a run took. Calls that were answered from disk took no tokens."""

    calls: int
    """Answers of the model, those that were no good and asked for again included."""
    cached_calls: int
    """How many of them came from disk."""
    prompt_tokens: int
    """Tokens the model read."""
    output_tokens: int
    """Tokens the model wrote."""
    drafted_tokens: int
    """Tokens that were drafted from the prompts' own words (llm.speculate), and put through the network."""
    accepted_tokens: int
    """How many of them the model said itself."""
    seconds: dict[str, float]
    """Wall time of each step."""
    tokens_per_second: float
    """Tokens written per second in which calls ran."""


class Result(TypedDict):
    """The result."""

    schema_version: Literal[1]
    """Fields may be added to a version; none is taken away or changes its meaning."""
    summary: str
    """The final summary."""
    title: str
    """The title of the document, or the name of its file."""
    sentences: list[Sentence]
    """The sentences of the summary with their evidence; none if output.grounding is off."""
    revisions: list[Revision]
    """With summarize.check: the sentences that were changed since the summary was written."""
    tree: list[Summary]
    """All summaries, by level; the final one is the last."""
    chunks: list[ChunkRecord]
    """The parts the document was read in."""
    sections: list[SectionRecord]
    """The outline, in the order of the document; none where it shows none."""
    pages: list[PageRecord]
    """Every page of the document, read or not."""
    files: list[SummarizedFile]
    """The files that were summarized together, or the one."""
    length: Length
    """How long the summary is, and how long it was to be."""
    coverage: Coverage
    """How much of the document the summary rests on."""
    warnings: list[str]
    """What was lost or cut on the way, a sentence each."""
    stats: Stats
    """What the run took."""
    made: Provenance
    """How the summary was made."""
