"""TextRank: a chat model that answers with the best sentences of the document it is given.

Built in: nothing to download, no network, the same answer every time. Knows nothing of prompts,
graphs or PDFs; the one thing it looks for in a prompt is the <document>…</document> span.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams
from langchain_core.language_models.model_profile import ModelProfile
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from pydantic import Field

from llm.errors import ContextOverflowError, InvalidRequestError
from llm.textrank.extract import Extract, extract
from llm.tokens import estimate_tokens

_VERSION = 5
_OPEN, _CLOSE = "<document>", "</document>"


class TextRank(BaseChatModel):
    """Extractive summaries by TextRank (Mihalcea & Tarau, EMNLP 2004) as a LangChain chat model.

    It reads the <document> span of the last human message, or that whole message, and answers with
    sentences of it, in their order, word for word; those that share words with `focus` count for more.
    `max_tokens` and `focus` can be bound or given per call.
    """

    max_tokens: int = Field(default=512, gt=0)
    context_window: int = Field(default=1_000_000, gt=0)
    focus: str = ""

    @property
    def _llm_type(self) -> str:
        return "textrank"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {
            "model_name": "textrank",
            "algorithm_version": _VERSION,
            "max_tokens": self.max_tokens,
            "context_window": self.context_window,
            "focus": self.focus,
        }

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params.setdefault("ls_model_name", "textrank")
        params["ls_max_tokens"] = kwargs.get("max_tokens") or self.max_tokens
        return params

    def _resolve_model_profile(self) -> ModelProfile:
        return ModelProfile(max_input_tokens=self.context_window, max_output_tokens=self.max_tokens)

    def get_token_ids(self, text: str) -> list[int]:
        """As many integers as `text` has estimated tokens; they stand for nothing."""
        return list(range(estimate_tokens(text)))

    def get_num_tokens(self, text: str) -> int:
        """Estimated tokens of `text`."""
        return estimate_tokens(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        """Estimated tokens of what the messages say; there is no template around them."""
        return sum(estimate_tokens(message.text) for message in messages)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer, usage = self._answer(messages, stop, kwargs)
        message = AIMessage(
            "".join(answer.pieces), usage_metadata=usage, response_metadata=_metadata(answer.finish_reason)
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer, usage = self._answer(messages, stop, kwargs)
        for piece in answer.pieces:
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=usage,
                response_metadata=_metadata(answer.finish_reason),
                chunk_position="last",
            )
        )

    def _answer(
        self, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
    ) -> tuple[Extract, UsageMetadata]:
        max_tokens = self.max_tokens if options.get("max_tokens") is None else options["max_tokens"]
        if not isinstance(max_tokens, int) or max_tokens <= 0:
            raise InvalidRequestError(f"max_tokens is {max_tokens!r}.", "It must be a whole number above 0.")
        read = self.get_num_tokens_from_messages(messages)
        if read > self.context_window:
            raise ContextOverflowError(
                f"The prompt has {read} tokens and the context window of textrank {self.context_window}.",
                "Use smaller parts, or raise llm.context_window.",
            )
        focus = self.focus if options.get("focus") is None else options["focus"]
        answer = _until(stop or [], extract(document_of(messages), max_tokens, focus))
        written = estimate_tokens("".join(answer.pieces))
        usage = UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)
        return answer, usage


def _metadata(finish_reason: str) -> dict[str, Any]:
    return {"model_name": "textrank", "finish_reason": finish_reason}


def document_of(messages: Sequence[BaseMessage]) -> str:
    """The text to sum up: the document span of the last human message, else all that message says."""
    human = [message for message in messages if isinstance(message, HumanMessage)]
    text = human[-1].text if human else "\n\n".join(message.text for message in messages)
    start, end = text.find(_OPEN), text.rfind(_CLOSE)
    return text[start + len(_OPEN) : end] if 0 <= start < end else text


def _until(stop: Sequence[str], answer: Extract) -> Extract:
    """The answer up to the first of the stop strings."""
    text = "".join(answer.pieces)
    found = [at for at in (text.find(word) for word in stop if word) if at >= 0]
    if not found:
        return answer
    pieces, left = [], min(found)
    for piece in answer.pieces:
        pieces.append(piece[:left])
        left -= len(pieces[-1])
    return Extract([piece for piece in pieces if piece], "stop")
