"""The server: calls of tools to jobs and back. Knows nothing of how its messages travel."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, PaginatedRequestParams
from pydantic import BaseModel, ValidationError

from chains.validation_errors import explain
from graph.asking.types import Answers
from graph.documents.errors import DocumentError
from graph.documents.read import refuse_at_first_sight
from graph.service.asking import Asking
from graph.service.errors import ServiceError
from graph.service.jobs import Jobs
from graph.service.mcp.answers import answered_question, finished, found, how_far, refused, unfinished
from graph.service.mcp.tools import (
    LONGEST_WAIT,
    AskDocument,
    Asked,
    AskPages,
    GetSummary,
    SummarizeHere,
    SummarizeThere,
    tools,
)
from graph.service.once import submit_once
from graph.service.passages import Passages
from graph.service.types import ENDED, Job, Progress
from graph.service.until import until
from graph.shipped import version

_LOG = logging.getLogger(__name__)

_INSTRUCTIONS = (
    "Summarizes long documents privately, with page numbers. Begin with summarize; a summary that takes longer "
    "than a call goes on, and get_summary waits for it; ask_document answers a question about its document; "
    "ask_pages finds the passages behind a sentence."
)

# The order of a job's stages: progress must grow from one notification to the next.
_STAGES = ("waiting", "reading", "map", "collapse", "final", "grounding", "revise", "done")

_Arguments = TypeVar("_Arguments", bound=BaseModel)
_Context = ServerRequestContext[Any, Any]


class Caller(NamedTuple):
    """Who calls a tool. Its jobs are begun in its `name`, and it sees those of the client `sees`, or all."""

    jobs: Jobs
    name: str
    sees: str | None
    stopping: asyncio.Event
    """Whether the service ends: nobody is waited for then."""


class CallRefused(Exception):
    """A call that cannot be answered: `str(error)` is one sentence for the model that made it."""


def make_server(caller: Callable[[_Context], Caller], *, here: bool) -> Server:
    """A server for clients on this machine, whose paths are read, or for clients elsewhere."""
    calls = _Calls(caller, here=here)
    return Server(
        "mlx-pdf-summarizer",
        title="Summaries of long documents",
        version=version(),
        instructions=_INSTRUCTIONS,
        on_list_tools=calls.list_tools,
        on_call_tool=calls.call,
    )


class _Calls:
    def __init__(self, caller: Callable[[_Context], Caller], *, here: bool) -> None:
        self._caller = caller
        self._takes = SummarizeHere if here else SummarizeThere
        self._tools = tools(here=here)
        self._passages: Passages | None = None
        self._asking: Asking | None = None
        self._answering: set[asyncio.Task[Answers]] = set()

    async def list_tools(self, context: _Context, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=self._tools)

    async def call(self, context: _Context, params: CallToolRequestParams) -> CallToolResult:
        """Call a tool. What goes wrong is said in one sentence, for the model to read."""
        try:
            return await self._call(context, self._caller(context), params.name, params.arguments or {})
        except (CallRefused, ServiceError, DocumentError) as error:
            return refused(str(error))
        except Exception:
            _LOG.exception("The tool %r failed", params.name)
            return refused("The service failed; its log says more.")

    async def _call(
        self, context: _Context, caller: Caller, name: str, arguments: dict[str, Any]
    ) -> CallToolResult:
        match name:
            case "summarize":
                asked = _read(self._takes, arguments)
                return await _wait(context, caller, await _begin(caller, asked), asked.wait_seconds)
            case "get_summary":
                wanted = _read(GetSummary, arguments)
                job = await caller.jobs.get(caller.sees, wanted.id)
                return await _wait(context, caller, job, wanted.wait_seconds)
            case "ask_document":
                asking = _read(AskDocument, arguments)
                return await self._ask(caller, asking)
            case "ask_pages":
                question = _read(AskPages, arguments)
                if self._passages is None:
                    self._passages = Passages(caller.jobs)
                return found(question.id, await self._passages.find(caller.sees, question.id, question.statement))
        raise CallRefused(f"There is no tool {name!r}; the tools are {', '.join(t.name for t in self._tools)}.")

    async def _ask(self, caller: Caller, asked: AskDocument) -> CallToolResult:
        """The model's answer. It is waited for on, where a call ends before it: the next has it from the cache."""
        if self._asking is None:
            self._asking = Asking(caller.jobs)
        work = asyncio.create_task(self._asking.ask(caller.sees, asked.id, asked.question))
        self._answering.add(work)
        work.add_done_callback(self._answering.discard)
        work.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody may ask for it
        done, _ = await asyncio.wait([work], timeout=LONGEST_WAIT)
        if not done:
            raise CallRefused("The model needs longer than a call may take; ask the same again in a minute.")
        return answered_question(asked.id, await work)


def _read(model: type[_Arguments], arguments: dict[str, Any]) -> _Arguments:
    if model is SummarizeThere and arguments.get("path") is not None:
        raise CallRefused("path: this service is elsewhere and reads no paths; send text, or data and name.")
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        raise CallRefused(explain(error, model)) from None


async def _begin(caller: Caller, asked: Asked) -> Job:
    """The job that is asked for."""
    path = asked.path if isinstance(asked, SummarizeHere) else None
    data = asked.data if isinstance(asked, SummarizeThere) else None
    given = {"id": asked.id, "text": asked.text, "path": path, "data": data}
    names = [name for name, value in given.items() if value is not None]
    if len(names) != 1:
        options = "id, text or path" if isinstance(asked, SummarizeHere) else "id, text or data"
        raise CallRefused(f"Give one of {options}, and not {' and '.join(names) or 'none'}.")
    if asked.id is not None:
        return await caller.jobs.get(caller.sees, asked.id)
    name, content = await asyncio.to_thread(_document, caller.jobs, asked)
    return await submit_once(caller.jobs, caller.name, name, content, asked.settings)


def _document(jobs: Jobs, asked: Asked) -> tuple[str, bytes | Path]:
    """The name of the document, and its content or its file."""
    if isinstance(asked, SummarizeHere) and asked.path is not None:
        path = _path(asked.path)
        refuse_at_first_sight(path, jobs.config.load)
        return path.name, path
    if isinstance(asked, SummarizeThere) and asked.data is not None:
        try:
            return asked.name or "document", base64.b64decode(asked.data, validate=True)
        except (binascii.Error, ValueError):
            raise CallRefused("data: this is not base64.") from None
    return f"{asked.title or 'text'}.md", (asked.text or "").encode(errors="replace")


def _path(given: str) -> Path:
    """A path, which models write as an address now and then."""
    if given.startswith("file://"):
        given = unquote(urlsplit(given).path)
    return Path(os.path.expanduser(given))


async def _wait(context: _Context, caller: Caller, job: Job, seconds: float) -> CallToolResult:
    """What has come of a job after so many seconds, or once it has ended."""
    jobs, client = caller.jobs, caller.sees
    if job.status not in ENDED:
        report = _Report(context)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for event in until(caller.stopping, jobs.events(client, job.id)):
                    if event.kind == "progress":
                        await report.tell(await jobs.get(client, job.id))
        job = await jobs.get(client, job.id)
    match job.status:
        case "done":
            return await asyncio.to_thread(finished, job, await jobs.result(client, job.id))
        case "failed":
            return refused(job.error or "The summary has failed.")
        case "cancelled":
            return refused("The summary was cancelled; call summarize with its document to begin it anew.")
    return unfinished(job)


class _Report:
    """Tells a client how far a job has come, if it wants to know."""

    def __init__(self, context: _Context) -> None:
        self._context = context
        self._told = -1.0

    async def tell(self, job: Job) -> None:
        """Send what is more than was sent before."""
        at = _stages_done(job.progress)
        if at > self._told:
            self._told = at
            await self._context.session.report_progress(at, float(len(_STAGES) - 1), how_far(job))


def _stages_done(progress: Progress) -> float:
    if progress.stage == "waiting":
        return 0.0
    part = progress.done / progress.total if progress.total else 0.0
    return _STAGES.index(progress.stage) + min(part, 0.99)
