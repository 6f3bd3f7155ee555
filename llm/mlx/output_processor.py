"""From the tokens of one request to its text: detokenizing, and stop strings."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llm.mlx.engine.request import FinishReason


@dataclass(frozen=True)
class RequestOutput:
    """What a request ended with. Tokens are counted by the model's tokenizer, seconds from its submission."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    output_tokens: int
    seconds: float
    cached_tokens: int = 0
    """Tokens of the prompt that came from the prefix cache."""
    tokens_per_second: float = 0.0
    """The speed of decoding after the first token."""
    peak_memory_gb: float = 0.0
    """The peak of MLX's memory in this process so far."""


# What a caller is sent: pieces of the text, then the output or the error.
OutputEvent = str | RequestOutput | BaseException


class OutputProcessor:
    """Turns the tokens of a request into text that ends exactly before the first stop string.

    `send` is called, on the engine's thread, with each piece of text as soon as no stop string can begin in it,
    and last with the output or the error.
    """

    def __init__(
        self,
        detokenizer: Any,
        send: Callable[[OutputEvent], object],
        *,
        prompt_tokens: int,
        stop: Sequence[str] = (),
    ) -> None:
        from mlx_lm.generate import TextStateMachine

        self._detokenizer = detokenizer
        self._send = send
        self._prompt_tokens = prompt_tokens
        self._machine = TextStateMachine({"normal": [(text, None) for text in stop if text]})
        self._state = self._machine.make_state()
        self._stopped = False
        self._pieces: list[str] = []
        self._output_tokens = 0
        self._started = time.perf_counter()
        self._first = self._started

    def token(self, token: int) -> bool:
        """Take one token; True when a stop string is complete."""
        if self._output_tokens == 0:
            self._first = time.perf_counter()
        self._output_tokens += 1
        self._detokenizer.add_token(token)
        self._take(self._detokenizer.last_segment)
        return self._stopped

    def finish(self, reason: FinishReason, cached_tokens: int) -> None:
        """Send what was held back, and the output."""
        if not self._stopped:
            self._detokenizer.finalize()
            self._take(self._detokenizer.last_segment)
        if self._stopped:
            reason = "stop"
        else:
            _, held_back, _ = self._machine.flush(self._state)
            self._emit(held_back)
        self._send(self._output(reason, cached_tokens))

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        self._send(error)

    def _output(self, reason: FinishReason, cached_tokens: int) -> RequestOutput:
        import mlx.core as mx

        now = time.perf_counter()
        return RequestOutput(
            text="".join(self._pieces),
            finish_reason=reason,
            prompt_tokens=self._prompt_tokens,
            output_tokens=self._output_tokens,
            seconds=now - self._started,
            cached_tokens=cached_tokens,
            tokens_per_second=max(self._output_tokens - 1, 0) / max(now - self._first, 1e-9),
            peak_memory_gb=mx.get_peak_memory() / 1e9,
        )

    def _take(self, segment: str) -> None:
        if segment and not self._stopped:
            self._state, text, state_name = self._machine.step(self._state, segment)
            self._stopped = state_name is None
            self._emit(text)

    def _emit(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._send(text)
