"""Any of LangChain's messages as the turns of a chat template: role, text, tool calls, tool results.

What an assistant said may have come from any provider, so whatever in it is not text is passed over; what a user
asks is read whole or refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolCall,
    ToolMessage,
)

from llm.errors import InvalidRequestError
from llm.mlx.structured.tool_parser import CallMarkers
from llm.mlx.structured.tool_prompt import write_calls, write_result
from llm.mlx.thinking import ThinkingFormat

Turn = dict[str, Any]

# Names that applications give to the three roles.
_ROLES = {
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "developer": "system",
    "function": "tool",
}

_TEXT = frozenset({None, "text", "text-plain", "input_text", "output_text"})
_RESULTS = frozenset({"tool_result", "mcp_tool_result"})

# What only a model that sees or hears can read.
_MEDIA = frozenset({"image", "image_url", "input_image", "audio", "input_audio", "video", "file", "input_file"})

# Blocks that repeat the message's tool calls, and thoughts, wherever they stand.
_SILENT = frozenset(
    {"tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call", "thinking", "redacted_thinking", "reasoning"}
)


@dataclass(frozen=True)
class MessageReader:
    """Reads messages for one checkpoint.

    `defuse` breaks up its control tokens in a text; `markers` are those of its template's tool format, or None:
    then calls and results are told in words; `thinking` is how its thoughts are marked, if it has any.
    """

    defuse: Callable[[str], str]
    markers: CallMarkers | None
    thinking: ThinkingFormat | None

    def turns(self, messages: Sequence[BaseMessage]) -> list[Turn]:
        """One turn for each message, in order.

        Raises:
            InvalidRequestError: a message has something that a text model cannot read.
        """
        asked = max((i for i, message in enumerate(messages) if isinstance(message, HumanMessage)), default=-1)
        turns = []
        for i, message in enumerate(messages):
            if isinstance(message, ToolMessage | FunctionMessage):
                turns.append(self._result_turn(message, messages[:i]))
            elif isinstance(message, AIMessage):
                turns.append(self._answer_turn(message, is_under_way=i > asked))
            else:
                turns.append(self._turn(message))
        return turns

    def _turn(self, message: BaseMessage) -> Turn:
        if isinstance(message, ChatMessage):
            role = _ROLES.get(message.role, message.role)
        elif isinstance(message, HumanMessage | SystemMessage):
            role = "user" if isinstance(message, HumanMessage) else "system"
        else:
            raise InvalidRequestError(f"This chat model cannot read a message of type {message.type!r}.")
        if role == "assistant":
            return {"role": role, "content": self.defuse(self._without_thoughts(_said(message)))}
        text = self.defuse(_asked(message.content))
        if role == "tool":  # without the id of a call, a result that anyone may have written
            return {"role": "user", "content": f"A tool returned:\n{text}"}
        return {"role": role, "content": text}

    def _answer_turn(self, message: AIMessage, *, is_under_way: bool) -> Turn:
        # What could not be parsed as a call goes back as the model wrote it.
        unread = [call["args"] or "" for call in message.invalid_tool_calls]
        text = self.defuse("\n".join(filter(None, [self._without_thoughts(_said(message)), *unread])))
        calls = message.tool_calls
        if not calls:
            return {"role": "assistant", "content": text}
        if self.markers is None:
            written = self.defuse(write_calls(calls))
            return {"role": "assistant", "content": "\n".join(filter(None, [text, written]))}
        thoughts = self.defuse(_thoughts(message)) if is_under_way and self.thinking is not None else ""
        turn: Turn = {"role": "assistant", "content": text, "tool_calls": [self._call(call) for call in calls]}
        if thoughts:
            # The names that templates give to it: most of them, and OpenAI's, which takes it in place of a text.
            turn |= {"reasoning_content": thoughts} | ({} if text else {"thinking": thoughts})
        return turn

    def _call(self, call: ToolCall) -> dict[str, Any]:
        function = {"name": call["name"], "arguments": map_texts(call["args"], self.defuse)}
        return {"type": "function", "id": call["id"], "function": function}

    def _result_turn(self, message: ToolMessage | FunctionMessage, earlier: Sequence[BaseMessage]) -> Turn:
        text = self.defuse(_result(message.content))
        failed = isinstance(message, ToolMessage) and message.status == "error"
        call = _call_answered(message, earlier)
        if call is None or not isinstance(message, ToolMessage):
            tool = f"The tool {message.name}" if message.name else "A tool"
            told = f"{tool} {'failed with' if failed else 'returned'}:\n"
            return {"role": "user", "content": self.defuse(told) + text}
        if self.markers is None:
            return {"role": "user", "content": self.defuse(write_result(message, call, "")) + text}
        # Templates cannot say that a tool failed.
        text = f"Error: {text}" if failed and not text.startswith("Error") else text
        return {"role": "tool", "content": text, "name": call["name"], "tool_call_id": message.tool_call_id}

    def _without_thoughts(self, text: str) -> str:
        return text if self.thinking is None else self.thinking.without_thoughts(text)


def _said(message: BaseMessage) -> str:
    """The text of what an assistant said, from whichever provider; blocks without text are passed over."""
    if isinstance(message.content, str):
        return message.content
    texts = []
    for block in message.content:
        if isinstance(block, str):
            texts.append(block)
        elif block.get("type") in _TEXT:
            texts.append(str(block.get("text") or ""))
        elif block.get("type") == "refusal":
            texts.append(str(block.get("refusal") or ""))
    return "".join(texts)


def _asked(content: Any) -> str:
    """The text of what a user or an application asks.

    Raises:
        InvalidRequestError: it has something that a text model cannot read.
    """
    return content if isinstance(content, str) else "".join(map(_asked_block, content))


def _asked_block(block: Any) -> str:
    if isinstance(block, str):
        return block
    kind = block.get("type")
    if kind in _TEXT and isinstance(block.get("text"), str):
        return str(block["text"])
    if kind in _RESULTS:
        return _result(block.get("content") or "")
    if kind in _SILENT:
        return ""
    raise InvalidRequestError(f"A text model cannot read a content block of type {kind!r}.")


def _result(content: Any) -> str:
    """The text of what a tool returned; what is data is written as JSON."""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return json.dumps(content, ensure_ascii=False, default=str)
    return "".join(map(_result_block, content))


def _result_block(block: Any) -> str:
    if not isinstance(block, dict):
        return block if isinstance(block, str) else json.dumps(block, ensure_ascii=False, default=str)
    kind = block.get("type")
    if kind in _MEDIA:
        raise InvalidRequestError(f"A text model cannot read a content block of type {kind!r}.")
    if kind in _TEXT and isinstance(block.get("text"), str):
        return str(block["text"])
    data = block.get("json", block.get("value", block)) if kind in ("json", "non_standard") else block
    return json.dumps(data, ensure_ascii=False, default=str)


def _thoughts(message: AIMessage) -> str:
    """What the model thought before it called: as text, or in blocks."""
    if isinstance(kept := message.additional_kwargs.get("reasoning_content"), str):
        return kept
    blocks = [block for block in message.content if isinstance(block, dict)]
    thoughts = [block.get("reasoning") or block.get("thinking") or "" for block in blocks]
    return "\n\n".join(thought for thought in thoughts if isinstance(thought, str) and thought)


def _call_answered(message: ToolMessage | FunctionMessage, earlier: Sequence[BaseMessage]) -> ToolCall | None:
    """The call that a message answers; None if it is not in the messages before it."""
    wanted = getattr(message, "tool_call_id", None)
    for said in reversed(earlier):
        for call in said.tool_calls if isinstance(said, AIMessage) else ():
            if call["id"] == wanted:
                return call
    return None


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """`value`, which is JSON, with every string in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [map_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {key: map_texts(item, change) for key, item in value.items()}
    return value
