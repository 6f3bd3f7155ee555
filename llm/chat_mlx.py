"""`ChatMLX`: a chat model that mlx-lm runs in this process. Messages in, messages out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from functools import partial
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

from llm.call import Call, astream, await_answers, stream, wait
from llm.chat_lists import ChatLists
from llm.reply import Answer
from llm.runtime import MLXModel, Runtime


class ChatMLX(MLXModel, ChatLists):
    """A chat model on Apple's MLX, decoded together with every other call on the same checkpoint.

    ```python
    chat = ChatMLX(model="mlx-community/gemma-3-4b-it-4bit", temperature=0.1, max_tokens=500)
    chat.invoke("Why is the sky blue?")
    await asyncio.gather(*(chat.ainvoke(p) for p in prompts))   # one batch
    ```

    The tokenizer is read at the first count or call, the weights at the first call. Every setting can also
    be given with a call (`chat.invoke(prompt, max_tokens=50)`).

    Raises (from calls): the errors of `llm.errors`, all of them `langchain_core.exceptions.ModelError`.
    """

    @property
    def _llm_type(self) -> str:
        return "chat-mlx"

    def get_token_ids(self, text: str) -> list[int]:
        """The tokens of `text` (T,) as part of a message: control tokens in it count as the text they are."""
        return super().get_token_ids(self.runtime.checkpoint.defuse(text))

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """The length of the prompt that `messages` become: with the chat template, before any answer."""
        return len(_encode(messages, self.runtime))

    def _make(self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]) -> Call:
        return self._call(partial(_encode, messages), stop, options)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        (answer,) = wait([self._make(messages, stop, kwargs)])
        return self._result(answer)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        (answer,) = await await_answers([self._make(messages, stop, kwargs)])
        return self._result(answer)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        for item in stream(self._make(messages, stop, kwargs)):
            yield self._chunk(item)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for item in astream(self._make(messages, stop, kwargs)):
            yield self._chunk(item)

    def _result(self, answer: Answer) -> ChatResult:
        message = AIMessage(
            content=answer.text, usage_metadata=_usage(answer), response_metadata=self._metadata(answer)
        )
        info = {"finish_reason": answer.finish_reason}
        return ChatResult(generations=[ChatGeneration(message=message, generation_info=info)])

    def _chunk(self, item: str | Answer) -> ChatGenerationChunk:
        """A piece of text; or, last and empty, what is known when the answer is complete."""
        if isinstance(item, str):
            return ChatGenerationChunk(message=AIMessageChunk(content=item))
        message = AIMessageChunk(
            content="",
            usage_metadata=_usage(item),
            response_metadata=self._metadata(item),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message, generation_info={"finish_reason": item.finish_reason})

    def _metadata(self, answer: Answer) -> dict[str, Any]:
        return {"model_provider": "mlx", "model_name": self.model, "finish_reason": answer.finish_reason}


def _encode(messages: Sequence[BaseMessage], runtime: Runtime) -> list[int]:
    with runtime.checkpoint.tokenizer_lock:
        return runtime.template.encode(messages)


def _usage(answer: Answer) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=answer.prompt_tokens,
        output_tokens=answer.output_tokens,
        total_tokens=answer.prompt_tokens + answer.output_tokens,
    )
