"""What a worker does first, whatever it reads: bounds itself, listens for its parent's end, opens its channel."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import IO, TypeVar

from graph.documents.process.wire import EXIT_OUT_OF_MEMORY, Request, encode

_Request = TypeVar("_Request", bound=Request)


def _ignore_signals() -> None:
    """Leave SIGINT and SIGTERM, which a service manager sends to all processes of a service, to the parent."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _limit_memory(megabytes: int) -> None:
    """Cap the address space; where the system has no such cap (macOS), watch the memory in a thread."""
    try:
        import resource
    except ImportError:  # Windows: only the clock protects
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform.startswith("linux"):
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = megabytes * 2**20 if most == resource.RLIM_INFINITY else min(most, megabytes * 2**20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    else:
        threading.Thread(target=_watch_memory, args=(megabytes * 2**20,), daemon=True).start()


def _watch_memory(limit: int) -> None:
    import resource

    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, the others kilobytes
    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit < limit:
        time.sleep(0.05)
    os._exit(EXIT_OUT_OF_MEMORY)


def _end_with_parent() -> None:
    """Exit, with what it has started, when the parent's end of stdin closes: however it died, nothing is left."""

    def wait() -> None:
        # os.read, not sys.stdin: a thread inside a buffered reader blocks the interpreter's own exit.
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
            os.killpg(0, signal.SIGKILL)
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def _read_line() -> bytes:
    """The request, the one line of stdin, byte by byte so that nothing after it is swallowed by a buffer."""
    line = bytearray()
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            os._exit(0)
        line += byte
    return bytes(line)


class Channel:
    """Writes events to what was stdout; anything a C library prints there goes to stderr instead."""

    def __init__(self) -> None:
        self._out: IO[bytes] = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)

    def send(self, event: object) -> None:
        self._out.write(encode(event))
        self._out.flush()


def begin(decode: Callable[[bytes], _Request]) -> tuple[_Request, Channel]:
    """The request, which `decode` makes of its line, and the channel for what comes of it.

    From then on the memory is bounded, and the parent's end is the worker's.
    """
    _ignore_signals()
    channel = Channel()
    request = decode(_read_line())
    _limit_memory(request.memory_mb)
    _end_with_parent()
    return request, channel
