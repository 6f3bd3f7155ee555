"""One call of a chat model: from the engine's output to LangChain's messages and chunks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from llm.mlx.client import Call
from llm.mlx.output_processor import RequestOutput, Thought
from llm.mlx.structured.logits_processor import StructuredProcessor
from llm.mlx.structured.tool_parser import ParsedText, ToolParser

# Why an answer is empty, and what to do about it.
_ONLY_THOUGHTS = (
    "The model thought and did not come to an answer. "
    "Raise thinking_tokens, shorten the prompt, or set thinking to false."
)


@dataclass
class ChatCall:
    """A call under way. `processors` has the logits processor of a structured answer: it knows what went wrong."""

    model_name: str
    call: Call
    parser: ToolParser
    processors: list[StructuredProcessor]
    _calls: int = field(default=0, init=False)

    def result(self, answer: RequestOutput) -> ChatResult:
        """The whole answer."""
        self._check()
        first, last = self.parser.feed(answer.text), self.parser.close()
        message = AIMessage(
            content=first.text + last.text,
            additional_kwargs={"reasoning_content": answer.reasoning} if answer.reasoning else {},
            tool_calls=[*first.calls, *last.calls],
            invalid_tool_calls=[*first.invalid, *last.invalid],
            usage_metadata=_usage(answer),
            response_metadata=self._metadata(answer),
        )
        info = {"finish_reason": answer.finish_reason}
        return ChatResult(generations=[ChatGeneration(message=message, generation_info=info)])

    def chunks(self, item: str | RequestOutput) -> Iterator[ChatGenerationChunk]:
        """What is sure after a piece of text; at the end, what is left, and last the metadata."""
        if isinstance(item, Thought):
            thought = AIMessageChunk(content="", additional_kwargs={"reasoning_content": str(item)})
            yield ChatGenerationChunk(message=thought)
            return
        if isinstance(item, str):
            yield from self._chunk(self.parser.feed(item))
            return
        self._check()
        yield from self._chunk(self.parser.close())
        message = AIMessageChunk(
            content="",
            usage_metadata=_usage(item),
            response_metadata=self._metadata(item),
            chunk_position="last",
        )
        yield ChatGenerationChunk(message=message, generation_info={"finish_reason": item.finish_reason})

    def _chunk(self, parsed: ParsedText) -> Iterator[ChatGenerationChunk]:
        if parsed.text or parsed.calls or parsed.invalid:
            chunks = [
                self._call_chunk(c["name"], json.dumps(c["args"], ensure_ascii=False), c["id"])
                for c in parsed.calls
            ]
            chunks += [self._call_chunk(c["name"], c["args"], c["id"]) for c in parsed.invalid]
            yield ChatGenerationChunk(message=AIMessageChunk(content=parsed.text, tool_call_chunks=chunks))

    def _call_chunk(self, name: str | None, args: str | None, call_id: str | None) -> ToolCallChunk:
        self._calls += 1
        return tool_call_chunk(name=name, args=args, id=call_id, index=self._calls - 1)

    def _check(self) -> None:
        """Raise what went wrong with the grammar: on the engine's thread it would have failed other calls too."""
        for processor in self.processors:
            if processor.error is not None:
                raise processor.error

    def _metadata(self, answer: RequestOutput) -> dict[str, Any]:
        metadata = {
            "model_provider": "mlx",
            "model_name": self.model_name,
            "finish_reason": answer.finish_reason,
            "tokens_per_second": answer.tokens_per_second,
            "peak_memory_gb": answer.peak_memory_gb,
            "drafted_tokens": answer.drafted_tokens,
            "accepted_tokens": answer.accepted_tokens,
        }
        return metadata | ({"hint": _ONLY_THOUGHTS} if answer.only_thoughts else {})


def _usage(answer: RequestOutput) -> UsageMetadata:
    usage = UsageMetadata(
        input_tokens=answer.prompt_tokens,
        output_tokens=answer.output_tokens,
        total_tokens=answer.prompt_tokens + answer.output_tokens,
        input_token_details=InputTokenDetails(cache_read=answer.cached_tokens),
    )
    if answer.reasoning_tokens:
        usage["output_token_details"] = OutputTokenDetails(reasoning=answer.reasoning_tokens)
    return usage
