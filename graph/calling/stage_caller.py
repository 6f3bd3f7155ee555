"""Calls the model for a stage: fits the text to the prompt, runs the chain, bounds the answer.

Knows budgets and chains; knows nothing of graph nodes or documents.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from langchain_core.exceptions import ModelError
from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig, RunnablePassthrough
from langgraph.errors import GraphBubbleUp
from tenacity import (
    AsyncRetrying,
    Retrying,
)

from chains.prompts import STAGES, Prompts, Stage
from chains.summarize import collapse_chain, final_chain, map_chain, prompt_template
from graph.calling.answer_cleanup import without_echo, without_loop
from graph.calling.budget import Budget, make_budget
from graph.calling.cutting import cut
from graph.calling.key_sentences import Part, joined_text, without_evidence
from graph.calling.limiter import Places
from graph.calling.model_adapter import asked_anew, finish_reason, is_cached, unwrap
from graph.calling.retry import Retries
from graph.calling.stage_answer import FinishReason, Timing
from graph.calling.token_counter import TokenCounter
from graph.config import RunConfig
from graph.documents.characters import plain
from graph.errors import ConfigError, EmptyAnswerError, SummarizeError

# What callers know how to handle: models' own errors, no answer, and LangGraph's way to pause a run.
_PASSED_ON = (ModelError, EmptyAnswerError, GraphBubbleUp)

Chain = Runnable[dict[str, str], BaseMessage | str]
Said = tuple[BaseMessage | str, str]  # a message, and its text without what it repeats of the prompt
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
        self._base = unwrap(model)
        self._retries = Retries(config, self._base)
        self._places = Places(config.llm.concurrency)
        self._made: dict[tuple[Stage, bool], Chain] = {}

    @cached_property
    def counter(self) -> TokenCounter:
        """Counts tokens as the model does."""
        return TokenCounter(self._base)

    @cached_property
    def budget(self) -> Budget:
        """The budget with the prompts counted exactly. Not checked yet."""
        template = {stage: self._prompt_tokens(stage, "") for stage in STAGES}
        return make_budget(self._config, self._window(), template)

    def call(self, stage: Stage, text: str, tokens: int, config: RunnableConfig, *, stand_in: str = "") -> Answer:
        """Summarize `text`, of so many `tokens`, with the prompt of `stage`.

        An empty answer is replaced by the start of `stand_in`, so that nothing is lost.

        Raises:
            langchain_core.exceptions.ModelError: as the model raised it.
            EmptyAnswerError: a server answered nothing, however often it was asked.
            SummarizeError: instead of any other exception of the model.
        """
        fitted, started = self._fit(stage, text, tokens), time.time()
        chains = self._chains(stage)

        def ask() -> Said:
            with self._places.one():
                return self._checked(stage, next(chains).invoke({"document": fitted}, config), fitted)

        with _explained(stage):
            said: Said = Retrying(**self._retries.policy(bool(stand_in)))(ask)
        return self._answer(stage, said, text, fitted, started, stand_in)

    async def acall(
        self, stage: Stage, text: str, tokens: int, config: RunnableConfig, *, stand_in: str = ""
    ) -> Answer:
        """`call`, without holding a thread."""
        fitted, started = self._fit(stage, text, tokens), time.time()
        chains = self._chains(stage)

        async def ask() -> Said:
            async with self._places.aone():
                return self._checked(stage, await next(chains).ainvoke({"document": fitted}, config), fitted)

        with _explained(stage):
            said: Said = await AsyncRetrying(**self._retries.policy(bool(stand_in)))(ask)
        return self._answer(stage, said, text, fitted, started, stand_in)

    def document(self, stage: Stage, parts: Sequence[Part], tokens: int) -> tuple[str, int]:
        """What the prompt of `stage` is given of `parts`, and its tokens.

        `tokens` are those of the summaries alone. With each summary goes as much evidence as there is room for;
        where it is short, none.
        """
        for count in range(self.budget.evidence, 0, -1):
            text = joined_text(parts, count)
            if (counted := self.counter.text(text)) <= self.budget.input(stage):
                return text, counted
        return joined_text(parts), tokens

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

    def _fit(self, stage: Stage, text: str, tokens: int) -> str:
        """Shorten `text`, of so many `tokens`, should the whole prompt, counted as the model will, not fit.

        It is not counted where it would fit with twice as many.
        """
        room = self.budget.window - self.budget.output[stage]
        if self.budget.template[stage] + 2 * tokens <= room:
            return text
        allowed = self.budget.input(stage)
        while (excess := self._prompt_tokens(stage, text) - room) > 0:
            allowed = min(allowed, self.counter.text(text)) - excess
            text = cut(text, allowed, self.counter)
        return text

    def _chains(self, stage: Stage) -> Iterator[Chain]:
        """The chain for each try: an answer that was no good is not looked up again."""
        yield self._chain(stage)
        while True:
            yield self._chain(stage, anew=True)

    def _chain(self, stage: Stage, *, anew: bool = False) -> Chain:
        """Made once: to make it takes as long as to go through it."""
        if (stage, anew) not in self._made:
            model = asked_anew(self._model) if anew else self._model
            fields = type(self._base).model_fields
            if "max_tokens" in fields:
                model = model.bind(max_tokens=self.budget.output[stage])
            if "focus" in fields and self._config.prompts.focus:  # TextRank's; other models read it in the prompt
                model = model.bind(focus=self._config.prompts.focus)
            self._made[stage, anew] = _CHAINS[stage](model, self._prompts, parser=RunnablePassthrough())
        return self._made[stage, anew]

    def _checked(self, stage: Stage, message: BaseMessage | str, document: str) -> Said:
        """The message with what it says, if it says anything."""
        text = self._text_of(stage, message, document)
        if not text:
            raise EmptyAnswerError((message, text))
        return message, text

    def _text_of(self, stage: Stage, message: BaseMessage | str, document: str) -> str:
        """What the answer says, without what it repeats of the prompt."""
        answer = plain(message if isinstance(message, str) else str(message.text)).strip()
        asked = getattr(self._prompts, stage)[-1][1]
        values = {"language": self._prompts.language, "focus": self._prompts.focus}
        answer = without_echo(answer, asked.format(document=document, **values), document)
        return without_evidence(answer) if self.budget.evidence else answer

    def _answer(self, stage: Stage, heard: Said, text: str, fitted: str, started: float, stand_in: str) -> Answer:
        message, said = heard
        limit, reason = self.budget.output[stage], finish_reason(message)
        answer = without_loop(said, fitted) if reason == "length" else said
        usage = getattr(message, "usage_metadata", None) or {}
        cached = is_cached(message)
        timing = Timing(
            stage=_NODES[stage],
            started=started,
            ended=time.time(),
            prompt_tokens=0 if cached else usage.get("input_tokens", 0),
            output_tokens=0 if cached else usage.get("output_tokens", 0),
            cached=cached,
        )
        if answer != said:
            reason = "repeated"
        if self.counter.text(answer) > limit:
            answer, reason = cut(answer, limit, self.counter), "cut" if reason == "stop" else reason
        if not answer:
            answer, reason = cut(stand_in, limit, self.counter), "empty"
        return Answer(stage, answer, self.counter.text(answer), reason, fitted != text, timing)


@contextmanager
def _explained(stage: Stage) -> Iterator[None]:
    try:
        yield
    except _PASSED_ON:
        raise
    except Exception as error:
        raise _failure(stage, error) from error


def _failure(stage: Stage, error: Exception) -> SummarizeError:
    text = " ".join(str(error).split()) or "no reason given"
    return SummarizeError(f"The model failed in the {stage} stage ({type(error).__name__}): {text}")
