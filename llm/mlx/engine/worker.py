"""The thread that owns a model: loads it, looks into its inbox between two steps, and ends.

It is joined before the interpreter takes itself down: back from MLX, it would ask for a GIL that is gone, and
abort the process. That is done by `atexit`, which runs after all other threads that Python waits for have
ended, and before finalization begins. `threading`'s own, earlier hook would take the engine from threads and pools
that outlive the main program and still wait for answers.
"""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, RLock, Thread, current_thread, main_thread
from typing import TYPE_CHECKING

from llm.errors import EngineError
from llm.mlx.backend import is_gone, join_fully
from llm.mlx.engine.request import Cancel, Request

if TYPE_CHECKING:
    from llm.mlx.engine.scheduler import Scheduler

# Seconds after the last answer for which the prefixes of prompts are kept.
_KEEP_SECONDS = 30

# Seconds between two looks for memory that another engine gives back.
_RETRY_SECONDS = 0.02

# Seconds that daemon threads get, all together, to leave the calls that the end of the program interrupts.
_CALLERS_SECONDS = 1

# What a shell reports of a program that Ctrl-C ended.
_INTERRUPTED = 130


class _Process:
    """What the engines of this process share. A strong list: a thread outlives the engine that started it."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.workers: list[Worker] = []
        self.is_ending = False
        self.was_forked = False


_process = _Process()


def was_forked() -> bool:
    """Whether this process was forked from one where MLX ran. The engines' threads did not come along."""
    return _process.was_forked


def check_not_forked() -> None:
    """Raise EngineError in a process that was forked from one where MLX ran.

    Its threads, and on a Mac its GPU, did not come along, and a call would wait for them for ever.
    """
    if _process.was_forked:
        raise EngineError(
            "This process was forked from one in which MLX had already run, and MLX does not survive that.",
            "Start it with multiprocessing's spawn method, or fork before the first call.",
        )


def _after_fork() -> None:
    global _process
    before, _process = _process, _Process()  # with a lock that no lost thread holds
    _process.was_forked = before.was_forked or bool(before.workers)


os.register_at_fork(after_in_child=_after_fork)


def _forget_the_gone() -> None:
    """Drop the workers whose threads have ended. It asks the system, so it is not for an event loop."""
    with _process.lock:
        _process.workers[:] = [worker for worker in _process.workers if not is_gone(worker._thread)]


@atexit.register
def _end_workers() -> None:
    """Stop and join every engine's thread, whatever it is doing: a step, or a model that is being loaded.

    A step of MLX cannot be cut short. Whoever does not want to wait for it presses Ctrl-C, and the process ends
    at once.
    """
    with _process.lock:
        _process.is_ending = True
        workers = list(_process.workers)
    try:
        for worker in workers:
            worker.ask_to_stop()
        for worker in workers:
            worker.join()
        _wait_for_callers({caller for worker in workers for caller in worker.interrupted})
    except KeyboardInterrupt:
        _leave_at_once()


def _wait_for_callers(callers: Iterable[Thread]) -> None:
    """Let daemon threads leave their calls: finalization would otherwise end them in the midst of anything."""
    deadline = time.monotonic() + _CALLERS_SECONDS
    for caller in callers:
        with suppress(RuntimeError, AssertionError):  # this thread, or one that Python did not start
            caller.join(max(deadline - time.monotonic(), 0))


def _leave_at_once() -> None:
    """End the process without finalization, which no thread may enter MLX in."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a pipe that is closed, or no stream at all
            stream.flush()
    os._exit(_INTERRUPTED)


def _program_ends() -> BaseException:
    """What a caller hears when the program ends.

    Only daemon threads still wait then. SystemExit ends them without a traceback, and nobody tries again.
    """
    if current_thread() is main_thread():
        return EngineError("The program is ending, and the model takes no more calls.")
    return SystemExit("The program is ending.")


class Worker:
    """One life of the engine's thread: load, serve, end. The model never leaves it.

    `open_scheduler` loads the model. It is given a function that raises once the thread is to end.
    """

    def __init__(self, open_scheduler: Callable[[Callable[[], None]], Scheduler]) -> None:
        self._open_scheduler: Callable[[Callable[[], None]], Scheduler] | None = open_scheduler
        self._inbox: SimpleQueue[list[Request | Cancel] | None] = SimpleQueue()
        self._inbox_lock = RLock()  # as the engine's
        self._ended = False
        self._stop_wanted = Event()
        self._scheduler: Scheduler | None = None
        self.interrupted: list[Thread] = []
        """Callers whose requests the end of the program interrupted."""
        self._thread = Thread(target=self._run, name="mlx-engine", daemon=True)

    def start(self, items: list[Request | Cancel]) -> None:
        """Begin, with `items` in the inbox already: the thread may fail at once, and must find them there.

        Raises:
            EngineError, SystemExit: the program is ending.
        """
        self._inbox.put(items)
        with _process.lock:
            if _process.is_ending:
                raise _program_ends()
            self._thread.start()
            _process.workers.append(self)

    def take(self, items: Sequence[Request | Cancel]) -> bool:
        """Put `items` in the inbox; False when the thread has ended and takes nothing more."""
        with self._inbox_lock:
            if not self._ended:
                self._inbox.put(list(items))
            return not self._ended

    def ask_to_stop(self) -> None:
        """Let the thread end after the step it is in."""
        self._stop_wanted.set()
        self._inbox.put(None)

    def join(self) -> None:
        """Wait until the thread is gone. It must have been asked to stop."""
        join_fully(self._thread)

    def _run(self) -> None:
        error: BaseException = EngineError("The engine was closed while this request was in it.")
        _forget_the_gone()
        try:
            self._serve()
        except _Stopped:
            pass
        except BaseException as failure:  # whatever it was, the callers must hear of it
            error = failure
        with self._inbox_lock:
            self._ended = True
        unanswered = self._let_go()
        if _process.is_ending:
            error = _program_ends()
            self.interrupted = [request.caller for request in unanswered]
        for request in unanswered:
            request.fail(error)

    def _serve(self) -> None:
        import mlx.core as mx
        from mlx_lm.generate import generation_stream

        assert self._open_scheduler is not None
        with mx.stream(generation_stream):
            try:
                self._scheduler = self._open_scheduler(self._check_wanted)
                can_go_on = False
                while self._look(self._scheduler, can_go_on):
                    can_go_on = self._scheduler.step()
            finally:
                with suppress(Exception):  # a device that failed, of which the callers have heard
                    mx.synchronize()  # MLX computes ahead on a thread of its own

    def _check_wanted(self) -> None:
        if self._stop_wanted.is_set():
            raise _Stopped

    def _look(self, scheduler: Scheduler, can_go_on: bool) -> bool:
        """Take what is in the inbox, and wait there while there is nothing to do; False means end."""
        while not can_go_on or not self._inbox.empty():
            try:
                items = self._inbox.get(timeout=_RETRY_SECONDS if scheduler.requests else _KEEP_SECONDS)
            except Empty:
                if scheduler.requests:
                    return True
                scheduler.clear_prefixes()
                items = self._inbox.get()
            if items is None:
                return False
            for item in items:
                if isinstance(item, Cancel):
                    scheduler.drop(item.request)
                else:
                    scheduler.add(item)
            can_go_on = bool(scheduler.requests)
        return True

    def _let_go(self) -> list[Request]:
        """Free the model and return all requests that have no answer yet."""
        self._open_scheduler = None
        requests = []
        if self._scheduler is not None:
            requests = self._scheduler.requests
            self._scheduler.close()
            self._scheduler = None
        while not self._inbox.empty():
            requests += [item for item in self._inbox.get() or [] if isinstance(item, Request)]
        return requests


class _Stopped(Exception):
    """The thread was asked to stop before it had a model to serve."""
