"""What the engine is asked, and where the answer goes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Thread, current_thread
from typing import TYPE_CHECKING, Literal, Protocol

from llm.errors import EngineError, ModelError, reason
from llm.mlx.engine.sampling import Sampling

if TYPE_CHECKING:
    import mlx.core as mx

logger = logging.getLogger(__name__)

FinishReason = Literal["stop", "length"]

# Whether tokens are drafted from the prompt. It changes how fast an answer comes, not what it is.
Speculate = Literal["prompt", "off"]

# Changes the logits (1, vocabulary) of one row before a token is chosen. It is given the row's tokens so
# far (T,), the newest last, and is called once for every token of the answer, on the engine's thread.
LogitsProcessor = Callable[["mx.array", "mx.array"], "mx.array"]


@dataclass
class Effort:
    """What an answer took. `cached_tokens` of the prompt had been computed before, for another request;
    `drafted_tokens` were looked up in the prompt and put through the network, `accepted_tokens` of them were
    what it says itself.
    """

    cached_tokens: int = 0
    drafted_tokens: int = 0
    accepted_tokens: int = 0


class Sink(Protocol):
    """Where a request's answer goes. Called on the engine's thread, so it must not wait."""

    def token(self, token: int) -> bool:
        """Take the next token; True means enough, the request is done."""

    def finish(self, reason: FinishReason, effort: Effort) -> None:
        """The answer is complete. Called once, after the last token."""

    def fail(self, error: BaseException) -> None:
        """There will be no answer. Called once, instead of `finish`."""


@dataclass(frozen=True)
class Limits:
    """What may run beside a request. `rows`: decoded together, itself included. `kv_bytes`: the memory of
    all their keys and values; None is what the device recommends, less the weights.
    """

    rows: int = 8
    kv_bytes: int | None = None


@dataclass(eq=False)
class Request:
    """A prompt and what is wanted of it. `prompt`: token ids (T,), T >= 1. `max_tokens` >= 1."""

    prompt: list[int]
    max_tokens: int
    sink: Sink
    sampling: Sampling = field(default_factory=Sampling)
    processors: Sequence[LogitsProcessor] = ()
    limits: Limits = Limits()
    speculate: Speculate = "prompt"
    caller: Thread = field(default_factory=current_thread)
    """The thread that asks."""

    @property
    def total(self) -> int:
        """Tokens of the prompt and of the longest answer together."""
        return len(self.prompt) + self.max_tokens

    def fail(self, error: BaseException) -> None:
        """Tell the sink that there will be no answer, if anyone still listens."""
        if not isinstance(error, ModelError | SystemExit):
            cause, error = error, EngineError(f"MLX failed: {reason(error)}.")
            error.__cause__ = cause
        logger.debug("A request failed", exc_info=error)
        _forget_frames(error)
        try:
            self.sink.fail(error)
        except Exception:  # a caller that is gone (a closed event loop) must not take the others along
            logger.debug("The caller of a failed request is gone", exc_info=True)


def _forget_frames(error: BaseException | None) -> None:
    """Cut an error off from the engine's frames: whoever keeps it would keep the weights in memory."""
    while error is not None:
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


@dataclass(frozen=True)
class Cancel:
    """Drop this request."""

    request: Request
