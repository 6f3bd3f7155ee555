"""Many blocking calls at once, so that the engine sees a whole list and not a few of it at a time.

Each call waits on a thread of its own and costs nothing else. Knows nothing of models.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import wait
from contextvars import ContextVar
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


_under_way: ContextVar[list[Abandonable] | None] = ContextVar("_under_way", default=None)


def register(call: Abandonable) -> None:
    """Let `call` be abandoned together with the list that it is part of, if it is part of one."""
    group = _under_way.get()
    if group is not None:
        group.append(call)


def together(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """`[function(item) for item in items]`, all at once. A failure or an interrupt takes the others back."""
    if len(items) < 2:
        return [function(item) for item in items]
    group: list[Abandonable] = []
    token = _under_way.set(group)
    try:
        with ContextThreadPoolExecutor(max_workers=min(len(items), _MOST_THREADS)) as executor:
            futures = [executor.submit(function, item) for item in items]
            try:
                return [future.result() for future in futures]
            except BaseException:
                for future in futures:
                    future.cancel()
                while wait(futures, timeout=0.05).not_done:
                    for call in group[:]:
                        call.abandon()
                raise
    finally:
        _under_way.reset(token)
