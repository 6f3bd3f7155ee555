"""Questions about the documents of jobs that are done: the same model answers, between the calls of jobs."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any

from langchain_core.exceptions import ModelError
from langgraph.graph.state import CompiledStateGraph

from graph.asking.pipeline import build_ask
from graph.asking.types import Answers
from graph.errors import RunError
from graph.service.errors import ModelFailedError, QueueFullError
from graph.service.jobs import Jobs
from graph.service.passages import Passages
from graph.service.runner import in_words
from graph.service.settings import check_settings
from graph.service.types import PASSWORD, Job

LONGEST_QUESTION = 1000  # characters

_AT_ONCE = 2  # questions that are being answered; the model's other places are for jobs
_WAITING = 20  # that may wait for that
_KEPT = 4  # documents whose index is in memory


class Asking:
    """Answers questions about documents of jobs."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._passages = Passages(jobs)
        self._apps: OrderedDict[str, CompiledStateGraph[Any, Any, Any, Any]] = OrderedDict()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._asked = 0

    @property
    def waiting(self) -> int:
        """How many questions wait for others."""
        return max(0, self._asked - _AT_ONCE)

    async def ask(self, client: str | None, job_id: str, question: str) -> Answers:
        """The answer to one question, with what was read for it.

        Raises:
            NotFoundError: there is no such job.
            ConflictError: it is not done, or its document cannot be read again.
            QueueFullError: too many questions wait.
            ModelFailedError: the model cannot answer.
        """
        result = await self._jobs.result(client, job_id)
        job = await self._jobs.get(client, job_id)
        if self._asked >= _AT_ONCE + _WAITING:
            raise QueueFullError("As many questions wait as may", "ask again in a minute", retry_after=60)
        self._asked += 1
        try:
            async with self._places:
                pages = await self._passages.pages(client, job_id)
                answers = await self._answer(job, {"documents": pages, "question": question})
        finally:
            self._asked -= 1
        return {**answers, "title": result["title"], "files": [*result["files"]]}

    async def _answer(self, job: Job, given: dict[str, Any]) -> Answers:
        try:
            app = await asyncio.to_thread(self._app, job)
            return await app.ainvoke(given)  # type: ignore[return-value]
        except (ModelError, RunError) as error:
            said = in_words(error, self._jobs.incoming / job.file.sha256, job.file.name)
            raise ModelFailedError(said.rstrip(".")) from None

    def _app(self, job: Job) -> CompiledStateGraph[Any, Any, Any, Any]:
        """What answers with a job's settings, and has the index of its document."""
        if job.id not in self._apps:
            settings = {key: value for key, value in job.settings.items() if key != PASSWORD}
            config = check_settings(self._jobs.config, settings)
            self._apps[job.id] = build_ask(config, model=self._jobs.shared)
            while len(self._apps) > _KEPT:
                self._apps.popitem(last=False)
        self._apps.move_to_end(job.id)
        return self._apps[job.id]
