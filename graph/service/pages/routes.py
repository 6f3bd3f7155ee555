"""The pages: the list, a summary, and what their forms ask for. The script sends documents to the API."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from markupsafe import Markup

from graph.asking.types import Answers
from graph.report.citations import all_sentences
from graph.report.html.report import report_body
from graph.service.asking import LONGEST_QUESTION
from graph.service.context import asking_of, base_of, config_of, jobs_of
from graph.service.errors import ConflictError, NotFoundError, ServiceError, SettingsError
from graph.service.pages.answers import answer_block
from graph.service.pages.assets import read_asset
from graph.service.pages.rendering import fragment, render
from graph.service.pages.settings_form import setting_fields, settings_of
from graph.service.security import client_of, session_of
from graph.service.types import Job

_AT_ONCE = 50
_WITH_PAGES = "application/pdf"


class _Page(APIRoute):
    """A route whose errors are pages."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except ServiceError as error:
                status = 404 if isinstance(error, NotFoundError) else 409
                return render(request, "error.html", status=status, error=error)

        return answer


router = APIRouter(route_class=_Page, include_in_schema=False)


@router.get("/")
async def index(request: Request, q: str = "", before: str | None = None) -> Response:
    """All summaries, and the form for new ones."""
    found = await jobs_of(request).list(client_of(request), query=q, before=before, limit=_AT_ONCE + 1)
    last = found[_AT_ONCE - 1].id if len(found) > _AT_ONCE else None
    return render(
        request,
        "index.html",
        jobs=found[:_AT_ONCE],
        query=q,
        before=before,
        here=_list_at(q, before),
        older=_list_at(q, last) if last else None,
        newest=_list_at(q),
        fields=setting_fields(config_of(request), {}),
        config=config_of(request),
        has_session=session_of(request) is not None,
    )


@router.get("/summaries/{id}")
async def summary(request: Request, id: str) -> Response:
    """A job under way, or the report that it made."""
    job = await jobs_of(request).get(client_of(request), id)
    return await _show(request, job)


@router.post("/summaries/{id}/rerun")
async def rerun(request: Request, id: str) -> Response:
    """Once more, with the settings of the form."""
    async with request.form() as form:
        chosen = {key: value for key, value in form.items() if isinstance(value, str)}
    try:
        job = await jobs_of(request).rerun(client_of(request), id, settings_of(config_of(request), chosen))
    except SettingsError as error:
        job = await jobs_of(request).get(client_of(request), id)
        return await _show(request, job, chosen=chosen, problem=error)
    return _to(request, f"/summaries/{job.id}")


@router.post("/summaries/{id}/ask")
async def ask(request: Request, id: str) -> Response:
    """A question about the document of a summary that is done, and below it the answer."""
    async with request.form() as form:
        question, before = form.get("question"), form.get("before")
    if not isinstance(question, str) or not question.strip() or len(question) > LONGEST_QUESTION:
        raise ConflictError("There is no such question", f"ask in words, in at most {LONGEST_QUESTION} characters")
    answers = await asking_of(request).ask(client_of(request), id, question)
    job = await jobs_of(request).get(client_of(request), id)
    number = int(before) if isinstance(before, str) and before.isdecimal() and len(before) < 7 else 0
    return await _show(request, job, answers=answers, numbered=number)


@router.post("/summaries/{id}/cancel")
async def cancel(request: Request, id: str) -> Response:
    """End it."""
    await jobs_of(request).cancel(client_of(request), id)
    return _to(request, f"/summaries/{id}")


@router.post("/summaries/{id}/front")
async def move_to_front(request: Request, id: str) -> Response:
    """Let it be next."""
    await jobs_of(request).move_to_front(client_of(request), id)
    return _to(request, f"/summaries/{id}")


@router.post("/summaries/{id}/delete")
async def delete(request: Request, id: str) -> Response:
    """Delete the summary and its document."""
    await jobs_of(request).delete(client_of(request), id)
    return _to(request, "/")


@router.get("/assets/{name}")
async def asset(name: str) -> Response:
    """A stylesheet, a script or the icon. Its address changes with its content."""
    found = read_asset(name)
    if found is None:
        return Response(status_code=404)
    content, media_type = found
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(content, media_type=media_type, headers=forever)


async def _show(
    request: Request,
    job: Job,
    *,
    chosen: Mapping[str, Any] | None = None,
    problem: SettingsError | None = None,
    answers: Answers | None = None,
    numbered: int = 0,
) -> Response:
    body = result = None
    if job.status == "done":
        result = await jobs_of(request).result(client_of(request), job.id)
        asking = _asking(request, job, max(numbered, len(all_sentences(result))), answers)
        body = await run_in_threadpool(report_body, result, after_summary=asking)
    return render(
        request,
        "job.html",
        status=422 if problem else 200,
        job=job,
        body=body,
        pages=len(result["pages"]) if result and job.file.media_type == _WITH_PAGES else 0,
        here=f"/summaries/{job.id}",
        fields=setting_fields(config_of(request), job.settings if chosen is None else chosen),
        config=config_of(request),
        problem=problem,
    )


def _asking(request: Request, job: Job, sentences: int, answers: Answers | None) -> Markup:
    """The form for a question, below a summary of which so many sentences are numbered, and the answer to one."""
    answer = answer_block(answers, sentences) if answers else ""
    if answers:
        sentences += len(answers["answers"][0]["sentences"])
    return fragment(
        request, "asking.html", job=job, answer=answer, sentences=sentences, longest_question=LONGEST_QUESTION
    )


def _list_at(query: str, before: str | None = None) -> str:
    asked = {name: value for name, value in (("q", query), ("before", before)) if value}
    return f"/?{urlencode(asked)}" if asked else "/"


def _to(request: Request, path: str) -> Response:
    """Where a form leads: 303, so that a reload asks for nothing twice."""
    return RedirectResponse(base_of(request.scope) + path, 303)
