"""Text completion models that mlx-lm runs in this process, without a chat template.

`MLX` takes raw text and returns raw text. `ContinuingChat` does the same behind a chat model's interface, with
usage and finish reasons: a base model in the place of one that was trained to chat.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseLLM
from langchain_core.messages import BaseMessage
from langchain_core.outputs import Generation, GenerationChunk, LLMResult

from llm.errors import InvalidRequestError
from llm.mlx.base import MLXModel
from llm.mlx.batch import BatchedCalls
from llm.mlx.chat import ChatMLX
from llm.mlx.chat_output import ChatCall
from llm.mlx.client import Call, astream, await_answers, stream, wait
from llm.mlx.output_processor import RequestOutput
from llm.mlx.runtime import Runtime
from llm.mlx.structured.output_spec import OutputSpec


class MLX(MLXModel, BatchedCalls[str], BaseLLM):
    """A text completion model on Apple's MLX: the prompt goes in as it is, without a chat template.

    It shares weights and batches with every `ChatMLX` on the same checkpoint. A list of prompts is decoded
    together. Settings and errors are those of `ChatMLX`.
    """

    @property
    def _llm_type(self) -> str:
        return "mlx"

    def _make(self, prompt: str, stop: list[str] | None, options: dict[str, Any]) -> Call:
        settings = self.settings(stop, options)
        runtime = self.runtime_for(settings)
        return runtime.call(settings, _encode(runtime, prompt))

    def _generate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        return self._result(wait([self._make(p, stop, kwargs) for p in prompts]))

    async def _agenerate(
        self,
        prompts: list[str],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        # The tokenizer may still have to be loaded, which must not block the event loop.
        calls = await asyncio.to_thread(lambda: [self._make(p, stop, kwargs) for p in prompts])
        return self._result(await await_answers(calls))

    def _stream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[GenerationChunk]:
        for item in stream(self._make(prompt, stop, kwargs)):
            chunk = _chunk(item)
            if run_manager:
                run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    async def _astream(
        self,
        prompt: str,
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[GenerationChunk]:
        async for item in astream(await asyncio.to_thread(self._make, prompt, stop, kwargs)):
            chunk = _chunk(item)
            if run_manager:
                await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
            yield chunk

    def _result(self, answers: list[RequestOutput]) -> LLMResult:
        prompt_tokens = sum(answer.prompt_tokens for answer in answers)
        output_tokens = sum(answer.output_tokens for answer in answers)
        usage = {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": output_tokens,
            "total_tokens": prompt_tokens + output_tokens,
        }
        generations = [[Generation(text=answer.text, generation_info=_info(answer))] for answer in answers]
        return LLMResult(generations=generations, llm_output={"model_name": self.model, "token_usage": usage})


class ContinuingChat(ChatMLX):
    """A base model as a chat model: the texts of the messages, one after the other, are what it continues.

    It takes no tools and no response format, for nobody taught it either.
    """

    @property
    def _llm_type(self) -> str:
        return "chat-mlx-completion"

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """The length of the text that `messages` become."""
        return len(_encode(self.runtime, self.runtime.checkpoint.defuse(_joined(messages))))

    def get_thinking_reserve(self) -> int:
        """None: a base model does not think."""
        return 0

    def _make(self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> ChatCall:
        options = dict(options)
        spec = OutputSpec.pop_from(options)
        if spec.is_structured or spec.tools.usable:
            raise InvalidRequestError(
                f"{self.model} continues text: it takes no tools and no response format.",
                "Use ChatMLX with an instruction-tuned checkpoint.",
            )
        settings = self.settings(stop, options)
        runtime = self.runtime_for(settings)
        text = runtime.checkpoint.defuse(_joined(messages))
        return ChatCall(settings.model, runtime.call(settings, _encode(runtime, text)), spec.tool_parser(None), [])


def _joined(messages: Sequence[BaseMessage]) -> str:
    return "\n\n".join(str(message.text) for message in messages)


def _encode(runtime: Runtime, prompt: str) -> list[int]:
    """Token ids (T,) with one BOS, even if the prompt has its own."""
    checkpoint = runtime.checkpoint
    bos = checkpoint.tokenizer.bos_token
    opens = bos is None or not prompt.startswith(bos)
    return checkpoint.encode(prompt, add_special_tokens=opens) or checkpoint.stop_ids[:1]


def _chunk(item: str | RequestOutput) -> GenerationChunk:
    if isinstance(item, str):
        return GenerationChunk(text=item)
    return GenerationChunk(text="", generation_info=_info(item))


def _info(answer: RequestOutput) -> dict[str, Any]:
    return {
        "finish_reason": answer.finish_reason,
        "prompt_tokens": answer.prompt_tokens,
        "output_tokens": answer.output_tokens,
        "cached_tokens": answer.cached_tokens,
        "drafted_tokens": answer.drafted_tokens,
        "accepted_tokens": answer.accepted_tokens,
        "tokens_per_second": answer.tokens_per_second,
        "peak_memory_gb": answer.peak_memory_gb,
    }
