"""A model that several graphs call: loaded once, with one cache of answers and one limit of calls at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from langchain_core.caches import BaseCache
from langchain_core.runnables import Runnable

from graph.calling.limiter import Limiter
from graph.calling.model_adapter import with_cache
from graph.config import RunConfig


@dataclass(frozen=True)
class SharedModel:
    """Graphs of any prompts and settings may share it, if their `llm` section is the same.

    `model` is as it was loaded or handed in, `caching` the same with the cache for its answers. There is one of
    it, for the weights stay in memory as long as the model that loaded them.
    """

    model: Runnable[Any, Any]
    caching: Runnable[Any, Any]
    limiter: Limiter
    is_handed_in: bool
    keeps_answers: bool

    @property
    def handed_in(self) -> Runnable[Any, Any] | None:
        """The model, unless it is the configuration's own."""
        return self.model if self.is_handed_in else None


def share_model(
    config: RunConfig, model: Runnable[Any, Any] | None = None, cache: BaseCache | None = None
) -> SharedModel:
    """The model that `config.llm` describes, whose answers `config.cache` keeps, or the one that is handed in."""
    is_handed_in = model is not None
    if model is None:
        from llm.cache import open_cache
        from llm.load import load_model

        model = load_model(config.llm)
        cache = cache or open_cache(config.cache)
    caching = model if cache is None else with_cache(model, cache)
    return SharedModel(model, caching, Limiter(config.llm.concurrency), is_handed_in, cache is not None)
