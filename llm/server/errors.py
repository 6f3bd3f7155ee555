"""What can go wrong with a server, each in one sentence. Builds on LangChain's error types, not on a client's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from json import JSONDecodeError
from typing import NamedTuple

from langchain_core import exceptions as langchain

from llm.errors import BrokenOffError, ContextOverflowError, InvalidRequestError, ModelError, ModelNotFoundError


class ServerError(ModelError, langchain.ModelAPIError):
    """The server failed, or did not answer like an OpenAI-compatible server."""


class ServerConnectionError(ModelError, langchain.ModelConnectionError):
    """The server cannot be reached at its address."""


class ServerTimeoutError(ModelError, langchain.ModelTimeoutError):
    """The server took longer than llm.timeout_seconds."""


class ServerRefusedError(ModelError, langchain.ModelAuthenticationError):
    """The server rejects the key, or needs one and got none."""


class ServerBusyError(ModelError, langchain.ModelRateLimitError):
    """The server takes no more requests for now."""


class Server(NamedTuple):
    """What a message about a failure names."""

    address: str
    model: str
    timeout_seconds: float


# What OpenAI, vLLM, llama.cpp, Ollama and LM Studio say; the status is 400 for this and for much else.
_TOO_LONG = re.compile(
    r"context[ _](?:length|window|size)|maximum context|prompt is too long|too many (?:input )?tokens", re.I
)


# httpx's names for a connection that ended early and for a wait that was too long. Clients change their HTTP
# library (httpx, httpx2) and wrap these in errors of their own that say less.
_BROKE_OFF = {"CloseError", "ReadError", "RemoteProtocolError", "WriteError"}
_TOO_SLOW = "TimeoutException"


def explain(error: Exception, server: Server) -> ModelError:
    """The failure as one of our errors, which names the server and says what to do. Raise it `from` the error."""
    where = f"The server at {server.address}"
    said = _what_it_said(error)
    if broken := _broken_off(error):
        return BrokenOffError(f"{where} broke off its answer ({_what_it_said(broken)[:-1]}).")
    if any(_TOO_SLOW in _kinds(cause) for cause in _causes(error)):
        error = langchain.ModelTimeoutError()
    match error:
        case ModelError():
            return error
        case langchain.ModelTimeoutError():
            return ServerTimeoutError(
                f"{where} did not answer within {server.timeout_seconds:g} seconds.",
                "Raise llm.timeout_seconds, or make the parts smaller.",
            )
        case langchain.ModelConnectionError():
            return ServerConnectionError(f"{where} cannot be reached.", "Start it, or correct llm.base_url.")
        case langchain.ModelAuthenticationError() | langchain.ModelPermissionDeniedError():
            return ServerRefusedError(f"{where} refuses access: {said}", "Set llm.api_key or OPENAI_API_KEY.")
        case langchain.ModelNotFoundError():
            return ModelNotFoundError(
                f"{where} does not find model {server.model!r}: {said}",
                "Check llm.model, and that llm.base_url is complete (most end in /v1).",
            )
        case langchain.ModelRateLimitError():
            return ServerBusyError(f"{where} takes no more requests: {said}", "Lower llm.max_concurrency.")
        case langchain.ContextOverflowError():
            return _too_long(where, said)
        case langchain.ModelInvalidRequestError() if _TOO_LONG.search(said):
            return _too_long(where, said)
        case langchain.ModelInvalidRequestError():
            return InvalidRequestError(f"{where} cannot take this request: {said}")
        case langchain.ModelError():
            return ServerError(f"{where} failed: {said}", "Its log says more.")
    if goal := _redirection(error):
        return ServerError(
            f"{where} redirects to {goal}, which is not followed: the document would be sent there.",
            "Set llm.base_url to that server if you trust it.",
        )
    return ServerError(
        f"{where} does not answer like an OpenAI-compatible server ({said[:-1]}).",
        "Check llm.base_url: most end in /v1.",
    )


def _broken_off(error: Exception) -> BaseException | None:
    """The cause that says that the connection ended before the answer did; None if there is none."""
    for cause in _causes(error):
        begun = isinstance(cause, JSONDecodeError) and cause.doc.lstrip().startswith("{")
        if begun or isinstance(cause, EOFError) or _kinds(cause) & _BROKE_OFF:
            return cause
    return None


def _redirection(error: Exception) -> str | None:
    """Where a redirect leads; None if the answer is no redirect."""
    response = getattr(error, "response", None)
    if response is None or not 300 <= response.status_code < 400:
        return None
    return str(response.headers.get("location") or "nowhere")[:200]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, what it was raised from, and so on."""
    while error is not None:
        yield error
        error = error.__cause__


def _kinds(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _too_long(where: str, said: str) -> ContextOverflowError:
    return ContextOverflowError(
        f"{where} says that the prompt is too long: {said}", "Set llm.context_window to what the server allows."
    )


def _what_it_said(error: BaseException) -> str:
    """The server's own words on one line, without the client's prefix, and with a full stop at the end."""
    words = re.sub(r"^Error code: \d+ - ", "", " ".join(str(error).split())) or type(error).__name__
    return words[:300] if words[-1] in ".!?" else f"{words[:300]}."
