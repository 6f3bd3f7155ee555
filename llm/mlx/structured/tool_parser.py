"""Finds tool calls in the text of an answer, as it comes. Knows nothing of models or messages' history."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from langchain_core.messages import InvalidToolCall, ToolCall
from langchain_core.messages.tool import invalid_tool_call, tool_call

from llm.mlx.structured.tools import openings

_FENCE = re.compile(r"\s*(```[a-z]*\s*)?")
_SPACE = re.compile(r"[ \n\r\t]+")


@dataclass
class Found:
    """What an answer, or the end of one, holds: text, calls, and calls that cannot be read."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    invalid: list[InvalidToolCall] = field(default_factory=list)


class Reader(Protocol):
    """Takes an answer piece by piece."""

    def feed(self, piece: str) -> Found:
        """What is sure after `piece`."""

    def close(self) -> Found:
        """What is left at the end."""


class PlainReader:
    """For answers without tools."""

    def feed(self, piece: str) -> Found:
        """The piece."""
        return Found(piece)

    def close(self) -> Found:
        """Nothing."""
        return Found()


class JSONReader:
    """For answers that are either text or JSON calls of `names`."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._held = ""
        self._is_text = False

    def feed(self, piece: str) -> Found:
        """The text so far, once it cannot be a call any more."""
        self._held += piece
        if not self._is_text and self._may_be_call():
            return Found()
        self._is_text, text, self._held = True, self._held, ""
        return Found(text)

    def close(self) -> Found:
        """The calls, or the text that looked like one."""
        start = _FENCE.match(self._held)
        begun = self._held[start.end() :] if start else self._held
        try:
            value, end = json.JSONDecoder().raw_decode(begun)
        except (ValueError, RecursionError):
            return Found(self._held)
        calls = _read_calls(value)
        if not calls or any(call["name"] not in self._names for call in calls):
            return Found(self._held)
        rest = begun[end:].strip().removeprefix("```").strip()
        return Found(rest, calls)

    def _may_be_call(self) -> bool:
        start = _FENCE.match(self._held)
        begun = self._held[start.end() :] if start else self._held
        compact = _SPACE.sub("", begun)
        if not compact or self._held.strip() in ("`", "``"):
            return True
        return any(compact.startswith(call) or call.startswith(compact) for call in openings(self._names))


class MarkedReader:
    """For templates of their own tool format: calls between two markers, read by mlx-lm's parser."""

    def __init__(
        self, start: str, end: str, parse: Callable[[str, Any], Any], tools: Sequence[dict[str, Any]]
    ) -> None:
        self._start = start
        self._end = end
        self._parse = parse
        self._tools = list(tools)
        self._held = ""
        self._in_call = False

    def feed(self, piece: str) -> Found:
        """Text outside of calls, and calls that are complete."""
        self._held += piece
        found = Found()
        while True:
            marker = self._end if self._in_call else self._start
            before, marked, after = self._held.partition(marker)
            if not marked:
                break
            if self._in_call:
                self._take_call(before, found)
            else:
                found.text += before.rstrip()
            self._held, self._in_call = after, not self._in_call
        if not self._in_call:
            sure = len(self._held) - self._unsure()
            found.text, self._held = found.text + self._held[:sure], self._held[sure:]
        return found

    def close(self) -> Found:
        """What was held back; a call that its end marker did not close is read if it can be."""
        found = Found()
        if not self._in_call:
            found.text = self._held
        elif not self._end:
            self._take_call(self._held, found)
        else:
            found.invalid.append(self._unread(self._held))
        return found

    def _unsure(self) -> int:
        """Letters at the end that may yet turn out to be, or to come before, a marker."""
        held = self._held
        for length in range(min(len(held), len(self._start) - 1), 0, -1):
            if held.endswith(self._start[:length]):
                return len(held) - len(held[:-length].rstrip())
        return len(held) - len(held.rstrip())

    def _take_call(self, text: str, found: Found) -> None:
        try:
            calls = _read_calls(self._parse(text, self._tools))
        except Exception:  # mlx-lm's parsers raise whatever they run into
            calls = []
        if calls:
            found.calls += calls
        else:
            found.invalid.append(self._unread(text + self._end))

    def _unread(self, text: str) -> InvalidToolCall:
        return invalid_tool_call(name=None, args=self._start + text, id=_new_id(), error=None)


def _read_calls(value: Any) -> list[ToolCall]:
    """Calls from what a parser gave; none if any of it is no call."""
    calls = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            return []
        arguments = item.get("arguments", item.get("parameters"))
        if isinstance(arguments, str):
            arguments = json.loads(arguments or "{}")
        if not isinstance(arguments, dict):
            return []
        calls.append(tool_call(name=item["name"], args=arguments, id=_new_id()))
    return calls


def _new_id() -> str:
    return f"call_{uuid4().hex[:24]}"
