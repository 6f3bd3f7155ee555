"""Many blocking calls at once, so that the engine sees a whole list and not a few of it at a time.

Each call waits on a thread of its own and costs nothing else. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from langchain_core.runnables.config import ContextThreadPoolExecutor

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


def together(function: Callable[[T], R], items: Sequence[T], most: int | None = None) -> list[R]:
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
