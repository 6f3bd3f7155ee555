"""Jobs and passages as tools answer with them: values for programs, and the same as text to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mcp.types import CallToolResult, TextContent

from graph.asking.types import Answers
from graph.grounding import Sentence
from graph.report import to_markdown
from graph.report.citations import is_claim, with_citations
from graph.results.page_ranges import cite, page_names
from graph.results.types import PageRecord, Result
from graph.service.mcp.tools import (
    CitedSentence,
    DocumentAnswer,
    FoundPassage,
    Looked,
    PagesAnswer,
    SummaryAnswer,
)
from graph.service.types import Job

_COUNTED = {
    "reading": "pages are read",
    "map": "parts are summarized",
    "collapse": "groups of parts are merged",
    "revise": "doubtful sentences are checked",
}
_SAID = {"final": "the summary is being written", "grounding": "its sentences are looked up in the pages"}


def answered(value: Any, text: str) -> CallToolResult:
    """An answer of a tool."""
    return CallToolResult(content=[TextContent(text=text)], structured_content=value)


def refused(sentence: str) -> CallToolResult:
    """An answer that says what went wrong, for the model to read."""
    return CallToolResult(content=[TextContent(text=sentence)], is_error=True)


def unfinished(job: Job) -> CallToolResult:
    """How far a job has come, and what to do next."""
    said = f"{how_far(job)} Call get_summary with id {job.id!r} to wait for it."
    return answered(_answer(job), said)


def finished(job: Job, result: Result) -> CallToolResult:
    """A summary with its pages."""
    sentences = _cited(result["sentences"], result["pages"])
    answer = _answer(job)
    answer["summary"], answer["sentences"], answer["warnings"] = result["summary"], sentences, result["warnings"]
    return answered(answer, f"{to_markdown(result)}\nTo look a sentence up, call ask_pages with id {job.id!r}.")


def answered_question(job_id: str, result: Answers) -> CallToolResult:
    """The answer to a question."""
    (answer,) = result["answers"]
    value = DocumentAnswer(
        id=job_id,
        question=answer["question"],
        answer=answer["answer"],
        supported=answer["supported"],
        sentences=_cited(answer["sentences"], result["pages"]),
        warnings=result["warnings"],
    )
    if "unsupported_answer" in answer:
        value["unsupported_answer"] = answer["unsupported_answer"]
    said = with_citations(answer["answer"], answer["sentences"], page_names(result["pages"]))
    return answered(value, "\n\n".join([said, *result["warnings"]]))


def _cited(sentences: Iterable[Sentence], pages: Sequence[PageRecord]) -> list[CitedSentence]:
    names = page_names(pages)
    return [
        CitedSentence(
            text=sentence["text"],
            pages=sentence["pages"],
            cited=cite(names[page] for page in sentence["pages"]),
            support=sentence["support"],
            flags=list(sentence["flags"]),
        )
        for sentence in filter(is_claim, sentences)
    ]


def found(job_id: str, sentences: list[Sentence]) -> CallToolResult:
    """The passages for a statement."""
    looked = [
        Looked(
            sentence=sentence["text"],
            support=sentence["support"],
            flags=list(sentence["flags"]),
            passages=[
                FoundPassage(
                    page=evidence["page"],
                    label=evidence["label"],
                    excerpt=evidence["excerpt"],
                    before=evidence["before"],
                    after=evidence["after"],
                    score=evidence["score"],
                )
                for evidence in sentence["evidence"]
            ],
        )
        for sentence in sentences
    ]
    return answered(PagesAnswer(id=job_id, sentences=looked), "\n\n".join(map(_read, looked)))


def how_far(job: Job) -> str:
    """A sentence that says how far a job has come."""
    progress = job.progress
    if job.status == "queued":
        before = "1 summary is" if progress.done == 1 else f"{progress.done} summaries are"
        return f"{job.title} waits: {before} before it."
    left = f", about {progress.seconds_left:.0f} seconds are left" if progress.seconds_left else ""
    if progress.stage in _COUNTED and progress.total:
        return f"{job.title}: {progress.done} of {progress.total} {_COUNTED[progress.stage]}{left}."
    return f"{job.title}: {_SAID.get(progress.stage, 'it is being summarized')}{left}."


def _answer(job: Job) -> SummaryAnswer:
    return SummaryAnswer(
        id=job.id,
        status=job.status,
        title=job.title,
        stage=job.progress.stage,
        done=job.progress.done,
        total=job.progress.total,
        seconds_left=job.progress.seconds_left,
    )


def _read(looked: Looked) -> str:
    lines = [f"{looked['sentence']}\nSupport {looked['support']:.2f}{_listed(looked['flags'])}"]
    if not looked["passages"]:
        lines.append("The document has no passage that supports it.")
    for passage in looked["passages"]:
        page = passage["label"] or passage["page"]
        lines.append(f"[p. {page}] … {passage['before']} **{passage['excerpt']}** {passage['after']} …")
    return "\n\n".join(lines)


def _listed(flags: list[str]) -> str:
    return f" ({', '.join(flags)})" if flags else ""
