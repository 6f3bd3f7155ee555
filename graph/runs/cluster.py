"""Several documents on a Dask cluster: each travels to a worker, and its result comes back here.

Scheduling, retries and resources are Dask's. Nothing imports Dask before it is used.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from chains.prompts import PromptError, read_prompts
from graph.config import RunConfig
from graph.documents.config import password_of
from graph.documents.errors import DocumentError, NotFoundError
from graph.documents.read import expanded, refuse_at_first_sight
from graph.errors import ClusterError, ConfigError, SummarizeError
from graph.runs.cluster_address import connected, dashboard_of, refuse_differences, suitable
from graph.runs.local import DocumentRun

if TYPE_CHECKING:
    from distributed import Client

    from graph.runs.cluster_worker import Outcome

logger = logging.getLogger(__name__)

# Bytes of documents under way, which the scheduler keeps until there are results: with so many, none is begun.
_ENOUGH_BYTES = 200_000_000

# Seconds between two looks at which workers there are.
_LOOK_SECONDS = 2.0


def refuse_missing_package() -> None:
    """Raise ConfigError if Dask is not installed. Imports nothing of it."""
    if find_spec("distributed") is None:
        raise ConfigError(
            "cluster.address: this needs the package distributed; "
            "install it with: pip install 'mlx-pdf-summarizer[cluster]'."
        )


def for_workers(config: RunConfig) -> tuple[RunConfig, bytes | None]:
    """The configuration as workers get it, with the password that only this machine has, and the prompt set.

    Raises:
        ConfigError: the prompts cannot be used.
    """
    try:
        read_prompts(config.prompts, words=config.words)
    except PromptError as error:
        raise ConfigError(str(error)) from None
    prompt_set = expanded(config.prompts.file).read_bytes() if config.prompts.file else None
    load = config.load.model_dump() | {"source": None, "password": password_of(config.load)}
    return config.model_copy(update={"load": type(config.load).model_validate(load)}), prompt_set


async def summarize_on_cluster(
    config: RunConfig,
    runs: Iterable[DocumentRun],
    *,
    on_end: Callable[[DocumentRun], Awaitable[None]],
    on_dashboard: Callable[[str], None] | None = None,
) -> None:
    """Summarize every document on the cluster `config.cluster.address`. `on_end` hears of each, once, as it ends.

    `runs` is read as workers get free: of however many documents, `documents_per_worker` for each worker are in
    memory. A document whose worker dies goes to another. One that ends several is tried once more alone, so that
    it is not blamed for its neighbours, and has then failed. `on_dashboard` hears the address of Dask's dashboard.

    Raises:
        ConfigError: there is no such cluster, no worker that will do, or another version of this program.
        ClusterError: the scheduler is gone.
        SummarizeError: what every document would meet, such as a model that a worker does not have.
    """
    refuse_missing_package()
    from graph.runs.cluster_worker import SummarizerPlugin

    traveling, prompt_set = for_workers(config)
    name = f"mlx-pdf-summarizer-{uuid.uuid4().hex}"
    async with connected(config.cluster) as client:
        if on_dashboard and (link := dashboard_of(client, config.cluster)):
            on_dashboard(link)
        is_own = config.cluster.processes is not None
        if not is_own:
            await refuse_differences(client)
        await client.register_plugin(SummarizerPlugin(name, traveling, prompt_set, is_own=is_own), name)
        try:
            await _Summarizer(client, traveling, name, on_end).summarize(runs)
        except BaseExceptionGroup as group:
            raise _first(group) from None
        finally:
            if not is_own and client.status == "running":
                await client.unregister_worker_plugin(name)  # type: ignore[no-untyped-call]


class _Summarizer:
    """Gives documents to workers, a few for each, and takes what comes back."""

    def __init__(
        self, client: Client, config: RunConfig, plugin: str, on_end: Callable[[DocumentRun], Awaitable[None]]
    ) -> None:
        self._client = client
        self._config = config
        self._plugin = plugin
        self._on_end = on_end
        self._workers: set[str] = set()
        self._places = self._under_way = self._bytes = 0
        self._changed = asyncio.Event()
        self._suspects: list[DocumentRun] = []

    async def summarize(self, runs: Iterable[DocumentRun]) -> None:
        """Summarize all."""
        await self._look()
        async with asyncio.TaskGroup() as watch:
            watching = watch.create_task(self._watch())
            async with asyncio.TaskGroup() as tasks:
                for run in runs:
                    await self._wait()
                    size = await asyncio.to_thread(_size, run.source)
                    self._under_way, self._bytes = self._under_way + 1, self._bytes + size
                    run.state = "reading"
                    tasks.create_task(self._work(run, size))
            for run in self._suspects:
                await self._work_alone(run)
            await self._look()  # a worker may have died since the last look
            watching.cancel()

    async def _wait(self) -> None:
        """Return as soon as a worker has a place for a document."""
        while self._under_way >= self._places or self._bytes >= _ENOUGH_BYTES:
            self._changed.clear()
            await self._changed.wait()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self._look()

    async def _look(self) -> None:
        """See which workers there are. Those that come get documents, and of those that go it is told."""
        try:
            workers = await suitable(self._client, self._config.cluster)
        except OSError as error:
            raise _gone(error) from None
        for address in sorted(self._workers - workers.keys()):
            logger.warning("The worker %s is gone; what it had under way goes to another.", address)
        if self._workers and not workers:
            logger.warning("The cluster has no worker now; the run goes on when there is one.")
        self._workers, self._places = set(workers), sum(workers.values())
        self._changed.set()

    async def _work(self, run: DocumentRun, size: int) -> None:
        from distributed import KilledWorker

        try:
            outcome = await self._ask(run)
            await self._end(run, outcome)
        except KilledWorker:
            self._suspects.append(run)
        finally:
            self._under_way, self._bytes = self._under_way - 1, self._bytes - size
            self._changed.set()

    async def _work_alone(self, run: DocumentRun) -> None:
        from distributed import KilledWorker

        try:
            outcome = await self._ask(run)
        except KilledWorker:
            advice = "the system may have had too little memory for it; see the log of the workers"
            outcome = _without(f"{run.name}: each worker that it was given to died; {advice}.", "failed")
        await self._end(run, outcome)

    async def _ask(self, run: DocumentRun) -> Outcome:
        """Have a worker summarize the document. Raises KilledWorker if too many died while they had it."""
        from distributed.client import FutureCancelledError

        from graph.runs.cluster_worker import Document, summarize_document

        try:
            content = await asyncio.to_thread(self._read, run.source)
        except DocumentError as error:
            return _without(str(error), "refused")
        key = f"summarize_document-{uuid.uuid4().hex}"
        future = self._client.submit(
            summarize_document,
            Document(key, self._plugin, str(run.source), content),
            key=key,
            resources=self._config.cluster.shares or None,
            pure=False,
        )
        del content  # the scheduler has it now
        try:
            outcome: Outcome = await future
        except FutureCancelledError as error:
            raise _gone(error) from None
        finally:
            future.release()  # type: ignore[no-untyped-call]
        return outcome

    def _read(self, source: Path) -> bytes:
        refuse_at_first_sight(source, self._config.load)
        try:
            return expanded(source).read_bytes()
        except OSError as error:
            raise NotFoundError(
                f"{source} cannot be read ({error.strerror or error})", "check its permissions"
            ) from None

    async def _end(self, run: DocumentRun, outcome: Outcome) -> None:
        if outcome["state"] == "fatal":
            kind = ConfigError if outcome["exit_code"] == 2 else SummarizeError
            raise kind(f"On a worker: {outcome['error']}")
        run.state, run.error = outcome["state"], outcome["error"]
        run.result, run.seconds = outcome["result"], outcome["seconds"]
        await self._on_end(run)


def _size(source: Path) -> int:
    """In bytes; of what cannot be read, which will be refused, 0."""
    try:
        return expanded(source).stat().st_size
    except (OSError, ValueError):
        return 0


def _without(error: str, state: Literal["refused", "failed"]) -> Outcome:
    """What became of a document that no worker has a result for."""
    return {"state": state, "result": None, "error": error, "exit_code": 0, "seconds": 0.0}


def _gone(error: BaseException) -> ClusterError:
    reason = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    return ClusterError(
        f"The scheduler of the cluster is gone ({reason}); what is finished is kept, and the same command goes on "
        "when there is one again."
    )


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
