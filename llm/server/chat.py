"""ChatServer: any OpenAI-compatible server, by its address. Imported only when used: needs langchain-openai."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI

from llm.server.errors import Server, explain
from llm.tokens import estimate_tokens

# Start and end of turn, the role, line breaks: 5 for Gemma and ChatML, 5 and a header for Llama 3.
_TOKENS_PER_TURN = 8


class ChatServer(BaseChatOpenAI):
    """Ollama, LM Studio, vLLM, mlx_lm.server, …

    Built on BaseChatOpenAI because ChatOpenAI renames `max_tokens` to `max_completion_tokens`, which
    some of these servers do not read: they would then write as long as they like. Failures are raised
    as llm.errors.ModelError, with the server's address and what to do.
    """

    # A server may be silent for minutes while it reads a long prompt: the client's timeout is enough.
    stream_chunk_timeout: float | None = None

    @property
    def _llm_type(self) -> str:
        return "openai-compatible-server"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Model, settings and server: caches must not mix up two servers' models of the same name."""
        return {**super()._identifying_params, "base_url": str(self.openai_api_base).rstrip("/")}

    def get_token_ids(self, text: str) -> list[int]:
        """As many integers as `text` has tokens by estimate: the server's tokenizer is out of reach."""
        return list(range(estimate_tokens(text)))

    def get_num_tokens(self, text: str) -> int:
        """About how many tokens `text` has; rather too many than too few."""
        return estimate_tokens(text)

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Any] | None = None,
        *,
        allow_fetching_images: bool = True,
    ) -> int:
        """About how many tokens the messages have, with an allowance for the template around each.

        The inherited method downloads a vocabulary and knows only OpenAI's own models.
        """
        return sum(estimate_tokens(message.text) + _TOKENS_PER_TURN for message in messages)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        with self._explained():
            return _answered(super()._generate(*args, **kwargs))

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        with self._explained():
            return _answered(await super()._agenerate(*args, **kwargs))

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        with self._explained():
            end = _End()
            for chunk in super()._stream(*args, **kwargs):
                end.see(chunk)
                yield chunk
            end.check()

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        with self._explained():
            end = _End()
            async for chunk in super()._astream(*args, **kwargs):
                end.see(chunk)
                yield chunk
            end.check()

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        result = super()._create_chat_result(response, generation_info)
        said = response if isinstance(response, dict) else response.model_dump(warnings=False)
        for generation, choice in zip(result.generations, said["choices"], strict=True):
            _add_thoughts(generation.message, choice["message"])
        return result

    def _convert_chunk_to_generation_chunk(
        self, chunk: dict[str, Any], default_chunk_class: type, base_generation_info: dict[str, Any] | None
    ) -> ChatGenerationChunk | None:
        generation = super()._convert_chunk_to_generation_chunk(chunk, default_chunk_class, base_generation_info)
        if generation is not None and (choices := chunk.get("choices")):
            _add_thoughts(generation.message, choices[0].get("delta") or {})
        return generation

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # from the client, or from code that parses what is not a chat completion
            timeout = self.request_timeout if isinstance(self.request_timeout, int | float) else 0.0
            raise explain(error, Server(str(self.openai_api_base), self.model_name, timeout)) from error


def _add_thoughts(message: BaseMessage, said: dict[str, Any]) -> None:
    """Keep the thoughts that a server tells apart, by the names that vLLM and others, and mlx_lm, give them.

    OpenAI's own API has none of them, and so its client passes them over.
    """
    thoughts = said.get("reasoning_content") or said.get("reasoning")
    if isinstance(thoughts, str):
        message.additional_kwargs["reasoning_content"] = thoughts


def _answered(result: ChatResult) -> ChatResult:
    if not result.generations:
        raise ValueError("it has no choices")
    return result


class _End:
    """Whether a stream came to its end: without a length, a broken one ends just like a whole one."""

    def __init__(self) -> None:
        self._chunks = 0
        self._reached = False

    def see(self, chunk: ChatGenerationChunk) -> None:
        """Note one chunk. The last ones have the finish reason and the usage."""
        self._chunks += 1
        usage = chunk.message.usage_metadata if isinstance(chunk.message, AIMessageChunk) else None
        self._reached |= bool((chunk.generation_info or {}).get("finish_reason") or usage)

    def check(self) -> None:
        """Raise if the stream was empty or ended early."""
        if not self._chunks:
            raise ValueError("an empty stream")
        if not self._reached:
            raise EOFError("the stream ended before the answer did")
