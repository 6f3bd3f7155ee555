"""What a request is answered with: the app's jobs and configuration, and the path under which a proxy shows it."""

from __future__ import annotations

from fastapi import Request
from starlette.types import Scope

from graph.config import RunConfig
from graph.service.asking import Asking
from graph.service.jobs import Jobs


def jobs_of(request: Request) -> Jobs:
    """The jobs of the app."""
    return request.app.state.jobs  # type: ignore[no-any-return]


def config_of(request: Request) -> RunConfig:
    """The configuration of the app."""
    return request.app.state.config  # type: ignore[no-any-return]


def asking_of(request: Request) -> Asking:
    """What answers questions about the documents of the app's jobs."""
    return request.app.state.asking  # type: ignore[no-any-return]


def base_of(scope: Scope) -> str:
    """What comes before every address of ours: nothing, or the path under which a proxy shows the service."""
    return str(scope.get("root_path", "")).rstrip("/")
