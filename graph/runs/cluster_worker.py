"""What runs on a worker of a cluster: a plugin that holds the graph with its model, and the task that asks it.

Imported only where `distributed` is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from pickle import PickleBuffer
from typing import TYPE_CHECKING, Any, Literal, TypedDict, cast

from distributed import Reschedule, Worker, WorkerPlugin, get_worker
from langchain_core.exceptions import ModelError
from langgraph.graph.state import CompiledStateGraph

from graph.config import RunConfig
from graph.errors import ClusterError, SummarizeError
from graph.pipeline import build_graph
from graph.results.types import Result
from graph.runs.local import DocumentRun, Room, summarize_one
from llm.errors import MissingPackageError

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(frozen=True)
class Document:
    """A document on its way to a worker. `plugin` is the name of the one that summarizes it."""

    key: str
    plugin: str
    source: str  # where the client has it
    content: Buffer

    def __reduce__(self) -> tuple[type[Document], tuple[object, ...]]:
        """Pickle the content apart from the rest, so that nobody on its way has to copy it."""
        return Document, (self.key, self.plugin, self.source, PickleBuffer(self.content))


class Outcome(TypedDict):
    """What became of a document. "fatal": every other would meet the same `error`."""

    state: Literal["done", "refused", "failed", "fatal"]
    result: Result | None
    error: str
    exit_code: int
    seconds: float


async def summarize_document(document: Document) -> Outcome:
    """The task: Dask runs it on the event loop of the worker that it chose."""
    worker = get_worker()
    plugin = cast(SummarizerPlugin | None, worker.plugins.get(document.plugin))
    if plugin is None:
        raise ClusterError(f"The worker {worker.address} could not be made ready for this run; see its log.")
    return await plugin.summarize(document)


class SummarizerPlugin(WorkerPlugin):
    """One graph for all documents of a run that come to a worker, so that its model is loaded once.

    `prompt_set` is what the file prompts.file of the client says. In processes that this program has started
    (`is_own`), Ctrl-C is left to this program.
    """

    def __init__(self, name: str, config: RunConfig, prompt_set: bytes | None, *, is_own: bool) -> None:
        self.name = name
        self._config = config
        self._prompt_set = prompt_set
        self._is_own = is_own

    async def setup(self, worker: Worker) -> None:
        """Called by Dask on each worker there is, and on each that comes later."""
        if self._is_own:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._folder = worker.local_directory
        self._room = Room(self._config.llm.concurrency)
        self._under_way: dict[str, asyncio.Task[Outcome]] = {}
        self._app = await asyncio.to_thread(self._build)

    def _build(self) -> CompiledStateGraph[Any, Any, Any, Any]:
        config = self._config
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            if self._prompt_set is not None and config.prompts.file:
                file = Path(folder, Path(config.prompts.file).name)  # warnings say what it is called
                file.write_bytes(self._prompt_set)
                prompts = config.prompts.model_copy(update={"file": str(file)})
                config = config.model_copy(update={"prompts": prompts})
            return build_graph(config)

    def teardown(self, worker: Worker) -> None:
        """Called by Dask as the run ends, or the worker: nobody waits for what is under way."""
        for task in self._under_way.values():
            task.cancel()
        if self._is_own:
            os._exit(0)  # at once: not as soon as a thread has done what nobody waits for, nor with MLX aborting

    def transition(self, key: Any, start: str, finish: str, **kwargs: Any) -> None:
        """Called by Dask as a task changes its state: one that nobody waits for any more is ended."""
        if (start, finish) == ("executing", "released") and key in self._under_way:
            self._under_way[key].cancel()

    async def summarize(self, document: Document) -> Outcome:
        """Summarize a document, as soon as there is room for it beside the others."""
        task = self._under_way[document.key] = asyncio.create_task(self._summarize(document))
        try:
            return await task
        except asyncio.CancelledError:
            raise Reschedule from None  # on this worker it is over
        finally:
            del self._under_way[document.key]

    async def _summarize(self, document: Document) -> Outcome:
        # Dask removes this folder also after a worker that was killed.
        folder = tempfile.mkdtemp(dir=self._folder)
        path = Path(folder, Path(document.source).name)
        run = DocumentRun(path, document.source)
        await self._room.wait()
        self._room.enter(run)
        try:
            await asyncio.to_thread(path.write_bytes, document.content)
            await summarize_one(self._app, run, lambda event: self._room.hear(run, event), None)
        except (ModelError, SummarizeError) as error:
            code = 2 if isinstance(error, MissingPackageError) else 4
            return Outcome(state="fatal", result=None, error=str(error), exit_code=code, seconds=run.seconds)
        finally:
            self._room.leave(run)
            shutil.rmtree(folder, ignore_errors=True)  # here, for threads may be busy
        return await asyncio.to_thread(_outcome, run, document.source)


def _outcome(run: DocumentRun, source: str) -> Outcome:
    """What became of it, with the client's path wherever the one here is named."""
    here, result = str(run.source), run.result
    in_json, said = json.dumps(here)[1:-1], json.dumps(result)
    if in_json in said:
        result = cast(Result, json.loads(said.replace(in_json, json.dumps(source)[1:-1])))
    return Outcome(
        state=cast(Literal["done", "refused", "failed"], run.state),
        result=result,
        error=run.error.replace(here, source),
        exit_code=run.exit_code,
        seconds=run.seconds,
    )
