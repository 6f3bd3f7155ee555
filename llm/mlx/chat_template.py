"""Messages to token ids, through the tokenizer's own chat template. Knows nothing of models or threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2.exceptions import TemplateError
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage

from llm.errors import InvalidRequestError, UnsupportedModelError, reason
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.output_spec import Shape, markers_of
from llm.mlx.structured.tools import call_answered, map_texts, write_calls, write_result

_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}

# Blocks that say again what the message's tool calls say, and thoughts, which are not given back.
_SILENT = frozenset(
    {"tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call", "thinking", "redacted_thinking", "reasoning"}
)

_Turn = dict[str, Any]


class ChatTemplate:
    """The chat template of a checkpoint, with a system message folded into the first turn if it refuses one.

    Raises:
        UnsupportedModelError: the tokenizer has no chat template.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        tokenizer = checkpoint.tokenizer
        if not tokenizer.has_chat_template:
            raise UnsupportedModelError(
                f"{checkpoint.model} has no chat template.",
                "Choose an instruction-tuned checkpoint (its name usually ends in -it).",
            )
        self._tokenizer = tokenizer
        self._defuse = checkpoint.defuse
        self.markers = markers_of(checkpoint)
        self._folds_system = not self._takes_system()

    def encode(self, messages: Sequence[BaseMessage], shape: Shape | None = None) -> list[int]:
        """Return the prompt's token ids (T,), ready for the model's answer. One BOS, the template's own.

        `shape` is what the answer shall be; the prompt tells of it.

        Raises:
            InvalidRequestError: a message the template or a text model cannot take.
        """
        if not messages:
            raise InvalidRequestError("There is no message to answer.")
        note = shape.note(self.markers) if shape is not None else ""
        said = [SystemMessage(note), *messages] if note else list(messages)
        turns = _merge([self._turn(message, said[:place]) for place, message in enumerate(said)])
        if self._folds_system:
            turns = _fold_system(turns)
        try:
            return self._render(turns, **self._extras(shape))
        except TemplateError as error:
            raise InvalidRequestError(
                f"The model's chat template refuses these messages: {reason(error)}."
            ) from error

    def _extras(self, shape: Shape | None) -> dict[str, Any]:
        """What the template is given beside the turns."""
        extras: dict[str, Any] = {}
        if shape is None:
            return extras
        if shape.tools.usable and self.markers is not None:
            extras["tools"] = map_texts(list(shape.tools.tools), self._defuse)
        if shape.is_held and self._tokenizer.has_thinking:
            extras["enable_thinking"] = False
        return extras

    def _render(self, turns: list[_Turn], **extras: Any) -> list[int]:
        ids = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=True, **extras)
        return [int(token) for token in ids]

    def _turn(self, message: BaseMessage, earlier: Sequence[BaseMessage]) -> _Turn:
        role = message.role if message.type == "chat" else _ROLES.get(message.type)  # type: ignore[attr-defined]
        if role is None:
            raise InvalidRequestError(f"A {message.type} message is nothing this chat model can read.")
        text = self._defuse(_text(message))
        if isinstance(message, ToolMessage):
            return self._result_turn(message, earlier, text)
        if isinstance(message, AIMessage):
            # What could not be read as a call is given back as it was written.
            text = "\n".join(
                filter(None, [text, *(self._defuse(c["args"] or "") for c in message.invalid_tool_calls)])
            )
            if message.tool_calls:
                return self._calls_turn(message.tool_calls, text)
        return {"role": role, "content": text}

    def _calls_turn(self, calls: Sequence[ToolCall], text: str) -> _Turn:
        if self.markers is None:
            written = self._defuse(write_calls(calls))
            return {"role": "assistant", "content": "\n".join(filter(None, [text, written]))}
        made = [
            {
                "type": "function",
                "id": call["id"],
                "function": {"name": call["name"], "arguments": map_texts(call["args"], self._defuse)},
            }
            for call in calls
        ]
        return {"role": "assistant", "content": text, "tool_calls": made}

    def _result_turn(self, message: ToolMessage, earlier: Sequence[BaseMessage], text: str) -> _Turn:
        call = call_answered(message, [turn for turn in earlier if isinstance(turn, AIMessage)])
        if self.markers is None:
            told = write_result(message, call, "")
            return {"role": "user", "content": self._defuse(told) + text}
        # Templates have no place for a tool's failure.
        text = f"Error: {text}" if message.status == "error" and not text.startswith("Error") else text
        return {"role": "tool", "content": text, "name": call["name"], "tool_call_id": message.tool_call_id}

    def _takes_system(self) -> bool:
        """Whether a system message is neither refused nor silently left out."""
        user = {"role": "user", "content": "b"}
        try:
            with_system = self._render([{"role": "system", "content": "a"}, user])
        except TemplateError:
            return False
        return with_system != self._render([user])


def _text(message: BaseMessage) -> str:
    """The text of a message, of tool results in it too.

    Raises:
        InvalidRequestError: it holds what a text model cannot read.
    """
    if isinstance(message.content, str):
        return message.content
    return "".join(_block_text(block) for block in message.content)


def _block_text(block: Any) -> str:
    if isinstance(block, str):
        return block
    kind = block.get("type")
    if kind in ("text", "text-plain"):
        return str(block.get("text", ""))
    if kind == "tool_result":
        content = block.get("content") or ""
        return content if isinstance(content, str) else "".join(_block_text(part) for part in content)
    if kind in _SILENT:
        return ""
    raise InvalidRequestError(f"A content block of type {kind!r} is nothing a text model can read.")


def _merge(turns: list[_Turn]) -> list[_Turn]:
    """Join neighbours of the same role: templates that insist on alternating turns refuse them."""
    merged: list[_Turn] = []
    for turn in turns:
        alike = bool(merged) and merged[-1]["role"] == turn["role"] and turn.keys() == {"role", "content"}
        if alike and "tool_calls" not in merged[-1]:
            merged[-1] = {**turn, "content": merged[-1]["content"] + "\n\n" + turn["content"]}
        else:
            merged.append(turn)
    return merged


def _fold_system(turns: list[_Turn]) -> list[_Turn]:
    """Say what the system message says at the start of the user's next turn."""
    as_user = [{**turn, "role": "user"} if turn["role"] == "system" else turn for turn in turns]
    return _merge(as_user)
