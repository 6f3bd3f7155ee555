"""One thread owns an MLX model and decodes every request together. Token ids in, token ids out.

Knows nothing of text, messages or LangChain. Callers on any thread submit requests; each joins the rows that
are decoded as soon as there is a place (continuous batching), and every token goes to the request's `Sink`.
What runs on the thread is in worker.py (its life) and decoder.py (its work).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from llm.mlx.engine.request import Cancel, Request
from llm.mlx.engine.worker import Worker, check_not_forked

if TYPE_CHECKING:
    from llm.mlx.engine.scheduler import Decoder
    from llm.mlx.engine.single import Alone


class Engine:
    """Starts its thread, and loads the weights on it, when the first request comes.

    `load_weights` returns the model; `stop_ids` are the tokens that end an answer; `alone`, if there is one, loads
    what makes the model decode one row at a time; `wire_memory` asks the system to keep the weights in memory. A
    failure of the thread reaches every request in it, and the next one starts anew.
    """

    def __init__(
        self,
        load_weights: Callable[[], Any],
        *,
        stop_ids: Sequence[int],
        alone: Callable[[], Alone] | None = None,
        wire_memory: bool = True,
    ) -> None:
        # The thread keeps what it needs to start, but not this object: it ends when this is gone.
        self._open = partial(_open, load_weights, list(stop_ids), alone, wire_memory)
        # A stream that is collected as garbage cancels its request, wherever this thread is just then.
        self._lock = RLock()
        self._worker: Worker | None = None

    def submit(self, requests: Sequence[Request]) -> None:
        """Queue `requests`, in order, as one piece.

        Raises:
            EngineError: this process was forked from one in which MLX ran.
        """
        check_not_forked()
        with self._lock:
            if self._worker is None or not self._worker.take(list(requests)):
                self._worker = Worker(self._open)
                self._worker.start(list(requests))

    def cancel(self, request: Request) -> None:
        """Drop `request`, queued or running, within one step. Its sink hears nothing more."""
        with self._lock:
            if self._worker is not None:
                self._worker.take([Cancel(request)])

    def __del__(self) -> None:
        if self._worker is not None:
            self._worker.ask_to_stop()

    def close(self) -> None:
        """End the thread and free the model. Requests still in it fail. The next `submit` starts anew."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.stop()


def _open(
    load_weights: Callable[[], Any], stop_ids: list[int], alone: Callable[[], Alone] | None, wire_memory: bool
) -> Decoder:
    from llm.mlx.engine.build import open_decoder

    return open_decoder(load_weights(), stop_ids, alone and alone(), wire_memory=wire_memory)
