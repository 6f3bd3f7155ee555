"""Messages to token ids, through the tokenizer's own chat template. Knows nothing of models or threads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2.exceptions import TemplateError
from langchain_core.messages import BaseMessage

from llm.checkpoint import Checkpoint
from llm.errors import InvalidRequestError, UnsupportedModelError

_ROLES = {"human": "user", "ai": "assistant", "system": "system"}


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
        self._folds_system = not self._takes_system()

    def encode(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Return the prompt's token ids (T,), ready for the model's answer. One BOS, the template's own.

        Raises:
            InvalidRequestError: a message the template or a text model cannot take.
        """
        turns = _merge([self._turn(message) for message in messages])
        if self._folds_system:
            turns = _fold_system(turns)
        try:
            return self._render(turns)
        except TemplateError as error:
            raise InvalidRequestError(f"The model's chat template refuses these messages: {error}.") from error

    def _render(self, turns: list[dict[str, str]]) -> list[int]:
        ids = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, tokenize=True)
        return [int(token) for token in ids]

    def _turn(self, message: BaseMessage) -> dict[str, str]:
        role = message.role if message.type == "chat" else _ROLES.get(message.type)  # type: ignore[attr-defined]
        if role is None:
            raise InvalidRequestError(f"A {message.type} message is nothing this chat model can read.")
        if not isinstance(message.content, str):
            _check_text_only(message.content)
        return {"role": role, "content": self._defuse(str(message.text))}

    def _takes_system(self) -> bool:
        """Whether a system message is neither refused nor silently left out."""
        user = {"role": "user", "content": "b"}
        try:
            with_system = self._render([{"role": "system", "content": "a"}, user])
        except TemplateError:
            return False
        return with_system != self._render([user])


def _check_text_only(blocks: Sequence[Any]) -> None:
    for block in blocks:
        if not isinstance(block, str) and block.get("type") != "text":
            raise InvalidRequestError(
                f"A content block of type {block.get('type')!r} is nothing a text model can read."
            )


def _merge(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """Join neighbours of the same role: templates that insist on alternating turns refuse them."""
    merged: list[dict[str, str]] = []
    for turn in turns:
        if merged and merged[-1]["role"] == turn["role"]:
            merged[-1] = {**turn, "content": merged[-1]["content"] + "\n\n" + turn["content"]}
        else:
            merged.append(turn)
    return merged


def _fold_system(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """Say what the system message says at the start of the user's next turn."""
    as_user = [{**turn, "role": "user"} if turn["role"] == "system" else turn for turn in turns]
    return _merge(as_user)
