"""What can stop a run, and the exit code of each. Refusals of a document are in graph.documents.errors."""

from __future__ import annotations


class RunError(Exception):
    """Base of the failures this package raises. `str(error)` is one sentence: what, where, what to do."""

    exit_code = 1


class ConfigError(RunError):
    """The configuration cannot be used."""

    exit_code = 2


class BudgetError(ConfigError):
    """The context window is too small for what prompts and answers reserve; the message has the arithmetic."""


class OutputError(RunError):
    """The summary is done, but cannot be written where it should go."""

    exit_code = 2


class SummarizeError(RunError):
    """The model failed, and there is no summary."""

    exit_code = 4


class EmptyAnswerError(SummarizeError):
    """The model answered nothing, or nothing but a thought."""

    def __init__(self, *, thought: bool = False) -> None:
        super().__init__(
            "the model was still thinking when its answer ended; raise llm.max_tokens, or turn its thinking off."
            if thought
            else "the model's answer is empty; try another model or prompt."
        )
        self.thought = thought


class ClusterError(RunError):
    """The cluster is gone in the middle of a run."""

    exit_code = 4


class Interrupted(RunError):
    """Ctrl-C ended the run."""

    exit_code = 130
