"""Runs the child process that reads a PDF, and starts it again behind a page that killed it. No PDF library.

A child that dies or hangs costs the page it was on, a bounded number of times; what it sent before counts.
"""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from graph.documents.child import OUT_OF_MEMORY
from graph.documents.config import LoadConfig, parse_pages

MAX_RESTARTS = 5
_children: set["subprocess.Popen[bytes]"] = set()
_interrupted = threading.Event()
_STOPPED_ITSELF = (signal.SIGABRT, signal.SIGILL, 5)  # 5 is SIGTRAP, which Windows has no name for


@dataclass
class Harvest:
    """Everything the children sent so far. Page numbers count from 1."""

    count: int | None = None
    texts: dict[int, str] = field(default_factory=dict)
    totals: dict[int, int] = field(default_factory=dict)  # characters on the page before any limit
    failures: dict[int, str] = field(default_factory=dict)  # page -> why
    labels: list[str] = field(default_factory=list)
    title: str = ""  # of the metadata
    heading: str = ""  # the largest print of page 1
    refusal: str | None = None
    current: int | None = None
    ended: bool = False
    stopped: str | None = None  # why reading ended early
    characters: int = 0

    def take(self, event: dict[str, Any]) -> None:
        """Add one event of the child."""
        match event["event"]:
            case "file":
                self.count = event["pages"]
            case "start":
                self.current = event["page"]
            case "page":
                number, text = event["page"], event["text"]
                self.characters += len(text) - len(self.texts.get(number, ""))
                self.texts[number], self.totals[number] = text, event["total"]
            case "failed":
                self.failures[event["page"]] = event["reason"]
            case "refused":
                self.refusal, self.ended = event["code"], True
            case "labels" | "title" | "heading":
                setattr(self, event["event"], event["value"])
            case "end":
                self.ended = True


def harvest_pages(path: Path, config: LoadConfig) -> Harvest:
    """Run children, one after another, until all is read, the clock is out, or too many have died."""
    harvest = Harvest()
    deadline = time.monotonic() + config.timeout_seconds
    engines, second_reader = ["pdfium", "pypdf"], True
    for _ in range(MAX_RESTARTS + 1):
        harvest.current = None
        request = _request(path, config, harvest, engines, second_reader)
        reason = "reading was interrupted" if _interrupted.is_set() else None
        reason = reason or _run_child(request, config, harvest, deadline)
        if _interrupted.is_set():
            harvest.stopped = reason
        if reason is None or harvest.stopped:
            break
        if harvest.current is not None and harvest.current not in harvest.texts:
            harvest.failures[harvest.current] = reason
        elif harvest.current is not None:
            second_reader = False  # the first reading is here; the second one is what kills
        elif harvest.count is not None:
            break  # all pages are here; only labels or title are missing
        elif engines == ["pypdf"]:
            harvest.stopped = reason
            break
        else:
            engines = ["pypdf"]
            harvest.stopped = None
    else:
        harvest.stopped = f"the reader died {MAX_RESTARTS + 1} times"
    return harvest


def stop_reading() -> None:
    """End every child of this process and start no more: for a program that is itself being ended."""
    _interrupted.set()
    for child in list(_children):
        child.kill()


def _request(
    path: Path, config: LoadConfig, harvest: Harvest, engines: list[str], second_reader: bool
) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "password": config.password.get_secret_value() if config.password else None,
        "ranges": parse_pages(config.pages or "1-"),
        "done": sorted(harvest.texts.keys() | harvest.failures.keys()),
        "engines": engines,
        "second_reader": second_reader,
        "memory_mb": config.memory_mb,
        "max_pages": config.max_pages,
        "max_page_characters": config.max_page_characters,
    }


def _run_child(request: dict[str, Any], config: LoadConfig, harvest: Harvest, deadline: float) -> str | None:
    """Feed the harvest from one child. None when it came to its end, else why it did not."""
    patience = 3 * config.page_timeout_seconds  # starting and opening take longer than any page
    with _child(request) as (process, lines):
        while True:
            left = deadline - time.monotonic()
            try:
                line = lines.get(timeout=max(0.0, min(left, patience)))
            except queue.Empty:
                if deadline - time.monotonic() <= 0:
                    harvest.stopped = f"reading the file took longer than {config.timeout_seconds:g} seconds"
                    return harvest.stopped
                return f"it took longer than {patience:g} seconds"
            if line is None:
                return None if harvest.ended else _cause_of_death(process.wait(), config)
            patience = config.page_timeout_seconds
            harvest.take(json.loads(line))
            if harvest.count is not None and harvest.count > config.max_pages:
                harvest.ended = True
                return None
            if harvest.characters > config.max_characters:
                harvest.stopped = f"the text of the file is longer than {config.max_characters:,} characters"
                return harvest.stopped


@contextmanager
def _child(
    request: dict[str, Any],
) -> Iterator[tuple["subprocess.Popen[bytes]", "queue.Queue[bytes | None]"]]:
    """A running child and its lines (None after the last). It is dead when the block ends, whatever happened.

    -P keeps the working directory off its path; PYTHONPATH gives it ours, so that it finds these packages
    however this process found them.
    """
    search_path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    process = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-m", "graph.documents.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": search_path},
        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the child
    )
    _children.add(process)
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=64)  # a slow parent slows the child, not fills memory
    assert process.stdin is not None
    assert process.stdout is not None
    pump = threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True)
    pump.start()
    try:
        with suppress(OSError):  # it died already; the pump reports the end
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        yield process, lines
    finally:
        _children.discard(process)
        process.kill()
        while pump.is_alive():  # unblock a pump that waits for room
            try:
                lines.get(timeout=0.05)
            except queue.Empty:
                continue
        process.wait()
        process.stdout.close()
        with suppress(OSError):
            process.stdin.close()


def _pump(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in stream:
        if line.endswith(b"\n"):  # half a line is what a dying child was writing
            lines.put(line)
    lines.put(None)


def _cause_of_death(code: int, config: LoadConfig) -> str:
    if code == OUT_OF_MEMORY:
        return f"it needs more than {config.memory_mb:,} MB of memory"
    if code < 0 and -code in _STOPPED_ITSELF:  # how pdfium answers a refused allocation; also how it fails
        return f"the PDF reader gave up on it, perhaps for want of memory (load.memory_mb is {config.memory_mb})"
    if code < 0:
        return f"the PDF reader crashed on it (signal {-code})"
    return "the PDF reader stopped on it"
