"""How many tokens a text or a prompt is for a given model. Never asks the network."""

from __future__ import annotations

import logging
from typing import Any

from langchain_core import exceptions
from langchain_core.language_models import BaseLanguageModel
from langchain_core.prompt_values import PromptValue

from llm.tokens import estimate_tokens

logger = logging.getLogger(__name__)

# What a chat template puts around one message, where it can only be estimated.
_TOKENS_PER_MESSAGE = 8


class TokenCounter:
    """Counts with the model's own tokenizer, or, if it has none, with an estimate that is never too low.

    LangChain's default counter is GPT-2's, fetched from a model hub: offline it counts 0, so a model that
    does not override it is estimated.
    """

    def __init__(self, model: BaseLanguageModel[Any]) -> None:
        self._model = model
        self.exact = _has_tokenizer(model)

    def text(self, text: str) -> int:
        """Tokens of `text` alone."""
        return self._model.get_num_tokens(text) if self.exact else estimate_tokens(text)

    def prompt(self, prompt: PromptValue) -> int:
        """Tokens of a whole prompt, with what the chat template adds."""
        messages = prompt.to_messages()
        if self.exact and _overrides(self._model, "get_num_tokens_from_messages"):
            return self._model.get_num_tokens_from_messages(messages)
        return sum(self.text(str(message.text)) + _TOKENS_PER_MESSAGE for message in messages)


def _has_tokenizer(model: BaseLanguageModel[Any]) -> bool:
    """Whether the model counts by itself, and does so when asked (some tokenizers are fetched, or missing)."""
    brings_one = model.custom_get_token_ids is not None or any(
        _overrides(model, name) for name in ("get_token_ids", "get_num_tokens")
    )
    if not brings_one:
        return False
    try:
        return model.get_num_tokens("one two three") > 0
    except exceptions.ModelError:
        raise  # the model itself is the trouble: a missing checkpoint, say
    except Exception as error:
        logger.info("%s cannot count tokens (%s); they are estimated", type(model).__name__, error)
        return False


def _overrides(model: BaseLanguageModel[Any], name: str) -> bool:
    return getattr(type(model), name) is not getattr(BaseLanguageModel, name)
