"""Cancelling one read, from another thread, without touching any other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class ReadCancelledError(Exception):
    """The read was cancelled. Not a DocumentError: it says nothing about the document."""


class CancelToken:
    """Cancels the reads that it is given to."""

    # No lock: `cancel` may come from a signal handler, which runs in a thread that may hold it.

    def __init__(self) -> None:
        self._cancelled = False
        self._actions: list[Callable[[], None]] = []

    @property
    def is_cancelled(self) -> bool:
        return self._cancelled

    def cancel(self) -> None:
        """End the reads at once: each raises ReadCancelledError, and so does any later one with this token.

        For any thread, and for signal handlers.
        """
        self._cancelled = True
        for action in self._actions.copy():
            action()

    def check(self, name: str) -> None:
        """Raise ReadCancelledError, with the name of the file, if the token is cancelled."""
        if self._cancelled:
            raise ReadCancelledError(f"Reading {name} was cancelled.")

    @contextmanager
    def on_cancel(self, action: Callable[[], None]) -> Iterator[None]:
        """Call `action` when the token is cancelled while the block runs; at once if it already is.

        It may be called twice, and from another thread.
        """
        self._actions.append(action)
        try:
            if self._cancelled:  # after the append, so that no `cancel` slips in between
                action()
            yield
        finally:
            self._actions.remove(action)


_current: ContextVar[CancelToken | None] = ContextVar("_current", default=None)


def current_token() -> CancelToken:
    """The token of the innermost `cancellable` block around this call; a fresh one outside of any."""
    return _current.get() or CancelToken()


@contextmanager
def cancellable() -> Iterator[CancelToken]:
    """Within the block, reads that are given no token of their own take this one, in graphs as well.

    An exception that leaves the block, such as asyncio's CancelledError or KeyboardInterrupt, cancels it. So does
    the token of a block around this one.

        with cancellable() as token:  # hand `token` to the thread that may cancel
            result = graph.invoke({"source": "paper.pdf"})
    """
    token = CancelToken()
    with current_token().on_cancel(token.cancel):
        previous = _current.set(token)
        try:
            yield token
        except BaseException:
            token.cancel()
            raise
        finally:
            _current.reset(previous)
