"""An answer as OpenAI's clients read it: whole, or in chunks. Knows nothing of where it comes from."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Literal

from langchain_core.messages.ai import UsageMetadata

FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


@dataclass(frozen=True)
class Delta:
    """What an answer grew by. `tool_calls` are in OpenAI's shape: each has an index, and maybe an id or a name."""

    content: str = ""
    reasoning_content: str = ""
    refusal: str = ""
    tool_calls: list[dict[str, Any]] = field(default_factory=list)

    def said(self) -> dict[str, Any]:
        """What there is of it."""
        return {key: value for key, value in vars(self).items() if value}


@dataclass(frozen=True)
class End:
    """Why an answer ended, and the tokens that it took, if they are known."""

    finish_reason: FinishReason
    usage: UsageMetadata | None = None


Piece = Delta | End


@dataclass(frozen=True)
class Answer:
    """An answer to a request for `model`."""

    id: str
    model: str
    created: int = field(default_factory=lambda: int(time.time()))

    async def whole(self, pieces: AsyncIterator[Piece]) -> dict[str, Any]:
        """The answer, once it has ended."""
        content, thoughts, refusal = "", "", ""
        calls: dict[int, dict[str, Any]] = {}
        end = End("stop")
        async for piece in pieces:
            if isinstance(piece, End):
                end = piece
                continue
            content += piece.content
            thoughts += piece.reasoning_content
            refusal += piece.refusal
            for call in piece.tool_calls:
                _join(calls, call)
        message: dict[str, Any] = {"role": "assistant", "content": content or None, "refusal": refusal or None}
        if not calls and not refusal:
            message["content"] = content
        message |= {"reasoning_content": thoughts} if thoughts else {}
        message |= {"tool_calls": list(calls.values())} if calls else {}
        choice = {"index": 0, "message": message, "finish_reason": end.finish_reason, "logprobs": None}
        return {**self._head("chat.completion"), "choices": [choice], "usage": _usage(end.usage)}

    async def chunks(self, pieces: AsyncIterator[Piece], *, include_usage: bool) -> AsyncIterator[dict[str, Any]]:
        """The answer while it is written."""
        usage = {"usage": None} if include_usage else {}
        yield self._chunk({"role": "assistant", "content": ""}) | usage
        async for piece in pieces:
            if isinstance(piece, Delta):
                yield self._chunk(piece.said()) | usage
                continue
            yield self._chunk({}, piece.finish_reason) | usage
            if include_usage:
                yield {**self._head("chat.completion.chunk"), "choices": [], "usage": _usage(piece.usage)}

    def _chunk(self, delta: dict[str, Any], finish_reason: FinishReason | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish_reason, "logprobs": None}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}


def line(value: Any) -> str:
    """A value as the data of a server-sent event."""
    return json.dumps(value, separators=(",", ":"))


def _join(calls: dict[int, dict[str, Any]], part: dict[str, Any]) -> None:
    """Add what came of a tool's call: its name first, its arguments in pieces."""
    if part["index"] not in calls:
        calls[part["index"]] = {"id": part["id"], "type": "function", "function": {"name": "", "arguments": ""}}
    function = calls[part["index"]]["function"]
    function["name"] += part["function"].get("name") or ""
    function["arguments"] += part["function"].get("arguments") or ""


def _usage(usage: UsageMetadata | None) -> dict[str, Any] | None:
    if usage is None:
        return None
    read, written = usage.get("input_token_details", {}), usage.get("output_token_details", {})
    return {
        "prompt_tokens": usage["input_tokens"],
        "completion_tokens": usage["output_tokens"],
        "total_tokens": usage["total_tokens"],
        "prompt_tokens_details": {"cached_tokens": read.get("cache_read", 0)},
        "completion_tokens_details": {"reasoning_tokens": written.get("reasoning", 0)},
    }
