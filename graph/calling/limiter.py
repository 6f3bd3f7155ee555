"""Places for calls: as many as the configuration allows, for all runs of a graph together. Knows no calls."""

from __future__ import annotations

import asyncio
import threading
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from weakref import WeakKeyDictionary


class Places:
    """`most` calls at once: LangGraph's own limit is for each run alone, and several runs share a model.

    Threads share one count, and so do the tasks of an event loop.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads = threading.Semaphore(most)
        # A semaphore of asyncio serves one loop, and a graph may be used in one after the other.
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()

    def one(self) -> AbstractContextManager[object]:
        """A place for a call in this thread, as soon as there is one."""
        return self._threads

    def aone(self) -> AbstractAsyncContextManager[object]:
        """A place for a call in this event loop, as soon as there is one."""
        return self._loops.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._most))
