"""A real server on a free port of this machine, with its own loop in its own thread, and a client for it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from graph.config import RunConfig, load_config
from graph.service.access import Access
from graph.service.app import create_app
from graph.service.jobs import Jobs
from graph.service.server import Server

PATIENCE = 60


@dataclass
class Service:
    """A running service."""

    url: str
    client: httpx.Client
    app: FastAPI
    jobs: Jobs
    folder: Path

    def client_with(self, token: str) -> httpx.Client:
        """A client of its own, with a token. The caller closes it."""
        return httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE)

    def submit(self, content: bytes | str, name: str = "harbour.txt", **settings: Any) -> str:
        """The id of a new summary. `settings` have "__" for the dot."""
        chosen = {key.replace("__", "."): value for key, value in settings.items()}
        response = self.client.post(
            "/api/summaries", files={"files": (name, content)}, data={"settings": json.dumps(chosen)}
        )
        assert response.status_code == 202, response.text
        (summary,) = response.json()["summaries"]
        return str(summary["id"])

    def ended(self, id: str) -> dict[str, Any]:
        """The summary, when it has ended."""
        with self.client.stream("GET", f"/api/summaries/{id}/events") as response:
            assert response.status_code == 200
            for _ in response.iter_lines():
                pass
        summary: dict[str, Any] = self.client.get(f"/api/summaries/{id}").json()
        assert summary["status"] in ("done", "failed", "cancelled")
        return summary


@contextmanager
def running(
    folder: Path,
    config: RunConfig | None = None,
    *,
    tokens: Mapping[str, str] | None = None,
    model: Any = None,
    root_path: str = "",
) -> Iterator[Service]:
    """A service that runs as long as the block."""
    config = config or load_config("quickstart")
    begun = threading.Event()
    made: dict[str, Any] = {}

    async def serve() -> None:
        jobs = Jobs(config, folder, model=model)
        await jobs.start()
        try:
            app = create_app(config, jobs, Access(tokens or {}, folder))
            made.update(jobs=jobs, app=app, server=Server(app, begun.set, root_path=root_path))
            await made["server"].answer(listener)
        finally:
            await jobs.stop(1)

    with socket.create_server(("127.0.0.1", 0)) as listener, ExitStack() as stack:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        thread = threading.Thread(target=asyncio.run, args=(serve(),), daemon=True)
        thread.start()
        assert begun.wait(PATIENCE), "the service did not start"
        client = stack.enter_context(httpx.Client(base_url=url, timeout=PATIENCE))
        try:
            yield Service(url, client, made["app"], made["jobs"], folder)
        finally:
            client.close()
            made["server"].should_exit = True
            thread.join(PATIENCE)
            assert not thread.is_alive(), "the service did not end"


Serve = Callable[..., Service]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts services, each with a folder of its own: serve(config, tokens=…, model=…)."""
    with ExitStack() as stack:
        folders = (tmp_path / f"service-{number}" for number in range(10))

        def start(config: RunConfig | None = None, **options: Any) -> Service:
            return stack.enter_context(running(next(folders), config, **options))

        yield start


@pytest.fixture
def service(serve: Serve) -> Service:
    """A service with the built-in model."""
    return serve()
