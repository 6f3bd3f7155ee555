"""Streams that end with the service: nobody who listens keeps it from ending."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from graph.service.types import JobEvent


async def until(stopping: asyncio.Event, events: AsyncIterator[JobEvent]) -> AsyncIterator[JobEvent]:
    """The events, until the service ends."""
    end = asyncio.ensure_future(stopping.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(events, None))
            await asyncio.wait({following, end}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                return
            event = following.result()
            if event is None:
                return
            yield event
    finally:
        end.cancel()
        following.cancel()
