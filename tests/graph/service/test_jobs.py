"""Jobs from submitting to the end: what is made, told, kept and refused. The store and the graph are real."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import PrivateAttr

from graph.config import RunConfig, load_config
from graph.service import dispatcher
from graph.service.errors import (
    ConflictError,
    FolderInUseError,
    NotFoundError,
    QueueFullError,
    SettingsError,
    StorageFullError,
)
from graph.service.jobs import Jobs
from graph.service.storage.rows import MASK
from graph.service.storage.store import Store
from graph.service.types import ENDED, Job, JobEvent, NewDocument, Progress
from llm.errors import EngineError, ModelNotFoundError
from llm.textrank.model import TextRank
from tests.fakes import Call, FailingModel, MeetingModel, RecordingModel, make_config, make_documents
from tests.pdfs import Sheet, encrypt, make_pdf

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds the reading process through /proc"
)

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


async def submitted(
    jobs: Jobs, *texts: str, client: str = "local", settings: Mapping[str, Any] | None = None
) -> list[Job]:
    """A job for each text, which is one page long or more."""
    documents = [new(jobs, text, f"{number}.txt") for number, text in enumerate(texts)]
    return await jobs.submit(client, documents, settings or {})


async def all_events(jobs: Jobs, id: str) -> list[JobEvent]:
    async with asyncio.timeout(60):
        return [event async for event in jobs.events(None, id)]


async def result_of(jobs: Jobs, job: Job) -> Any:
    assert (await ended(jobs, job.id)).status == "done"
    return await jobs.result(None, job.id)


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


# Cancelling, running again, deleting


class HoldingModel(RecordingModel):
    """Answers only when it is let go; says how many calls are held, and how many were cancelled."""

    _open: asyncio.Event = PrivateAttr(default_factory=asyncio.Event)
    _held: asyncio.Semaphore = PrivateAttr(default_factory=lambda: asyncio.Semaphore(0))
    _cancelled: list[str] = PrivateAttr(default_factory=list)

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self._held.release()
        try:
            await self._open.wait()
        except asyncio.CancelledError:
            self._cancelled.append(str(messages))
            raise
        return self._generate(messages, **kwargs)

    async def holds(self) -> None:
        """Return as soon as a call is held that was not counted before."""
        async with asyncio.timeout(60):
            await self._held.acquire()

    def let_go(self) -> None:
        self._open.set()


async def test_a_running_job_is_cancelled_and_the_next_one_begun(tmp_path: Path) -> None:
    model = HoldingModel()
    async with started(tmp_path, model=model) as jobs:
        first, second = await submitted(jobs, text_of(3), text_of(3, "other"))
        async for event in jobs.events(None, first.id):
            if event.data.get("stage") == "map":
                break
        await model.holds()
        assert (await jobs.get(None, first.id)).status == "running"
        events = asyncio.create_task(all_events(jobs, first.id))
        await asyncio.sleep(0)
        job = await jobs.cancel("local", first.id)
        assert (job.status, job.progress.stage, job.error) == ("cancelled", "map", None)
        assert (await events)[-1].kind == "cancelled"
        assert model._cancelled
        assert [event.kind for event in await all_events(jobs, first.id)] == ["cancelled"]
        model.let_go()
        assert (await ended(jobs, second.id)).status == "done"
        with pytest.raises(ConflictError, match="was cancelled"):
            await jobs.result("local", first.id)


async def test_a_queued_job_is_cancelled_before_it_begins(tmp_path: Path) -> None:
    model = HoldingModel()
    async with started(tmp_path, make_config(concurrency=1), model) as jobs:
        (first,) = await submitted(jobs, text_of(3))
        await model.holds()
        (second,) = await submitted(jobs, text_of(3, "other"))
        assert (await jobs.get(None, second.id)).progress == Progress("waiting", 0, 1)
        events = asyncio.create_task(all_events(jobs, second.id))
        await asyncio.sleep(0)
        await jobs.cancel("local", second.id)
        assert [event.kind for event in await events][-1] == "cancelled"
        model.let_go()
        assert (await ended(jobs, first.id)).status == "done"
        assert not [call for call in model.calls if "other" in call.prompt]
        assert jobs.counts()["cancelled"] == 1


@needs_proc
async def test_cancelling_ends_the_process_that_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "tesseract"  # one that never comes to an end
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nif [ "$1" = --list-langs ]; then echo eng; exit; fi\nexec sleep 600\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    config = make_config(load={"timeout_seconds": 600, "ocr_timeout_seconds": 600})
    async with started(tmp_path / "data", config, RecordingModel()) as jobs:
        (job,) = await jobs.submit("local", [new(jobs, make_pdf([Sheet(image=True)]), "scan.pdf")], {})
        await until(readers)
        await jobs.delete("local", job.id)
        await until(lambda: not readers())
        with pytest.raises(NotFoundError):
            await jobs.get(None, job.id)
        assert list((tmp_path / "data" / "files").glob("*/*")) == []


def readers() -> list[Path]:
    """Processes of ours that read PDFs."""
    pids = " ".join(path.read_text() for path in Path("/proc/self/task").glob("*/children")).split()
    lines = [Path(f"/proc/{pid}/cmdline") for pid in pids]
    return [line for line in lines if line.exists() and b"graph.documents.pdf.worker" in line.read_bytes()]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_running_again_with_another_focus_asks_only_what_is_new(tmp_path: Path) -> None:
    model = RecordingModel()
    async with started(tmp_path, model=model) as jobs:
        (job,) = await submitted(jobs, text_of(3))
        first = await result_of(jobs, job)
        asked = len(model.calls)
        same = await jobs.rerun("local", job.id)
        assert (await result_of(jobs, same))["summary"] == first["summary"]
        assert len(model.calls) == asked
        other = await jobs.rerun(
            "local", job.id, {"prompts.final": "FINAL verse: <document>{document}</document>"}
        )
        assert (await jobs.get(None, other.id)).rerun_of == job.id
        made = (await result_of(jobs, other))["made"]
        assert made["prompts"]["final"].startswith("FINAL verse")
        assert [call.stage for call in model.calls[asked:]] == ["final"]
        assert said_by(await all_events(jobs, other.id)) == ""
        assert await jobs.document("local", other.id) == await jobs.document("local", job.id)


# One model for all


async def test_jobs_are_made_as_if_the_model_was_each_one_s_own(tmp_path: Path) -> None:
    async with started(tmp_path, load_config("quickstart")) as jobs:
        (job,) = await submitted(
            jobs, text_of(2), settings={"prompts.language": "French", "prompts.focus": "boats"}
        )
        made = (await result_of(jobs, job))["made"]
        assert (made["model"], made["provider"], made["focus"]) == (
            "the built-in TextRank model (sentences copied from the document)", "textrank", "boats",
        )  # fmt: skip
        assert isinstance(jobs.model, TextRank)


async def test_all_jobs_together_make_no_more_calls_at_once_than_one(tmp_path: Path) -> None:
    model = MeetingModel(wanted=3)
    async with started(
        tmp_path, make_config(concurrency=3, part=30, chunk=60, cache={"enabled": False}), model
    ) as jobs:
        many = await submitted(jobs, *(text_of(1, f"tag{number}y") for number in range(6)))
        for job in many:
            assert (await ended(jobs, job.id)).status == "done"
    assert model.most == 3, "fewer: the batch is not filled across jobs; more: each job counts for itself"


async def test_a_short_job_does_not_wait_for_the_long_one_of_another_client(tmp_path: Path) -> None:
    model = HoldingModel()
    async with started(tmp_path, make_config(concurrency=2, part=30, chunk=60), model) as jobs:
        (long,) = await submitted(jobs, text_of(20), client="ann")
        await model.holds()
        (next_one,) = await submitted(jobs, text_of(1, "next"), client="ann")
        (short,) = await submitted(jobs, text_of(1, "short"), client="bob")
        async for event in jobs.events("bob", short.id):
            if event.data.get("stage") == "map":
                break
        assert (await jobs.get(None, next_one.id)).status == "queued"
        model.let_go()
        assert (await ended(jobs, short.id)).status == "done"
        assert (await jobs.get(None, long.id)).status == "running"


# What goes wrong


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"   ", "empty.txt", "empty.txt contains only white space"),
        (b"%PDF-1.4 and then nothing that any reader knows", "bad.pdf", "bad.pdf"),
        (encrypt(make_pdf([HARBOUR]), user="open sesame"), "locked.pdf", "locked.pdf is encrypted"),
    ],
    ids=["empty", "bad", "locked"],
)
async def test_a_document_that_cannot_be_used_fails_alone(
    tmp_path: Path, content: bytes, name: str, said: str
) -> None:
    async with started(tmp_path) as jobs:
        bad, good = await jobs.submit("local", [new(jobs, content, name), new(jobs, HARBOUR)], {})
        job = await ended(jobs, bad.id)
        assert job.status == "failed"
        assert job.error
        assert said in job.error
        assert job.file.sha256[:20] not in job.error
        assert str(tmp_path) not in job.error
        assert (await all_events(jobs, bad.id))[-1].data == {"error": job.error}
        assert (await ended(jobs, good.id)).status == "done"
        assert jobs.trouble is None


async def test_a_password_opens_the_document(tmp_path: Path) -> None:
    async with started(tmp_path) as jobs:
        locked = new(jobs, encrypt(make_pdf([HARBOUR]), user="open sesame"), "locked.pdf")
        (job,) = await jobs.submit("local", [locked], {"load.password": "open sesame"})
        assert (await ended(jobs, job.id)).status == "done"
        again = await jobs.rerun("local", job.id, {"load.password": MASK})
        assert "password" in str((await ended(jobs, again.id)).error)


async def test_a_setting_that_is_not_allowed_queues_nothing(tmp_path: Path) -> None:
    async with started(tmp_path) as jobs:
        with pytest.raises(SettingsError, match=r"llm\.model"):
            await jobs.submit("local", [new(jobs, HARBOUR)], {"llm.model": "another"})
        assert await jobs.list(None) == []
        assert list(jobs.incoming.iterdir()) == []


async def test_a_model_that_fails_on_one_document_fails_no_other(tmp_path: Path) -> None:
    def failure(call: Call) -> Exception | None:
        return ValueError("/home/ann/models/gemma: no such thing") if "bad" in call.prompt else None

    async with started(tmp_path, model=FailingModel(failure=failure)) as jobs:
        bad, good = await submitted(jobs, text_of(2, "bad"), text_of(2))
        job = await ended(jobs, bad.id)
        assert job.status == "failed"
        assert "(ValueError): gemma: no such thing. Finished answers are kept" in str(job.error)
        assert (await ended(jobs, good.id)).status == "done"
        assert jobs.trouble is None


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(dispatcher, "_LONGEST_PAUSE", 0.004)
    monkeypatch.setattr(dispatcher, "_SAVE_PAUSES", (0.001, 0.001))


@pytest.mark.usefixtures("impatient")
async def test_a_wrong_set_up_fails_one_job_and_the_others_wait_until_it_is_right(tmp_path: Path) -> None:
    is_wrong, tries = True, []

    def failure(call: Call) -> Exception | None:
        tries.append(call)
        return ModelNotFoundError("there is no model gemma at http://ann:secret@host/v1") if is_wrong else None

    async with started(tmp_path, make_config(concurrency=1), FailingModel(failure=failure)) as jobs:
        many = await submitted(jobs, *(text_of(1, f"tag{number}y") for number in range(5)))
        await until(lambda: len(tries) > 8)
        assert jobs.counts()["failed"] == 1
        assert jobs.trouble == "there is no model gemma at http://host/v1"
        is_wrong = False
        ends = [await ended(jobs, job.id) for job in many]
        assert sorted(job.status for job in ends) == ["done"] * 4 + ["failed"]
        assert [job.error for job in ends if job.error] == ["there is no model gemma at http://host/v1"]
        assert jobs.trouble is None


def test_pauses_grow() -> None:
    trouble = dispatcher.Trouble()
    pauses = []
    for _ in range(9):
        trouble.meet("no server")
        pauses.append(trouble.pause)
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    trouble.end()
    assert (trouble.said, trouble.pause) == (None, 0)


@pytest.mark.usefixtures("impatient")
async def test_a_model_that_fails_on_three_jobs_in_a_row_is_in_trouble(tmp_path: Path) -> None:
    async with started(
        tmp_path, make_config(concurrency=1), FailingModel(failure=lambda call: EngineError("The engine is dead."))
    ) as jobs:
        for job in await submitted(jobs, text_of(1), text_of(1, "other")):
            await ended(jobs, job.id)
        assert jobs.trouble is None
        (third,) = await submitted(jobs, text_of(1, "third"))
        assert "The engine is dead." in str((await ended(jobs, third.id)).error)
        assert "The engine is dead." in str(jobs.trouble)


async def test_an_error_that_nobody_expected_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def run_job(*_: Any) -> None:
        raise KeyError("/secret/path")

    monkeypatch.setattr(dispatcher, "run_job", run_job)
    async with started(tmp_path) as jobs:
        (job,) = await submitted(jobs, HARBOUR)
        assert (await ended(jobs, job.id)).error == (
            "Something went wrong that nobody expected (KeyError); the log has more."
        )
    assert "/secret/path" in caplog.text


@pytest.mark.usefixtures("impatient")
async def test_a_result_for_which_there_is_no_room_waits_for_it(tmp_path: Path) -> None:
    model = HoldingModel()
    async with started(tmp_path, model=model) as jobs:
        chance = random.Random(5)
        (job,) = await submitted(jobs, " ".join(f"{chance.randbytes(6).hex()}." for _ in range(1000)))
        await model.holds()
        connection = jobs._store._database._connection
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
        model.let_go()
        await until(lambda: jobs.trouble)
        assert jobs.trouble == "The disk is full; make room on it, and try again."
        with pytest.raises(StorageFullError):
            await submitted(jobs, *[text_of(1)] * 50)
        assert (await jobs.get(None, job.id)).status in ("running", "queued")
        connection.execute("PRAGMA max_page_count = 1000000")
        assert (await ended(jobs, job.id)).status == "done"
        await until(lambda: not jobs.trouble)
    assert len(model.calls) == len({call.prompt for call in model.calls}), "an answer was asked for again"


# Stopping


async def test_what_is_not_done_when_the_service_stops_goes_on_later(tmp_path: Path) -> None:
    model = HoldingModel()
    async with started(tmp_path, model=model) as jobs:
        both = await submitted(jobs, text_of(3), text_of(3, "other"))
        await model.holds()
        reader = asyncio.create_task(all_events(jobs, both[0].id))
        await asyncio.sleep(0)
    assert {event.kind for event in await reader} == {"progress"}
    assert model._cancelled
    with pytest.raises(QueueFullError, match="being stopped"):
        await jobs.rerun(None, both[0].id)
    with closing(Store(tmp_path)) as store:
        assert store.counts == {"queued": 2}
    async with started(tmp_path) as jobs:
        for job in both:
            assert (await ended(jobs, job.id)).status == "done"


async def test_what_may_have_killed_the_process_is_made_alone_until_the_model_answers(tmp_path: Path) -> None:
    async with started(tmp_path, model=HoldingModel()) as jobs:
        both = await submitted(jobs, text_of(3), text_of(3, "other"))
        await until(lambda: jobs.counts()["running"] == 2)
    with closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as connection, connection:
        connection.execute("UPDATE jobs SET deaths = 1")
    model = HoldingModel()
    async with started(tmp_path, model=model) as jobs:
        await model.holds()
        assert jobs.counts() == {"queued": 1, "running": 1, "done": 0, "failed": 0, "cancelled": 0}
        model.let_go()
        for job in both:
            assert (await ended(jobs, job.id)).status == "done"


async def test_what_is_under_way_may_end_before_the_service_stops(tmp_path: Path) -> None:
    model = HoldingModel()
    jobs = Jobs(make_config(concurrency=1), tmp_path, model=model)
    await jobs.start()
    await submitted(jobs, text_of(3))
    await model.holds()
    await submitted(jobs, text_of(3, "other"))
    stopping = asyncio.create_task(jobs.stop(60))
    await asyncio.sleep(0)
    model.let_go()
    await stopping
    with closing(Store(tmp_path)) as store:
        assert store.counts == {"done": 1, "queued": 1}


# Keeping house


async def test_the_oldest_go_when_a_job_has_ended(tmp_path: Path) -> None:
    config = make_config(service={"keep_gb": 120_000 / 1e9})
    async with started(tmp_path, config, RecordingModel()) as jobs:
        ids = []
        for number in range(3):
            (job,) = await submitted(jobs, f"{HARBOUR} {number} " * 800)
            ids.append(job.id)
            await ended(jobs, job.id)
        await until(lambda: jobs.counts()["done"] == 1)
        assert [job.id for job in await jobs.list(None)] == ids[-1:]
        await until(lambda: len(list((tmp_path / "files").glob("*/*"))) == 1)


async def test_progress_has_real_numbers(tmp_path: Path) -> None:
    pages = [f"On day {number} the harbour opened and {number} boats left." for number in range(1, 31)]
    model = HoldingModel()
    async with started(tmp_path, make_config(concurrency=1, part=20, chunk=40), model) as jobs:
        (job,) = await jobs.submit("local", [new(jobs, make_pdf([*pages]), "harbour.pdf")], {})
        await model.holds()
        progress = (await jobs.get(None, job.id)).progress
        assert (progress.stage, progress.done, progress.tokens_per_second) == ("map", 0, None)
        model.let_go()
        events = [event.data for event in await all_events(jobs, job.id) if event.kind == "progress"]
        result = await jobs.result(None, job.id)
    finals = [event for event in events if event["stage"] == "final"]
    assert (finals[0]["done"], finals[0]["total"]) == (0, 1)
    assert finals[0]["tokens_per_second"] > 0
    assert finals[0]["seconds_left"] is not None
    assert progress.total == len([summary for summary in result["tree"] if summary["level"] == 0])
