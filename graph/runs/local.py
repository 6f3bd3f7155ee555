"""Several documents, a summary of each: one graph whose calls stay as many as allowed from one to the next.

Says when which document is begun and what became of it; knows nothing of files to write or bars to draw.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

from langchain_core.exceptions import ModelError
from langgraph.graph.state import CompiledStateGraph

from graph.calling.failures import hits_every_document
from graph.documents.errors import DocumentError
from graph.errors import SummarizeError
from graph.node_names import CALLING_NODES
from graph.results.assemble import NO_SUMMARY
from graph.results.types import Fate, Result
from graph.runs.stream import follow
from graph.state import InputState, PagesRead

# Documents that are being read at once, each by a process of its own.
_READ_AT_ONCE = 2


@dataclass(eq=False)  # two runs of the same document are two
class DocumentRun:
    """How far one document has come. `error` says why there is no summary."""

    source: Path
    name: str
    state: Literal["not begun", "reading", "calling", "done", "refused", "failed"] = "not begun"
    calls: int = 0  # known and not answered yet
    result: Result | None = None
    error: str = ""
    seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether it is known what becomes of it."""
        return self.state in ("done", "refused", "failed")

    @property
    def fate(self) -> Fate:
        """What became of it, once nothing is done any more."""
        return "unfinished" if self.state == "reading" or self.state == "calling" else self.state

    @property
    def exit_code(self) -> int:
        """What the command line would say of this document alone."""
        return {"refused": 3, "failed": 4}.get(self.state, 0)


async def summarize_each(
    app: CompiledStateGraph[Any, Any, Any, Any],
    runs: Sequence[DocumentRun],
    *,
    concurrency: int,
    on_task: Callable[[DocumentRun, dict[str, Any]], None],
    on_end: Callable[[DocumentRun], Awaitable[None]],
    on_pages: Callable[[DocumentRun, PagesRead], None] | None = None,
) -> None:
    """Summarize every document. `on_task` hears LangGraph's "tasks" events, `on_pages` how far a document
    is read, `on_end` of each as it ends.

    A document that cannot be used, or on which the model fails, does not stop the others. The next one is begun
    when fewer than twice `concurrency` calls are known: early enough to keep the model busy, and so late that
    few texts are in memory. A wrong set-up, or a server that is gone, is raised: it would fail them all.
    """
    room = Room(concurrency)

    async def work(run: DocumentRun) -> None:
        def heard(event: dict[str, Any]) -> None:
            room.hear(run, event)
            on_task(run, event)

        await summarize_one(app, run, heard, partial(on_pages, run) if on_pages else None)
        room.leave(run)
        await on_end(run)

    try:
        async with asyncio.TaskGroup() as tasks:
            for run in runs:
                await room.wait()
                room.enter(run)
                tasks.create_task(work(run))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


class Room:
    """Whether another document may be begun: few calls are known, and few documents are being read."""

    def __init__(self, concurrency: int) -> None:
        self._enough_calls = 2 * concurrency
        self._inside: list[DocumentRun] = []
        self._changed = asyncio.Event()

    @property
    def is_full(self) -> bool:
        """Whether nothing should be begun."""
        return self.is_reading or self.is_calling

    @property
    def is_reading(self) -> bool:
        """Whether as many documents are being read as may be at once."""
        return sum(run.state == "reading" for run in self._inside) >= _READ_AT_ONCE

    @property
    def is_calling(self) -> bool:
        """Whether enough calls are known to keep the model busy."""
        # Between two stages a document has none for a moment.
        return sum(max(1, run.calls) for run in self._inside) >= self._enough_calls

    async def wait(self) -> None:
        """Return as soon as there is room."""
        while self.is_full:
            self._changed.clear()
            await self._changed.wait()

    def enter(self, run: DocumentRun) -> None:
        """Begin."""
        run.state = "reading"
        self._inside.append(run)

    def hear(self, run: DocumentRun, event: dict[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream of a document's run."""
        if event["name"] in CALLING_NODES:
            run.state = "calling"
            run.calls += 1 if "input" in event else -1
            self._changed.set()

    def leave(self, run: DocumentRun) -> None:
        """End."""
        self._inside.remove(run)
        self._changed.set()


async def summarize_one(
    app: CompiledStateGraph[Any, Any, Any, Any],
    run: DocumentRun,
    heard: Callable[[dict[str, Any]], None],
    on_pages: Callable[[PagesRead], None] | None,
) -> None:
    """Summarize a document, and write into `run` what became of it. What every document would meet is raised."""
    started = time.monotonic()
    try:
        result = await follow(app, InputState(source=str(run.source)), on_task=heard, on_pages=on_pages)
    except DocumentError as error:
        run.state, run.error = "refused", str(error)
    except (ModelError, SummarizeError) as error:
        if hits_every_document(error):
            raise
        run.state, run.error = "failed", str(error)
    else:
        run.result, run.state = result, "done"
        if not result["summary"]:
            run.state, run.error = "failed", NO_SUMMARY
    run.seconds = time.monotonic() - started
