"""Calling the engine: whole lists at once, and four ways to wait (an answer or a stream, blocking or not).

Whoever stops waiting (an interrupt, a cancelled task, a closed stream, a timeout) takes the request back.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from llm.errors import EngineError, TimedOutError
from llm.mlx.batch import register
from llm.mlx.engine.engine import Engine
from llm.mlx.engine.request import Limits, LogitsProcessor, Request, Speculate
from llm.mlx.engine.sampling import Sampling
from llm.mlx.engine.worker import check_not_forked
from llm.mlx.output_processor import OutputEvent, OutputLimits, OutputProcessor, RequestOutput
from llm.mlx.thinking import AnswerProcessor, ThinkingFormat

# Tokens that open and close thoughts, and name channels.
_MARKERS = 32


@dataclass(frozen=True)
class Call:
    """All there is to say of one call. `prompt`: token ids (T,); `timeout`: seconds for the whole answer.

    `detokenizer` returns a fresh one; `constrain` is given `max_tokens` and returns what keeps the answer to a
    grammar. With `thinking`, thoughts are split from the answer; they may have `thinking_tokens` beside its
    `max_tokens`, or share these, if that is 0. `names_recipients`: what the model sends to a tool is written as
    JSON with the tool's name.
    """

    engine: Engine
    detokenizer: Callable[[], Any]
    prompt: list[int]
    max_tokens: int
    stop: tuple[str, ...]
    sampling: Sampling
    limits: Limits
    timeout: float | None = None
    constrain: Callable[[int], LogitsProcessor] | None = None
    thinking: ThinkingFormat | None = None
    thinking_tokens: int = 0
    names_recipients: bool = False
    speculate: Speculate = "prompt"

    def request(self, hear: Callable[[OutputEvent], object]) -> Request:
        """A request that tells `hear` of its answer, piece by piece. When `hear` raises, it is dropped."""
        reply = OutputProcessor(
            self.detokenizer(),
            hear,
            prompt_tokens=len(self.prompt),
            stop=self.stop,
            splitter=self.thinking.splitter(self.prompt) if self.thinking else None,
            limits=OutputLimits(self.max_tokens, self.thinking_tokens) if self.thinking_tokens else None,
            names_recipients=self.names_recipients,
        )
        room = self.thinking_tokens + _MARKERS if self.thinking_tokens else 0
        most = self.max_tokens + room
        return Request(
            self.prompt, most, reply, self.sampling, self._processors(), self.limits, speculate=self.speculate
        )

    def _processors(self) -> list[LogitsProcessor]:
        if self.constrain is None:
            return []
        if self.thinking is None:
            return [self.constrain(self.max_tokens)]
        make = partial(self.constrain, self.max_tokens)
        return [AnswerProcessor(self.thinking.splitter(self.prompt), make)]


class Ticket:
    """A call under way, for a caller that blocks."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._heard: SimpleQueue[OutputEvent] = SimpleQueue()
        self._deadline = None if call.timeout is None else time.monotonic() + call.timeout
        self.request = call.request(self._heard.put)
        register(self)

    def stream(self) -> Iterator[str | RequestOutput]:
        """Yield pieces of text as they come, then the answer."""
        try:
            while isinstance(item := self._get(), str):
                yield item
            yield _answer(item)
        finally:
            self.cancel()

    def wait(self) -> RequestOutput:
        """The answer."""
        try:
            while isinstance(item := self._get(), str):
                pass
            return _answer(item)
        except BaseException:
            self.cancel()
            raise

    def cancel(self) -> None:
        """Take the request back, if it still waits or runs."""
        self._call.engine.cancel(self.request)

    def abandon(self) -> None:
        """Take the request back, and let whoever waits for the answer go."""
        self.cancel()
        self._heard.put(EngineError("This call was given up, for another one of its list failed."))

    def _get(self) -> OutputEvent:
        check_not_forked()  # a stream that was opened before the fork would wait for ever
        left = None if self._deadline is None else max(self._deadline - time.monotonic(), 0)
        try:
            return self._heard.get(timeout=left)
        except Empty:
            raise _too_late(self._call) from None


def submit(calls: Sequence[Call]) -> list[Ticket]:
    """Submit all, to be decoded together. They belong to one engine."""
    tickets = [Ticket(call) for call in calls]
    if calls:
        calls[0].engine.submit([ticket.request for ticket in tickets])
    return tickets


def wait(calls: Sequence[Call]) -> list[RequestOutput]:
    """Submit all and wait for all. An interrupt or a failure takes the rest back."""
    tickets = submit(calls)
    try:
        return [ticket.wait() for ticket in tickets]
    except BaseException:
        for ticket in tickets:
            ticket.cancel()
        raise


def stream(call: Call) -> Iterator[str | RequestOutput]:
    """Yield pieces of text as they come, then the answer. Closing the iterator takes the request back."""
    (ticket,) = submit([call])
    yield from ticket.stream()


async def await_answers(calls: Sequence[Call]) -> list[RequestOutput]:
    """`wait` without holding a thread. Cancelling the task takes the requests back."""
    loop = asyncio.get_running_loop()
    futures: list[asyncio.Future[RequestOutput]] = [loop.create_future() for _ in calls]

    def hear(future: asyncio.Future[RequestOutput]) -> Callable[[OutputEvent], object]:
        def settle(item: OutputEvent) -> None:
            # Pieces are of no interest, but that nobody waits any more shows at the first of them.
            if not isinstance(item, str) or loop.is_closed():
                loop.call_soon_threadsafe(_settle, future, item)

        return settle

    requests = [call.request(hear(future)) for call, future in zip(calls, futures, strict=True)]
    if not calls:
        return []
    calls[0].engine.submit(requests)
    try:
        async with asyncio.timeout(calls[0].timeout):
            return await asyncio.gather(*futures)
    except TimeoutError:
        raise _too_late(calls[0]) from None
    finally:
        for request, future in zip(requests, futures, strict=True):
            if not future.done() or future.cancelled():
                calls[0].engine.cancel(request)


async def astream(call: Call) -> AsyncIterator[str | RequestOutput]:
    """`stream` for an event loop, without a thread in between."""
    loop = asyncio.get_running_loop()
    heard: deque[OutputEvent] = deque()
    # Not a queue: waiting for one cannot be given up in silence once the loop is closed.
    more = asyncio.Event()

    def take(item: OutputEvent) -> None:
        heard.append(item)
        more.set()

    request = call.request(lambda item: loop.call_soon_threadsafe(take, item))
    call.engine.submit([request])
    deadline = None if call.timeout is None else loop.time() + call.timeout
    try:
        item: OutputEvent = ""
        while isinstance(item, str):
            async with asyncio.timeout_at(deadline):
                await more.wait()
            item = heard.popleft()
            if not heard:
                more.clear()
            yield item if isinstance(item, str) else _answer(item)
    except TimeoutError:
        raise _too_late(call) from None
    finally:
        call.engine.cancel(request)


def _settle(future: asyncio.Future[RequestOutput], end: OutputEvent) -> None:
    if future.done():
        return
    if isinstance(end, BaseException):
        future.set_exception(end)
    elif isinstance(end, RequestOutput):
        future.set_result(end)


def _answer(end: RequestOutput | BaseException) -> RequestOutput:
    if isinstance(end, BaseException):
        raise end
    return end


def _too_late(call: Call) -> TimedOutError:
    return TimedOutError(f"The model gave no whole answer within {call.timeout:g} seconds.", "Raise timeout.")
