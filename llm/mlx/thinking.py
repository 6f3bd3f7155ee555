"""Thoughts apart from answers, by token ids: how models mark thoughts, and splitters that follow the marks.

Two kinds of formats: a pair of tokens around the thoughts (`<think>`, Gemma 4's channels, Mistral's `[THINK]`),
and the channels of OpenAI's harmony (gpt-oss), whose messages have a header: an answer is what is in `final`, or
what is sent to a tool.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from llm.mlx.engine.request import LogitsProcessor
from llm.thought_marks import HARMONY_MARKS, THOUGHT_MARKS

if TYPE_CHECKING:
    import mlx.core as mx

Part = Literal["thought", "answer", "marker"]

_RECIPIENT = re.compile(r"to=functions\.([^\s<]+)")


class Splitter(Protocol):
    """Follows the tokens of one answer and says what each is part of."""

    in_answer: bool
    """Whether the next token is part of the answer, unless it is a marker."""
    recipient: str | None
    """The tool that the message is sent to, where a format says so in its header: its text are the arguments."""

    def take(self, token: int) -> Part:
        """What `token`, the next one, is part of."""


class ThinkingFormat(Protocol):
    """How a model marks its thoughts."""

    @property
    def markers(self) -> tuple[str, ...]:
        """The texts of the tokens that mark them."""

    def splitter(self, prompt: Sequence[int]) -> Splitter:
        """A splitter for the answer to `prompt` (T,), at whose end a thought may be open."""

    def closed(self, prompt: list[int]) -> list[int]:
        """`prompt` with its thought, if it has opened one, at an end: the answer follows."""

    def opened(self, prompt: list[int]) -> list[int]:
        """`prompt` with a thought begun."""

    def without_thoughts(self, text: str) -> str:
        """An earlier answer `text` without the thoughts before it."""


@dataclass(frozen=True)
class Tags:
    """Thoughts stand between two tokens, the first of which may be followed by a label."""

    markers: tuple[str, ...]
    start_id: int
    end_id: int
    label_ids: tuple[int, ...]
    break_ids: tuple[int, ...]
    """A line break."""

    def splitter(self, prompt: Sequence[int]) -> TagSplitter:
        """A splitter for the answer to `prompt` (T,)."""
        return TagSplitter(self, in_answer=not self._is_open(prompt))

    def closed(self, prompt: list[int]) -> list[int]:
        """`prompt` with its thought, if it has opened one, at an end."""
        if not self._is_open(prompt):
            return prompt
        return [*prompt, *self.break_ids, self.end_id, *self.break_ids, *self.break_ids]

    def opened(self, prompt: list[int]) -> list[int]:
        """`prompt` with a thought begun."""
        if self._is_open(prompt):
            return prompt
        return [*prompt, self.start_id, *(self.label_ids or self.break_ids)]

    def without_thoughts(self, text: str) -> str:
        """`text` without the thoughts before it, whether or not the tag that opens them is there."""
        start, end = self.markers
        before, closes, after = text.partition(end)
        if text.lstrip().startswith(start):
            return after.lstrip() if closes else ""
        return after.lstrip() if closes and start not in before else text

    def _is_open(self, prompt: Sequence[int]) -> bool:
        marks = (token for token in reversed(prompt) if token in (self.start_id, self.end_id))
        return next(marks, self.end_id) == self.start_id


class TagSplitter:
    """Follows an answer with thoughts between two tokens."""

    recipient: str | None = None

    def __init__(self, tags: Tags, *, in_answer: bool) -> None:
        self.in_answer = in_answer
        self._tags = tags
        self._label: list[int] = []

    def take(self, token: int) -> Part:
        """What `token` is part of."""
        if token == self._tags.start_id:
            self.in_answer, self._label = False, list(self._tags.label_ids)
            return "marker"
        if token == self._tags.end_id:
            self.in_answer = True
            return "marker"
        if self.in_answer:
            return "answer"
        if self._label[:1] == [token]:
            del self._label[0]
            return "marker"
        self._label = []
        return "thought"


@dataclass(frozen=True)
class Harmony:
    """Messages with a header that names their channel (OpenAI's harmony response format)."""

    markers: tuple[str, ...]
    start_id: int
    channel_id: int
    message_id: int
    end_id: int
    final_ids: tuple[int, ...]
    analysis_ids: tuple[int, ...]
    decode: Callable[[list[int]], str]

    def splitter(self, prompt: Sequence[int]) -> HarmonySplitter:
        """A splitter for the answer to `prompt` (T,), whose end may be part of a message."""
        splitter = HarmonySplitter(self)
        last = next((i for i in range(len(prompt) - 1, -1, -1) if prompt[i] == self.start_id), len(prompt))
        for token in prompt[last:]:
            splitter.take(token)
        return splitter

    def closed(self, prompt: list[int]) -> list[int]:
        """`prompt` with the header of an answer."""
        if self.splitter(prompt).in_answer:
            return prompt
        return [*prompt, self.channel_id, *self.final_ids, self.message_id]

    def opened(self, prompt: list[int]) -> list[int]:
        """`prompt` with the header of a thought."""
        return [*prompt, self.channel_id, *self.analysis_ids, self.message_id]

    def without_thoughts(self, text: str) -> str:
        """What of `text` is in the channel `final`; all of it, if there are no channels in it."""
        start, channel, message, end = map(re.escape, self.markers)
        found = re.findall(rf"{channel}\s*(\w+).*?{message}(.*?)(?={end}|{start}|{channel}|\Z)", text, re.DOTALL)
        return "\n\n".join(said for name, said in found if name == "final") if found else text


class HarmonySplitter:
    """Follows an answer in harmony's format."""

    def __init__(self, harmony: Harmony) -> None:
        self.in_answer = False
        self.recipient: str | None = None
        self._harmony = harmony
        self._role: list[int] = []
        self._header: list[int] | None = []

    def take(self, token: int) -> Part:
        """What `token` is part of."""
        harmony = self._harmony
        if token in (harmony.start_id, harmony.channel_id, harmony.end_id):
            # A channel token without a start one is a header, too: models forget the latter.
            self._role = (self._header or []) if token == harmony.channel_id else []
            self._header, self.in_answer, self.recipient = [], False, None
        elif token == harmony.message_id:
            name = harmony.decode(self._header or []).split()
            # The recipient stands behind the role, or behind the channel.
            called = _RECIPIENT.search(harmony.decode([*self._role, harmony.channel_id, *(self._header or [])]))
            self.recipient = called[1] if called else None
            self.in_answer = called is not None or not name or name[0] in ("final", "assistant")
            self._header = None
        elif self._header is None:
            return "answer" if self.in_answer else "thought"
        else:
            self._header.append(token)
        return "marker"


class AnswerProcessor:
    """A logits processor that holds the answer to what `make` makes, and leaves thoughts alone.

    `make` is called once before, so that what it raises reaches the caller, and again for an answer that goes on
    after another thought.
    """

    def __init__(self, splitter: Splitter, make: Callable[[], LogitsProcessor]) -> None:
        self._splitter = splitter
        self._make = make
        self._ready: LogitsProcessor | None = make()
        self._current: LogitsProcessor | None = None
        self._started = False

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """Logits (1, vocabulary): those of the answer's processor in an answer, as they are in a thought."""
        if self._started:
            self._splitter.take(int(tokens[-1]))
        self._started = True
        if not self._splitter.in_answer:
            self._current = None
            return logits
        if self._current is None:
            self._current, self._ready = self._ready or self._make(), None
        return self._current(tokens, logits)


def thinking_format(tokenizer: Any) -> ThinkingFormat | None:
    """How the model of `tokenizer` marks thoughts, or None: it has no tokens for that."""
    vocabulary = tokenizer.get_vocab()

    def ids(text: str) -> tuple[int, ...]:
        return tuple(int(token) for token in tokenizer.encode(text, add_special_tokens=False))

    if all(marker in vocabulary for marker in HARMONY_MARKS):
        start_id, channel_id, message_id, end_id = (int(vocabulary[marker]) for marker in HARMONY_MARKS)
        named = ids("final"), ids("analysis")
        return Harmony(HARMONY_MARKS, start_id, channel_id, message_id, end_id, *named, decode=tokenizer.decode)
    for start, end, label in THOUGHT_MARKS:
        if start in vocabulary and end in vocabulary:
            return Tags((start, end), vocabulary[start], vocabulary[end], ids(label) if label else (), ids("\n"))
    return None
