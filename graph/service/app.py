"""The web application: what it answers, and what every request passes before."""

from __future__ import annotations

import asyncio

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from graph.config import RunConfig
from graph.service import api, login, metrics, openai_api, openapi
from graph.service.access import Access
from graph.service.asking import Asking
from graph.service.errors import ServiceError
from graph.service.jobs import Jobs
from graph.service.mcp.http import mount_mcp
from graph.service.pages.rendering import render
from graph.service.pages.routes import router as pages_router
from graph.service.problems import add_problems
from graph.service.security import Guarded, Headered, Hosts, is_for_programs

_FORM_BYTES = 2**20  # of a form, beside its files
_DRAWN_AT_ONCE = 2  # each picture takes a process, and a thread that uploads and jobs need too


def create_app(config: RunConfig, jobs: Jobs, access: Access, *, host: str = "127.0.0.1") -> FastAPI:
    """The application for jobs that have been started. `host` is what it listens on."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.jobs, app.state.config, app.state.access = jobs, config, access
    app.state.asking = Asking(jobs)
    app.state.metrics = metrics.Metrics(jobs)
    app.state.stopping = asyncio.Event()
    app.state.drawing = asyncio.Semaphore(_DRAWN_AT_ONCE)
    for router in (api.router, metrics.router, openai_api.router, login.router, pages_router):
        app.include_router(router)
    mount_mcp(app)
    _add_docs(app)
    add_problems(app, _error_page)
    service = config.service
    app.add_middleware(
        Guarded,
        access=access,
        hosts=Hosts(host, service.allowed_hosts),
        requests_per_minute=service.requests_per_minute,
        upload_bytes=int(service.max_files * service.max_upload_mb * 2**20) + _FORM_BYTES,
    )
    app.add_middleware(metrics.Measured, metrics=app.state.metrics)
    app.add_middleware(Headered)
    return app


def _add_docs(app: FastAPI) -> None:
    app.openapi = openapi.describe(app)  # type: ignore[method-assign]

    @app.get("/openapi.json", include_in_schema=False)
    async def schema() -> JSONResponse:
        return JSONResponse(app.openapi())

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> Response:
        return render(request, "docs.html", api=app.openapi())


def _error_page(request: Request, status: int, said: str) -> Response | None:
    """What people see of an error; None for programs."""
    if request.method != "GET" or is_for_programs(request) or "text/html" not in request.headers.get("accept", ""):
        return None
    return render(request, "error.html", status=status, error=ServiceError(said.removesuffix(".")))
