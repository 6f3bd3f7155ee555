"""Starts the child process, hands over its lines, and ends it with all it started. Knows nothing of PDF."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any

from graph.documents.cancel import CancelToken
from graph.documents.pdf.worker import OUT_OF_MEMORY

PASSWORD_VARIABLE = "MLX_PDF_PASSWORD"
_STOPPED_ITSELF = (signal.SIGABRT, signal.SIGILL, 5)  # 5 is SIGTRAP, which Windows has no name for


@contextmanager
def child(
    request: dict[str, Any],
    cancel: CancelToken,
) -> Iterator[tuple["subprocess.Popen[bytes]", "queue.Queue[bytes | None]"]]:
    """A running child and its lines (None after the last). It is dead when the block ends, whatever happened.

    -P keeps the working directory off its path; PYTHONPATH gives it ours, so that it finds these packages
    however this process found them.
    """
    search_path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    inherited = {name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE}
    process = subprocess.Popen(
        [sys.executable, "-P", "-W", "ignore", "-m", "graph.documents.pdf.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**inherited, "PYTHONPATH": search_path},
        start_new_session=True,  # Ctrl-C reaches this process alone, which then ends the child and its group
    )
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=64)  # a slow parent slows the child, not fills memory
    assert process.stdin is not None
    assert process.stdout is not None
    pump = threading.Thread(target=_pump, args=(process.stdout, lines), daemon=True)
    pump.start()
    try:
        with suppress(OSError):  # it died already; the pump reports the end
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        with cancel.on_cancel(lambda: _kill(process)):
            yield process, lines
    finally:
        _kill(process)
        while pump.is_alive():  # unblock a pump that waits for room
            try:
                lines.get(timeout=0.05)
            except queue.Empty:
                continue
        process.wait()
        process.stdout.close()
        with suppress(OSError):
            process.stdin.close()


def cause_of_death(code: int, memory_mb: int) -> str:
    """Why a child with this exit code ended before its time, as the end of a sentence."""
    if code == OUT_OF_MEMORY:
        return f"it needs more than {memory_mb:,} MB of memory"
    if code < 0 and -code in _STOPPED_ITSELF:  # how pdfium answers a refused allocation; also how it fails
        return f"the PDF reader gave up on it, perhaps for want of memory (load.memory_mb is {memory_mb})"
    if code < 0:
        return f"the PDF reader crashed on it (signal {-code})"
    return "the PDF reader stopped on it"


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """The child, and the OCR that it may have under way: it leads a group of its own."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _pump(stream: IO[bytes], lines: "queue.Queue[bytes | None]") -> None:
    for line in stream:
        if line.endswith(b"\n"):  # half a line is what a dying child was writing
            lines.put(line)
    lines.put(None)
