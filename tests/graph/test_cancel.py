"""A graph that is cancelled ends the read that it has under way, and the next run in the same process works."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from graph import build_graph
from graph.documents import ReadCancelledError, cancellable
from tests.fakes import EchoModel, make_config
from tests.pdfs import Sheet, make_pdf

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="finds the reading process through /proc"
)
PATIENT = {"timeout_seconds": 600, "ocr_timeout_seconds": 600}


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A scan, and a tesseract of our own that never comes to an end with it."""
    program = tmp_path / "bin" / "tesseract"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nif [ "$1" = --list-langs ]; then echo eng; exit; fi\nexec sleep 600\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    path = tmp_path / "endless.pdf"
    path.write_bytes(make_pdf([Sheet(image=True)]))
    return path


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf(["The harbour opens at six. The first boats leave before the fog has lifted."]))
    return path


def workers(pid: int) -> list[int]:
    """Reading processes of a process."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            try:
                if b"graph.documents.pdf.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                    found.append(int(child))
            except OSError:
                continue
    return found


def until(condition: Callable[[], object]) -> bool:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return bool(condition())


async def streamed(app: Any, path: Path) -> dict[str, Any]:
    """The result by way of a stream, the last of whose values it is."""
    last: Any = {}
    async for mode, event in app.astream({"source": str(path)}, stream_mode=["values", "messages"]):
        last = event if mode == "values" else last
    return cast(dict[str, Any], last)


async def invoked(app: Any, path: Path) -> dict[str, Any]:
    return cast(dict[str, Any], await app.ainvoke({"source": str(path)}))


@pytest.mark.parametrize("run", [invoked, streamed])
async def test_a_cancelled_task_ends_its_worker_alone(endless: Path, paper: Path, run: Any) -> None:
    app = build_graph(make_config(load=PATIENT), model=EchoModel())
    running = asyncio.create_task(run(app, endless))
    assert await asyncio.to_thread(until, lambda: workers(os.getpid()))
    beside = asyncio.create_task(run(app, paper))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert (await beside)["summary"]
    assert await asyncio.to_thread(until, lambda: not workers(os.getpid()))
    assert (await run(app, paper))["summary"]


def test_a_token_ends_a_graph_that_runs_in_another_thread(endless: Path, paper: Path) -> None:
    app = build_graph(make_config(load=PATIENT), model=EchoModel())
    with cancellable() as token:

        def cancel_it() -> None:
            until(lambda: workers(os.getpid()))
            token.cancel()

        canceller = threading.Thread(target=cancel_it)
        canceller.start()
        with pytest.raises(ReadCancelledError, match=r"endless\.pdf"):
            app.invoke({"source": str(endless)})
        canceller.join()
    assert workers(os.getpid()) == []
    assert app.invoke({"source": str(paper)})["summary"]


PROGRAM = """
import asyncio, signal, sys
from graph import build_graph
from graph.documents import cancellable
from tests.fakes import EchoModel, make_config
app = build_graph(make_config(load=dict(timeout_seconds=600, ocr_timeout_seconds=600)), model=EchoModel())
source = {"source": sys.argv[1]}
"""
# LangGraph streams messages from a thread that the main one waits for, interrupted or not: only a handler helps.
STREAM = """
with cancellable() as token:
    signal.signal(signal.SIGINT, lambda *_: token.cancel())
    list(app.stream(source, stream_mode=["tasks", "messages"]))
"""


def err_of(program: subprocess.Popen[bytes]) -> bytes:
    """What the interrupted program says at its end.

    A thread that is about to wait for a lock when the signal comes sleeps on (CPython runs handlers between
    instructions), and a person presses the keys again.
    """
    for _ in range(11):
        try:
            return program.communicate(timeout=5)[1]
        except subprocess.TimeoutExpired:
            program.send_signal(signal.SIGINT)
    return program.communicate(timeout=5)[1]


@pytest.mark.parametrize(
    ("call", "end"),
    [
        ("app.invoke(source)", b"KeyboardInterrupt"),
        ("asyncio.run(app.ainvoke(source))", b"KeyboardInterrupt"),
        (STREAM, b"ReadCancelledError: Reading endless.pdf was cancelled."),
    ],
    ids=["invoke", "ainvoke", "stream"],
)
def test_ctrl_c_ends_the_program_and_its_worker(endless: Path, call: str, end: bytes) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM + call, str(endless)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as program:
        try:
            assert until(lambda: workers(program.pid))
            (worker,) = workers(program.pid)
            program.send_signal(signal.SIGINT)
            err = err_of(program)
            assert end in err
            assert until(lambda: not Path(f"/proc/{worker}").exists())
        finally:
            program.kill()
