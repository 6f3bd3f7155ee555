"""Starts a worker, hands over its events, and ends it with all that it started."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

from graph.documents.cancel import CancelToken
from graph.documents.config import PASSWORD_VARIABLE
from graph.documents.errors import ReaderError
from graph.documents.pdf.protocol import (
    EXIT_OUT_OF_MEMORY,
    Event,
    Failure,
    PictureRequest,
    Request,
    decode_event,
    encode,
)

# How pdfium answers a refused allocation; also how it fails. 5 is SIGTRAP, which Windows has no name for.
_ABORTED = (signal.SIGABRT, signal.SIGILL, 5)
_MOST_WAITING = 64  # events: a slow supervisor slows the worker, and does not fill the memory


@contextmanager
def running_worker(request: Request | PictureRequest, cancel: CancelToken) -> Iterator["WorkerProcess"]:
    """A worker that is dead when the block ends, whatever happens, and as soon as `cancel` is cancelled."""
    worker = WorkerProcess(request)
    try:
        with cancel.on_cancel(worker.kill):
            worker.send_request()
            yield worker
    finally:
        worker.close()


class WorkerProcess:
    """A process that reads one file or draws pages of it, and the events that it sends."""

    def __init__(self, request: Request | PictureRequest) -> None:
        self._request = request
        # -P keeps the working directory off its path; PYTHONPATH gives it ours, so that it finds these packages
        # however this process found them.
        search_path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
        inherited = {name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE}
        self._process = _started({**inherited, "PYTHONPATH": search_path})
        self._lines: queue.Queue[bytes | None] = queue.Queue(_MOST_WAITING)
        self._pump = threading.Thread(target=_pump, args=(self._process.stdout, self._lines), daemon=True)
        self._pump.start()

    def send_request(self) -> None:
        """Ask. A worker that has died already is not told: `next_event` reports its end."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.write(encode(self._request))
            self._process.stdin.flush()

    def next_event(self, timeout: float) -> Event | None:
        """The next event, or None when there are no more. Raises TimeoutError after so many seconds."""
        try:
            line = self._lines.get(timeout=max(0.0, timeout))
        except queue.Empty:
            raise TimeoutError from None
        return None if line is None else decode_event(line)

    def failure(self) -> Failure:
        """Why a worker whose events are over did not come to its end."""
        code = self._process.wait()
        if code == EXIT_OUT_OF_MEMORY:
            return Failure("out_of_memory", self._request.memory_mb)
        if code < 0 and -code in _ABORTED:
            return Failure("aborted", self._request.memory_mb)
        return Failure("crashed", -code) if code < 0 else Failure("exited")

    def kill(self) -> None:
        """End the process, and the OCR that it may have under way: it leads a group of its own."""
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


def _started(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            [sys.executable, "-P", "-W", "ignore", "-m", "graph.documents.pdf.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the worker and its group
        )
    except OSError as error:  # an interpreter that may not be run, no memory, no processes left
        raise ReaderError(
            f"No PDF can be read: the process that reads PDFs does not start ({sys.executable}: {error.strerror})",
            "see that this account may run that program, or free some memory",
        ) from None


def _pump(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in stream:
        if line.endswith(b"\n"):  # half a line is what a dying worker was writing
            lines.put(line)
    lines.put(None)
