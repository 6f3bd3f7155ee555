"""Runs the graph and shows how far it is: stream events to bars on stderr, final tokens to stdout."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from typing import Any

from langgraph.graph.state import CompiledStateGraph
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from graph.results.types import Result
from graph.runs.stream import follow
from graph.state import InputState

# Nodes that only join others: nothing a person waits for.
_HIDDEN = {"collect"}


async def run_graph(
    app: CompiledStateGraph[Any, Any, Any, Any],
    inputs: InputState,
    *,
    quiet: bool,
    on_text: Callable[[Result, str], None] | None,
) -> Result:
    """Run `app` to its end, with a bar per stage on stderr unless `quiet`.

    `on_text` hears the final summary piece by piece, each time with what is known of the result so far; the
    bars end before its first word.
    """
    bars = _Bars(quiet)
    so_far: Any = {}

    def know(result: Result) -> None:
        nonlocal so_far
        so_far = result

    def show(text: str) -> None:
        bars.stop()
        if on_text:
            on_text(so_far, text)

    try:
        return await follow(app, inputs, on_task=bars.show, on_result=know, on_text=show if on_text else None)
    except asyncio.CancelledError:
        if not so_far.get("summary"):
            raise
        cut = "Interrupted while the summary was compared with the document, so no evidence is named."
        return so_far | {"warnings": [*so_far["warnings"], cut]}  # type: ignore[no-any-return]
    finally:
        bars.stop()


class ManyBars:
    """A row for all documents, and one for each under way: calls answered of those known so far."""

    def __init__(self, documents: int, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<24.24}", markup=False),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(file=sys.stderr),
            disable=quiet,
        )
        self._all = self._progress.add_task("documents", total=documents)
        self._rows: dict[str, TaskID] = {}
        self._known: dict[str, int] = {}
        self._progress.start()

    def show(self, document: str, event: dict[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream of a document's run."""
        if event["name"] in _HIDDEN:
            return
        if document not in self._rows:
            self._rows[document] = self._progress.add_task(document, total=0)
        row = self._rows[document]
        if "input" in event:
            self._known[document] = self._known.get(document, 0) + 1
            self._progress.update(row, total=self._known[document])
        else:
            self._progress.update(row, advance=1)

    def done(self, document: str) -> None:
        """Count a document, and take its row away."""
        if document in self._rows:
            self._progress.remove_task(self._rows.pop(document))
        self._progress.update(self._all, advance=1)

    def stop(self) -> None:
        """Take the rows of documents away, leave the total as it is, and draw no more."""
        for row in self._rows.values():
            self._progress.remove_task(row)
        self._progress.stop()


class _Bars:
    """A row per stage: tasks done of those started, seconds, and tokens of output per second."""

    def __init__(self, quiet: bool) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<15}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[speed]}"),
            console=Console(file=sys.stderr),
            disable=quiet,
        )
        self._rows: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self._tokens: dict[str, int] = {}
        self._progress.start()

    def show(self, event: dict[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream: a task started, or (with a result) ended."""
        name = event["name"]
        if name in _HIDDEN:
            return
        if name not in self._rows:
            self._rows[name] = self._progress.add_task(name, total=0, speed="")
            self._started[name] = time.monotonic()
        row = self._rows[name]
        if "input" in event:
            total = self._progress.tasks[row].total or 0
            self._progress.update(row, total=total + 1)
        else:
            self._progress.update(row, advance=1, speed=self._speed(name, event.get("result") or {}))

    def stop(self) -> None:
        """Leave the bars as they are and draw no more."""
        self._progress.stop()

    def _speed(self, name: str, result: dict[str, Any]) -> str:
        timings = result.get("timings")
        if isinstance(timings, list):
            tokens = sum(timing["output_tokens"] or 0 for timing in timings)
            self._tokens[name] = self._tokens.get(name, 0) + tokens
        if not self._tokens.get(name):
            return ""
        return f"{self._tokens[name] / max(time.monotonic() - self._started[name], 1e-6):.0f} tokens/s"
