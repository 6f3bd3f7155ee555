"""Every error as application/problem+json (RFC 9457): what is wrong and what to do, without a path or a trace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from graph.service.errors import (
    ConflictError,
    ModelFailedError,
    NotFoundError,
    QueueFullError,
    ServiceError,
    SettingsError,
    StorageError,
    StorageFullError,
)

MEDIA_TYPE = "application/problem+json"
_LOG = logging.getLogger(__name__)

_STATUS: dict[type[ServiceError], int] = {
    NotFoundError: 404,
    ConflictError: 409,
    SettingsError: 422,
    QueueFullError: 429,
    StorageFullError: 507,
    StorageError: 503,
    ModelFailedError: 503,
}

_SAID = {
    400: "The request cannot be understood.",
    404: "There is nothing at this address.",
    405: "This cannot be done at this address.",
    500: "Something went wrong in the service; its log says what.",
}


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field("about:blank", description="Always about:blank: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The status of the response.")
    detail: str = Field(description="A sentence for people: what is wrong, and what to do.")
    key: str | None = Field(None, description="The setting or the field that is at fault.")


class ProblemError(ServiceError):
    """A refusal that has a status of its own."""

    def __init__(self, status: int, problem: str, hint: str = "", *, key: str | None = None) -> None:
        self.status = status
        self.key = key
        super().__init__(problem, hint)


def problem(
    status: int, detail: str, *, key: str | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """The response for a problem."""
    said = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, key=key)
    return JSONResponse(
        said.model_dump(exclude_none=True), status, headers=dict(headers or {}), media_type=MEDIA_TYPE
    )


def of_error(error: ServiceError) -> JSONResponse:
    """The response for what the service refuses."""
    if isinstance(error, ProblemError):
        return problem(error.status, str(error), key=error.key)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, QueueFullError) else {}
    key = error.key if isinstance(error, SettingsError) else None
    return problem(status, str(error), key=key, headers=headers)


def of_bug() -> JSONResponse:
    """The response where nothing else is known."""
    return problem(500, _SAID[500])


def add_problems(app: FastAPI, page: Callable[[Request, int, str], Response | None]) -> None:
    """Make problems of all errors of the app, or what `page` makes of a request, a status and a sentence."""

    @app.exception_handler(ServiceError)
    async def refused(request: Request, error: ServiceError) -> JSONResponse:
        if isinstance(error, StorageError):
            _LOG.error("%s", error)
        return of_error(error)

    @app.exception_handler(HTTPException)
    async def failed(request: Request, error: HTTPException) -> Response:
        headers = _allowed(request) if error.status_code == 405 else error.headers
        said = _SAID.get(error.status_code, str(error.detail))
        return page(request, error.status_code, said) or problem(error.status_code, said, headers=headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return problem(422, _explained(error.errors()[0]), key=_place(error.errors()[0]))


def _allowed(request: Request) -> dict[str, str]:
    """What can be done at an address; Starlette names the methods of the first route alone."""
    methods = [
        method
        for method in ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in request.app.routes)
    ]
    return {"Allow": ", ".join(methods)}


def reason(error: Mapping[str, Any]) -> str:
    """What pydantic says is wrong, as a part of a sentence."""
    message = str(error["msg"]).removeprefix("Value error, ").removesuffix(".")
    return f"{message[:1].lower()}{message[1:]}"


def _explained(error: Mapping[str, Any]) -> str:
    return f"{_place(error)}: {reason(error)}."


def _place(error: Mapping[str, Any]) -> str:
    """Where: the name of a field or a parameter; the rest of the location is only where it was looked for."""
    steps = [str(step) for step in error["loc"][1:]]
    return ".".join(steps)[:200] or "the body"
