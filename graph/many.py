"""Several documents in one run: one summary each, by one model whose batch stays full from one to the next."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.exceptions import ModelError
from langgraph.graph.state import CompiledStateGraph

from graph.config import RunConfig
from graph.documents.errors import DocumentError
from graph.documents.harvest import stop_reading
from graph.errors import ConfigError, SummarizeError
from graph.outcomes import is_fatal
from graph.output import say, writable_folder, write_file
from graph.progress import TotalBars
from graph.report import render
from graph.state import InputState, OutputState

# What is taken from a folder.
_SUFFIXES = {".pdf", ".txt", ".md", ".markdown"}

# Documents under way at once: while one is read, or waits for its last call, others fill the batch.
_AT_ONCE = 3


@dataclass
class Outcome:
    """What became of one document. `error` is the sentence that says why there is no summary."""

    source: Path
    code: int = 0
    seconds: float = 0.0
    error: str = ""
    result: OutputState | None = None
    written: Path | None = None


def expand(paths: Iterable[str]) -> list[Path]:
    """The documents: files as they are, and of each folder what is in it and below it, each once.

    Raises:
        ConfigError: a folder without documents.
    """
    found: dict[Path, None] = {}
    for path in (Path(name).expanduser() for name in paths):
        if not path.is_dir():
            found[path] = None
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
        if not inside:
            raise ConfigError(f"--input: there are no PDF, text or Markdown files in {path}.")
        found.update(dict.fromkeys(inside))
    return list(found)


def names_for(sources: Sequence[Path], suffix: str) -> list[str]:
    """A file name for each summary: the document's own with another suffix, and never the same twice."""
    taken: set[str] = set()
    names = []
    for source in sources:
        name, count = f"{source.stem}{suffix}", 1
        while name.casefold() in taken:
            count += 1
            name = f"{source.stem}-{count}{suffix}"
        taken.add(name.casefold())
        names.append(name)
    return names


async def summarize_all(
    app: CompiledStateGraph[Any, Any, Any, Any], config: RunConfig, sources: Sequence[Path], *, quiet: bool
) -> list[Outcome]:
    """Summarize each document, write each summary as soon as it is there, and say what became of them.

    With output.path summaries are written into that folder; otherwise they go to standard output, in order.
    """
    folder = writable_folder(config.output.path)
    targets = [folder / name for name in names_for(sources, f".{config.output.format}")] if folder else None
    outcomes = [Outcome(source) for source in sources]
    shown = _InOrder(config, outcomes) if targets is None else None
    places, bars = asyncio.Semaphore(_AT_ONCE), TotalBars(len(sources), quiet)

    async def work(index: int) -> None:
        async with places:
            outcome = outcomes[index]
            if _stopped(outcomes):
                outcome.code, outcome.error = 4, "Not begun, because the model failed."
            else:
                await _summarize(app, outcome, bars)
            if outcome.result and targets:
                write_file(targets[index], render(config, outcome.result, many=True))
                outcome.written = targets[index]
            bars.done(outcome.source.name)
            if shown:
                shown.ready(index)

    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(len(sources)):
                tasks.create_task(work(index))
    except asyncio.CancelledError:
        stop_reading()
        raise
    finally:
        bars.stop()
    return outcomes


async def _summarize(app: CompiledStateGraph[Any, Any, Any, Any], outcome: Outcome, bars: TotalBars) -> None:
    started = time.monotonic()
    try:
        inputs = InputState(source=str(outcome.source))
        async for mode, event in app.astream(inputs, stream_mode=["tasks", "values"]):
            if mode == "tasks":
                bars.show(outcome.source.name, event)
            else:
                outcome.result = event
        pass
    except DocumentError as error:
        outcome.code, outcome.error = 3, str(error)
    except (ModelError, SummarizeError) as error:
        outcome.code, outcome.error = 4, str(error)
    outcome.seconds = time.monotonic() - started
