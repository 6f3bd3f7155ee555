"""Messages to token ids, through the tokenizer's own chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jinja2.exceptions import TemplateError
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage

from llm.errors import InvalidRequestError, UnsupportedModelError, reason
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.output_spec import OutputSpec
from llm.mlx.structured.tool_parser import call_markers
from llm.mlx.structured.tool_prompt import write_calls, write_result

_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool"}

# Blocks that repeat the message's tool calls, and thoughts, which are not sent back to the model.
_LEFT_OUT = frozenset(
    {"tool_use", "tool_call", "tool_call_chunk", "invalid_tool_call", "thinking", "redacted_thinking", "reasoning"}
)

_Turn = dict[str, Any]


class ChatTemplate:
    """The chat template of a checkpoint; if it takes no system message, that becomes part of the user's turn.

    Raises:
        UnsupportedModelError: the tokenizer has no chat template.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        tokenizer = checkpoint.tokenizer
        if not tokenizer.has_chat_template:
            raise UnsupportedModelError(
                f"{checkpoint.model} has no chat template of its own: a base model, which continues text.",
                "Choose an instruction-tuned checkpoint (its name usually ends in -it), or let it continue text: "
                "prompting: completion, with prompts that end where the answer begins.",
            )
        self._tokenizer = tokenizer
        self._defuse = checkpoint.defuse
        self.markers = call_markers(checkpoint)
        self._folds_system = not self._takes_system()

    def encode(self, messages: Sequence[BaseMessage], spec: OutputSpec | None = None) -> list[int]:
        """Return the prompt's token ids (T,), ready for the model's answer. One BOS, the template's own.

        The prompt describes what `spec` asks of the answer.

        Raises:
            InvalidRequestError: a message that the template refuses or that a text model cannot read.
        """
        if not messages:
            raise InvalidRequestError("There is no message to answer.")
        instructions = spec.instructions(self.markers) if spec is not None else ""
        said = [SystemMessage(instructions), *messages] if instructions else list(messages)
        turns = _merge([self._turn(message, said[:index]) for index, message in enumerate(said)])
        if self._folds_system:
            turns = _fold_system(turns)
        try:
            return self._render(turns, **self._extras(spec))
        except TemplateError as error:
            raise InvalidRequestError(
                f"The model's chat template refuses these messages: {reason(error)}."
            ) from error

    def _extras(self, spec: OutputSpec | None) -> dict[str, Any]:
        """The template's variables beside the turns."""
        extras: dict[str, Any] = {}
        if spec is None:
            return extras
        if spec.tools.usable and self.markers is not None:
            extras["tools"] = _map_texts(list(spec.tools.tools), self._defuse)
        if spec.is_structured and self._tokenizer.has_thinking:
            extras["enable_thinking"] = False
        return extras

    def _render(self, turns: list[_Turn], **extras: Any) -> list[int]:
        ids = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=True, **extras)
        return [int(token) for token in ids]

    def _turn(self, message: BaseMessage, earlier: Sequence[BaseMessage]) -> _Turn:
        role = message.role if message.type == "chat" else _ROLES.get(message.type)  # type: ignore[attr-defined]
        if role is None:
            raise InvalidRequestError(f"This chat model cannot read a message of type {message.type!r}.")
        text = self._defuse(_text(message))
        if isinstance(message, ToolMessage):
            return self._result_turn(message, earlier, text)
        if isinstance(message, AIMessage):
            # What could not be parsed as a call goes back as the model wrote it.
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
        tool_calls = [
            {
                "type": "function",
                "id": call["id"],
                "function": {"name": call["name"], "arguments": _map_texts(call["args"], self._defuse)},
            }
            for call in calls
        ]
        return {"role": "assistant", "content": text, "tool_calls": tool_calls}

    def _result_turn(self, message: ToolMessage, earlier: Sequence[BaseMessage], text: str) -> _Turn:
        call = _call_answered(message, [turn for turn in earlier if isinstance(turn, AIMessage)])
        if self.markers is None:
            told = write_result(message, call, "")
            return {"role": "user", "content": self._defuse(told) + text}
        # Templates cannot say that a tool failed.
        text = f"Error: {text}" if message.status == "error" and not text.startswith("Error") else text
        return {"role": "tool", "content": text, "name": call["name"], "tool_call_id": message.tool_call_id}

    def _takes_system(self) -> bool:
        """Whether a system message is neither refused nor silently ignored."""
        user = {"role": "user", "content": "b"}
        try:
            with_system = self._render([{"role": "system", "content": "a"}, user])
        except TemplateError:
            return False
        return with_system != self._render([user])


def _text(message: BaseMessage) -> str:
    """The text of a message, including that of tool results in it.

    Raises:
        InvalidRequestError: it has something that a text model cannot read.
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
    if kind in _LEFT_OUT:
        return ""
    raise InvalidRequestError(f"A text model cannot read a content block of type {kind!r}.")


def _merge(turns: list[_Turn]) -> list[_Turn]:
    """Join neighbours of the same role: templates that insist on alternating roles refuse them."""
    merged: list[_Turn] = []
    for turn in turns:
        alike = bool(merged) and merged[-1]["role"] == turn["role"] and turn.keys() == {"role", "content"}
        if alike and "tool_calls" not in merged[-1]:
            merged[-1] = {**turn, "content": merged[-1]["content"] + "\n\n" + turn["content"]}
        else:
            merged.append(turn)
    return merged


def _fold_system(turns: list[_Turn]) -> list[_Turn]:
    """Move the text of the system message to the start of the user's next turn."""
    as_user = [{**turn, "role": "user"} if turn["role"] == "system" else turn for turn in turns]
    return _merge(as_user)


def _call_answered(message: ToolMessage, earlier: Sequence[AIMessage]) -> ToolCall:
    """The call that a tool message answers.

    Raises:
        InvalidRequestError: no message before it has that call.
    """
    for turn in reversed(earlier):
        for call in turn.tool_calls:
            if call["id"] == message.tool_call_id:
                return call
    raise InvalidRequestError(
        f"The tool message with tool_call_id {message.tool_call_id!r} answers no tool call before it."
    )


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """`value`, which is JSON, with every string in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_texts(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _map_texts(item, change) for key, item in value.items()}
    return value
