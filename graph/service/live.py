"""What is known of a job while it waits or runs, and how its readers hear of it. Nothing of it is on disk.

A reader is told the state as it is when it comes to read, so that a slow one skips what is outdated and never
holds anything back.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import asdict

from graph.service.types import JobEvent, Progress

# Seconds between two events of progress within a stage.
_PACE = 0.5

# Event ids of one start of the service, apart from those of the next. All are safe integers in JavaScript.
_IDS_OF_A_START = 10**9


class EventIds:
    """Numbers that grow, from one start of the service to the next too."""

    def __init__(self, starts: int) -> None:
        self._numbers = itertools.count(starts * _IDS_OF_A_START + 1)

    def next(self) -> int:
        """The next number."""
        return next(self._numbers)


class Live:
    """A job's progress and the summary so far. For one event loop."""

    def __init__(self, ids: EventIds) -> None:
        self._ids = ids
        self._changed = asyncio.Event()
        self._later: asyncio.TimerHandle | None = None
        self._told_at = 0.0
        self._closed = False
        self.title: str | None = None
        self.progress: Progress | None = None  # as it is; readers hear of it at their pace
        self._progress_id = 0
        self._text = ""
        self._text_id = 0
        self._answers = 0  # begun so far
        self.end: JobEvent | None = None

    def report(self, progress: Progress) -> None:
        """Take how far the job has come."""
        is_new_stage = self.progress is None or progress.stage != self.progress.stage
        self.progress = progress
        wait = self._told_at + _PACE - _now()
        if is_new_stage or wait <= 0:
            self._tell_progress()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(wait, self._tell_progress)

    def write(self, text: str, at: int) -> None:
        """Take a piece of the summary, and where it begins: at 0 if an answer is begun anew."""
        if at == 0:
            self._text = ""
            self._answers += 1
        self._text += text
        self._text_id = self._ids.next()
        self._wake()

    def finish(self, event: JobEvent) -> None:
        """The job has ended; this is the last event."""
        self.end = event
        self.close()

    def close(self) -> None:
        """Nothing more will be said."""
        self._closed = True
        if self._later:
            self._later.cancel()
        self._wake()

    async def events(self, after: str | None) -> AsyncIterator[JobEvent]:
        """What is known now, and then what changes. With the id of the latest event, only what changes."""
        knows_all = after is not None and after == str(max(self._progress_id, self._text_id))
        progress_id = self._progress_id if knows_all else 0
        text_id = self._text_id if knows_all else 0
        at, answers = (len(self._text), self._answers) if knows_all else (0, 0)
        while True:
            changed = self._changed
            news: list[JobEvent] = []
            if progress_id != self._progress_id and self.progress:
                progress_id = self._progress_id
                news.append(JobEvent(str(progress_id), "progress", asdict(self.progress)))
            if text_id != self._text_id:
                at = at if answers == self._answers else 0
                text_id, answers = self._text_id, self._answers
                news.append(JobEvent(str(text_id), "token", {"text": self._text[at:], "at": at}))
                at = len(self._text)
            for event in sorted(news, key=lambda event: int(event.id)):
                yield event
            if news:
                continue  # there may be more by now
            if self._closed:
                break
            await changed.wait()
        if self.end:
            yield self.end

    def _tell_progress(self) -> None:
        self._told_at = _now()
        self._later = None
        self._progress_id = self._ids.next()
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


def _now() -> float:
    return asyncio.get_running_loop().time()
