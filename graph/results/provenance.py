"""How a summary was made, for its readers: model, settings, prompts. No addresses, no secrets."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

from langchain_core.runnables import Runnable

from chains.prompts import OF_ONE, STAGES, Prompts
from graph.calling.model_adapter import named, unwrap
from graph.config import RunConfig
from graph.results.types import Provenance
from llm.mlx.gguf.source import PACKAGED
from llm.textrank.model import TextRank

# Of `llm`: what has a field of its own, and what may hold a secret or a person's name.
_NOT_SHOWN = {"provider", "model", "api_key", "base_url", "options", "adapter"}

# What the model that is built in is called: nobody should take its sentences for its own.
BUILT_IN = "the built-in TextRank model (sentences copied from the document)"

# What of `llm` is used with a model that was handed in.
_ALWAYS_USED = {"max_tokens", "context_window"}


def provenance(config: RunConfig, prompts: Prompts, model: Runnable[Any, Any] | None) -> Provenance:
    """How runs with this configuration are made; by `model`, if it was handed in."""
    llm = config.llm.model_dump(mode="json", exclude=_NOT_SHOWN, include=_ALWAYS_USED if model else None)
    sections = {
        "llm": llm,
        "split": config.split.model_dump(mode="json"),
        "summarize": config.summarize.model_dump(mode="json"),
    }
    return Provenance(
        model=model_name(config) if model is None else _name_of(model),
        provider=config.llm.provider if model is None else str(getattr(unwrap(model), "_llm_type", "")),
        settings={
            f"{section}.{key}": value
            for section, keys in sections.items()
            for key, value in keys.items()
            if value is not None
        },
        prompts=prompts_said(prompts, config.stages),
        # The built-in model copies sentences, whatever language the prompt asks for.
        language="" if model is None and config.llm.provider == "textrank" else prompts.language,
        focus=prompts.focus,
    )


def prompts_said(prompts: Prompts, keys: Iterable[str] = STAGES) -> dict[str, str]:
    """The prompts under these keys, of all stages by default, with what is known before there is a document."""
    return {key: _words(prompts, key) for key in keys}


def about_base_model(config: RunConfig, made: Provenance, task: str) -> list[str]:
    """What is to be known of a model that continues text and was never trained for the task; mostly nothing."""
    if getattr(config.llm, "prompting", "chat") == "chat" or made["model"] != model_name(config):
        return []
    size = "a small base model" if made["model"] in PACKAGED else "a base model"
    return [
        f"{made['model']} is {size}: it continues text and was never trained {task}. "
        "Some of what it writes is wrong: check it against the pages."
    ]


def model_name(config: RunConfig) -> str:
    """The configuration's model, as people call it."""
    return getattr(config.llm, "model", BUILT_IN)


def _words(prompts: Prompts, key: str) -> str:
    values = {name: f"{{{name}}}" for name in ("document", *chain(*OF_ONE.values()))} | prompts.values
    return "\n\n".join(template.format(**values).strip() for _, template in getattr(prompts, key))


def _name_of(model: Runnable[Any, Any]) -> str:
    base = unwrap(model)
    if isinstance(base, TextRank):
        return BUILT_IN
    return named(base) or type(base).__name__
