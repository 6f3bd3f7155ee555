"""The engine's front: callers on any thread submit requests and cancel them.

Each request joins the rows being decoded as soon as it fits (continuous batching).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from llm.mlx.engine.request import Cancel, Request
from llm.mlx.engine.worker import Worker, check_not_forked, was_forked

if TYPE_CHECKING:
    from llm.mlx.engine.scheduler import Scheduler
    from llm.mlx.engine.single import SingleOptions


class Engine:
    """Starts its thread, and loads the weights on it, when the first request comes.

    `load_weights` returns the model; `stop_ids` are the tokens that end an answer; `single`, if there is one,
    loads what makes the model decode one row at a time; `wire_memory` asks the system to keep the weights in
    memory. A failure of the thread reaches every request in it, and the next one starts anew.
    """

    def __init__(
        self,
        load_weights: Callable[[], Any],
        *,
        stop_ids: Sequence[int],
        single: Callable[[], SingleOptions] | None = None,
        wire_memory: bool = True,
    ) -> None:
        # The thread keeps what it needs to start, but not this object: it ends when this is gone.
        self._open = partial(_open, load_weights, list(stop_ids), single, wire_memory)
        # A stream that is collected as garbage cancels its request, wherever this thread is just then.
        self._lock = RLock()
        self._worker: Worker | None = None

    def submit(self, requests: Sequence[Request]) -> None:
        """Queue `requests`, in order, as one piece.

        Raises:
            EngineError: this process was forked from one in which MLX ran, or is ending.
            SystemExit: the program is ending, and this is not its main thread.
        """
        check_not_forked()
        with self._lock:
            if self._worker is None or not self._worker.take(list(requests)):
                self._worker = Worker(self._open)
                self._worker.start(list(requests))

    def cancel(self, request: Request) -> None:
        """Drop `request`, queued or running, within one step. Its sink hears nothing more."""
        if was_forked():  # no thread is left to take it, and a lost one may hold the lock
            return
        with self._lock:
            if self._worker is not None:
                self._worker.take([Cancel(request)])

    def __del__(self) -> None:
        if self._worker is not None:
            self._worker.ask_to_stop()

    def close(self) -> None:
        """End the thread and free the model. Requests still in it fail. The next `submit` starts anew."""
        if was_forked():
            return
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.ask_to_stop()
            worker.join()


def _open(
    load_weights: Callable[[], Any],
    stop_ids: list[int],
    single: Callable[[], SingleOptions] | None,
    wire_memory: bool,
    check_wanted: Callable[[], None],
) -> Scheduler:
    """Load the model. `check_wanted` raises when nobody wants it any more."""
    from llm.mlx.engine.build import open_scheduler

    model = load_weights()
    check_wanted()
    options = single and single()
    check_wanted()
    return open_scheduler(model, stop_ids, options, wire_memory=wire_memory)
