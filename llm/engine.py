"""One thread owns an MLX model and decodes every request together. Token ids in, token ids out.

Knows nothing of text, messages or LangChain. Callers on any thread submit requests; the engine's thread
feeds them to mlx-lm's `BatchGenerator` (continuous batching: a request joins the batch as soon as there is
a place) and hands each token to the request's `Sink`. The thread itself is in worker.py.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from llm.request import Cancel, Request
from llm.worker import Worker


class Engine:
    """Starts its thread, and loads the weights on it, when the first request comes.

    `load_weights` returns the model; `stop_ids` are the tokens that end an answer; `batch_size` is the most
    rows decoded together. A failure of the thread reaches every request in it, and the next one starts anew.
    """

    def __init__(self, load_weights: Callable[[], Any], *, stop_ids: Sequence[int], batch_size: int = 8) -> None:
        self._load_weights = load_weights
        self._stop_ids = list(stop_ids)
        self._batch_size = batch_size
        self._lock = Lock()
        self._worker: Worker | None = None

    def submit(self, requests: Sequence[Request]) -> None:
        """Queue `requests`, in order, as one piece."""
        with self._lock:
            if self._worker is None or not self._worker.take(list(requests)):
                self._worker = Worker(self._load_weights, self._stop_ids, self._batch_size)
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
