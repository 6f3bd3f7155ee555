"""Starts a worker, hands over its events, and ends it with all that it started."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Generic, Literal, TypeVar

from graph.documents.cancel import CancelToken
from graph.documents.config import PASSWORD_VARIABLE
from graph.documents.errors import ReaderError
from graph.documents.process.wire import EXIT_OUT_OF_MEMORY, Request, encode

# How pdfium answers a refused allocation; also how it fails. 5 is SIGTRAP, which Windows has no name for.
_ABORTED = (signal.SIGABRT, signal.SIGILL, 5)
_MOST_WAITING = 64  # events: a slow supervisor slows the worker, and does not fill the memory


_Event = TypeVar("_Event")


@dataclass(frozen=True)
class Death:
    """Why a worker did not come to its end."""

    kind: Literal["out_of_memory", "aborted", "crashed", "exited"]
    amount: float = 0  # megabytes that it might have; of "crashed", the signal


@contextmanager
def running_worker(
    module: str, request: Request, decode: Callable[[bytes], _Event], cancel: CancelToken
) -> Iterator["WorkerProcess[_Event]"]:
    """A worker that is dead when the block ends, whatever happens, and as soon as `cancel` is cancelled.

    `module` is run with the request, and `decode` reads the events that it sends.
    """
    worker = WorkerProcess(module, request, decode)
    try:
        with cancel.on_cancel(worker.kill):
            worker.send_request()
            yield worker
    finally:
        worker.close()


class WorkerProcess(Generic[_Event]):
    """A process that works on one file, and the events that it sends."""

    def __init__(self, module: str, request: Request, decode: Callable[[bytes], _Event]) -> None:
        self._request = request
        self._decode = decode
        # -P keeps the working directory off its path; PYTHONPATH gives it ours, so that it finds these packages
        # however this process found them.
        search_path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
        inherited = {name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE}
        self._process = _started(module, {**inherited, "PYTHONPATH": search_path})
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._pump = threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True)
        self._pump.start()

    def send_request(self) -> None:
        """Ask. A worker that has died already is not told: `next_event` reports its end."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(encode(self._request))
            self._process.stdin.flush()

    def next_event(self, timeout: float) -> _Event | None:
        """The next event, or None when there are no more. Raises TimeoutError after so many seconds."""
        try:
            line = self._lines.get(timeout=max(0.0, timeout))
        except queue.Empty:
            raise TimeoutError from None
        return None if line is None else self._decode(line)

    def death(self) -> Death:
        """Why a worker whose events are over did not come to its end."""
        code = self._process.wait()
        if code == EXIT_OUT_OF_MEMORY:
            return Death("out_of_memory", self._request.memory_mb)
        if code < 0 and -code in _ABORTED:
            return Death("aborted", self._request.memory_mb)
        return Death("crashed", -code) if code < 0 else Death("exited")

    def kill(self) -> None:
        """End the process, and what it may have started: it leads a group of its own."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()

    def close(self) -> None:
        self.kill()
        while self._pump.is_alive():  # unblock a pump that waits for room
            with suppress(queue.Empty):
                self._lines.get(timeout=0.05)
        self._process.wait()
        for stream in (self._process.stdout, self._process.stdin):
            with suppress(OSError):
                if stream is not None:
                    stream.close()


def _started(module: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the worker and its group
        )
    except OSError as error:  # an interpreter that may not be run, no memory, no processes left
        raise ReaderError(
            f"Nothing is read: the process for reading does not start ({sys.executable}: {error.strerror})",
            "see that this account may run that program, or free some memory",
        ) from None


def _pump(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in stream:
        if line.endswith(b"\n"):  # half a line is what a dying worker was writing
            lines.put(line)
    lines.put(None)
