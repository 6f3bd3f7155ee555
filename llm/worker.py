"""The thread that owns a model: loads it, feeds mlx-lm's `BatchGenerator`, ends or parks. For engine.py."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from threading import Event, Lock, Thread
from typing import Any

from llm.errors import EngineError, ModelError
from llm.request import Cancel, FinishReason, Request
from llm.sampling import Samplers

# mlx-lm fills its prompts to the right, so prompts prefilled together cost their longest: one at a time won.
_PREFILL_TOGETHER = 1

# Families whose attention is wrong for two rows and more (mlx-lm issue 1903).
_ONE_AT_A_TIME = frozenset({"gemma2"})


_workers: weakref.WeakSet[Worker] = weakref.WeakSet()
_threads: list[Thread] = []


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

    def __init__(self, load_weights: Callable[[], Any], stop_ids: list[int], batch_size: int) -> None:
        self._load_weights = load_weights
        self._stop_ids = stop_ids
        self._batch_size = batch_size
        self._inbox: SimpleQueue[list[Request | Cancel] | None] = SimpleQueue()
        self._inbox_lock = Lock()
        self._ended = False
        self._park_wanted = False
        self._idle = Event()
        self._rows: dict[int, Request] = {}
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
        except ModelError as failure:
            error = failure
        except BaseException as failure:  # whatever it was, the callers must hear of it
            error = EngineError(f"MLX failed: {failure or type(failure).__name__}.")
            error.__cause__ = failure
        with self._inbox_lock:
            self._ended = True
        waiting = [*self._rows.values(), *self._unread()]
        self._rows.clear()
        for request in waiting:
            request.fail(error)
        self._idle.set()
        if self._park_wanted:
            Event().wait()

    def _unread(self) -> list[Request]:
        batches = []
        while not self._inbox.empty():
            batches.append(self._inbox.get() or [])
        return [item for items in batches for item in items if isinstance(item, Request)]

    def _serve(self) -> None:
        from mlx_lm.generate import BatchGenerator

        model = self._load_weights()
        batch_size = 1 if _family(model) in _ONE_AT_A_TIME else self._batch_size
        generator = BatchGenerator(
            model,
            stop_tokens=[[token] for token in self._stop_ids],
            completion_batch_size=batch_size,
            prefill_batch_size=min(_PREFILL_TOGETHER, batch_size),
        )
        samplers = Samplers()
        try:
            while self._admit(generator, samplers):
                _, responses = generator.next()
                for response in responses:
                    self._deliver(generator, response)
        finally:
            generator.close()

    def _admit(self, generator: Any, samplers: Samplers) -> bool:
        """Take what is in the inbox, waiting while there is nothing to do; False means end."""
        while not self._rows or not self._inbox.empty():
            items = self._inbox.get()
            if items is None:
                return False
            for item in items:
                if isinstance(item, Cancel):
                    self._remove(generator, item.request)
                else:
                    self._insert(generator, samplers, item)
        return True

    def _insert(self, generator: Any, samplers: Samplers, request: Request) -> None:
        try:
            (uid,) = generator.insert(
                [request.prompt],
                max_tokens=[request.max_tokens],
                samplers=[samplers.sampler(request.sampling)],
                logits_processors=[[*samplers.processors(request.sampling), *request.processors]],
            )
        except Exception as error:  # a bad request is its own caller's business
            request.fail(error)
        else:
            self._rows[uid] = request

    def _remove(self, generator: Any, request: Request) -> None:
        uids = [uid for uid, row in self._rows.items() if row is request]
        if uids:
            generator.remove(uids)
            del self._rows[uids[0]]

    def _deliver(self, generator: Any, response: Any) -> None:
        request = self._rows[response.uid]
        reason: FinishReason | None = response.finish_reason
        try:
            # The token that ends an answer is not part of it.
            if reason != "stop" and request.sink.token(response.token):
                reason = "stop"
            if reason is not None:
                request.sink.finish(reason)
        except Exception as error:
            reason = "stop"
            request.fail(error)
        if reason is None:
            return
        del self._rows[response.uid]
        if response.finish_reason is None:
            generator.remove([response.uid])


def _family(model: Any) -> str:
    """The architecture of the text model: `model_type`, of the inner model where one wraps another."""
    inner = getattr(model, "language_model", model)
    return str(getattr(inner, "model_type", ""))
