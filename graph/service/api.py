"""The API, `/api/summaries`: what the page uses, and any other program."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Body, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import EventSourceResponse, ServerSentEvent

from graph.config import RunConfig
from graph.documents.characters import printable
from graph.documents.errors import DocumentError, PasswordNeededError, WrongPasswordError
from graph.documents.pdf.page_image import adraw_page
from graph.report import render, to_json
from graph.report.citations import all_sentences
from graph.report.pictures import Pictures, adraw_cited
from graph.results.types import Result
from graph.service.asking import LONGEST_QUESTION
from graph.service.context import asking_of, base_of, config_of, jobs_of
from graph.service.errors import NotFoundError, QueueFullError
from graph.service.jobs import Jobs
from graph.service.openapi import event_stream, problems, upload_body
from graph.service.problems import ProblemError
from graph.service.security import client_of
from graph.service.settings import reading_again
from graph.service.types import PASSWORD, Job, Stage, Status
from graph.service.until import until
from graph.service.uploads import received

_PING_SECONDS = 15
_LEAVE_SECONDS = 2  # for a stream to end in order, when the service does
_SEND_SECONDS = 30  # for one event; who reads no faster has gone
_MEDIA_TYPES = {"json": "application/json", "md": "text/markdown", "html": "text/html"}
# Of a report that is opened from its address: it is nobody's page, and can ask us for nothing.
_REPORT_POLICY = "sandbox allow-scripts allow-popups; frame-ancestors 'none'"

router = APIRouter(prefix="/api/summaries", tags=["summaries"])


class Progress(BaseModel):
    """How far it has come: pages while it is read, parts while they are summarized."""

    stage: Stage
    done: int = Field(description="While it waits: how many are before it.")
    total: int
    tokens_per_second: float | None
    seconds_left: float | None


class File(BaseModel):
    """The document."""

    name: str
    bytes: int
    media_type: str


class Summary(BaseModel):
    """A document that is summarized, or was."""

    id: str
    title: str
    status: Status
    created: datetime
    started: datetime | None
    ended: datetime | None
    progress: Progress
    error: str | None = Field(description="What went wrong, in a sentence.")
    warnings: int = Field(description="How many the result has.")
    file: File
    settings: dict[str, Any] = Field(description="What was chosen for it.")
    rerun_of: str | None = Field(description="The summary that was asked for again.")


class Summaries(BaseModel):
    """Those that a request has made."""

    summaries: list[Summary]


class SummaryPage(BaseModel):
    """Some of all, the newest first."""

    summaries: list[Summary]
    next: str | None = Field(description="For `before`, if there are more.")


class Again(BaseModel):
    """How to summarize a document again."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, Any] | None = Field(None, description="Other settings; without them, the same.")


class Asked(BaseModel):
    """A question about a document."""

    model_config = ConfigDict(extra="forbid")

    question: str = Field(max_length=LONGEST_QUESTION, pattern=r"\S", description="What to ask.")


SummaryId = Annotated[str, Path(pattern=r"^[\w-]{22}$", description="The id of a summary.")]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="What is sent with the same key within a day is queued once.",
    ),
]


@router.post(
    "",
    status_code=202,
    response_model=Summaries,
    responses=problems(400, 408, 409, 413, 415, 422, 503, 507),
    openapi_extra=upload_body(),
)
async def submit(request: Request, response: Response, idempotency_key: Key = None) -> Summaries:
    """Summarize files, each for itself, or a text. All are queued, or none."""
    jobs, config = jobs_of(request), config_of(request)
    _refuse_when_full(jobs, config)
    async with received(request, jobs.incoming, config.service, config.load) as upload:
        made = await jobs.submit(request.state.name, upload.documents, upload.settings, idempotency_key)
    if len(made) == 1:
        response.headers["Location"] = _address(request, made[0])
    return Summaries(summaries=[_summary(job) for job in made])


@router.get("", responses=problems(404, 422, 503))
async def newest(
    request: Request,
    q: Annotated[str, Query(max_length=200, description="Words of the title or the file's name.")] = "",
    before: Annotated[str | None, Query(pattern=r"^[\w-]{22}$", description="Older ones than this id.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> SummaryPage:
    """All summaries, the newest first."""
    jobs = await jobs_of(request).list(client_of(request), query=q, before=before, limit=limit + 1)
    shown = jobs[:limit]
    return SummaryPage(
        summaries=[_summary(job) for job in shown], next=shown[-1].id if len(jobs) > limit else None
    )


@router.get("/{id}", responses=problems(404, 422, 503))
async def get(request: Request, id: SummaryId) -> Summary:
    """How it stands with a summary."""
    return _summary(await jobs_of(request).get(client_of(request), id))


@router.get(
    "/{id}/events",
    response_class=EventSourceResponse,
    responses={200: event_stream(), **problems(404, 422, 503)},
)
async def events(
    request: Request,
    id: SummaryId,
    last_event_id: Annotated[
        str | None, Header(max_length=40, description="The last event that was heard.")
    ] = None,
) -> EventSourceResponse:
    """Server-sent events: `progress`, `token` (a piece of the summary, and where it begins), and how it ended."""
    jobs = jobs_of(request)
    await jobs.get(client_of(request), id)
    told = until(request.app.state.stopping, jobs.events(client_of(request), id, last_event_id))
    return EventSourceResponse(
        (ServerSentEvent(json.dumps(event.data), event=event.kind, id=event.id) async for event in told),
        ping=_PING_SECONDS,
        send_timeout=_SEND_SECONDS,
        shutdown_grace_period=_LEAVE_SECONDS,
        sep="\n",
    )


@router.get(
    "/{id}/result",
    response_class=Response,
    responses={
        200: {
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Result"}},
                "text/markdown": {"schema": {"type": "string"}},
                "text/html": {"schema": {"type": "string"}},
            }
        },
        **problems(404, 409, 422, 503),
    },
)
async def result(
    request: Request, id: SummaryId, format: Annotated[Literal["json", "md", "html"], Query()] = "json"
) -> Response:
    """The result, to be saved: everything, for people to read, or for people to check."""
    jobs, client = jobs_of(request), client_of(request)
    found = await jobs.result(client, id)
    pictures: Pictures = {}
    if format == "html" and config_of(request).output.page_images:
        load = reading_again(config_of(request), await jobs.get(client, id))
        path = await jobs.document(client, id)
        async with request.app.state.drawing:
            pictures = await adraw_cited(found, [path], load)
    text = await asyncio.to_thread(render, found, format, pictures)
    headers = {"Content-Disposition": _attached(f"{found['title']}.{format}")}
    if format == "html":
        headers["Content-Security-Policy"] = _REPORT_POLICY
    return Response(text.encode("utf-8", "replace"), headers=headers, media_type=_MEDIA_TYPES[format])


@router.get(
    "/{id}/pages/{page}.png",
    response_class=Response,
    responses={
        200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "It has not changed."},
        **problems(404, 409, 422, 503),
    },
)
async def page_picture(
    request: Request,
    id: SummaryId,
    page: Annotated[int, Path(ge=1, le=1_000_000)],
    marks: Annotated[
        str | None,
        Query(
            pattern=r"^\d{1,6}(\.\d{1,2})?$", description="A sentence and one of its sources, from 1: 3 or 3.1."
        ),
    ] = None,
    quote: Annotated[
        list[str] | None, Query(max_length=10, description="Passages to mark, word for word, instead.")
    ] = None,
    width: Annotated[int, Query(ge=200, le=2000, description="In pixels.")] = 900,
) -> Response:
    """A page of the document, drawn, with the passages marked that support a sentence."""
    jobs, client = jobs_of(request), client_of(request)
    job = await jobs.get(client, id)
    asked = f"{job.file.sha256} {job.id} {page} {marks} {quote} {width}".encode("utf-8", "replace")
    tag = f'"{hashlib.sha256(asked).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, max-age=3600"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    passages = _passages(await jobs.result(client, id), page, marks) if marks else quote or []
    path = await jobs.document(client, id)
    try:
        async with request.app.state.drawing:
            picture = await adraw_page(
                path, page, reading_again(config_of(request), job), marks=passages, width=width
            )
    except DocumentError as error:
        if PASSWORD in job.settings and isinstance(error, PasswordNeededError | WrongPasswordError):
            raise ProblemError(404, "The password of this document is not kept, so no page can be shown") from None
        raise ProblemError(404, error.problem.replace(path.name, job.file.name), error.hint) from None
    return Response(picture, headers=headers, media_type="image/png")


def _passages(found: Result, page: int, marks: str) -> list[str]:
    """The excerpts on a page that support a sentence of the summary: all of them, or one."""
    number, _, which = marks.partition(".")
    sentences = all_sentences(found)
    if not 1 <= int(number) <= len(sentences):
        raise NotFoundError("The summary has no such sentence")
    evidence = sentences[int(number) - 1]["evidence"]
    chosen = evidence[max(int(which) - 1, 0) : int(which)] if which else evidence
    return [one["excerpt"] for one in chosen if one["page"] == page]


@router.post(
    "/{id}/ask",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answers"}}}},
        **problems(404, 409, 422, 503),
    },
)
async def ask(request: Request, id: SummaryId, asked: Asked) -> Response:
    """Ask the document of a summary that is done. The answer comes when the model has given it."""
    answers = await asking_of(request).ask(client_of(request), id, asked.question)
    return Response(to_json(answers, indent=None).encode("utf-8", "replace"), media_type="application/json")


@router.post("/{id}/cancel", responses=problems(404, 409, 422, 503))
async def cancel(request: Request, id: SummaryId) -> Summary:
    """End a summary that waits or is being made."""
    return _summary(await jobs_of(request).cancel(client_of(request), id))


@router.post("/{id}/front", responses=problems(404, 409, 422, 503))
async def move_to_front(request: Request, id: SummaryId) -> Summary:
    """Let a summary that waits be the next."""
    return _summary(await jobs_of(request).move_to_front(client_of(request), id))


@router.post("/{id}/rerun", status_code=202, responses=problems(404, 422, 503, 507))
async def rerun(
    request: Request, response: Response, id: SummaryId, again: Annotated[Again | None, Body()] = None
) -> Summary:
    """Summarize the same document again, as a new summary."""
    job = await jobs_of(request).rerun(client_of(request), id, again.settings if again else None)
    response.headers["Location"] = _address(request, job)
    return _summary(job)


@router.delete("/{id}", status_code=204, responses=problems(404, 409, 422, 503))
async def delete(request: Request, id: SummaryId) -> None:
    """Forget a summary, and its document if no other summary has it."""
    await jobs_of(request).delete(client_of(request), id)


def _refuse_when_full(jobs: Jobs, config: RunConfig) -> None:
    """Before anything is sent: it would be for nothing."""
    if jobs.counts()["queued"] >= config.service.max_queue:
        raise QueueFullError("As many summaries wait as may", "try again in a minute", retry_after=60)


def _summary(job: Job) -> Summary:
    return Summary.model_validate(job, from_attributes=True)


def _address(request: Request, job: Job) -> str:
    return f"{base_of(request.scope)}/api/summaries/{job.id}"


def _attached(name: str) -> str:
    """To be saved under this name, as far as file systems allow it (RFC 6266)."""
    *_, ending = name.rpartition(".")
    stem = re.sub(r'[\\/:*?"<>|%]', "-", printable(name.removesuffix(f".{ending}"))).strip(" .")[:100] or "summary"
    plain = stem.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}.{ending}\"; filename*=UTF-8''{quote(f'{stem}.{ending}', safe='')}"
