"""`/mcp`: the tools over streamable HTTP, inside the service. Who may ask is checked before a request comes here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from graph.service.mcp.server import make_server
from graph.service.security import client_of

# A document in base64 is in memory as a whole, more than once.
_MOST_BYTES = 32 * 2**20


def mount_mcp(app: FastAPI) -> None:
    """Serve `/mcp` for as long as the app runs. `app.state.jobs` are the jobs it begins."""
    endpoint = _Endpoint()
    app.add_route("/mcp", endpoint, include_in_schema=False)
    outer = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        async with outer(app) as state, endpoint.running():
            yield state

    app.router.lifespan_context = lifespan


class _Endpoint:
    """An ASGI app. A session manager runs once, and an app may be started again."""

    def __init__(self) -> None:
        self._manager: StreamableHTTPSessionManager | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = make_server(lambda context: context.request.app.state.jobs, _client, here=False)
        # Without sessions: nothing is lost when the service is started anew.
        self._manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=_MOST_BYTES)
        async with self._manager.run():
            yield

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self._manager is not None
        await self._manager.handle_request(scope, receive, send)


def _client(context: Any) -> str | None:
    return client_of(context.request)
