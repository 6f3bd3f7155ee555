"""Finds the tool calls in the text of an answer, as it comes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from langchain_core.messages import InvalidToolCall, ToolCall
from langchain_core.messages.tool import invalid_tool_call, tool_call

from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.sets import without_doubles

# The one format of mlx-lm's parsers that is JSON between markers, so that a grammar can enforce it.
_JSON_PARSER = "mlx_lm.tool_parsers.json_tools"

_FENCE = re.compile(r"\s*(```[a-z]*\s*)?")
_SPACE = re.compile(r"[ \n\r\t]+")


@dataclass(frozen=True)
class CallMarkers:
    """How a chat template with a tool format of its own marks a call, and what reads one."""

    start: str
    end: str
    start_ids: tuple[int, ...]
    parse: Callable[[str, Any], Any]

    @property
    def hold_json(self) -> bool:
        """Whether calls are JSON between the markers."""
        return bool(self.end) and getattr(self.parse, "__module__", "") == _JSON_PARSER


def call_markers(checkpoint: Checkpoint) -> CallMarkers | None:
    """The markers of the tool format of a checkpoint; None: its template knows no tools."""
    tokenizer = checkpoint.tokenizer
    if not tokenizer.has_tool_calling:
        return None
    start_ids = tuple(tokenizer.tool_call_start_tokens)
    return CallMarkers(tokenizer.tool_call_start, tokenizer.tool_call_end or "", start_ids, tokenizer.tool_parser)


def call_openings(names: Sequence[str]) -> list[str]:
    """The ways in which a JSON call of one of the tools `names` begins, without the spaces."""
    written = ["".join(json.dumps(name, ensure_ascii=False).split(" ")) for name in names]
    return [f'{bracket}{{"name":{name}' for bracket in ("", "[") for name in written]


@dataclass
class ParsedText:
    """What is sure of an answer so far, or left at its end: text, calls, and calls that cannot be read."""

    text: str = ""
    calls: list[ToolCall] = field(default_factory=list)
    invalid: list[InvalidToolCall] = field(default_factory=list)


class ToolParser(Protocol):
    """Parses an answer piece by piece."""

    def feed(self, piece: str) -> ParsedText:
        """What is sure after `piece`."""

    def close(self) -> ParsedText:
        """What is left at the end."""


class TextParser:
    """For answers without tools: all is text."""

    def feed(self, piece: str) -> ParsedText:
        """The piece."""
        return ParsedText(piece)

    def close(self) -> ParsedText:
        """Nothing."""
        return ParsedText()


class JSONToolParser:
    """For answers that are either text or JSON calls of `tools`."""

    def __init__(self, tools: Sequence[dict[str, Any]]) -> None:
        self._tools = tools
        self._names = [str(tool["function"]["name"]) for tool in tools]
        self._held = ""
        self._is_text = False

    def feed(self, piece: str) -> ParsedText:
        """The text so far, once it cannot be a call."""
        self._held += piece
        if not self._is_text and self._may_be_call():
            return ParsedText()
        self._is_text, text, self._held = True, self._held, ""
        return ParsedText(text)

    def close(self) -> ParsedText:
        """The calls, or the text that looked like one."""
        start = _FENCE.match(self._held)
        begun = self._held[start.end() :] if start else self._held
        try:
            value, end = json.JSONDecoder().raw_decode(begun)
        except (ValueError, RecursionError):
            return ParsedText(self._held)
        calls = _read_calls(value, self._tools)
        if not calls or any(call["name"] not in self._names for call in calls):
            return ParsedText(self._held)
        rest = begun[end:].strip().removeprefix("```").strip()
        return ParsedText(rest, calls)

    def _may_be_call(self) -> bool:
        start = _FENCE.match(self._held)
        begun = self._held[start.end() :] if start else self._held
        compact = _SPACE.sub("", begun)
        if not compact or self._held.strip() in ("`", "``"):
            return True
        return any(compact.startswith(call) or call.startswith(compact) for call in call_openings(self._names))


class MarkedToolParser:
    """For templates with a tool format of their own: calls between two markers, read by mlx-lm's parser."""

    def __init__(self, markers: CallMarkers, tools: Sequence[dict[str, Any]]) -> None:
        self._start = markers.start
        self._end = markers.end
        self._parse = markers.parse
        self._tools = list(tools)
        self._held = ""
        self._in_call = False

    def feed(self, piece: str) -> ParsedText:
        """Text outside of calls, and calls that are complete."""
        self._held += piece
        found = ParsedText()
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

    def close(self) -> ParsedText:
        """What was held back; a call without its end marker is read only if the format has none."""
        found = ParsedText()
        if not self._in_call:
            found.text = self._held
        elif not self._end:
            self._take_call(self._held, found)
        else:
            found.invalid.append(self._unread(self._held))
        return found

    def _unsure(self) -> int:
        """How many characters at the end may be part of a marker, or of the space before one."""
        held = self._held
        for length in range(min(len(held), len(self._start) - 1), 0, -1):
            if held.endswith(self._start[:length]):
                return len(held) - len(held[:-length].rstrip())
        return len(held) - len(held.rstrip())

    def _take_call(self, text: str, found: ParsedText) -> None:
        try:
            calls = _read_calls(self._parse(text, self._tools), self._tools)
        except Exception:  # mlx-lm's parsers raise whatever they run into
            calls = []
        if calls:
            found.calls += calls
        else:
            found.invalid.append(self._unread(text + self._end))

    def _unread(self, text: str) -> InvalidToolCall:
        return invalid_tool_call(name=None, args=self._start + text, id=_new_id(), error=None)


def _read_calls(value: Any, tools: Sequence[dict[str, Any]]) -> list[ToolCall]:
    """The calls in what a parser returned, sets without doubles; none if any of it is not a call."""
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
    calls = []
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            return []
        arguments = item.get("arguments", item.get("parameters"))
        if isinstance(arguments, str):
            arguments = json.loads(arguments or "{}")
        if not isinstance(arguments, dict):
            return []
        arguments = without_doubles(arguments, schemas.get(item["name"], {}))
        calls.append(tool_call(name=item["name"], args=arguments, id=_new_id()))
    return calls


def _new_id() -> str:
    return f"call_{uuid4().hex[:24]}"
