"""`/mcp`: the tools over streamable HTTP, inside the service. Who may ask is checked before it is called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from mcp.server.context import ServerRequestContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.routing import Route

from graph.service.mcp.server import Caller, make_server
from graph.service.security import WHOLE_BYTES, client_of


def mount_mcp(app: FastAPI) -> None:
    """Serve `/mcp` for as long as the app runs. `app.state.jobs` are the jobs it begins."""
    endpoint = _Endpoint()
    app.router.routes.append(Route("/mcp", endpoint, include_in_schema=False))
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
        server = make_server(_caller, here=False)
        # Without sessions: nothing is lost when the service is started anew.
        self._manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=WHOLE_BYTES)
        async with self._manager.run():
            yield

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert self._manager is not None
        await self._manager.handle_request(scope, receive, send)


def _caller(context: ServerRequestContext[Any, Any]) -> Caller:
    request: Request = context.request  # type: ignore[assignment]  # every call here comes with one
    state = request.app.state
    return Caller(state.jobs, request.state.name, client_of(request), state.stopping)
