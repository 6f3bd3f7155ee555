"""How many calls may be under way at once, and which runs may make no more."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from weakref import WeakKeyDictionary

from graph.calling.failures import is_fatal

# Stopped runs that are remembered: a run has ended long before so many others have failed.
_REMEMBERED = 1000


class Limiter:
    """`most` calls at once: LangGraph's own limit is for each run alone, and several runs share a model.

    Threads share one count, and so do the tasks of an event loop. A fatal error ends its run, but LangGraph
    learns of it only after the slot has gone to the next call, so that the run is stopped here before that.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._threads = threading.Semaphore(most)
        # A semaphore of asyncio serves one loop, and a graph may be used in one after the other.
        self._loops: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
        self._stopped: OrderedDict[str, Exception] = OrderedDict()

    @contextmanager
    def slot(self, run: str) -> Iterator[None]:
        """A slot for a call of `run` in this thread, as soon as there is one.

        Raises the fatal error that another call of the run has met.
        """
        with self._threads, self._watched(run):
            yield

    @asynccontextmanager
    async def aslot(self, run: str) -> AsyncIterator[None]:
        """`slot`, in this event loop."""
        async with self._loops.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(self._most)):
            with self._watched(run):
                yield

    @contextmanager
    def _watched(self, run: str) -> Iterator[None]:
        if error := self._stopped.get(run):
            raise error
        try:
            yield
        except Exception as error:
            if run and is_fatal(error):
                self._stopped[run] = error
                if len(self._stopped) > _REMEMBERED:
                    self._stopped.popitem(last=False)
            raise
