"""When a model is asked again, and what its answer is taken for in the end. Knows nothing of prompts."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseLanguageModel
from tenacity import RetryCallState, retry_if_exception_type, wait_exponential, wait_random

from graph.calling.model_adapter import may_vary
from graph.config import RunConfig
from graph.errors import EmptyAnswerError
from llm.config import RemoteSettings
from llm.errors import BrokenOffError

# Seconds between two tries, at most.
_LONGEST_PAUSE = 60.0


class Retries:
    """Tries again answers that broke off, and empty ones unless they would be empty again.

    In the end an empty answer of a model in this process means that it has nothing to say of the text; a server
    that says nothing has failed.
    """

    def __init__(self, config: RunConfig, model: BaseLanguageModel[Any]) -> None:
        self._settings = config.summarize
        self._is_remote = isinstance(config.llm, RemoteSettings)
        self._empty_tries = 1 + self._settings.retries if self._is_remote or may_vary(model) else 1

    def policy(self, stand_in: bool) -> dict[str, Any]:
        """Arguments for tenacity. With `stand_in`, there is something to take an empty answer's place."""
        pause = self._settings.retry_seconds
        return {
            "retry": retry_if_exception_type((EmptyAnswerError, BrokenOffError)),
            "wait": wait_exponential(multiplier=pause, max=_LONGEST_PAUSE) + wait_random(0, pause),
            "stop": self._is_last,
            "retry_error_callback": lambda state: self._give_up(state, stand_in),
        }

    def _is_last(self, state: RetryCallState) -> bool:
        is_empty = isinstance(_error(state), EmptyAnswerError)
        return state.attempt_number >= (self._empty_tries if is_empty else 1 + self._settings.retries)

    def _give_up(self, state: RetryCallState, stand_in: bool) -> object:
        error = _error(state)
        if isinstance(error, EmptyAnswerError) and (stand_in or not self._is_remote):
            return error.answer
        raise error


def _error(state: RetryCallState) -> BaseException:
    error = state.outcome.exception() if state.outcome else None
    assert error is not None, "only errors are tried again"
    return error
