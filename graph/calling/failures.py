"""What an error means: for one part, for the run, or for every run with this set-up."""

from __future__ import annotations

from typing import NoReturn

from langchain_core import exceptions
from langgraph.errors import GraphBubbleUp

from chains.prompts import Stage
from graph.errors import EmptyAnswerError, SummarizeError
from llm.errors import EngineError, MissingPackageError, UnsupportedModelError

# The set-up is wrong, whatever the document.
_SETUP = (
    exceptions.ModelAuthenticationError,
    exceptions.ModelNotFoundError,
    exceptions.ModelPermissionDeniedError,
    MissingPackageError,
    UnsupportedModelError,
)

# Not about one part either: every other call would fail the same way.
_FATAL = (*_SETUP, exceptions.ModelConnectionError, EngineError)

# What nodes know how to handle: models' own errors, no answer, and LangGraph's way to pause a run.
PASSED_ON = (exceptions.ModelError, EmptyAnswerError, GraphBubbleUp)


def is_fatal(error: BaseException) -> bool:
    """Whether every other call would fail the same way."""
    return isinstance(error, _FATAL)


def hits_every_document(error: BaseException) -> bool:
    """Whether another document would meet it too: a wrong set-up, or a server that is gone."""
    return isinstance(error, _SETUP) or isinstance(error.__cause__, exceptions.ModelConnectionError)


def in_stage(stage: Stage, error: Exception) -> SummarizeError:
    """Any other error of a call, as nodes know it."""
    reason = " ".join(str(error).split()) or "no reason given"
    return SummarizeError(f"The model failed in the {stage} stage ({type(error).__name__}): {reason}")


def in_words(where: str, error: Exception) -> str:
    """One sentence: the pages that the error is about, and what it says."""
    words = " ".join(str(error).split()) or type(error).__name__
    return f"{where}: {words if words[-1] in '.!?' else f'{words}.'}"


def end_run(where: str, error: Exception, advice: str) -> NoReturn:
    """Raise what ends the run: the error with its pages and how to go on; a wrong set-up as it is."""
    if isinstance(error, _SETUP):
        raise error
    raise SummarizeError(f"{in_words(where, error)} {advice}".strip()) from error
