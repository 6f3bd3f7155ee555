"""ChatServer: any OpenAI-compatible server, by its address. Imported only when used: needs langchain-openai."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_openai.chat_models.base import BaseChatOpenAI

from llm.errors import BrokenOffError
from llm.server_errors import Server, explain
from llm.tokens import estimate_tokens

# Begin and end of turn, the role, line breaks: 5 for Gemma and ChatML, 5 and a header for Llama 3.
_TOKENS_PER_TURN = 8


class ChatServer(BaseChatOpenAI):
    """Ollama, LM Studio, vLLM, mlx_lm.server, …

    Built on BaseChatOpenAI because ChatOpenAI renames `max_tokens` to `max_completion_tokens`, which
    some of these servers do not read: they would then write as long as they like. Failures are raised
    as llm.errors.ModelError, with the server's address and what to do.
    """

    @property
    def _llm_type(self) -> str:
        return "openai-compatible-server"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        """Model, settings and server: caches must not mix up two servers' models of one name."""
        return {**super()._identifying_params, "base_url": str(self.openai_api_base)}

    def get_token_ids(self, text: str) -> list[int]:
        """As many integers as `text` has estimated tokens: the server's tokenizer is out of reach."""
        return list(range(estimate_tokens(text)))

    def get_num_tokens(self, text: str) -> int:
        """Estimated tokens of `text`, from above."""
        return estimate_tokens(text)

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Any] | None = None,
        *,
        allow_fetching_images: bool = True,
    ) -> int:
        """Estimated tokens of the messages, with an allowance for the template around each.

        The inherited method downloads a vocabulary, and knows only OpenAI's own models.
        """
        return sum(estimate_tokens(message.text) + _TOKENS_PER_TURN for message in messages)

    def _generate(self, *args: Any, **kwargs: Any) -> ChatResult:
        with self._explained():
            return super()._generate(*args, **kwargs)

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        with self._explained():
            return await super()._agenerate(*args, **kwargs)

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        with self._explained():
            chunk = None
            for chunk in super()._stream(*args, **kwargs):
                yield chunk
            _check_answered(chunk)

    async def _astream(self, *args: Any, **kwargs: Any) -> AsyncIterator[ChatGenerationChunk]:
        with self._explained():
            chunk = None
            async for chunk in super()._astream(*args, **kwargs):
                yield chunk
            _check_answered(chunk)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:  # the client itself tries again only before the first byte
            raise BrokenOffError(
                f"The server at {self.openai_api_base} broke off its answer ({error})."
            ) from error
        except Exception as error:  # of the client, or of code that parses what is no chat completion
            timeout = self.request_timeout if isinstance(self.request_timeout, int | float) else 0.0
            raise explain(error, Server(str(self.openai_api_base), self.model_name, timeout)) from error


def _check_answered(last: ChatGenerationChunk | None) -> None:
    if last is None:
        raise ValueError("an empty stream")
