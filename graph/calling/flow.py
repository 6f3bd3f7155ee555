"""Work that calls the model, written once and driven by threads and by event loops.

A flow is a generator: it yields the call to make next, is sent the model's message or thrown the error of that
call, and returns what came of it, in the manner of httpx's `auth_flow`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ensure_config

from graph.calling.limiter import Limiter

T = TypeVar("T")

Message = BaseMessage | str
Chain = Runnable[dict[str, str], Message]


class ModelCall(NamedTuple):
    """A call to make."""

    chain: Chain
    document: str
    pause: float = 0.0
    """Seconds to wait before it."""


Flow = Generator[ModelCall, Message, T]


def drive(flow: Flow[T], limiter: Limiter, run: str, config: RunnableConfig) -> T:
    """Make the calls of `flow` in this thread."""
    try:
        call = next(flow)
        while True:
            time.sleep(call.pause)
            try:
                with limiter.slot(run):
                    message = call.chain.invoke({"document": call.document}, config)
            except Exception as error:
                call = flow.throw(error)
            else:
                call = flow.send(message)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def adrive(flow: Flow[T], limiter: Limiter, run: str, config: RunnableConfig) -> T:
    """`drive`, without holding a thread while the model answers.

    What the flow does itself (counting tokens, reading an answer) takes time and may read files: not on the loop.
    """
    step = await asyncio.to_thread(_step, flow.send, None)
    while isinstance(step, ModelCall):
        await asyncio.sleep(step.pause)
        try:
            async with limiter.aslot(run):
                message = await step.chain.ainvoke({"document": step.document}, config)
        except Exception as error:
            step = await asyncio.to_thread(_step, flow.throw, error)
        else:
            step = await asyncio.to_thread(_step, flow.send, message)
    return step.value  # type: ignore[no-any-return]


class _Done(NamedTuple):
    """What came of a flow."""

    value: Any


def _step(advance: Callable[[Any], ModelCall], given: Any) -> ModelCall | _Done:
    """The next call, or the end, which no thread can raise as StopIteration."""
    try:
        return advance(given)
    except StopIteration as end:
        return _Done(end.value)


class FlowNode(Runnable[Any, T]):
    """A node of the graph whose work is a flow.

    Not a RunnableLambda: LangChain remembers the functions of those, and with them the model and its weights.
    """

    def __init__(self, work: Callable[[Any], Flow[T]], limiter: Limiter) -> None:
        self.name = work.__name__
        self._work = work
        self._limiter = limiter

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> T:
        """Do the work, in this thread."""
        return drive(self._work(input), self._limiter, input.get("run", ""), ensure_config(config))

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> T:
        """Do the work, without holding a thread."""
        return await adrive(self._work(input), self._limiter, input.get("run", ""), ensure_config(config))
