"""Calls the model for a stage: fits the text to the prompt, runs the chain, bounds the answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from langchain_core.runnables import Runnable, RunnablePassthrough

from chains.prompts import Prompts, Stage
from chains.summarize import collapse_chain, final_chain, map_chain, prompt_template, revise_chain
from graph import part_context
from graph.calling import key_sentences
from graph.calling.answer_cleanup import Cleaned, Fault, clean, in_language, without_loop, without_quoted
from graph.calling.budget import SEPARATOR, SEPARATOR_TOKENS, TokenBudget, make_budget
from graph.calling.cutting import cut
from graph.calling.failures import PASSED_ON, in_stage
from graph.calling.flow import Chain, Flow, Message, ModelCall
from graph.calling.key_sentences import Part, joined_text
from graph.calling.model_adapter import (
    asked_anew,
    finish_reason,
    is_cached,
    is_refused,
    is_thought_only,
    unwrap,
)
from graph.calling.retry import TRIED_AGAIN, RetryPolicy
from graph.calling.stage_answer import FinishReason, StageAnswer, Timing
from graph.calling.token_counter import TokenCounter
from graph.calling.wanted import Wanted
from graph.config import RunConfig
from graph.documents.characters import plain
from graph.doubts import in_words
from graph.errors import BudgetError, ConfigError, EmptyAnswerError
from graph.grounding.types import Flag
from graph.length import could_be_mended, tokens_for, words_in
from graph.node_names import NODE_OF
from llm.textrank.model import TextRank

# Asked for again once, with the reminder: the same prompt would be answered the same.
_REMINDED: set[Fault | None] = {"echo", "refusal", "language"}

# How answers come out that are summaries, if too long ones.
_WHOLE: set[FinishReason] = {"stop", "length", "cut"}

_CHAINS = {"map": map_chain, "collapse": collapse_chain, "final": final_chain, "revise": revise_chain}


class StageCaller:
    """Calls `model` for each stage within the budget. Reads the tokenizer at first use, never the weights.

    Raises (at first use):
        ConfigError: nobody says how large the context window is.
    """

    def __init__(self, config: RunConfig, prompts: Prompts, model: Runnable[Any, Any]) -> None:
        self._config = config
        self._prompts = prompts
        self._model = model
        self._base = unwrap(model)
        self._retries = RetryPolicy(config, self._base)
        self.extracts = isinstance(self._base, TextRank)  # it copies, and reads no instructions
        self._usual = {prompts, prompts.reminded()}
        self._chains: dict[tuple[Stage, Prompts, bool], Chain] = {}

    def instructions(self, wanted: Wanted) -> list[str]:
        """What the prompts say besides the document; nothing where the model reads none."""
        if self.extracts:
            return []
        prompts = self.prompts_for(Wanted(language=wanted.get("language", ""))).reminded()
        own = [prompts.text(stage) for stage in self._config.stages]
        return [*own, prompts.comparing().text("final")] if wanted.get("compares") else own

    @property
    def mends(self) -> bool:
        """Whether doubtful sentences are to be mended, and the model writes."""
        return self._config.summarize.check and not self.extracts

    def prompts_for(self, wanted: Wanted) -> Prompts:
        """The prompts that ask for what is wanted."""
        prompts = self._prompts.in_language(wanted.get("language", ""))
        if prompts not in self._usual:
            self._usual |= {prompts, prompts.reminded()}  # there are as many as languages
        if words := wanted.get("words"):
            prompts = prompts.of_words(words)
        return prompts.comparing() if wanted.get("compares") else prompts

    @cached_property
    def counter(self) -> TokenCounter:
        """Counts tokens as the model does."""
        return TokenCounter(self._base)

    @cached_property
    def budget(self) -> TokenBudget:
        """The budget with the prompts counted exactly. Not checked yet."""
        prompts = self._prompts.revising("", "")
        template = {stage: self._prompt_tokens(stage, "", prompts) for stage in self._config.stages}
        comparing = self._prompt_tokens("final", "", self._prompts.comparing())
        return make_budget(self._config, self._window(), template, comparing)

    def ask(
        self, stage: Stage, text: str, tokens: int, *, fallback: str = "", wanted: Wanted | None = None
    ) -> Flow[StageAnswer]:
        """Summarize `text`, of so many `tokens`, with the prompt of `stage`.

        An empty answer is replaced by the start of `fallback`, so that nothing is lost.

        Raises:
            langchain_core.exceptions.ModelError: as the model raised it.
            EmptyAnswerError: a server answered nothing, however often it was asked.
            SummarizeError: instead of any other exception of the model.
        """
        started = time.time()
        heard: list[Message] = []
        wanted = wanted or Wanted()
        may_fail = bool(fallback) or wanted.get("compares", False)  # without it, there are the summaries of each
        fitted, message, cleaned = yield from self._answered(stage, text, tokens, may_fail, heard, wanted)
        answer, reason = self._bounded(stage, cleaned, finish_reason(message), fitted, fallback, wanted)
        if is_resized := stage == "final" and self._has_wrong_length(answer, reason, text, wanted):
            answer, reason = yield from self._resized(text, tokens, answer, reason, heard, wanted)
        return StageAnswer(
            stage=stage,
            text=answer,
            tokens=self.counter.text(answer),
            finish_reason=reason,
            cut_prompt=fitted != text,
            resized=is_resized,
            timing=_timing(stage, heard, started),
        )

    def ask_revision(
        self, sentence: str, flags: Sequence[Flag], passages: Sequence[str], *, wanted: Wanted | None = None
    ) -> Flow[StageAnswer]:
        """Have a sentence of the summary mended by passages of the document, best first. The answer may be empty.

        Raises, beside what `ask` raises:
            BudgetError: there is no room for the sentence.
        """
        started, wanted = time.time(), wanted or Wanted()
        heard: list[Message] = []
        doubts = in_words(flags, self._prompts.text("revise"))
        prompts, text = self.prompts_for(wanted).revising(sentence, doubts), SEPARATOR.join(passages)
        fitted = self._fit("revise", text, self.counter.text(text), prompts)
        if not fitted and self._excess("revise", "", prompts) > 0:
            raise BudgetError("It is too long for the revise prompt.")
        message, cleaned = yield from self._tries("revise", fitted, True, prompts, heard, wanted)
        answer, reason = self._bounded("revise", cleaned, finish_reason(message), fitted, "", wanted)
        return StageAnswer(
            stage="revise",
            text=answer,
            tokens=self.counter.text(answer),
            finish_reason=reason,
            cut_prompt=fitted != text,
            resized=False,
            timing=_timing("revise", heard, started),
        )

    def document(
        self, stage: Stage, parts: Sequence[Part], tokens: int, *, compares: bool = False
    ) -> tuple[str, int]:
        """What the prompt of `stage` is given of `parts`, and its tokens.

        `tokens` are those of the summaries alone. With each summary go its title, for models that write, and as
        many of its key sentences as there is room for; where it is short, none.
        """
        titled = not self.extracts and any(part.get("title") for part in parts)
        room = self.budget.comparison_input if compares else self.budget.input(stage)
        for count in range(self.budget.source_sentences, -1 if titled else 0, -1):
            text = joined_text(parts, count, titled=titled)
            if (counted := self.counter.text(text)) <= room:
                return text, counted
        return joined_text(parts), tokens

    def _window(self) -> int:
        """The smallest context window that the model, its profile or the configuration names, less what the model
        needs for its thoughts.
        """
        own = getattr(self._base, "get_context_window", None)
        profile = getattr(self._base, "profile", None) or {}
        named = [self._config.llm.context_window, profile.get("max_input_tokens"), own() if own else None]
        known = [window for window in named if window]
        if not known:
            raise ConfigError("llm.context_window: the model does not report its context window; set it here.")
        thoughts = getattr(self._base, "get_thinking_reserve", None)
        return min(known) - (thoughts() if thoughts else 0)

    def _prompt_tokens(self, stage: Stage, text: str, prompts: Prompts) -> int:
        return self.counter.prompt(prompt_template(stage, prompts).invoke({"document": text}))

    def _answered(
        self, stage: Stage, text: str, tokens: int, has_fallback: bool, heard: list[Message], wanted: Wanted
    ) -> Flow[tuple[str, Message, Cleaned]]:
        """The text as it was sent, the message, and the summary in it. `heard` is given every message."""
        prompts = self.prompts_for(wanted)
        fitted = self._fit(stage, text, tokens, prompts)
        message, cleaned = yield from self._tries(stage, fitted, has_fallback, prompts, heard, wanted)
        if cleaned.fault in _REMINDED and prompts.reminder:
            prompts = prompts.reminded()
            again = self._fit(stage, fitted, tokens, prompts)
            second, better = yield from self._tries(stage, again, True, prompts, heard, wanted)
            if cleaned.fault != "language" or better.fault is None:
                return again, second, better
        return fitted, message, cleaned

    def _words(self, wanted: Wanted) -> int | None:
        """How many words the final summary is to have, or its paragraph on one of several documents."""
        return wanted.get("words", self._config.words) if self._config.words else None

    def _has_wrong_length(self, answer: str, reason: FinishReason, text: str, wanted: Wanted) -> bool:
        """Whether it is worth while to ask for the final summary of `text` again, in about the wanted length.

        A model that is asked for more words than its text bears invents some.
        """
        words = self._words(wanted)
        if not words or not self._prompts.resize or self.extracts or reason not in _WHOLE:
            return False
        return could_be_mended(words_in(answer), words, words_in(text))

    def _resized(
        self, text: str, tokens: int, answer: str, reason: FinishReason, heard: list[Message], wanted: Wanted
    ) -> Flow[tuple[str, FinishReason]]:
        """The final summary in about the wanted length, asked for once; of the two the one that comes nearer.

        A whole answer that is too long is shortened itself. Any other is written anew.
        """
        words, wrote = self._words(wanted) or 0, words_in(answer)
        prompts = self.prompts_for(wanted).resized(wrote)
        if wrote > words and reason == "stop" and not wanted.get("compares"):
            text, tokens = answer, self.counter.text(answer)
        fitted = self._fit("final", text, tokens, prompts)
        message, cleaned = yield from self._tries("final", fitted, True, prompts, heard, wanted)
        second, how = self._bounded("final", cleaned, finish_reason(message), fitted, "", wanted)
        if how in _WHOLE and abs(words_in(second) - words) < abs(wrote - words):
            return second, how
        return answer, reason

    def _fit(self, stage: Stage, text: str, tokens: int, prompts: Prompts) -> str:
        """Shorten `text`, of so many `tokens`, should the whole prompt, counted as the model will, not fit.

        It is not counted where it would fit with twice as many.
        """
        room = self.budget.window - self.budget.output[stage]
        if prompts is self._prompts and self.budget.template[stage] + 2 * tokens <= room:
            return text
        allowed = self.budget.input(stage)
        while text and (excess := self._excess(stage, text, prompts)) > 0:
            allowed = min(allowed, self.counter.text(text)) - excess
            text = cut(text, allowed, self.counter)
        return text

    def _excess(self, stage: Stage, text: str, prompts: Prompts) -> int:
        """How many tokens the whole prompt has that the window does not."""
        return self._prompt_tokens(stage, text, prompts) + self.budget.output[stage] - self.budget.window

    def _tries(
        self,
        stage: Stage,
        document: str,
        has_fallback: bool,
        prompts: Prompts,
        heard: list[Message],
        wanted: Wanted,
    ) -> Flow[tuple[Message, Cleaned]]:
        """The message of the first try that says something, and what it says."""
        tries, pause = 0, 0.0
        message: Message = ""
        cleaned = Cleaned("", "empty")
        while True:
            try:
                # An answer that was no good is not looked up in the cache again.
                limit = self._limit(stage, document, wanted)
                chain = self._chain(stage, prompts, anew=tries > 0, max_tokens=limit)
                message = yield ModelCall(chain, document, pause)
                heard.append(message)
                cleaned = self._cleaned(stage, message, document, prompts)
                if cleaned.fault in ("empty", "thought"):
                    raise EmptyAnswerError(thought=cleaned.fault == "thought")
                return message, cleaned
            except TRIED_AGAIN as error:
                tries += 1
                if not self._retries.is_last(tries, error):
                    pause = self._retries.pause(tries)
                elif self._retries.accepts_nothing(error, has_fallback):
                    return message, cleaned
                else:
                    raise
            except PASSED_ON:
                raise
            except Exception as error:
                raise in_stage(stage, error) from error

    def _limit(self, stage: Stage, document: str, wanted: Wanted) -> int:
        """Most tokens of an answer. The built-in model fills them, so they are those of the words wanted."""
        limit, words = self._most(stage, wanted), wanted.get("words", self._config.words)
        if stage == "final" and self.extracts and words:
            each = self.counter.text(document) / max(1, words_in(document))
            return max(1, min(limit, round(words * each)))
        return limit

    def _most(self, stage: Stage, wanted: Wanted) -> int:
        """Most tokens of a summary. Two paragraphs on documents fit a collapse prompt, as other summaries do."""
        limit = self.budget.output[stage]
        if words := wanted.get("words"):
            return min(limit, tokens_for(words), (self.budget.packed_tokens - SEPARATOR_TOKENS) // 2)
        return limit

    def _chain(self, stage: Stage, prompts: Prompts, *, anew: bool, max_tokens: int) -> Chain:
        """Kept, but for those of one document: to build it takes as long as to go through it."""
        key = (stage, prompts, anew)
        is_usual = prompts in self._usual and max_tokens == self.budget.output[stage]
        if is_usual and key in self._chains:
            return self._chains[key]
        model = asked_anew(self._model) if anew else self._model
        fields = type(self._base).model_fields
        if "max_tokens" in fields:
            model = model.bind(max_tokens=max_tokens)
        if "focus" in fields and self._config.prompts.focus:  # TextRank's; other models read it in the prompt
            model = model.bind(focus=self._config.prompts.focus)
        chain = _CHAINS[stage](model, prompts, parser=RunnablePassthrough())
        if is_usual:
            self._chains[key] = chain
        return chain

    def _cleaned(self, stage: Stage, message: Message, document: str, prompts: Prompts) -> Cleaned:
        answer = plain(message if isinstance(message, str) else str(message.text)).strip()
        if self.extracts:
            return Cleaned(answer, None if answer else "empty")
        if is_refused(message):
            return Cleaned("", "refusal")
        if is_thought_only(message):
            return Cleaned("", "thought")
        # The sentence of a revise prompt may stand in the answer to it.
        pairs = self._prompts.revise if stage == "revise" else getattr(prompts, stage)
        templates = [template for _, template in pairs]
        asked = [
            template.format(document=document, sentence="", doubts="", **prompts.values) for template in templates
        ]
        cleaned = clean(answer, asked, document)
        for quoted, tag in (
            (self.budget.source_sentences, key_sentences.TAG),
            (self.budget.context, part_context.TAG),
        ):
            if quoted and cleaned.fault is None:
                text = without_quoted(cleaned.text, tag)
                cleaned = Cleaned(text, None if text else "echo")
        return in_language(cleaned, prompts.language) if "{language}" in "".join(templates) else cleaned

    def _bounded(
        self,
        stage: Stage,
        cleaned: Cleaned,
        reason: FinishReason,
        document: str,
        fallback: str,
        wanted: Wanted,
    ) -> tuple[str, FinishReason]:
        """The summary without a loop and within its limit, and how it came out."""
        limit = self._most(stage, wanted)
        if cleaned.fault not in (None, "language"):
            return cut(fallback, limit, self.counter), cleaned.fault
        answer = without_loop(cleaned.text, document) if reason == "length" else cleaned.text
        if answer != cleaned.text:
            reason = "repeated"
        if self.counter.text(answer) > limit:
            answer, reason = cut(answer, limit, self.counter), "cut" if reason == "stop" else reason
        return answer, cleaned.fault or reason


def _timing(stage: Stage, heard: Sequence[Message], started: float) -> Timing:
    fresh = [message for message in heard if not is_cached(message)]
    made = [getattr(message, "usage_metadata", None) or {} for message in fresh]
    told = [getattr(message, "response_metadata", None) or {} for message in fresh]
    return Timing(
        node=NODE_OF[stage],
        started=started,
        ended=time.time(),
        prompt_tokens=sum(usage.get("input_tokens", 0) for usage in made),
        output_tokens=sum(usage.get("output_tokens", 0) for usage in made),
        drafted_tokens=sum(metadata.get("drafted_tokens", 0) for metadata in told),
        accepted_tokens=sum(metadata.get("accepted_tokens", 0) for metadata in told),
        calls=len(heard),
        cached_calls=len(heard) - len(made),
    )
