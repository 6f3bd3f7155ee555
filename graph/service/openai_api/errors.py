"""What can go wrong, in the shape in which OpenAI's clients expect it."""

from __future__ import annotations

import logging
import re
from typing import Any

from fastapi.responses import JSONResponse
from langchain_core import exceptions as langchain

from graph.service.errors import NotFoundError, QueueFullError, ServiceError, SettingsError, StorageError

_LOG = logging.getLogger(__name__)

_ADDRESS = re.compile(r"\b[a-z]+://[^\s,;)]+[^\s,;).]")
_PATH = re.compile(r"(?<![^\s'\"(])(?:~|[A-Za-z]:)?(?:[/\\][^\s/\\'\"]+)*[/\\]([^\s/\\'\"]+)")

# Seconds after which a server that is busy may be asked again.
_AGAIN = 5


class ApiError(Exception):
    """An answer that says what is wrong. `param`: the key of the request; `code`: a word for programs."""

    def __init__(
        self, message: str, *, status: int = 400, param: str | None = None, code: str | None = None, wait: int = 0
    ) -> None:
        super().__init__(message)
        self.status = status
        self._param, self._code, self._wait = param, code, wait

    def at(self, param: str) -> ApiError:
        """The same error, of this key of the request."""
        self._param = param
        return self

    def body(self) -> dict[str, Any]:
        """The error as JSON; streams have it too, for their status has been sent."""
        kinds = {404: "not_found_error", 429: "rate_limit_error", 503: "server_error"}
        error = {
            "message": str(self),
            "type": kinds.get(self.status, "invalid_request_error"),
            "param": self._param,
            "code": self._code,
        }
        return {"error": error}

    def response(self) -> JSONResponse:
        """The error with its status, and when to ask again."""
        headers = {"Retry-After": str(self._wait)} if self._wait else None
        return JSONResponse(self.body(), self.status, headers)


def explain(error: Exception) -> ApiError | None:
    """The error as an answer, which shows no path and no address; None for a bug."""
    match error:
        case ApiError():
            return error
        case SettingsError():
            return ApiError(str(error), param="settings", code="invalid_value")
        case QueueFullError():
            return ApiError(str(error), status=429, code="queue_full", wait=error.retry_after)
        case StorageError():
            return ApiError(str(error), status=503, code="storage_full")
        case NotFoundError():
            return ApiError(str(error), status=404, code="not_found")
        case ServiceError():
            return ApiError(str(error))
        case langchain.ContextOverflowError():
            return ApiError(_shown(error), param="messages", code="context_length_exceeded")
        case langchain.ModelInvalidRequestError():
            return ApiError(_shown(error), code="invalid_value")
        case langchain.ModelRateLimitError():
            return ApiError(_shown(error), status=429, code="rate_limit_exceeded", wait=_AGAIN)
        case langchain.ModelTimeoutError():
            return ApiError(_shown(error), status=503, code="timeout")
        case langchain.ModelError():
            _LOG.warning("The model failed: %s", error)
            return ApiError(_shown(error), status=503, code="model_failed")
    return None


def _shown(error: Exception) -> str:
    """What a model's error says, without the places on this machine or on others that it names."""
    return _PATH.sub(r"\1", _ADDRESS.sub("its address", str(error)))
