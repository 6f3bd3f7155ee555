"""Jobs from submitting to the end: what is made, told, kept and refused. The store and the graph are real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from graph.config import RunConfig, load_config
from graph.service.errors import ConflictError, FolderInUseError, NotFoundError
from graph.service.jobs import Jobs
from graph.service.types import ENDED, Job, JobEvent, NewDocument
from tests.fakes import RecordingModel, make_config, make_documents
from tests.pdfs import make_pdf

HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."
TOWN = "A report of forty pages says how much the town spent on roads, schools and water."


def text_of(pages: int, tag: str = "fact") -> str:
    return "\n\n".join(document.page_content for document in make_documents(pages, tag=tag))


@asynccontextmanager
async def started(folder: Path, config: RunConfig | None = None, model: Any = None) -> AsyncIterator[Jobs]:
    """Jobs at work in a folder; with the model of a configuration, if one is given without a model."""
    jobs = Jobs(config or make_config(), folder, model=model if config else model or RecordingModel())
    await jobs.start()
    try:
        yield jobs
    finally:
        await jobs.stop(0)


def new(jobs: Jobs, content: str | bytes, name: str = "harbour.txt") -> NewDocument:
    path = jobs.incoming / f"{len(list(jobs.incoming.iterdir()))}.part"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return NewDocument(name, path, "text/plain")


async def ended(jobs: Jobs, id: str) -> Job:
    async with asyncio.timeout(60):
        async for _ in jobs.events(None, id):
            pass
    job = await jobs.get(None, id)
    assert job.status in ENDED
    return job


async def test_a_document_becomes_a_summary(tmp_path: Path) -> None:
    async with started(tmp_path, load_config("quickstart")) as jobs:
        document = new(jobs, make_pdf([HARBOUR, TOWN]), "Harbour report.pdf")
        (job,) = await jobs.submit("local", [document], {})
        assert (job.status, job.title, len(job.id)) == ("queued", "Harbour report.pdf", 22)
        job = await ended(jobs, job.id)
        assert (job.status, job.error, job.title) == ("done", None, "Harbour report")
        result = await jobs.result("local", job.id)
        assert "harbour" in result["summary"]
        assert result["title"] == "Harbour report"
        assert result["files"][0]["name"] == "Harbour report.pdf"
        assert (await jobs.document("local", job.id)).read_bytes().startswith(b"%PDF")
        assert list(jobs.incoming.iterdir()) == []
        assert jobs.counts() == {"queued": 0, "running": 0, "done": 1, "failed": 0, "cancelled": 0}


async def test_readers_hear_of_stages_and_of_the_summary_as_it_is_written(tmp_path: Path) -> None:
    async with started(tmp_path, load_config("quickstart")) as jobs:
        (job,) = await jobs.submit("local", [new(jobs, text_of(40))], {"summarize.strategy": "map_reduce"})
        events = [event async for event in jobs.events("local", job.id)]
        assert [int(event.id) for event in events] == sorted({int(event.id) for event in events})
        stages = [event.data["stage"] for event in events if event.kind == "progress"]
        assert [*dict.fromkeys(stages)] == ["waiting", "reading", "map", "final", "grounding"]
        assert said_by(events) == (await jobs.result("local", job.id))["summary"]
        assert events[-1].kind == "done"
        assert [event async for event in jobs.events("local", job.id)] == [events[-1]]
        assert [event async for event in jobs.events("local", job.id, events[-1].id)] == []


def said_by(events: list[JobEvent]) -> str:
    text = ""
    for event in events:
        if event.kind == "token":
            text = text[: event.data["at"]] + event.data["text"]
    return text


async def test_a_second_service_in_a_folder_is_refused(tmp_path: Path) -> None:
    async with started(tmp_path):
        with pytest.raises(FolderInUseError):
            await Jobs(make_config(), tmp_path, model=RecordingModel()).start()
    async with started(tmp_path):
        pass


async def test_a_client_sees_its_own_jobs_alone(tmp_path: Path) -> None:
    async with started(tmp_path) as jobs:
        (job,) = await jobs.submit("ann", [new(jobs, HARBOUR)], {})
        assert (await jobs.list("ann"))[0].id == job.id
        assert (await jobs.list(None))[0].id == job.id
        assert await jobs.list("bob") == []
        for call in (
            jobs.get,
            jobs.result,
            jobs.document,
            jobs.cancel,
            jobs.rerun,
            jobs.move_to_front,
            jobs.delete,
        ):
            with pytest.raises(NotFoundError):
                await call("bob", job.id)  # type: ignore[operator]
        await ended(jobs, job.id)
        with pytest.raises(ConflictError):
            await jobs.cancel("ann", job.id)
