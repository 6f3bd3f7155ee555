"""A chat completion as OpenAI's clients ask for it -> messages and settings of a LangChain model."""

from __future__ import annotations

import json
from typing import Any, Literal

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    InvalidToolCall,
    SystemMessage,
    ToolCall,
    ToolMessage,
)
from langchain_core.messages.tool import invalid_tool_call, tool_call
from pydantic import BaseModel, Field, ValidationError

from graph.documents.characters import without_surrogates
from graph.service.openai_api.errors import ApiError

# What is not offered, and the values that ask for nothing.
_NOT_OFFERED: dict[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "modalities": (["text"],),
    "audio": (),
    "prediction": (),
    "functions": ([],),
    "function_call": ("none", "auto"),
    "web_search_options": (),
}


class Function(BaseModel):
    """A function that was called, with its arguments as JSON."""

    name: str
    arguments: str = "{}"


class CalledTool(BaseModel):
    """A call that the assistant made."""

    id: str
    function: Function

    def read(self) -> ToolCall | InvalidToolCall:
        """The call as LangChain has it; an invalid one if its arguments are no JSON object."""
        name, arguments = self.function.name, self.function.arguments
        try:
            args = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            args = None
        if isinstance(args, dict):
            return tool_call(name=name, args=args, id=self.id)
        return invalid_tool_call(name=name, args=arguments, id=self.id)


class Message(BaseModel):
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None = None
    name: str | None = None
    refusal: str | None = None
    tool_calls: list[CalledTool] | None = None
    tool_call_id: str | None = None
    reasoning_content: str | None = None

    def text(self) -> str:
        """What it says; half a character, which programs leave that cut texts, is U+FFFD.

        Raises ApiError if it has anything but text.
        """
        if isinstance(self.content, list):
            return without_surrogates("".join(map(_text_of, self.content)))
        return without_surrogates(self.content or self.refusal or "")

    def read(self) -> BaseMessage:
        """The message as LangChain has it."""
        text = self.text()
        match self.role:
            case "user":
                return HumanMessage(text, name=self.name)
            case "assistant":
                calls = [call.read() for call in self.tool_calls or []]
                thoughts = {"reasoning_content": self.reasoning_content} if self.reasoning_content else {}
                return AIMessage(
                    text,
                    name=self.name,
                    additional_kwargs=thoughts,
                    tool_calls=[call for call in calls if call["type"] == "tool_call"],
                    invalid_tool_calls=[call for call in calls if call["type"] == "invalid_tool_call"],
                )
            case "tool":
                if self.tool_call_id is None:
                    raise ApiError("A message of a tool needs tool_call_id: the id of the call that it answers.")
                return ToolMessage(text, tool_call_id=self.tool_call_id, name=self.name)
            case _:
                return SystemMessage(text, name=self.name)


def _text_of(part: dict[str, Any]) -> str:
    said = part.get(str(part.get("type")))
    if part.get("type") in ("text", "refusal") and isinstance(said, str):
        return said
    raise ApiError(
        f"This service reads text, and no content part of type {part.get('type')!r}.", code="unsupported_content"
    )


class StreamOptions(BaseModel):
    """How a stream is sent."""

    include_usage: bool = False


class ChatRequest(BaseModel):
    """What this service reads of a request; keys that it does not know ask for nothing here."""

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, gt=0)
    max_completion_tokens: int | None = Field(None, gt=0)
    stop: str | list[str] | None = None
    seed: int | None = None
    tools: list[dict[str, Any]] | None = None
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: dict[str, Any] | None = None
    reasoning_effort: str | None = None
    chat_template_kwargs: dict[str, Any] | None = None
    settings: dict[str, Any] = Field(default_factory=dict, description="Of a summary; model `summarize` alone.")

    @property
    def most_tokens(self) -> int | None:
        """Most tokens of the answer, if the request limits them."""
        return self.max_completion_tokens or self.max_tokens

    @property
    def stops(self) -> list[str] | None:
        """Texts that end the answer."""
        return [self.stop] if isinstance(self.stop, str) else self.stop or None

    @property
    def wants_format(self) -> bool:
        """Whether the answer must be JSON."""
        return self.response_format is not None and self.response_format.get("type") != "text"

    @property
    def thinks(self) -> bool | None:
        """Whether the model is to think before it answers; None if the request does not say."""
        if self.reasoning_effort is not None:
            return self.reasoning_effort != "none"
        enabled = (self.chat_template_kwargs or {}).get("enable_thinking")
        return enabled if isinstance(enabled, bool) else None

    def conversation(self) -> list[BaseMessage]:
        """The messages as LangChain has them. Raises ApiError that names the one it cannot read."""
        read = []
        for number, message in enumerate(self.messages):
            try:
                read.append(message.read())
            except ApiError as error:
                raise error.at(f"messages.{number}") from None
        return read


def read_request(body: bytes) -> ChatRequest:
    """A request out of its JSON.

    Raises:
        ApiError: it is no such request, or asks for what is not offered.
    """
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError("The body is not JSON.") from None
    if not isinstance(given, dict):
        raise ApiError("The body is not a JSON object.")
    for key, nothing in _NOT_OFFERED.items():
        if (value := given.get(key)) is not None and value not in nothing:
            hint = "; send the request as often as you want answers" if key == "n" else ""
            raise ApiError(f"{key} is not offered here{hint}.", param=key, code="unsupported_parameter")
    try:
        return ChatRequest.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ApiError(f"{where}: {first['msg']}.", param=where, code="invalid_value") from None
