"""`/v1/models` and `/v1/chat/completions`."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from sse_starlette import EventSourceResponse
from starlette.requests import ClientDisconnect

from graph.service.context import jobs_of
from graph.service.openai_api.answer import Answer, Piece, line
from graph.service.openai_api.chat import answer, model_id
from graph.service.openai_api.errors import ApiError, explain
from graph.service.openai_api.request import ChatRequest, read_request
from graph.service.openai_api.summarize import MODEL, summarize

_LOG = logging.getLogger(__name__)

# Seconds in which what is wrong with a request mostly shows; after that a stream begins, and says it in its midst.
_PATIENCE = 10.0

_PING = 15  # seconds between signs of life on a stream

_READ = 30  # seconds that a client has to read an event

_CLIENT_GONE = 499  # nginx's word for it; nobody reads it

_STARTED = int(time.time())


class _Route(APIRoute):
    """A route whose errors have OpenAI's shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def explained(request: Request) -> Response:
            try:
                return await handle(request)
            except ClientDisconnect:
                return Response(status_code=_CLIENT_GONE)
            except Exception as error:
                if said := explain(error):
                    return said.response()
                raise

        return explained


# OpenAI describes it.
router = APIRouter(prefix="/v1", route_class=_Route, include_in_schema=False)


@router.get("/models")
async def models(request: Request) -> dict[str, Any]:
    """The models that may be asked: the configured one, and one that summarizes."""
    return {"object": "list", "data": [_model(name) for name in _names(request)]}


@router.get("/models/{name:path}")
async def model(request: Request, name: str) -> dict[str, Any]:
    """One of these models."""
    return _model(_known(request, name))


@router.post("/chat/completions")
async def chat_completions(request: Request) -> Response:
    """An answer to a conversation, whole or as a stream.

    The model `summarize` takes the last messages of the user as a document. Its summary is a job like any other:
    whoever goes away and asks the same again gets it.
    """
    asked = await asyncio.to_thread(read_request, await request.body())
    name = _known(request, asked.model)
    if name == MODEL:
        answer_id, pieces = await summarize(
            jobs_of(request), request.state.name, asked, request.app.state.stopping
        )
    else:
        answer_id, pieces = uuid4().hex, answer(jobs_of(request).model, asked)
    reply = Answer(f"chatcmpl-{answer_id}", name)
    return await (_stream if asked.stream else _whole)(request, asked, reply, pieces)


async def _whole(request: Request, asked: ChatRequest, reply: Answer, pieces: AsyncIterator[Piece]) -> Response:
    whole = asyncio.ensure_future(reply.whole(pieces))
    await _wait(request, whole)
    return JSONResponse(whole.result())


async def _stream(request: Request, asked: ChatRequest, reply: Answer, pieces: AsyncIterator[Piece]) -> Response:
    first = asyncio.ensure_future(anext(pieces))
    await _wait(request, first, _PATIENCE)
    if first.done():
        first.result()  # raises what is wrong while there is a status to say it with
    include_usage = asked.stream_options is not None and asked.stream_options.include_usage
    chunks = reply.chunks(_from(first, pieces), include_usage=include_usage)
    return EventSourceResponse(_events(chunks), ping=_PING, send_timeout=_READ, sep="\n")


async def _wait(request: Request, work: asyncio.Future[Any], seconds: float | None = None) -> None:
    """Wait until `work` is done, or so many seconds are over.

    Raises:
        ClientDisconnect: the client has gone, and the work was given up.
    """
    gone = asyncio.ensure_future(_disconnect(request))
    try:
        await asyncio.wait({work, gone}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if gone.done() and not work.done():
            raise ClientDisconnect
    except BaseException:
        work.cancel()
        raise
    finally:
        gone.cancel()


async def _disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _from(first: asyncio.Future[Piece], pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
    yield await first
    async for piece in pieces:
        yield piece


async def _events(chunks: AsyncIterator[dict[str, Any]]) -> AsyncIterator[str]:
    """The data of the stream's events; what fails on the way is one of them."""
    try:
        async for chunk in chunks:
            yield line(chunk)
        yield "[DONE]"
    except Exception as error:
        said = explain(error)
        if said is None:
            _LOG.exception("An answer failed")
            said = ApiError("The service failed; its log says more.", status=503)
        yield line(said.body())


def _names(request: Request) -> list[str]:
    return [model_id(jobs_of(request).model), MODEL]


def _known(request: Request, name: str) -> str:
    """The name, if there is such a model."""
    if name in (names := _names(request)):
        return name
    raise ApiError(
        f"There is no model {name!r}; the models are {' and '.join(names)}.",
        status=404,
        param="model",
        code="model_not_found",
    )


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": _STARTED, "owned_by": "local"}
