"""Lists of chat prompts, submitted whole. LangChain's own `batch` keeps a few in flight, `generate` one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any
from uuid import UUID

from langchain_core.callbacks import Callbacks
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_config_list

from llm.mlx.batch import together


class ChatLists(BaseChatModel):
    """A chat model whose calls are cheap to wait for, so that all of a list are made at once.

    The asynchronous `abatch` and `agenerate` of LangChain do so already.
    """

    def batch(
        self,
        inputs: list[LanguageModelInput],
        config: RunnableConfig | list[RunnableConfig] | None = None,
        *,
        return_exceptions: bool = False,
        **kwargs: Any,
    ) -> list[AIMessage]:
        """Answer all `inputs`, decoded together. `max_concurrency` in `config` is respected."""
        configs = get_config_list(config, len(inputs))

        def call(pair: tuple[LanguageModelInput, RunnableConfig]) -> AIMessage:
            try:
                return self.invoke(pair[0], pair[1], **kwargs)
            except Exception as error:
                if return_exceptions:
                    return error  # type: ignore[return-value]  # as Runnable.batch does
                raise

        most = configs[0].get("max_concurrency") if configs else None
        return together(call, list(zip(inputs, configs, strict=True)), most)

    def generate(
        self,
        messages: list[list[BaseMessage]],
        stop: list[str] | None = None,
        callbacks: Callbacks = None,
        *,
        run_id: UUID | None = None,
        **kwargs: Any,
    ) -> LLMResult:
        """Answer all `messages`, decoded together. `run_id`, if given, is that of the first."""

        def call(pair: tuple[int, list[BaseMessage]]) -> LLMResult:
            first = run_id if pair[0] == 0 else None
            return super(ChatLists, self).generate([pair[1]], stop, callbacks, run_id=first, **kwargs)

        return _joined(together(call, list(enumerate(messages))))


def _joined(results: Sequence[LLMResult]) -> LLMResult:
    runs = list(chain.from_iterable(result.run or [] for result in results))
    return LLMResult(
        generations=list(chain.from_iterable(result.generations for result in results)),
        llm_output=dict(results[0].llm_output or {}) if results else {},
        run=runs or None,
    )
