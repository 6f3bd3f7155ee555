"""What the graph has to know of a model it was handed, and of its messages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.language_models import BaseLanguageModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable
from pydantic import BaseModel

from graph.calling.stage_answer import FinishReason
from llm.textrank.model import TextRank

# Where `model.bind(...)`, `.with_retry()`, `.with_fallbacks()` and the like keep the model.
_INNER = ("bound", "runnable")

# The words of OpenAI and MLX, of Anthropic and Gemini, and of OpenAI's newer API.
_LIMIT_REACHED = {"length", "max_tokens", "max_output_tokens"}

# What they call an answer that was withheld.
_REFUSED = {"refusal", "content_filter", "safety", "prohibited_content", "blocklist"}

# Content blocks that are thoughts: LangChain's own, Anthropic's.
_THOUGHTS = {"reasoning", "thinking", "redacted_thinking"}


def with_cache(model: Runnable[Any, Any], cache: BaseCache) -> Runnable[Any, Any]:
    """The model, or what is bound to it, with a cache for its answers; one of its own is left as it is."""
    return _changed(model, lambda base: {"cache": cache} if base.cache is None else {})


def asked_anew(model: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The model, whose cache, if it has one, keeps answers and gives none."""
    return _changed(
        model, lambda base: {"cache": _WriteOnly(base.cache)} if isinstance(base.cache, BaseCache) else {}
    )


class _WriteOnly(BaseCache):
    def __init__(self, cache: BaseCache) -> None:
        self._cache = cache

    def lookup(self, prompt: str, llm_string: str) -> None:
        return None

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        self._cache.update(prompt, llm_string, return_val)

    def clear(self, **kwargs: Any) -> None:
        self._cache.clear(**kwargs)


def _changed(
    model: Runnable[Any, Any], change: Callable[[BaseLanguageModel[Any]], dict[str, Any]]
) -> Runnable[Any, Any]:
    """A copy of the model, wherever it is bound, with other values of some fields."""
    if isinstance(model, BaseLanguageModel):
        return model.model_copy(update=change(model))
    for name in _INNER:
        if (inner := getattr(model, name, None)) is not None and isinstance(model, BaseModel):
            return model.model_copy(update={name: _changed(inner, change)})
    return model


def unwrap(model: Runnable[Any, Any]) -> BaseLanguageModel[Any]:
    """The model inside `model.bind(...)`, `.with_retry()` and the like: it has the tokenizer and the fields."""
    inner: Any = model
    while not isinstance(inner, BaseLanguageModel):
        inner = next((found for name in _INNER if (found := getattr(inner, name, None)) is not None), None)
        if inner is None:
            raise TypeError(f"A model must be a LangChain model, not {type(model).__name__}.")
    return inner


def may_vary(model: BaseLanguageModel[Any]) -> bool:
    """Whether the model may answer otherwise when it is asked the same again."""
    is_greedy = getattr(model, "temperature", None) == 0 or isinstance(model, TextRank)
    return not is_greedy and getattr(model, "seed", None) is None


def named(model: BaseLanguageModel[Any]) -> str | None:
    """What a model calls itself; LangChain's classes do not agree on the field."""
    fields = (getattr(model, field, None) for field in ("model", "model_name", "model_id"))
    return next((name for name in fields if isinstance(name, str) and name), None)


def finish_reason(message: BaseMessage | str) -> FinishReason:
    """Whether the answer ended by itself or at its limit."""
    metadata = getattr(message, "response_metadata", None) or {}
    reason = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    return "length" if str(reason).lower() in _LIMIT_REACHED else "stop"


def is_thought_only(message: BaseMessage | str) -> bool:
    """Whether the model has parted a thought from its answer itself, and there is no answer."""
    if isinstance(message, str) or str(message.text).strip():
        return False
    blocks = message.content if isinstance(message.content, list) else []
    kinds = {block.get("type") for block in blocks if isinstance(block, dict)}
    usage = getattr(message, "usage_metadata", None) or {}
    details = usage.get("output_token_details") or {}
    return bool(
        message.additional_kwargs.get("reasoning_content") or kinds & _THOUGHTS or details.get("reasoning")
    )


def is_refused(message: BaseMessage | str) -> bool:
    """Whether the model's maker says that it refused: OpenAI in a field, others in the finish reason."""
    if isinstance(message, str):
        return False
    metadata = message.response_metadata
    reason = metadata.get("finish_reason") or metadata.get("stop_reason")
    return bool(message.additional_kwargs.get("refusal")) or str(reason).lower() in _REFUSED


def is_cached(message: BaseMessage | str) -> bool:
    """Whether the answer came from a cache: ours says so, and LangChain sets the cost of any other's to 0."""
    metadata = getattr(message, "response_metadata", None) or {}
    usage = getattr(message, "usage_metadata", None) or {}
    return bool(metadata.get("cached")) or "total_cost" in usage
