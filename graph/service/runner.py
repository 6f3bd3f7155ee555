"""Runs the graph of one job with the shared model, and says how far it has come."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph.calling.shared_model import SharedModel
from graph.config import RunConfig
from graph.node_names import CALLING_NODES, NODE_OF, NodeName
from graph.pipeline import build_graph
from graph.results.types import Result
from graph.runs.stream import follow
from graph.service.live import Live
from graph.service.types import FileInfo, Progress, Stage
from graph.state import InputState, PagesRead

_STAGES: dict[str, Stage] = {node: stage for stage, node in NODE_OF.items()}
_GROUND: NodeName = "ground"

# Answers of the model before it is said how much time is left: earlier, the guess would jump about.
_BEFORE_A_GUESS = 3

# A folder in front of a file's name, in what an error says.
_FOLDERS = re.compile(r"(?<![\w/:.])~?(?:/[^\s/:;,'\"()]+)*/(?=[^\s/])")
_USER = re.compile(r"//[^/\s@]+@")


@dataclass(frozen=True)
class Listeners:
    """Who hears what of a run, beside its readers: each task of the graph, the title, each answer of the model."""

    on_task: Callable[[dict[str, Any]], None]
    on_title: Callable[[str], None]
    on_answer: Callable[[], None]


async def run_job(
    config: RunConfig, shared: SharedModel, file: FileInfo, path: Path, live: Live, listeners: Listeners
) -> Result:
    """Summarize the file at `path`, which is called what its sender calls it. Raises what the graph raises."""
    app = await asyncio.to_thread(build_graph, config, model=shared)
    pace = _Pace()
    live.report(Progress("reading"))

    def hear(event: dict[str, Any]) -> None:
        listeners.on_task(event)
        if pace.take(event):
            listeners.on_answer()
        if progress := pace.progress(event["name"]):
            live.report(progress)

    def hear_pages(event: PagesRead) -> None:
        live.report(Progress("reading", event["done"], event["wanted"]))

    def know(result: Result) -> None:
        if live.title is None and result.get("title"):
            live.title = called(result["title"], path, file.name)
            listeners.on_title(live.title)

    source = InputState(source=str(path))
    result = await follow(app, source, on_task=hear, on_pages=hear_pages, on_result=know, on_text=live.write)
    return await asyncio.to_thread(_renamed, result, path, file.name)


def _renamed(result: Result, path: Path, name: str) -> Result:
    renamed: Result = json.loads(called(json.dumps(result), path, json.dumps(name)[1:-1]))
    return renamed


def called(text: str, path: Path, name: str) -> str:
    """The text, with a file's own name in place of the one that it is stored under."""
    stem = name.removesuffix(Path(name).suffix) if Path(name).suffix else name
    return text.replace(str(path), name).replace(path.name, name).replace(path.stem, stem)


def in_words(error: BaseException, path: Path, name: str) -> str:
    """What an error says, without where this machine keeps its files, and without a password in an address."""
    said = " ".join(called(str(error), path, name).split()) or type(error).__name__
    return _FOLDERS.sub("", _USER.sub("//", said))


class _Pace:
    """Counts the tasks of each stage, and measures answers of the model."""

    def __init__(self) -> None:
        self._started: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._first_call: float | None = None
        self._answers = self._tokens = 0  # not those that came from the cache

    def take(self, event: dict[str, Any]) -> bool:
        """Take one event of LangGraph's "tasks" stream. Whether it is a new answer of the model."""
        name = event["name"]
        if "input" in event:
            self._started[name] = self._started.get(name, 0) + 1
            if name in CALLING_NODES and self._first_call is None:
                self._first_call = time.monotonic()
            return False
        self._ended[name] = self._ended.get(name, 0) + 1
        timings = (event.get("result") or {}).get("timings")
        timings = timings if isinstance(timings, list) else []
        new = [timing for timing in timings if timing["calls"] > timing["cached_calls"]]
        if name not in CALLING_NODES or event.get("error") or not new:
            return False
        self._answers += len(new)
        self._tokens += sum(timing["output_tokens"] or 0 for timing in new)
        return True

    def progress(self, name: str) -> Progress | None:
        """How far the stage of a node has come; None for nodes that nobody waits for."""
        if name == _GROUND:
            return Progress("grounding", self._ended.get(name, 0), 1)
        if name not in _STAGES:
            return None
        done, total = self._ended.get(name, 0), self._started.get(name, 0)
        return Progress(_STAGES[name], done, total, self._speed(), self._left(name, total - done))

    def _seconds(self) -> float:
        return max(time.monotonic() - (self._first_call or 0.0), 1e-6)

    def _speed(self) -> float | None:
        return round(self._tokens / self._seconds(), 1) if self._tokens else None

    def _left(self, name: str, waiting: int) -> float | None:
        """At the pace of the answers so far; a summary of the parts comes after them."""
        if self._answers < _BEFORE_A_GUESS:
            return None
        calls = waiting + (name in (NODE_OF["map"], NODE_OF["collapse"]))
        return round(self._seconds() / self._answers * calls, 1)
