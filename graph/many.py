"""Several documents in one run: a summary of each, by one model whose batch stays full from one to the next."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.exceptions import ModelError
from langgraph.graph.state import CompiledStateGraph

from graph.documents.errors import DocumentError
from graph.documents.harvest import stop_reading
from graph.errors import ConfigError, RunError
from graph.progress import ManyBars
from graph.state import InputState, OutputState

# What is taken from a folder.
_SUFFIXES = {".pdf", ".txt", ".text", ".md", ".markdown"}

# Documents under way at once: while one is read, or waits for its last call, the others fill the batch.
_AT_ONCE = 3


@dataclass
class Outcome:
    """What became of one document: its result, or the sentence that says why there is none, and an exit code."""

    source: Path
    result: OutputState | None = None
    error: str = ""
    exit_code: int = 0
    seconds: float = 0.0


def find_documents(paths: Iterable[str]) -> list[Path]:
    """Files as they are given, and all documents in and below each folder, in order, each once.

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
            raise ConfigError(f"--input: there is no PDF, text or Markdown file in {path}.")
        found.update(dict.fromkeys(inside))
    return list(found)


def file_names(sources: Sequence[Path], suffix: str) -> list[str]:
    """A name for each summary: its document's with another suffix, and numbered where that was taken."""
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


async def summarize_each(
    app: CompiledStateGraph[Any, Any, Any, Any],
    sources: Sequence[Path],
    *,
    quiet: bool,
    on_outcome: Callable[[int, Outcome], None],
) -> list[Outcome]:
    """Summarize every document. `on_outcome` hears of each, in the order of `sources`, as soon as it can.

    A document that cannot be used, or on which the model fails, does not stop the others.
    """
    outcomes: list[Outcome | None] = [None] * len(sources)
    places, bars, told = asyncio.Semaphore(_AT_ONCE), ManyBars(len(sources), quiet), 0

    async def work(index: int) -> None:
        nonlocal told
        async with places:
            outcomes[index] = await _summarize(app, sources[index], bars)
            bars.done(sources[index].name)
        while told < len(outcomes) and (outcome := outcomes[told]) is not None:
            told += 1
            on_outcome(told - 1, outcome)

    try:
        async with asyncio.TaskGroup() as tasks:
            for index in range(len(sources)):
                tasks.create_task(work(index))
    except asyncio.CancelledError:
        stop_reading()  # it happens on threads, which the event loop would wait for
        raise
    finally:
        bars.stop()
    return [outcome for outcome in outcomes if outcome is not None]


async def _summarize(app: CompiledStateGraph[Any, Any, Any, Any], source: Path, bars: ManyBars) -> Outcome:
    outcome, started = Outcome(source), time.monotonic()
    event: Any
    try:
        async for mode, event in app.astream(InputState(source=str(source)), stream_mode=["tasks", "values"]):
            if mode == "tasks":
                bars.show(source.name, event)
            else:
                outcome.result = event
    except (DocumentError, ModelError, RunError) as error:
        outcome.result, outcome.error = None, " ".join(str(error).split())
        outcome.exit_code = 3 if isinstance(error, DocumentError) else getattr(error, "exit_code", 4)
    if outcome.result and not outcome.result["summary"]:
        outcome.error, outcome.exit_code = outcome.result["warnings"][-1], 4
    outcome.seconds = time.monotonic() - started
    return outcome
