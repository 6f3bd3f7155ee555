"""When a model is asked again, and what its answer is taken for in the end."""

from __future__ import annotations

import random
from typing import Any

from langchain_core.language_models import BaseLanguageModel

from graph.calling.model_adapter import may_vary
from graph.config import RunConfig
from graph.errors import EmptyAnswerError
from llm.config import RemoteSettings
from llm.errors import BrokenOffError

# What may be better at the next try.
TRIED_AGAIN = (EmptyAnswerError, BrokenOffError)

# Seconds between two tries, at most.
_LONGEST_PAUSE = 60.0


class RetryPolicy:
    """Answers that broke off are tried again, and empty ones unless they would be empty again.

    In the end an empty answer of a model in this process means that it has nothing to say of the text; a server
    that says nothing has failed.
    """

    def __init__(self, config: RunConfig, model: BaseLanguageModel[Any]) -> None:
        self._settings = config.summarize
        self._is_remote = isinstance(config.llm, RemoteSettings)
        self._empty_tries = 1 + self._settings.retries if self._is_remote or may_vary(model) else 1

    def is_last(self, tries: int, error: Exception) -> bool:
        """Whether there is no further try after so many, of which `error` ended the last."""
        return tries >= (self._empty_tries if isinstance(error, EmptyAnswerError) else 1 + self._settings.retries)

    def pause(self, tries: int) -> float:
        """Seconds before the next try: twice as long each time, and drawn, so that calls do not come in step."""
        first = self._settings.retry_seconds
        return min(_LONGEST_PAUSE, first * 2.0 ** min(tries - 1, 30)) + random.uniform(0, first)

    def accepts_nothing(self, error: Exception, has_fallback: bool) -> bool:
        """Whether nothing is taken for an answer in the end; with a fallback, there is something in its place."""
        return isinstance(error, EmptyAnswerError) and (has_fallback or not self._is_remote)
