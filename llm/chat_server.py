"""ChatServer: any OpenAI-compatible server, by its address. Imported only when used: needs langchain-openai."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_openai.chat_models.base import BaseChatOpenAI

from llm.tokens import estimate_tokens


class ChatServer(BaseChatOpenAI):
    """Ollama, LM Studio, vLLM, mlx_lm.server, …

    Built on BaseChatOpenAI because ChatOpenAI renames `max_tokens` to `max_completion_tokens`, which
    some of these servers do not read: they would then write as long as they like.
    """

    @property
    def _llm_type(self) -> str:
        return "openai-compatible-server"

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


# Begin and end of turn, the role, line breaks: 5 for Gemma and ChatML, 5 and a header for Llama 3.
_TOKENS_PER_TURN = 8
