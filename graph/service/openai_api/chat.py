"""The configured chat model, asked for an answer. Any of LangChain's will do: nothing here knows which it is."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata, add_usage
from langchain_core.messages.tool import ToolCallChunk
from langchain_core.runnables import Runnable

from graph.calling.model_adapter import finish_reason, is_refused, named, unwrap
from graph.service.openai_api.answer import Delta, End, Piece
from graph.service.openai_api.errors import ApiError
from graph.service.openai_api.request import ChatRequest
from llm.config import MLXSettings

# Content blocks that are thoughts: LangChain's own, and Anthropic's.
_THOUGHTS = ("reasoning", "thinking")


def model_id(model: Runnable[Any, Any]) -> str:
    """The name by which clients ask for the model; of one in a folder, the folder's name."""
    base = unwrap(model)
    name = named(base) or str(getattr(base, "_llm_type", ""))
    return os.path.basename(name.rstrip("/")) if os.path.isabs(name) else name


async def answer(model: Runnable[Any, Any], request: ChatRequest) -> AsyncIterator[Piece]:
    """The pieces of the model's answer, as they come, and its end. Closing the iterator gives the call up."""
    messages = request.conversation()
    # The tokenizer may have to be loaded to check the tools.
    ready, options = await asyncio.to_thread(_prepare, unwrap(model), request)
    writing = _Writing()
    async for message in ready.astream(messages, stop=request.stops, **options):
        delta = writing.add(message)
        if delta.said():
            yield delta
    yield writing.end()


def _prepare(model: Any, request: ChatRequest) -> tuple[Runnable[Any, BaseMessage], dict[str, Any]]:
    """The model with the request's tools, and the settings of the call."""
    options = _settings(model, request)
    constrains = type(model).bind_tools is not BaseChatModel.bind_tools  # LangChain's own test of it
    if request.wants_format:
        if not constrains:
            raise _cannot(model, "response_format")
        options["response_format"] = request.response_format
    if not request.tools:
        if request.tool_choice not in (None, "none", "auto"):
            raise ApiError("tool_choice is set, and there are no tools; give tools too.", param="tool_choice")
        return model, options
    if not constrains:
        raise _cannot(model, "tools")
    if request.parallel_tool_calls is not None:
        options["parallel_tool_calls"] = request.parallel_tool_calls
    return model.bind_tools(request.tools, tool_choice=request.tool_choice), options


def _settings(model: Any, request: ChatRequest) -> dict[str, Any]:
    given: dict[str, Any] = {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "max_tokens": request.most_tokens,
        "seed": request.seed,
    }
    if isinstance(model, MLXSettings):
        given["thinking"] = request.thinks
    elif "reasoning_effort" in type(model).model_fields:
        given["reasoning_effort"] = request.reasoning_effort
    return {name: value for name, value in given.items() if value is not None}


def _cannot(model: Any, param: str) -> ApiError:
    return ApiError(f"The model {model_id(model)} takes no {param}.", param=param, code="unsupported_parameter")


@dataclass
class _Writing:
    """What has come of an answer so far."""

    _places: dict[Any, int] = field(default_factory=dict)  # of a tool's call among the calls of the answer
    _usage: UsageMetadata | None = None
    _is_cut: bool = False
    _is_refused: bool = False

    def add(self, message: BaseMessage) -> Delta:
        """What a piece of the model's stream says."""
        chunk = _as_chunk(message)
        self._usage = add_usage(self._usage, chunk.usage_metadata) if chunk.usage_metadata else self._usage
        self._is_cut |= finish_reason(chunk) == "length"
        self._is_refused |= is_refused(chunk)
        return Delta(
            content=str(chunk.text),
            reasoning_content=_thoughts(chunk),
            refusal=str(chunk.additional_kwargs.get("refusal") or ""),
            tool_calls=[self._call(call) for call in chunk.tool_call_chunks],
        )

    def end(self) -> End:
        """How the answer ended."""
        if self._is_refused:
            return End("content_filter", self._usage)
        if self._is_cut:
            return End("length", self._usage)
        return End("tool_calls" if self._places else "stop", self._usage)

    def _call(self, chunk: ToolCallChunk) -> dict[str, Any]:
        place = uuid4().hex if chunk["index"] is None else chunk["index"]  # a call that comes whole has none
        function = {"arguments": chunk["args"] or ""} | ({"name": chunk["name"]} if chunk["name"] else {})
        if place in self._places:
            return {"index": self._places[place], "function": function}
        self._places[place] = len(self._places)
        call_id = chunk["id"] or f"call_{uuid4().hex}"
        return {"index": self._places[place], "id": call_id, "type": "function", "function": function}


def _as_chunk(message: BaseMessage) -> AIMessageChunk:
    """A model that cannot stream gives one whole message."""
    if isinstance(message, AIMessageChunk):
        return message
    if not isinstance(message, AIMessage):
        raise TypeError(f"A chat model answered with {type(message).__name__}.")
    return AIMessageChunk(
        content=message.content,
        additional_kwargs=message.additional_kwargs,
        response_metadata=message.response_metadata,
        usage_metadata=message.usage_metadata,
        tool_calls=message.tool_calls,
        invalid_tool_calls=message.invalid_tool_calls,
    )


def _thoughts(chunk: AIMessageChunk) -> str:
    if isinstance(kept := chunk.additional_kwargs.get("reasoning_content"), str):
        return kept
    blocks = [block for block in chunk.content if isinstance(block, dict)]
    return "".join(str(block.get(block["type"]) or "") for block in blocks if block.get("type") in _THOUGHTS)
