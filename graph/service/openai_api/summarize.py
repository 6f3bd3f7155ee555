"""The model `summarize`: what the user says last is a document, and its summary a job like any other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import takewhile

from langchain_core.messages.ai import UsageMetadata

from graph.report import footing
from graph.report.citations import page_list
from graph.results.types import Result
from graph.service.jobs import Jobs
from graph.service.once import submit_once
from graph.service.openai_api.answer import Delta, End, Piece
from graph.service.openai_api.errors import ApiError
from graph.service.openai_api.request import ChatRequest
from graph.service.settings import allowed_keys
from graph.service.types import ENDED
from graph.service.until import until

MODEL = "summarize"

_LENGTH = "summarize.final_tokens"


async def summarize(
    jobs: Jobs, client: str, request: ChatRequest, stopping: asyncio.Event
) -> tuple[str, AsyncIterator[Piece]]:
    """The id of the client's job, and the pieces of its summary. Who asks the same again gets the same job."""
    for param, asks in (("tools", bool(request.tools)), ("response_format", request.wants_format)):
        if asks:
            raise ApiError(f"The model {MODEL} takes no {param}.", param=param, code="unsupported_parameter")
    settings = dict(request.settings)
    if request.most_tokens and _LENGTH in allowed_keys(jobs.config):
        settings.setdefault(_LENGTH, request.most_tokens)
    job = await submit_once(jobs, client, "message.md", _document(request).encode(errors="replace"), settings)
    return job.id, _pieces(jobs, client, job.id, stopping)


def _document(request: ChatRequest) -> str:
    """What the user has said since anyone else has."""
    said = takewhile(lambda message: message.role == "user", reversed(request.messages))
    text = "\n\n".join(reversed([message.text() for message in said]))
    if not text.strip():
        raise ApiError(
            "The last message is no document; send the text in a message of the user.", param="messages"
        )
    return text


async def _pieces(jobs: Jobs, client: str, job_id: str, stopping: asyncio.Event) -> AsyncIterator[Piece]:
    writing = _Writing()
    async for event in until(stopping, jobs.events(client, job_id)):
        if event.kind == "token" and (more := writing.add(event.data["text"], event.data["at"])):
            yield Delta(content=more)
    job = await jobs.get(client, job_id)
    if job.status not in ENDED:
        raise ApiError("The service is being stopped; ask again in a minute, and the summary goes on.", status=503)
    if job.status != "done":
        raise ApiError(job.error or f"The summary was {job.status}.", status=422, code=f"summary_{job.status}")
    result = await jobs.result(client, job_id)
    yield Delta(content=writing.rest(result["summary"]) + page_list(result) + footing(result))
    yield _end(result)


class _Writing:
    """A summary that is being written, and what of it has been shown, which cannot be taken back."""

    def __init__(self) -> None:
        self._text = self._shown = ""

    def add(self, piece: str, at: int) -> str:
        """What can be shown now. Of an answer that is begun anew, what is more than before, if it is the same."""
        self._text = self._text[:at] + piece
        if not self._text.startswith(self._shown):
            return ""
        more = self._text[len(self._shown) :]
        self._shown = self._text
        return more

    def rest(self, summary: str) -> str:
        """What of the finished summary was not shown: all of it, if what was shown is another one."""
        shown = self._shown.strip()
        if summary.startswith(shown):
            return summary[len(shown) :]
        return f"\n\n---\n\n{summary}"


def _end(result: Result) -> End:
    stats = result["stats"]
    read, written = stats["prompt_tokens"], stats["output_tokens"]
    usage = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
    return End("length" if result["tree"] and result["tree"][-1]["finish_reason"] == "length" else "stop", usage)
