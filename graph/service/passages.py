"""The pages of a job's document, read once more and kept for a while, and what in them supports a statement."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from pathlib import Path

from graph.documents import cancellable, clean_pages, read_document
from graph.documents.config import LoadConfig
from graph.documents.errors import DocumentError
from graph.documents.types import Page
from graph.grounding import Sentence, ground
from graph.service.errors import ConflictError
from graph.service.jobs import Jobs
from graph.service.settings import reading_again

_KEPT = 4  # documents whose pages are in memory


class Passages:
    """Looks up statements in the documents of jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._pages: OrderedDict[str, list[Page]] = OrderedDict()
        self._reading = asyncio.Lock()  # each takes a process: one after the other, and no document twice

    async def find(self, client: str | None, job_id: str, statement: str) -> list[Sentence]:
        """The sentences of `statement`, each with the passages that support it.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: its document cannot be read again.
        """
        pages = await self.pages(client, job_id)
        return await asyncio.to_thread(ground, statement, pages)

    async def pages(self, client: str | None, job_id: str) -> list[Page]:
        """The pages of a job's document. Raises what `find` raises."""
        job = await self._jobs.get(client, job_id)  # also for pages that are kept: it may be another client's
        path = await self._jobs.document(client, job_id)
        async with self._reading:
            if job_id not in self._pages:
                load = reading_again(self._jobs.config, job)
                with cancellable():
                    self._pages[job_id] = await asyncio.to_thread(_pages, path, load)
                while len(self._pages) > _KEPT:
                    self._pages.popitem(last=False)
            self._pages.move_to_end(job_id)
            return self._pages[job_id]


def _pages(path: Path, load: LoadConfig) -> list[Page]:
    try:
        return clean_pages(read_document(path, load)["pages"], load)
    except DocumentError:  # which names a file of the data folder
        raise ConflictError("The document cannot be read again", "summarize it anew") from None
