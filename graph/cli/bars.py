"""Progress on standard error: a bar for each stage of a document, or for each of several documents."""

from __future__ import annotations

import sys
import time
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column
from rich.text import Text

from graph.node_names import CALLING_NODES, NodeName
from graph.state import PagesRead

# Nodes that only join others: nothing a person waits for.
_HIDDEN = {"collect"}

_LOAD: NodeName = "load"

# Seconds of work before it is said how much is left: earlier, the guess would jump about.
_BEFORE_A_GUESS = 10.0


class StageBars:
    """A row per stage: tasks done of those started, seconds, tokens of output per second, and what is left.

    The row of the load stage counts pages, as soon as it is known how many there are.

    `answers` counts the answers of the model so far.
    """

    def __init__(self, quiet: bool) -> None:
        self.answers = 0
        self._progress = _progress(TextColumn("{task.description:<15}"), quiet)
        self._rows: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self._tokens: dict[str, int] = {}
        self._finished = False
        self._progress.start()

    def show(self, event: dict[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream: a task started, or (with a result) ended."""
        name = event["name"]
        self.answers += _is_answer(event)
        if name in _HIDDEN or self._finished:
            return
        if name not in self._rows:
            self._rows[name] = self._progress.add_task(name, total=0, note="")
            self._started[name] = time.monotonic()
        row = self._rows[name]
        total = self._progress.tasks[row].total or 0
        if "input" in event:
            self._progress.update(row, total=total + 1)
        elif event.get("error"):
            return
        elif name == _LOAD:
            self._progress.update(row, completed=total)
        else:
            self._progress.update(row, advance=1, note=self._speed(name, event.get("result") or {}))

    def show_pages(self, event: PagesRead) -> None:
        """Take how far the document is read."""
        if (row := self._rows.get(_LOAD)) is not None and not self._finished:
            self._progress.update(row, completed=event["done"], total=event["wanted"], note="pages")

    def finish(self) -> None:
        """Draw the last bar full, and no more: what it stands for is on the screen from here on."""
        for row in self._rows.values():
            self._progress.update(row, completed=self._progress.tasks[row].total)
        self._finished = True
        self.stop()

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


class DocumentBars:
    """A row for all documents, and one for each under way: pages read, then calls answered of those known so far.

    `answers` counts the answers of the model so far.
    """

    def __init__(self, documents: int, quiet: bool) -> None:
        self.answers = 0
        self._progress = _progress(TextColumn("{task.description:<24.24}", markup=False), quiet)
        self._all = self._progress.add_task("documents", total=documents, note="")
        self._rows: dict[str, TaskID] = {}
        self._tasks: dict[str, list[int]] = {}  # ended, started
        self._progress.start()

    def show(self, document: str, event: dict[str, Any]) -> None:
        """Take one event of LangGraph's "tasks" stream of a document's run."""
        self.answers += _is_answer(event)
        if event["name"] in _HIDDEN:
            return
        if document not in self._rows:
            self._rows[document] = self._progress.add_task(document, total=0, note="")
            self._tasks[document] = [0, 0]
        self._tasks[document]["input" in event] += 1
        ended, started = self._tasks[document]
        self._progress.update(self._rows[document], completed=ended, total=started, note="")

    def show_pages(self, document: str, event: PagesRead) -> None:
        """Take how far a document is read."""
        if document in self._rows:
            row = self._rows[document]
            self._progress.update(row, completed=event["done"], total=event["wanted"], note="pages")

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


def _progress(name: TextColumn, quiet: bool) -> Progress:
    """Rows on standard error; each has a field `note`. On a narrow terminal it is the bar that shrinks."""
    return Progress(
        name,
        BarColumn(bar_width=30),
        MofNCompleteColumn(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}"),
        _TimeLeft(table_column=Column(no_wrap=True)),
        console=Console(file=sys.stderr),
        disable=quiet,
    )


class _TimeLeft(ProgressColumn):
    """How long is left, as long as it is worth saying: at the pace of the tasks so far."""

    def render(self, task: Task) -> Text:
        elapsed, total = task.elapsed or 0.0, task.total or 0.0
        if not task.completed or task.finished or elapsed < _BEFORE_A_GUESS:
            return Text("")
        return Text(f"about {_spoken(elapsed / task.completed * (total - task.completed))} left")


def _spoken(seconds: float) -> str:
    """ "40 s", "3 min", "1 h 20 min"."""
    if seconds < 60:
        return f"{max(seconds, 1):.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _is_answer(event: dict[str, Any]) -> bool:
    """Whether a call of the model has ended well."""
    if event["name"] not in CALLING_NODES or "input" in event or event.get("error"):
        return False
    result = event.get("result") or {}
    summaries, proposals = result.get("tree") or [], result.get("proposals") or []
    return any(summary["finish_reason"] != "error" for summary in summaries) or any(
        not proposal["error"] for proposal in proposals
    )
