"""From tokens to text: detokenizing, stop strings, and the ways to wait for an answer.

Knows nothing of models or LangChain. A `Reply` is the engine's sink for one request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any

from llm.engine import Engine
from llm.request import FinishReason, Request


@dataclass(frozen=True)
class Answer:
    """What came of one request. Token counts are the model's own; seconds count from its submission."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    output_tokens: int
    seconds: float
    cached_tokens: int = 0
    """Tokens of the prompt that had been computed before, for another request."""
    tokens_per_second: float = 0.0
    """The speed of the answer's tokens after the first."""
    peak_memory_gb: float = 0.0
    """The most memory that MLX held in this process so far."""


class Reply:
    """Turns a request's tokens into text, cut exactly before the first stop string.

    `on_text` hears each piece of text as soon as it is sure; `on_end` hears the answer or the error, once.
    """

    def __init__(
        self,
        detokenizer: Any,
        *,
        prompt_tokens: int,
        stop: Sequence[str] = (),
        on_text: Callable[[str], None] | None = None,
        on_end: Callable[[Answer | BaseException], None],
    ) -> None:
        from mlx_lm.generate import TextStateMachine

        self._detokenizer = detokenizer
        self._prompt_tokens = prompt_tokens
        self._machine = TextStateMachine({"normal": [(text, None) for text in stop if text]})
        self._state = self._machine.make_state()
        self._stopped = False
        self._on_text = on_text
        self._on_end = on_end
        self._pieces: list[str] = []
        self._output_tokens = 0
        self._started = time.perf_counter()

    def token(self, token: int) -> bool:
        """Take one token; True when a stop string is complete."""
        self._output_tokens += 1
        self._detokenizer.add_token(token)
        self._take(self._detokenizer.last_segment)
        return self._stopped

    def finish(self, reason: FinishReason) -> None:
        """Give out what was held back and end."""
        if not self._stopped:
            self._detokenizer.finalize()
            self._take(self._detokenizer.last_segment)
        if self._stopped:
            reason = "stop"
        else:
            _, held_back, _ = self._machine.flush(self._state)
            self._emit(held_back)
        seconds = time.perf_counter() - self._started
        text = "".join(self._pieces)
        self._on_end(Answer(text, reason, self._prompt_tokens, self._output_tokens, seconds))

    def fail(self, error: BaseException) -> None:
        """End without an answer."""
        self._on_end(error)

    def _take(self, segment: str) -> None:
        if segment and not self._stopped:
            self._state, text, state_name = self._machine.step(self._state, segment)
            self._stopped = state_name is None
            self._emit(text)

    def _emit(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            if self._on_text is not None:
                self._on_text(text)


# Makes a request whose sink is a Reply with these two listeners.
MakeRequest = Callable[[Callable[[str], None] | None, Callable[[Answer | BaseException], None]], Request]


def wait(engine: Engine, makers: Sequence[MakeRequest]) -> list[Answer]:
    """Submit all, decoded together, and wait for all. An interrupt or a failure takes the rest back."""
    requests, futures = _submit(engine, makers)
    try:
        return [future.result() for future in futures]
    except BaseException:
        _cancel(engine, requests)
        raise


async def await_answers(engine: Engine, makers: Sequence[MakeRequest]) -> list[Answer]:
    """`wait` without holding a thread. Cancelling the task takes the requests back."""
    requests, futures = _submit(engine, makers)
    try:
        return await asyncio.gather(*(asyncio.wrap_future(future) for future in futures))
    except BaseException:
        _cancel(engine, requests)
        raise


def _submit(engine: Engine, makers: Sequence[MakeRequest]) -> tuple[list[Request], list[Future[Answer]]]:
    futures: list[Future[Answer]] = [Future() for _ in makers]
    requests = [make(None, partial(_settle, future)) for make, future in zip(makers, futures, strict=True)]
    engine.submit(requests)
    return requests, futures


def _cancel(engine: Engine, requests: Sequence[Request]) -> None:
    for request in requests:
        engine.cancel(request)


def stream(engine: Engine, make_request: MakeRequest) -> Iterator[str | Answer]:
    """Yield pieces of text as they come, then the answer. Closing the iterator takes the request back."""
    queue: SimpleQueue[str | Answer | BaseException] = SimpleQueue()
    request = make_request(queue.put, queue.put)
    engine.submit([request])
    try:
        while isinstance(item := queue.get(), str):
            yield item
        yield _answer(item)
    finally:
        engine.cancel(request)


async def astream(engine: Engine, make_request: MakeRequest) -> AsyncIterator[str | Answer]:
    """`stream` for an event loop, without a thread in between."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | Answer | BaseException] = asyncio.Queue()

    def put(item: str | Answer | BaseException) -> None:
        loop.call_soon_threadsafe(queue.put_nowait, item)

    request = make_request(put, put)
    engine.submit([request])
    try:
        while isinstance(item := await queue.get(), str):
            yield item
        yield _answer(item)
    finally:
        engine.cancel(request)


def _answer(end: Answer | BaseException) -> Answer:
    if isinstance(end, BaseException):
        raise end
    return end


def _settle(future: Future[Answer], end: Answer | BaseException) -> None:
    if not future.set_running_or_notify_cancel():
        return
    if isinstance(end, BaseException):
        future.set_exception(end)
    else:
        future.set_result(end)
