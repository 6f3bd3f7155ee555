"""Builds the model of a configuration's `llm` section. Imports a provider only when it is needed."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from llm.config import LangChainConfig, LLMConfig, MLXConfig, OpenAIConfig, TextRankConfig
from llm.errors import MissingPackageError, ModelError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

# What a provider needs beside the package itself: the extra of its name has it.
_PACKAGES = {"openai": "langchain-openai", "langchain": "langchain"}

# Local servers need no key, but the client refuses to start without one.
_NO_KEY = "none"


def load_model(config: LLMConfig) -> BaseChatModel:
    """The chat model a configuration names, ready to be called; weights are loaded at its first call.

    Raises MissingPackageError when the provider's package is not installed, and another ModelError when
    the provider refuses its settings.
    """
    refuse_missing_package(config)
    match config:
        case MLXConfig():
            from llm.mlx.chat import ChatMLX
            from llm.mlx.completion import ContinuingChat

            chat = ContinuingChat if config.prompting == "completion" else ChatMLX
            return chat(**config.model_dump(exclude={"provider", "prompting", "family", "preset"}))
        case TextRankConfig():
            from llm.textrank.model import TextRank

            return TextRank(**config.model_dump(exclude={"provider"}))
        case OpenAIConfig():
            return _openai(config)
        case LangChainConfig():
            return _langchain(config)


def refuse_missing_package(config: LLMConfig) -> None:
    """Raise MissingPackageError if the provider's package is not installed. Imports none."""
    package = _PACKAGES.get(config.provider)
    if package is not None and find_spec(package.replace("-", "_")) is None:
        raise MissingPackageError(
            f"llm.provider: {config.provider} needs the package {package}.",
            f"Install it with: pip install 'mlx-pdf-summarizer[{config.provider}]'",
        )


def _openai(config: OpenAIConfig) -> BaseChatModel:
    from openai import DefaultAsyncHttpxClient, DefaultHttpxClient

    from llm.server.chat import ChatServer

    key = config.api_key.get_secret_value() if config.api_key else os.environ.get("OPENAI_API_KEY")
    return ChatServer(
        model=config.model,
        base_url=config.base_url,
        api_key=SecretStr(key or _NO_KEY),
        max_tokens=config.max_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        seed=config.seed,
        stop_sequences=config.stop or None,
        timeout=config.timeout_seconds,
        max_retries=config.max_retries,
        stream_usage=True,
        # Prompts contain a private document: they go to the server that was named, and nowhere else.
        http_client=DefaultHttpxClient(follow_redirects=False),
        http_async_client=DefaultAsyncHttpxClient(follow_redirects=False),
        profile={"max_input_tokens": config.context_window} if config.context_window else None,
    )


def _langchain(config: LangChainConfig) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    try:
        model: BaseChatModel = init_chat_model(config.model, **_langchain_settings(config))
    except ImportError as error:
        raise MissingPackageError(
            f"llm.model: {config.model} needs another package. {_first_line(error)}"
        ) from error
    except Exception as error:  # a constructor of another package raises anything: a missing key, a bad option
        raise ModelError(
            f"llm.model: LangChain cannot set up {config.model!r}: {_first_line(error)}",
            'Write it as "provider:name", with the provider\'s key in its environment variable.',
        ) from error
    if config.context_window:
        model.profile = {**(model.profile or {}), "max_input_tokens": config.context_window}
    return model


def _langchain_settings(config: LangChainConfig) -> dict[str, Any]:
    """Arguments for init_chat_model. Not every provider has every setting, so only what was set is passed."""
    names = {"top_p": "top_p", "seed": "seed", "timeout_seconds": "timeout", "max_retries": "max_retries"}
    settings: dict[str, Any] = {"temperature": config.temperature, "max_tokens": config.max_tokens}
    for name in sorted(config.model_fields_set & names.keys()):
        settings[names[name]] = getattr(config, name)
    if config.stop:
        settings["stop"] = config.stop
    return settings | config.options


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
