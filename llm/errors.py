"""What can go wrong with a model: LangChain's own error types, each with a hint on what to do next."""

from __future__ import annotations

from langchain_core import exceptions as langchain


class ModelError(langchain.ModelError):
    """Base of the failures this package raises.

    `str(error)` is one sentence that says what is wrong; `hint`, when there is one, says what to do and
    is part of that text.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.hint = hint


class ModelNotFoundError(ModelError, langchain.ModelNotFoundError):
    """The model is neither a folder here nor to be had from the model hub."""


class InvalidRequestError(ModelError, langchain.ModelInvalidRequestError, ValueError):
    """The model cannot take this request (an image, a role its template refuses, a wrong setting, …).

    A `ValueError` too, which is what LangChain's models raise where they are built or bound.
    """


class ContextOverflowError(ModelError, langchain.ContextOverflowError):
    """The prompt alone fills the context window."""


class TimedOutError(ModelError, langchain.ModelTimeoutError):
    """The answer took longer than the caller would wait."""


class BrokenOffError(ModelError, langchain.ModelAPIError):
    """The connection ended in the middle of an answer; the next one may be whole."""


class UnsupportedModelError(ModelError):
    """The checkpoint cannot be run here (no chat template, no MLX backend, …)."""


class EngineError(ModelError):
    """The engine failed while this request was in it."""


class MissingPackageError(ModelError):
    """A provider's optional package is not installed."""


def reason(error: BaseException) -> str:
    """What another library's `error` says, to end a sentence with: its first line, without a full stop."""
    said = str(error).strip().partition("\n")[0].rstrip(" .:?!")
    return said or type(error).__name__
