"""What the service refuses: one sentence each, without a path: what is wrong, and what to do."""

from __future__ import annotations


class ServiceError(Exception):
    """Base of them. `str(error)` is for people; `hint` is the "what to do" part alone."""

    def __init__(self, problem: str, hint: str = "") -> None:
        self.problem = problem
        self.hint = hint
        super().__init__(f"{problem}; {hint}." if hint else f"{problem}.")


class NotFoundError(ServiceError):
    """There is no such summary, or it is another client's."""


class SettingsError(ServiceError):
    """A setting that a client may not choose, or a value that it cannot have. `key` is which, with its section."""

    def __init__(self, key: str, problem: str, hint: str = "") -> None:
        self.key = key
        super().__init__(f"{key}: {problem}", hint)


class ConflictError(ServiceError):
    """It cannot be done with the summary as it is."""


class QueueFullError(ServiceError):
    """As many wait as may; `retry_after` is in seconds."""

    def __init__(self, problem: str, hint: str = "", *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(problem, hint)


class StorageError(ServiceError):
    """The data folder cannot be used now."""


class StorageFullError(StorageError):
    """The disk, or what the service may use of it, is full."""


class ModelFailedError(ServiceError):
    """The model cannot answer now."""


class FolderInUseError(ServiceError):
    """Another service works in the data folder."""
