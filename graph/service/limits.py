"""How fast clients may ask, and how slowly they may send: token buckets, and deadlines for bodies."""

from __future__ import annotations

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

_MOST_CLIENTS = 10_000

# A body has this many seconds to begin and to pause, and in all of it at least so many bytes come in a second.
_BODY_SECONDS = 30.0
_BYTES_PER_SECOND = 4096


class Buckets:
    """A token bucket for each client: it holds `size` requests and fills within `seconds`."""

    def __init__(self, size: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._rate = size / seconds
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # requests left, and when

    def wait(self, client: str, cost: int = 1) -> int:
        """Take `cost` requests out. 0, or the seconds to wait if there are not so many."""
        now = self._clock()
        left, then = self._buckets.pop(client, (float(self._size), now))
        left = min(self._size, left + (now - then) * self._rate)
        lacks = cost - left
        self._buckets[client] = (left - cost if lacks <= 0 else left), now
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)  # who asked longest ago has the fullest bucket
        return 0 if lacks <= 0 else math.ceil(lacks / self._rate)


class BodyTooSlowError(HTTPException):
    """A body stopped, or trickles in."""

    def __init__(self) -> None:
        super().__init__(
            408, "The body of the request did not come in time; send it again.", {"Connection": "close"}
        )


class BodyTooLargeError(HTTPException):
    """A body is larger than it may be."""

    def __init__(self) -> None:
        super().__init__(413, "The body of the request is larger than the service takes.")


class BoundedBody:
    """The `receive` of a request, whose body is bounded in bytes and in time."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._bytes = 0
        self._is_whole = False
        self._begun = time.monotonic()

    async def __call__(self) -> Message:
        """The next message. Raises BodyTooSlowError and BodyTooLargeError."""
        if self._is_whole:  # what is waited for now is that the client goes
            return await self._receive()
        due = self._begun + _BODY_SECONDS + self._bytes / _BYTES_PER_SECOND
        try:
            async with asyncio.timeout(min(_BODY_SECONDS, due - time.monotonic())):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlowError from None
        self._bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._bytes > self._most:
            raise BodyTooLargeError
        return message
