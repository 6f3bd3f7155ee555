"""The thread that owns a model: loads it, looks into its inbox between two turns, ends or parks. For engine.py."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING

from llm.errors import EngineError
from llm.mlx.engine.request import Cancel, Request

if TYPE_CHECKING:
    from llm.mlx.engine.scheduler import Decoder

# Seconds after the last answer for which the beginnings of prompts are kept.
_KEEP_SECONDS = 30

# Seconds between two looks for memory that another engine gives back.
_RETRY_SECONDS = 0.02


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()
_threads: list[Thread] = []
_lost_by_fork = False


def check_not_forked() -> None:
    """Raise EngineError in a process that was forked from one where MLX ran.

    Its threads, and on a Mac its GPU, did not come along, and a call would wait for them for ever.
    """
    if _lost_by_fork:
        raise EngineError(
            "This process was forked from one in which MLX had run already, and MLX does not survive that.",
            "Start it with multiprocessing's method spawn, or fork before the first call.",
        )


def _after_fork() -> None:
    global _lost_by_fork
    _lost_by_fork = _lost_by_fork or bool(_threads)
    _workers.clear()
    _threads.clear()


os.register_at_fork(after_in_child=_after_fork)


@atexit.register
def _park_workers() -> None:
    """Let no engine thread run, or end, while the interpreter takes itself down.

    MLX keeps Python objects in thread-local storage, so a thread that ends during shutdown asks for a GIL
    that is gone and aborts the process. A thread that waits is simply left behind by the operating system.
    """
    for worker in list(_workers):
        worker.park()
    for thread in _threads:
        _wait_for_exit(thread)


def _wait_for_exit(thread: Thread) -> None:
    """`Thread.join` returns (before Python 3.13) while the system's thread still clears its storage."""
    task = f"/proc/self/task/{thread.native_id}"
    while not thread.is_alive() and os.path.exists(task):
        time.sleep(0.001)


class Worker:
    """One life of the engine's thread: load, serve, end. The model never leaves it."""

    def __init__(self, open_decoder: Callable[[], Decoder]) -> None:
        self._open_decoder = open_decoder
        self._inbox: SimpleQueue[list[Request | Cancel] | None] = SimpleQueue()
        self._inbox_lock = RLock()  # as the engine's
        self._ended = False
        self._park_wanted = False
        self._idle = Event()
        self._decoder: Decoder | None = None
        _workers.add(self)
        self._thread = Thread(target=self._run, name="mlx-engine", daemon=True)

    def start(self, items: list[Request | Cancel]) -> None:
        """Begin, with `items` in the inbox already: the thread may fail at once, and must find them there."""
        self._inbox.put(items)
        _threads[:] = [*filter(Thread.is_alive, _threads), self._thread]
        self._thread.start()

    def take(self, items: Sequence[Request | Cancel]) -> bool:
        """Put `items` in the inbox; False when the thread has ended and takes nothing more."""
        with self._inbox_lock:
            if not self._ended:
                self._inbox.put(list(items))
            return not self._ended

    def ask_to_stop(self) -> None:
        """Let the thread end after the step it is in."""
        self._inbox.put(None)

    def stop(self) -> None:
        """End the thread and wait until it is gone."""
        self.ask_to_stop()
        self._thread.join()

    def park(self) -> None:
        """Make the thread do nothing any more, without ending it, and wait until that is so."""
        self._park_wanted = True
        self.ask_to_stop()
        self._idle.wait()

    def _run(self) -> None:
        error: BaseException = EngineError("The engine was closed while this request was in it.")
        try:
            self._serve()
        except BaseException as failure:  # whatever it was, the callers must hear of it
            error = failure
        with self._inbox_lock:
            self._ended = True
        waiting = self._let_go()
        for request in waiting:
            request.fail(error)
        self._idle.set()
        if self._park_wanted:
            Event().wait()

    def _serve(self) -> None:
        import mlx.core as mx
        from mlx_lm.generate import generation_stream

        with mx.stream(generation_stream):
            self._decoder = self._open_decoder()
            can_go_on = False
            while self._look(self._decoder, can_go_on):
                can_go_on = self._decoder.turn()

    def _look(self, decoder: Decoder, can_go_on: bool) -> bool:
        """Take what is in the inbox, and wait there while there is nothing to do; False means end."""
        while not can_go_on or not self._inbox.empty():
            try:
                items = self._inbox.get(timeout=_RETRY_SECONDS if decoder.requests else _KEEP_SECONDS)
            except Empty:
                if decoder.requests:
                    return True
                decoder.forget()
                items = self._inbox.get()
            if items is None:
                return False
            for item in items:
                if isinstance(item, Cancel):
                    decoder.drop(item.request)
                else:
                    decoder.add(item)
            can_go_on = bool(decoder.requests)
        return True

    def _let_go(self) -> list[Request]:
        """Free the model and return all requests that have no answer yet."""
        requests = []
        if self._decoder is not None:
            requests = self._decoder.requests
            self._decoder.close()
            self._decoder = None
        while not self._inbox.empty():
            requests += [item for item in self._inbox.get() or [] if isinstance(item, Request)]
        return requests
