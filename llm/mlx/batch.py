"""Lists of calls, all under way at once, so that the engine sees a whole list and not a few of it at a time.

Each call waits on a thread of its own and costs nothing else. LangChain's own `batch` keeps a few in flight, its
`generate` one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import aclosing
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Protocol, TypeVar
from uuid import UUID

from langchain_core._api import suppress_langchain_beta_warning
from langchain_core.callbacks import Callbacks
from langchain_core.language_models import BaseChatModel, BaseLanguageModel, LanguageModelInput
from langchain_core.language_models.base import LanguageModelOutputVar
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.config import ContextThreadPoolExecutor, get_config_list

T = TypeVar("T")
R = TypeVar("R")

# Calls under way at once. More would only wait in the engine.
_MOST_THREADS = 512


class Abandonable(Protocol):
    """A call that someone waits for."""

    def abandon(self) -> None:
        """Take it back, and let whoever waits for it go."""


@dataclass
class _Group:
    """The calls of one list. One that was on its way here when the list was abandoned is abandoned at once."""

    calls: list[Abandonable] = field(default_factory=list)
    is_abandoned: bool = False

    def abandon(self) -> None:
        self.is_abandoned = True
        for call in self.calls[:]:
            call.abandon()


_under_way: ContextVar[_Group | None] = ContextVar("_under_way", default=None)


def register(call: Abandonable) -> None:
    """Let `call` be abandoned together with the list that it is part of, if it is part of one."""
    group = _under_way.get()
    if group is not None:
        group.calls.append(call)
        if group.is_abandoned:
            call.abandon()


def run_all(function: Callable[[T], R], items: Sequence[T], most: int | None = None) -> list[R]:
    """`[function(item) for item in items]`, all at once, or `most` of them.

    A failure or an interrupt takes the others back.
    """
    if len(items) < 2:
        return [function(item) for item in items]
    group = _Group()
    futures: list[Future[R]] = []
    token = _under_way.set(group)
    try:
        with ContextThreadPoolExecutor(max_workers=min(len(items), most or _MOST_THREADS)) as executor:
            try:
                for item in items:
                    futures.append(executor.submit(function, item))  # noqa: PERF401  # none is lost to an interrupt
                done = wait(futures, return_when=FIRST_EXCEPTION).done
                for future in filter(done.__contains__, futures):
                    future.result()
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                group.abandon()
                while wait(futures, timeout=0.05).not_done:
                    group.abandon()
                raise
    finally:
        _under_way.reset(token)


class BatchedCalls(BaseLanguageModel[LanguageModelOutputVar]):
    """A model whose calls are cheap to wait for: all of a list are made at once, each a call of its own.

    So an error in one, such as a prompt that is too long, leaves the others as they are.
    """

    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[LanguageModelOutputVar]:
        """Answer all `inputs`, decoded together. `max_concurrency` in `config` is respected."""
        configs = get_config_list(config, len(inputs))

        def call(pair: tuple[LanguageModelInput, RunnableConfig]) -> LanguageModelOutputVar:
            try:
                return self.invoke(pair[0], pair[1], **kwargs)
            except Exception as error:
                if return_exceptions:
                    return error  # type: ignore[return-value]  # as Runnable.batch does
                raise

        most = configs[0].get("max_concurrency") if configs else None
        return run_all(call, list(zip(inputs, configs, strict=True)), most)

    async def abatch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[LanguageModelOutputVar]:
        """`batch` without holding a thread."""
        return await Runnable.abatch(self, inputs, config, return_exceptions=return_exceptions, **kwargs)

    async def _before_await(self) -> None:
        """What must be done before LangChain asks, on the event loop, who this model is."""

    async def agenerate(self, *args: Any, **kwargs: Any) -> LLMResult:
        """As in LangChain, but the event loop waits for no disk."""
        await self._before_await()
        result: LLMResult = await super().agenerate(*args, **kwargs)  # type: ignore[misc]
        return result

    async def astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        """As in LangChain, but the event loop waits for no disk."""
        await self._before_await()
        async with aclosing(super().astream(*args, **kwargs)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    def astream_events(self, *args: Any, **kwargs: Any) -> Any:
        """As in LangChain, but the event loop waits for no disk."""
        events = super().astream_events(*args, **kwargs)
        return self._typed_events(events) if kwargs.get("version") == "v3" else events

    async def _typed_events(self, events: Any) -> Any:
        await self._before_await()
        with suppress_langchain_beta_warning():  # LangChain takes this frame for a caller of its own
            return await events


class BatchedChat(BatchedCalls[AIMessage], BaseChatModel):
    """A chat model whose lists are decoded together. The asynchronous `agenerate` of LangChain does so already."""

    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        *,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer all `messages`, decoded together. `run_id`, if given, is that of the first."""

        def call(pair: tuple[int, list[BaseMessage]]) -> LLMResult:
            first = run_id if pair[0] == 0 else None
            return super(BatchedChat, self).generate([pair[1]], stop, callbacks, run_id=first, **kwargs)

        return _joined(run_all(call, list(enumerate(messages))))


def _joined(results: Sequence[LLMResult]) -> LLMResult:
    runs = list(chain.from_iterable(result.run or [] for result in results))
    return LLMResult(
        generations=list(chain.from_iterable(result.generations for result in results)),
        llm_output=dict(results[0].llm_output or {}) if results else {},
        run=runs or None,
    )
