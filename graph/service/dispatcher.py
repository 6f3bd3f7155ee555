"""Takes jobs from the queue and runs them: as many at once as keep the model busy, unless something is wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any, ParamSpec, TypeVar

from langchain_core.exceptions import ModelError

from graph.calling.failures import hits_every_document
from graph.calling.shared_model import SharedModel
from graph.config import RunConfig
from graph.documents.errors import DocumentError
from graph.errors import ConfigError, RunError
from graph.results.assemble import NO_SUMMARY
from graph.runs.local import DocumentRun, Room
from graph.service.errors import ServiceError, StorageError
from graph.service.live import EventIds, Live
from graph.service.runner import Listeners, in_words, run_job
from graph.service.settings import check_settings
from graph.service.storage.queue_order import is_suspect
from graph.service.storage.store import Store, Work
from graph.service.types import JobEvent, Progress, Spent

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# Seconds before another job is tried while something is wrong that would hit every job: each time twice as long.
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 300.0

# When the model has failed on so many jobs without an answer between them, it is not about the jobs.
_FAILED_IN_A_ROW = 3

# So many clients have a job under way at once, however long those of the others take: more would take memory.
_CLIENTS_AT_ONCE = 4

# Seconds between tries to write down how a job has ended.
_SAVE_PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0)


class StoreThread:
    """The thread in which the store is used."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, "job-store")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do the work there, after what is to be done already."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, partial(work, *args, **kwargs))

    def close(self) -> None:
        """End the thread, after what is to be done already."""
        self._executor.shutdown()


class Trouble:
    """Something that would hit every job: what it is, and how many seconds to wait before the next try."""

    def __init__(self) -> None:
        self.said: str | None = None
        self.pause = 0.0

    def meet(self, said: str) -> None:
        """It is there, or still there."""
        if self.said != said:
            logger.warning("No further jobs for a while: %s", said)
        self.said = said
        self.pause = min(max(_FIRST_PAUSE, 2 * self.pause), _LONGEST_PAUSE)

    def end(self) -> None:
        """It is over."""
        self.said, self.pause = None, 0.0


class Dispatcher:
    """Runs queued jobs, each in a task. `lives` holds those that somebody hears of.

    While something is wrong that would hit every job, one job is tried from time to time, and put back if it
    meets the same.
    """

    def __init__(
        self,
        config: RunConfig,
        store: Store,
        thread: StoreThread,
        shared: SharedModel,
        ids: EventIds,
        lives: MutableMapping[str, Live],
        on_end: Callable[[], None],
    ) -> None:
        self._config = config
        self._store = store
        self._thread = thread
        self._shared = shared
        self._ids = ids
        self._lives = lives
        self._room = Room(config.llm.concurrency)
        self._tasks: dict[str, tuple[str, asyncio.Task[None]]] = {}  # by job, with its client
        self._background: set[asyncio.Task[Any]] = set()
        self._wake = asyncio.Event()
        self._alone: str | None = None  # the job beside which no other is begun
        self._with_model = Trouble()
        self._with_store = Trouble()
        self._failed_in_a_row = 0  # jobs, without an answer of the model between them
        self._unsaved: set[str] = set()  # running, as far as the store knows, and nobody works on them
        self._on_end = on_end
        self.spent = Spent()

    @property
    def trouble(self) -> str | None:
        """What keeps every job from being made, in a sentence; None if nothing does."""
        return self._with_store.said or self._with_model.said

    def wake(self) -> None:
        """There may be a new job."""
        self._wake.set()

    async def run(self) -> None:
        """Run jobs, until cancelled."""
        while True:
            self._wake.clear()
            work = await self._next()
            if work is None:
                await self._wake.wait()
                continue
            self._alone = work.job.id if is_suspect(work.deaths) else None
            self._begin(work)

    async def cancel(self, id: str) -> None:
        """End the work on a job, of which the store knows already that it was cancelled."""
        if id in self._tasks:
            _, task = self._tasks[id]
            task.cancel()
            await asyncio.wait([task])

    async def drain(self, seconds: float) -> None:
        """Give the jobs under way so many seconds, and put back what is not done then. `run` has ended before."""
        tasks = [task for _, task in self._tasks.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._background, return_exceptions=True)
        with suppress(StorageError):  # they are put back at the next start
            await self._thread.run(self._store.put_back_all)

    async def _next(self) -> Work | None:
        """A job that may be begun now; while the model is busy, of a client who has none under way."""
        if not self._store.counts.get("queued") and not self._unsaved:
            return None
        busy = {client for client, _ in self._tasks.values()} if self._room.is_calling else set()
        if self._alone or self._room.is_reading or len(busy) >= _CLIENTS_AT_ONCE or (self.trouble and self._tasks):
            return None
        await asyncio.sleep(max(self._with_model.pause, self._with_store.pause))
        try:
            if self._unsaved:
                await self._thread.run(self._store.put_back, self._unsaved)
                self._unsaved = set()
            work = await self._thread.run(self._store.take, alone=not self._tasks, without=busy)
        except StorageError as error:
            self._with_store.meet(str(error))
            self._wake.set()  # try again after a pause
            return None
        self._with_store.end()
        return work

    def _begin(self, work: Work) -> None:
        run = DocumentRun(work.path, work.job.file.name)
        self._room.enter(run)
        live = self._lives.setdefault(work.job.id, Live(self._ids))
        task = asyncio.create_task(self._work(work, run, live))
        self._tasks[work.job.id] = work.job.client, task

        def end(_: asyncio.Task[None]) -> None:
            del self._tasks[work.job.id]
            self._alone = None
            self._room.leave(run)
            self._wake.set()
            self._on_end()

        task.add_done_callback(end)

    async def _work(self, work: Work, run: DocumentRun, live: Live) -> None:
        job = work.job
        try:
            result = await self._summarize(work, run, live)
            if not result["summary"]:
                await self._fail(job.id, live, NO_SUMMARY)
                return
            event = self._ids.next()
            if await self._save(job.id, partial(self._store.finish, job.id, result, event)):
                data = {"title": result["title"], "warnings": len(result["warnings"])}
                live.finish(JobEvent(str(event), "done", data))
                self.spent.add(result["stats"])
            self._works()
        except (DocumentError, ModelError, RunError, ServiceError) as error:
            said = in_words(error, work.path, job.file.name)
            if hits_every_document(error) and self._with_model.said:
                self._with_model.meet(said)
                await self._put_back(job.id, live)
                return
            if self._is_the_models(error):
                self._with_model.meet(said)
            await self._fail(job.id, live, said)
        except Exception as error:
            logger.exception("A job ended in an error that nobody expected")
            kind = type(error).__name__
            await self._fail(
                job.id, live, f"Something went wrong that nobody expected ({kind}); the log has more."
            )

    def _is_the_models(self, error: Exception) -> bool:
        """Whether another job would meet the error too: one that says so, or one after others, and no answer."""
        if isinstance(error, DocumentError | ConfigError | ServiceError):
            return False
        self._failed_in_a_row += 1
        return hits_every_document(error) or self._failed_in_a_row >= _FAILED_IN_A_ROW

    def _works(self) -> None:
        self._failed_in_a_row = 0
        self._with_model.end()

    async def _summarize(self, work: Work, run: DocumentRun, live: Live) -> Any:
        id, survived = work.job.id, False

        def answered() -> None:
            nonlocal survived
            self._works()
            if not survived:
                survived = True
                self._note(self._survived(id))

        def heard(event: dict[str, Any]) -> None:
            self._room.hear(run, event)
            self._wake.set()  # there may be room

        listeners = Listeners(
            on_task=heard,
            on_title=lambda title: self._note(self._thread.run(self._store.entitle, id, title)),
            on_answer=answered,
        )
        config = check_settings(self._config, work.settings)
        return await run_job(config, self._shared, work.job.file, work.path, live, listeners)

    async def _fail(self, id: str, live: Live, said: str) -> None:
        event, progress = self._ids.next(), live.progress or Progress("waiting")
        if await self._save(id, partial(self._store.fail, id, said, progress, event)):
            live.finish(JobEvent(str(event), "failed", {"error": said}))

    async def _put_back(self, id: str, live: Live) -> None:
        live.report(Progress("waiting"))
        if not await self._save(id, partial(self._store.put_back, [id])):
            self._unsaved.add(id)

    async def _save(self, id: str, write: Callable[[], Any]) -> bool:
        """Write down what became of a job. False if that is known already, or if it cannot be written."""
        for pause in (*_SAVE_PAUSES, None):
            try:
                is_new = await self._thread.run(write) is not False
            except StorageError as error:
                self._with_store.meet(str(error))
                if pause is not None:
                    await asyncio.sleep(pause)
            else:
                self._with_store.end()
                return is_new
        self._unsaved.add(id)
        return False

    async def _survived(self, id: str) -> None:
        await self._thread.run(self._store.survived, id)
        self._alone = None
        self._wake.set()

    def _note(self, write: Coroutine[Any, Any, None]) -> None:
        """Write something that is not worth failing for."""

        async def noted() -> None:
            with suppress(StorageError):
                await write

        task = asyncio.create_task(noted())
        self._background.add(task)
        task.add_done_callback(self._background.discard)
