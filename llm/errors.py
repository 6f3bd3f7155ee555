"""What can go wrong with a model: subclasses of LangChain's errors, with a hint on what to do next."""

from __future__ import annotations

from langchain_core import exceptions as langchain


class ModelError(langchain.ModelError):
    """Base of the errors that this package raises.

    `str(error)` says in a sentence what is wrong, followed by `hint`, if there is one: what to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.hint = hint


class ModelNotFoundError(ModelError, langchain.ModelNotFoundError):
    """The model is neither a folder on this machine nor available on Hugging Face."""


class InvalidRequestError(ModelError, langchain.ModelInvalidRequestError, ValueError):
    """The model cannot take this request (an image, a role its template refuses, a wrong setting, …).

    Also a `ValueError`, which LangChain's models raise when they are built or bound.
    """


class ContextOverflowError(ModelError, langchain.ContextOverflowError):
    """The prompt leaves no room for an answer in the context window."""


class TimedOutError(ModelError, langchain.ModelTimeoutError):
    """The answer took longer than the caller would wait."""


class BrokenOffError(ModelError, langchain.ModelAPIError):
    """The connection ended in the middle of an answer; a retry may succeed."""


class UnsupportedModelError(ModelError):
    """The checkpoint cannot be run here (no chat template, no MLX backend, …)."""


class EngineError(ModelError):
    """The engine failed while this request was in it."""


class MissingPackageError(ModelError):
    """A provider's optional package is not installed."""


def reason(error: BaseException) -> str:
    """The first line of another library's `error`, without a full stop, to end a sentence with."""
    said = str(error).strip().partition("\n")[0].rstrip(" .:?!")
    return said or type(error).__name__
