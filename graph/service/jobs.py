"""The jobs of a data folder: what the API, the page and MCP call. Runs them all with one model.

For one event loop. Whatever was submitted survives a kill at any moment, and so does every answer of the model
that the configuration's cache keeps.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from filelock import FileLock, Timeout
from langchain_core.runnables import Runnable

from graph.calling.shared_model import SharedModel, share_model
from graph.config import RunConfig
from graph.results.types import Result
from graph.service.dispatcher import Dispatcher, StoreThread
from graph.service.errors import ConflictError, FolderInUseError, QueueFullError, StorageError
from graph.service.live import EventIds, Live
from graph.service.settings import check_settings
from graph.service.storage.database import told
from graph.service.storage.files import hashed, shown_name
from graph.service.storage.rows import MASK
from graph.service.storage.store import Store
from graph.service.types import ENDED, PASSWORD, FileInfo, Job, JobEvent, NewDocument, Progress, Spent, Status
from llm.cache import open_cache

_HOUR = 3600.0

# Seconds between looks at how many jobs are before those that wait and have readers.
_LOOK = 1.0

_STATUSES: tuple[Status, ...] = ("queued", "running", "done", "failed", "cancelled")


class Jobs:
    """Jobs in `folder`, made with `model`, or with the one that `config` describes.

    A `client` sees its own jobs alone; None sees all. Methods raise NotFoundError for a job that is not there, and
    StorageError if the folder cannot be used.
    """

    def __init__(self, config: RunConfig, folder: Path, *, model: Runnable[Any, Any] | None = None) -> None:
        self._config = config
        self._limits = config.service
        self._folder = folder
        self._given = model
        self._lock = FileLock(folder / "lock", timeout=0)
        self._thread = StoreThread()
        self._lives: WeakValueDictionary[str, Live] = WeakValueDictionary()
        self._has_ended = asyncio.Event()
        self._work: list[asyncio.Task[None]] = []
        self._stopping = False

    async def start(self) -> None:
        """Take the folder, put back what was running when the last process died, and begin to work.

        Raises:
            FolderInUseError: another service has it.
            llm.errors.ModelError: the model's package is missing, or refuses its settings.
        """
        with told():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout:
                raise FolderInUseError(
                    "Another service works in the data folder", "end it, or choose another folder"
                ) from None
        try:
            await self._open()
        except BaseException:
            self._thread.close()
            self._lock.release()
            raise

    async def _open(self) -> None:
        self._shared = await asyncio.to_thread(self._share)
        self._store = await self._thread.run(Store, self._folder)
        try:
            await self._thread.run(self._store.recover)
        except BaseException:
            self._store.close()
            raise
        self._ids = EventIds(self._store.starts)
        self._dispatcher = Dispatcher(
            self._config, self._store, self._thread, self._shared, self._ids, self._lives, self._has_ended.set
        )
        self._work = [
            asyncio.create_task(work)
            for work in (self._dispatcher.run(), self._keep_house(), self._look_at_queue())
        ]

    def _share(self) -> SharedModel:
        return share_model(self._config, self._given, open_cache(self._config.cache))

    async def stop(self, seconds: float) -> None:
        """Begin nothing more, give what is under way so many seconds, and put back the rest."""
        self._stopping = True
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)
        await self._dispatcher.drain(seconds)
        for live in list(self._lives.values()):
            live.close()
        await self._thread.run(self._store.close)
        self._thread.close()
        self._lock.release()

    @property
    def model(self) -> Runnable[Any, Any]:
        """The one model. Its answers to other calls are not kept."""
        return self._shared.model

    @property
    def shared(self) -> SharedModel:
        """The same with its cache, and with the one limit of calls for all that call it."""
        return self._shared

    @property
    def config(self) -> RunConfig:
        """How jobs are made that choose no settings."""
        return self._config

    @property
    def incoming(self) -> Path:
        """Where documents are put before they are submitted."""
        return self._store.files.incoming

    @property
    def trouble(self) -> str | None:
        """What keeps every job from being made, in a sentence; None if nothing does."""
        return self._dispatcher.trouble

    @property
    def spent(self) -> Spent:
        """What the jobs took that are done."""
        return self._dispatcher.spent

    def counts(self) -> dict[Status, int]:
        """How many jobs have each status."""
        return {status: self._store.counts.get(status, 0) for status in _STATUSES}

    async def submit(
        self, client: str, documents: Sequence[NewDocument], settings: Mapping[str, Any], key: str | None = None
    ) -> list[Job]:
        """Queue a job for each document, all or none. The files are taken away, whatever happens.

        `key` is an Idempotency-Key: what this client submitted with it within a day is returned instead.

        Raises:
            SettingsError: a setting that a job may not have.
            QueueFullError: too many wait, or the service is being stopped.
            ConflictError: the key was used for something else.
            StorageFullError: the disk is full.
        """
        try:
            self._refuse_when_stopping()
            chosen = _without_mask(settings)
            await asyncio.to_thread(check_settings, self._config, chosen)
            files = await asyncio.to_thread(_files_of, documents)
            jobs = await self._thread.run(
                self._store.submit, client, files, chosen, key, most=self._limits.max_queue
            )
        finally:
            await asyncio.to_thread(_remove, documents)
        self._dispatcher.wake()
        return jobs

    async def rerun(self, client: str | None, id: str, settings: Mapping[str, Any] | None = None) -> Job:
        """Queue a job with the document of another; by default with its settings, but for a password."""
        self._refuse_when_stopping()
        chosen = None if settings is None else _without_mask(settings)
        await asyncio.to_thread(check_settings, self._config, chosen or {})
        most = self._limits.max_queue
        job = await self._thread.run(self._store.rerun, client, id, chosen, most=most)
        self._dispatcher.wake()
        return job

    async def get(self, client: str | None, id: str) -> Job:
        """A job."""
        return self._as_it_is(await self._thread.run(self._store.get, client, id))

    async def list(
        self, client: str | None, *, query: str = "", before: str | None = None, limit: int = 50
    ) -> list[Job]:
        """Jobs, the latest first: those with `query` in title or name, submitted before the job `before`."""
        jobs = await self._thread.run(self._store.newest, client, query=query, before=before, limit=limit)
        return [self._as_it_is(job) for job in jobs]

    async def result(self, client: str | None, id: str) -> Result:
        """What came of a job. Raises ConflictError if it is not done."""
        return await self._thread.run(self._store.result, client, id)

    async def document(self, client: str | None, id: str) -> Path:
        """The stored file of a job."""
        return await self._thread.run(self._store.document, client, id)

    async def cancel(self, client: str | None, id: str) -> Job:
        """End a job. Raises ConflictError if it has ended."""
        live = self._lives.get(id)
        event = self._ids.next()
        job = await self._thread.run(self._store.cancel, client, id, live.progress if live else None, event)
        if live := self._lives.get(id):
            live.finish(JobEvent(str(event), "cancelled", {}))
        await self._dispatcher.cancel(id)
        self._has_ended.set()
        return job

    async def move_to_front(self, client: str | None, id: str) -> Job:
        """Make a queued job the next one of its client; clients take turns. Raises ConflictError if it is not."""
        return await self._thread.run(self._store.move_to_front, client, id)

    async def delete(self, client: str | None, id: str) -> None:
        """Forget a job, its summary, and its document unless another job has it. It is cancelled before."""
        with suppress(ConflictError):  # it has ended
            await self.cancel(client, id)
        await self._thread.run(self._store.delete, client, id)

    async def events(self, client: str | None, id: str, after: str | None = None) -> AsyncIterator[JobEvent]:
        """What is known of a job, and then what changes, until it ends or the service stops.

        `after` is the id of the last event that was heard: if it is still the latest, only what changes.
        """
        live = self._lives.setdefault(id, Live(self._ids))
        job = await self.get(client, id)
        if job.status not in ENDED:
            if live.progress is None:
                live.report(job.progress)
            async for event in live.events(after):
                yield event
        elif (event := _last_event(job, await self._thread.run(self._store.last_event, id))).id != after:
            yield event

    def _as_it_is(self, job: Job) -> Job:
        """A running job with what only memory knows."""
        live = self._lives.get(job.id)
        if job.status != "running" or live is None:
            return job
        return replace(job, title=live.title or job.title, progress=live.progress or job.progress)

    def _refuse_when_stopping(self) -> None:
        if self._stopping:
            raise QueueFullError("The service is being stopped", "try again in a minute", retry_after=60)

    async def _keep_house(self) -> None:
        """Forget what is too old or too much: at the start, each hour, and when a job has ended."""
        limits = self._limits
        sweep = True
        while True:
            self._has_ended.clear()
            with suppress(StorageError):
                await self._thread.run(self._store.clean_up, limits.keep_days, limits.keep_gb)
                if sweep:
                    await self._thread.run(self._store.sweep)
            try:
                async with asyncio.timeout(_HOUR):
                    await self._has_ended.wait()
                sweep = False
            except TimeoutError:
                sweep = True

    async def _look_at_queue(self) -> None:
        """Tell readers of jobs that wait how many are before them."""
        while True:
            await asyncio.sleep(_LOOK)
            waiting = {id: live for id, live in self._lives.items() if _waits(live.progress)}
            if waiting:
                with suppress(StorageError):
                    for id, progress in (await self._thread.run(self._store.places, waiting)).items():
                        if _waits(waiting[id].progress) and waiting[id].progress != progress:
                            waiting[id].report(progress)


def _waits(progress: Progress | None) -> bool:
    return progress is not None and progress.stage == "waiting"


def _without_mask(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a client chose; a password that was only shown as being there was not chosen."""
    return {key: value for key, value in settings.items() if (key, value) != (PASSWORD, MASK)}


def _files_of(documents: Sequence[NewDocument]) -> list[tuple[Path, FileInfo]]:
    return [
        (document.path, FileInfo(sha256, shown_name(document.name), size, document.media_type))
        for document in documents
        for sha256, size in [hashed(document.path)]
    ]


def _remove(documents: Sequence[NewDocument]) -> None:
    with suppress(OSError):
        for document in documents:
            document.path.unlink(missing_ok=True)


def _last_event(job: Job, number: int) -> JobEvent:
    match job.status:
        case "done":
            return JobEvent(str(number), "done", {"title": job.title, "warnings": job.warnings})
        case "failed":
            return JobEvent(str(number), "failed", {"error": job.error})
        case _:
            return JobEvent(str(number), "cancelled", {})
