"""From the tokens of one request to its text: thoughts apart from the answer, detokenizing, and stop strings."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from llm.mlx.engine.request import Effort, FinishReason
from llm.mlx.thinking import Splitter


class Thought(str):
    """A piece of a thought, where others are pieces of the answer."""

    __slots__ = ()


@dataclass(frozen=True)
class RequestOutput:
    """What a request ended with. Tokens are counted by the model's tokenizer, seconds from its submission."""

    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    output_tokens: int
    """Tokens of thoughts and answer together."""
    seconds: float
    cached_tokens: int = 0
    """Tokens of the prompt that came from the prefix cache."""
    drafted_tokens: int = 0
    """Tokens that were looked up in the prompt and put through the network."""
    accepted_tokens: int = 0
    """Those of them that the network said itself: passes saved."""
    tokens_per_second: float = 0.0
    """The speed of decoding after the first token."""
    peak_memory_gb: float = 0.0
    """The peak of MLX's memory in this process so far."""
    reasoning: str = ""
    """What the model thought."""
    reasoning_tokens: int = 0
    """Those of the output's tokens that are thoughts."""
    only_thoughts: bool = False
    """Whether there are thoughts and no answer."""


# What a caller is sent: pieces of thoughts and of the text, then the output or the error.
OutputEvent = str | RequestOutput | BaseException


@dataclass(frozen=True)
class OutputLimits:
    """Most tokens of the `answer`, and of the `thoughts` before it."""

    answer: int
    thoughts: int


class OutputProcessor:
    """Turns the tokens of a request into text that ends exactly before the first stop string.

    `send` is called, on the engine's thread, with each piece of text as soon as no stop string can begin in it,
    and last with the output or the error. With a `splitter`, thoughts are sent as `Thought`, and stop strings act
    on the answer only. With `names_recipients`, a message that is sent to a tool is written as a whole call.
    """

    def __init__(
        self,
        detokenizer: Any,
        send: Callable[[OutputEvent], object],
        *,
        prompt_tokens: int,
        stop: Sequence[str] = (),
        splitter: Splitter | None = None,
        limits: OutputLimits | None = None,
        names_recipients: bool = False,
    ) -> None:
        from mlx_lm.generate import TextStateMachine

        self._detokenizer = detokenizer
        self._send = send
        self._prompt_tokens = prompt_tokens
        self._machine = TextStateMachine({"normal": [(text, None) for text in stop if text]})
        self._state = self._machine.make_state()
        self._splitter = splitter
        self._limits = limits
        self._names_recipients = names_recipients
        self._call_end = ""
        self._thinks = splitter is not None and not splitter.in_answer
        # Templates and models put line breaks between a thought and the answer, which are part of neither.
        self._strips = self._thinks
        self._space = ""
        self._stopped = False
        self._is_full = False
        self._pieces: list[str] = []
        self._thoughts: list[str] = []
        self._output_tokens = 0
        self._answer_tokens = 0
        self._reasoning_tokens = 0
        self._started = time.perf_counter()
        self._first = self._started

    def token(self, token: int) -> bool:
        """Take one token; True when a stop string is complete, or one of the limits is reached."""
        if self._output_tokens == 0:
            self._first = time.perf_counter()
        self._output_tokens += 1
        part = "answer" if self._splitter is None else self._splitter.take(token)
        if part == "marker":
            self._turn()
            return False
        self._reasoning_tokens += part == "thought"
        self._answer_tokens += part == "answer"
        self._detokenizer.add_token(token)
        self._take(self._detokenizer.last_segment)
        self._is_full = self._limits is not None and (
            self._answer_tokens >= self._limits.answer or self._reasoning_tokens >= self._limits.thoughts
        )
        return self._stopped or self._is_full

    def finish(self, reason: FinishReason, effort: Effort) -> None:
        """Send what was held back, and the output."""
        self._flush()
        if reason == "stop" or self._stopped:
            self._emit(self._call_end)
        if self._stopped:
            reason = "stop"
        elif self._is_full:
            reason = "length"
        self._send(self._output(reason, effort))

    def fail(self, error: BaseException) -> None:
        """End with an error."""
        self._send(error)

    def _output(self, reason: FinishReason, effort: Effort) -> RequestOutput:
        import mlx.core as mx

        now = time.perf_counter()
        return RequestOutput(
            text="".join(self._pieces),
            finish_reason=reason,
            prompt_tokens=self._prompt_tokens,
            output_tokens=self._output_tokens,
            seconds=now - self._started,
            cached_tokens=effort.cached_tokens,
            drafted_tokens=effort.drafted_tokens,
            accepted_tokens=effort.accepted_tokens,
            tokens_per_second=max(self._output_tokens - 1, 0) / max(now - self._first, 1e-9),
            peak_memory_gb=mx.get_peak_memory() / 1e9,
            reasoning="".join(self._thoughts),
            reasoning_tokens=self._reasoning_tokens,
            only_thoughts=self._reasoning_tokens > 0 and not "".join(self._pieces).strip(),
        )

    def _turn(self) -> None:
        """End what was before a marker: a thought, or the answer so far."""
        self._flush()
        self._emit(self._call_end)
        self._call_end = ""
        self._detokenizer.reset()
        thinks = self._splitter is not None and not self._splitter.in_answer
        if not thinks and not self._thinks:
            # An end of a thought that has no beginning: what came before was one.
            self._thoughts, self._pieces = [*self._thoughts, *self._pieces], []
            self._reasoning_tokens, self._answer_tokens = self._reasoning_tokens + self._answer_tokens, 0
        self._space = "\n\n" if self._thoughts else ""
        self._strips = thinks or not self._pieces
        self._thinks = thinks
        if self._names_recipients and self._splitter is not None and self._splitter.recipient is not None:
            self._emit(f'{{"name": {json.dumps(self._splitter.recipient)}, "arguments": ')
            self._call_end = "}"

    def _flush(self) -> None:
        if self._stopped:
            return
        self._detokenizer.finalize()
        self._take(self._detokenizer.last_segment)
        if not self._stopped and not self._thinks:
            _, held_back, _ = self._machine.flush(self._state)
            self._emit(held_back)
            self._state = self._machine.make_state()

    def _take(self, segment: str) -> None:
        if self._strips:
            segment = segment.lstrip()
            self._strips = not segment
        if not segment or self._stopped:
            return
        if self._thinks:
            self._think(segment)
            return
        self._state, text, state_name = self._machine.step(self._state, segment)
        self._stopped = state_name is None
        self._emit(text)

    def _think(self, segment: str) -> None:
        """Send a piece of a thought, but for the space at its end."""
        thought = self._space + segment
        sure = thought.rstrip()
        self._space = thought[len(sure) :]
        if sure:
            self._thoughts.append(sure)
            self._send(Thought(sure))

    def _emit(self, text: str) -> None:
        if text:
            self._pieces.append(text)
            self._send(text)
