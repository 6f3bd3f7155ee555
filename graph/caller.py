"""Calls the model for a stage: fits the text to the prompt, runs the chain, bounds the answer.

Knows budgets and chains; knows nothing of graph nodes or documents.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.exceptions import ModelError
from langchain_core.language_models import BaseLanguageModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnableLambda
from langgraph.errors import GraphBubbleUp

from chains.prompts import STAGES, Prompts, Stage
from chains.summarize import collapse_chain, final_chain, map_chain, prompt_template
from graph.budget import Budget, make_budget
from graph.config import RunConfig
from graph.counting import TokenCounter
from graph.documents.sentences import split_sentences
from graph.errors import ConfigError, SummarizeError
from graph.state import FinishReason, Timing

# What callers know how to handle: LangChain's own model errors, and LangGraph's way to pause a run.
_PASSED_ON = (ModelError, GraphBubbleUp)

# The words of OpenAI and MLX, of Anthropic and Gemini, and of OpenAI's newer API.
_LIMIT_REACHED = {"length", "max_tokens", "max_output_tokens"}

_CHAINS = {"map": map_chain, "collapse": collapse_chain, "final": final_chain}


# The node each stage's prompt belongs to: what timings are filed under.
_NODES = {"map": "map_summarize", "collapse": "collapse", "final": "final_summarize"}


@dataclass(frozen=True)
class Answer:
    """A bounded answer. `cut_prompt` says that the text had to be shortened to fit the prompt."""

    stage: Stage
    text: str
    tokens: int
    finish_reason: FinishReason
    cut_prompt: bool
    timing: Timing


class Caller:
    """Calls `model` for each stage within the budget. Reads the tokenizer at first use, never the weights.

    Raises (at first use):
        ConfigError: nobody says how large the context window is.
    """

    def __init__(self, config: RunConfig, prompts: Prompts, model: Runnable[Any, Any]) -> None:
        self._config = config
        self._prompts = prompts
        self._model = model
        self._base = _unwrap(model)

    @cached_property
    def counter(self) -> TokenCounter:
        """Counts tokens as the model does."""
        return TokenCounter(self._base)

    @cached_property
    def budget(self) -> Budget:
        """The budget with the prompts counted exactly. Not checked yet."""
        template = {stage: self._prompt_tokens(stage, "") for stage in STAGES}
        return make_budget(self._config, self._window(), template)

    def call(self, stage: Stage, text: str, config: RunnableConfig, *, stand_in: bool = False) -> Answer:
        """Summarize `text` with the prompt of `stage`.

        With `stand_in`, an empty answer is replaced by the start of `text`, so that nothing is lost.

        Raises:
            langchain_core.exceptions.ModelError: as the model raised it.
            SummarizeError: instead of any other exception of the model.
        """
        fitted, started = self._fit(stage, text), time.time()
        try:
            message = self._chain(stage).invoke({"document": fitted}, config)
        except _PASSED_ON:
            raise
        except Exception as error:
            raise _failure(stage, error) from error
        return self._answer(stage, message, text, fitted, started, stand_in)

    async def acall(self, stage: Stage, text: str, config: RunnableConfig, *, stand_in: bool = False) -> Answer:
        """`call`, without holding a thread."""
        fitted, started = self._fit(stage, text), time.time()
        try:
            message = await self._chain(stage).ainvoke({"document": fitted}, config)
        except _PASSED_ON:
            raise
        except Exception as error:
            raise _failure(stage, error) from error
        return self._answer(stage, message, text, fitted, started, stand_in)

    def cut(self, text: str, tokens: int) -> str:
        """The longest start of `text` that has at most `tokens`: whole sentences, or words of the first."""
        kept = _longest(split_sentences(text), tokens, self.counter)
        return kept or _longest(text.split(" "), tokens, self.counter, " ") or _longest(text, tokens, self.counter)

    def _window(self) -> int:
        """The smallest context window that the model, its profile or the configuration names."""
        own = getattr(self._base, "get_context_window", None)
        profile = getattr(self._base, "profile", None) or {}
        named = [self._config.llm.context_window, profile.get("max_input_tokens"), own() if own else None]
        known = [window for window in named if window]
        if not known:
            raise ConfigError("llm.context_window: the model does not say how much it can read; set it.")
        return min(known)

    def _prompt_tokens(self, stage: Stage, text: str) -> int:
        return self.counter.prompt(prompt_template(stage, self._prompts).invoke({"document": text}))

    def _fit(self, stage: Stage, text: str) -> str:
        """Shorten `text` should the whole prompt, counted as the model will, not fit after all."""
        room = self.budget.window - self.budget.output[stage]
        allowed = self.budget.input(stage)
        while (excess := self._prompt_tokens(stage, text) - room) > 0:
            allowed = min(allowed, self.counter.text(text)) - excess
            text = self.cut(text, allowed)
        return text

    def _chain(self, stage: Stage) -> Runnable[dict[str, str], BaseMessage | str]:
        model = self._model
        if "max_tokens" in type(self._base).model_fields:
            model = model.bind(max_tokens=self.budget.output[stage])
        return _CHAINS[stage](model, self._prompts, parser=_KEEP)

    def _answer(
        self, stage: Stage, message: BaseMessage | str, text: str, fitted: str, started: float, stand_in: bool
    ) -> Answer:
        limit, answer, reason = self.budget.output[stage], _text_of(message), _reason_of(message)
        usage = getattr(message, "usage_metadata", None) or {}
        timing = Timing(
            stage=_NODES[stage],
            started=started,
            ended=time.time(),
            prompt_tokens=usage.get("input_tokens", 0),
            output_tokens=usage.get("output_tokens", 0),
        )
        if not answer:
            answer, reason = self.cut(text, limit) if stand_in else "", "empty"
        elif self.counter.text(answer) > limit:
            answer, reason = self.cut(answer, limit), "cut" if reason == "stop" else reason
        return Answer(stage, answer, self.counter.text(answer), reason, fitted != text, timing)


# The chains' default parser gives the text alone; here the usage and the finish reason are wanted too.
_KEEP: Runnable[Any, Any] = RunnableLambda(lambda message: message, name="keep_message")


def _failure(stage: Stage, error: Exception) -> SummarizeError:
    text = " ".join(str(error).split()) or "no reason given"
    return SummarizeError(f"The model failed in the {stage} stage ({type(error).__name__}): {text}")


def _unwrap(model: Runnable[Any, Any]) -> BaseLanguageModel[Any]:
    """The model inside `model.bind(...)`, `.with_retry()` and the like: it has the tokenizer and the fields."""
    inner: Any = model
    while not isinstance(inner, BaseLanguageModel):
        inner = getattr(inner, "bound", None) or getattr(inner, "runnable", None)
        if inner is None:
            raise TypeError(f"A model must be a LangChain model, not {type(model).__name__}.")
    return inner


def _text_of(message: BaseMessage | str) -> str:
    return (message if isinstance(message, str) else str(message.text)).strip()


def _reason_of(message: BaseMessage | str) -> FinishReason:
    metadata = getattr(message, "response_metadata", None) or {}
    reason = metadata.get("finish_reason") or metadata.get("stop_reason") or metadata.get("done_reason")
    return "length" if str(reason).lower() in _LIMIT_REACHED else "stop"


def _longest(pieces: list[str] | str, tokens: int, counter: TokenCounter, between: str = "") -> str:
    """As many pieces from the start as have at most `tokens` together, by bisection."""
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if counter.text(between.join(pieces[:middle]).strip()) <= tokens:
            low = middle
        else:
            high = middle - 1
    return between.join(pieces[:low]).strip()
