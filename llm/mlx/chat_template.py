"""Messages to token ids, through the tokenizer's own chat template."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from jinja2.exceptions import TemplateError
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage

from llm.errors import InvalidRequestError, UnsupportedModelError, reason
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.messages import MessageReader, Turn, map_texts
from llm.mlx.structured.output_spec import OutputSpec
from llm.mlx.structured.tool_parser import call_markers
from llm.mlx.turns import Form, forms, marked, shape, signature

# What templates raise, in Jinja or in Python, when they are given what they do not expect.
_REFUSALS = (TemplateError, TypeError, ValueError, LookupError, AttributeError, AssertionError)

# Sequences of roles whose form is known.
_MOST_FORMS = 1000

# Tokens that a template puts around one turn, where it can only be guessed.
_FRAME = 8


class ChatTemplate:
    """The chat template of a checkpoint: any messages, brought into the form that it takes.

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
        self.thinking = checkpoint.thinking
        self.markers = call_markers(checkpoint)
        self._reader = MessageReader(checkpoint.defuse, self.markers, self.thinking)
        self._teller = MessageReader(checkpoint.defuse, None, self.thinking)
        self._forms: dict[tuple[Any, ...], Form] = {}

    def encode(
        self, messages: Sequence[BaseMessage], spec: OutputSpec | None = None, *, thinks: bool | None = None
    ) -> list[int]:
        """Return the prompt's token ids (T,), ready for the model's answer. One BOS, the template's own.

        The prompt describes what `spec` asks of the answer. If the last message is the assistant's, the answer
        goes on where it ends. `thinks` turns thinking on or off; None leaves it to the template.

        Raises:
            InvalidRequestError: a message that the template refuses or leaves out, or that no text model can read.
        """
        if not messages:
            raise InvalidRequestError("There is no message to answer.")
        is_structured = spec is not None and spec.is_structured
        if is_structured and thinks is None:
            thinks = False
        instructions = spec.instructions(self.markers) if spec is not None else ""
        said = [SystemMessage(instructions), *messages] if instructions else list(messages)
        extras = self._extras(spec) | self._thinking_variables(thinks)
        goes_on = _is_begun_answer(said[-1])
        if goes_on and not self._reader.turns(said[-1:])[0]["content"].strip() and len(said) > 1:
            said, goes_on = said[:-1], False  # nothing to go on with
        turns = self._shaped(said, extras, goes_on)
        try:
            ids = [int(token) for token in self._render(turns, goes_on=goes_on, **extras)]
        except _REFUSALS as error:
            raise InvalidRequestError(
                f"The model's chat template refuses these messages: {reason(error)}."
            ) from error
        if self.thinking is None or thinks is None:
            return ids
        if not thinks:
            return self.thinking.closed(ids)
        # A grammar has to know when the answer begins.
        return self.thinking.opened(ids) if is_structured and not goes_on else ids

    def count(
        self, messages: Sequence[BaseMessage], spec: OutputSpec | None = None, *, thinks: bool | None = None
    ) -> int:
        """The tokens of the prompt that `messages` become, or an estimate where the template refuses them."""
        if not messages:
            return 0
        try:
            return len(self.encode(messages, spec, thinks=thinks))
        except InvalidRequestError:
            turns = self._teller.turns(messages)
            texts = [self._tokenizer.encode(turn["content"], add_special_tokens=False) for turn in turns]
            return sum(len(text) + _FRAME for text in texts)

    @cached_property
    def thinks_by_default(self) -> bool:
        """Whether the model may think when nobody says whether it should: what its maker made of the template."""
        if self.thinking is None:
            return False
        turns = [{"role": "user", "content": "a"}]
        try:
            said, on, off = (self._render(turns, **self._thinking_variables(how)) for how in (None, True, False))
        except _REFUSALS:
            return True
        if on != off:
            return list(said) != list(off)
        is_told = any(marker in str(self._tokenizer.chat_template) for marker in self.thinking.markers)
        return is_told or not self.thinking.splitter(list(said)).in_answer

    def _thinking_variables(self, thinks: bool | None) -> dict[str, Any]:
        """The variables by which templates turn thinking on and off."""
        if thinks is None:
            return {}
        return {"enable_thinking": thinks, "thinking": thinks} | ({} if thinks else {"reasoning_effort": "low"})

    def _extras(self, spec: OutputSpec | None) -> dict[str, Any]:
        """The template's variables beside the turns."""
        if spec is None or not spec.tools.usable or self.markers is None:
            return {}
        return {"tools": map_texts(list(spec.tools.tools), self._defuse)}

    def _render(self, turns: list[Turn], *, goes_on: bool = False, tokenize: bool = True, **extras: Any) -> Any:
        if goes_on:
            extras["continue_final_message"] = True
        return self._apply(turns, add_generation_prompt=not goes_on, tokenize=tokenize, **extras)

    def _apply(self, turns: list[Turn], **options: Any) -> Any:
        # mlx-lm turns thinking on where it is not told; so it is not asked, unless the template is its own.
        inner = None if self._tokenizer._chat_template is not None else self._tokenizer._tokenizer
        if inner is None or "enable_thinking" in options:
            return self._tokenizer.apply_chat_template(turns, **options)
        return inner.apply_chat_template(turns, return_dict=False, **options)

    def _shaped(self, messages: Sequence[BaseMessage], extras: dict[str, Any], goes_on: bool) -> list[Turn]:
        """The turns of `messages` in the first form that the template takes whole."""
        plain = self._reader.turns(messages)
        key = (signature(plain), goes_on, "tools" in extras, extras.get("enable_thinking"))
        problems = []
        for form in [self._forms[key]] if key in self._forms else forms():
            turns = shape(self._teller.turns(messages) if form.tells else plain, form)
            if key in self._forms:
                return turns
            if not (problem := self._problem(turns, extras, goes_on)):
                if len(self._forms) >= _MOST_FORMS:
                    self._forms.clear()
                self._forms[key] = form
                return turns
            problems.append(problem)
        raise InvalidRequestError(f"The model's chat template cannot hold these messages: {problems[0]}.")

    def _problem(self, turns: list[Turn], extras: dict[str, Any], goes_on: bool) -> str:
        """What is wrong with `turns` for this template; nothing if it renders them all."""
        with_marks, marks = marked(turns)
        try:
            text = str(self._render(with_marks, goes_on=goes_on, tokenize=False, **extras))
        except _REFUSALS as error:
            return reason(error)
        missing = next((role for mark, role in marks.items() if mark not in text), None)
        return "" if missing is None else f"it leaves out what the {missing} says"


def _is_begun_answer(message: BaseMessage) -> bool:
    return isinstance(message, AIMessage) and not message.tool_calls and not message.invalid_tool_calls
