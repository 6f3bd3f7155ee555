"""The arithmetic of the context window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.prompts import Prompts, Stage
from graph.config import RunConfig, Strategy
from graph.errors import BudgetError
from graph.part_context import CONTEXT_TOKENS
from llm.config import LLMConfig, MLXConfig
from llm.mlx.window import local_context_window
from llm.tokens import estimate_tokens

# With strategy: auto, a document of so many parts, or fewer, is summarized in one call.
_PARTS_IN_ONE_CALL = 2

# What joins two summaries in a prompt.
SEPARATOR = "\n\n"
SEPARATOR_TOKENS = 2

# Tokenizers may cut differently where the text meets the template; a prompt must still fit.
MARGIN_TOKENS = 8

# About what a key sentence takes of a prompt; less is left free where there is not so much room.
_SENTENCE_TOKENS = 50

# Most tokens of a sentence that is mended.
_LONGEST_SENTENCE = 160

# What a chat template adds to a prompt, where there is no tokenizer to count it with.
_CHAT_TEMPLATE_TOKENS = 40


@dataclass(frozen=True)
class TokenBudget:
    """Tokens: the context window, and what prompt template and answer take of it in each stage."""

    window: int
    template: Mapping[Stage, int]
    output: Mapping[Stage, int]
    chunk: int
    source_sentences: int = 0  # key sentences that go with each summary
    context: int = 0  # what goes before the text of a part
    comparing: int = 0  # of the prompt on several documents, whose answer is as long as a final one

    def input(self, stage: Stage) -> int:
        """Tokens of text that fit a stage's prompt."""
        return self.window - self.template[stage] - self.output[stage] - MARGIN_TOKENS

    @property
    def comparison_input(self) -> int:
        """Tokens of summaries that fit the prompt on several documents."""
        return self.window - self.comparing - self.output["final"] - MARGIN_TOKENS

    @property
    def chunk_tokens(self) -> int:
        """Largest chunk: what the configuration says, or what the map prompt leaves."""
        return min(self.chunk, self.input("map") - self.context)

    @property
    def packed_tokens(self) -> int:
        """Tokens of summaries for one collapse prompt: with key sentences, their share of it is left free.

        It always holds two summaries, so that each round still halves them; key sentences get the rest.
        """
        part, whole = self.output["map"], self.input("collapse")
        share = whole * part // (part + self.source_sentences * _SENTENCE_TOKENS)
        return max(share, min(whole, 2 * part + SEPARATOR_TOKENS))

    def most_in_one_call(self, strategy: Strategy, *, forgets: bool) -> int:
        """Longest document that is summarized in one call.

        A model that writes forgets what it read long ago, the sooner the smaller it is: benchmarks/facts.py counts
        what reaches a summary in one call and in parts. One that copies forgets nothing.
        """
        if strategy == "map_reduce":
            return 0
        is_any = strategy == "one_call" or not forgets
        return self.input("final") if is_any else min(self.input("final"), _PARTS_IN_ONE_CALL * self.chunk_tokens)

    def arithmetic(self, stage: Stage) -> str:
        """The sum behind `input`, for people."""
        return (
            f"{self.window} (context window) - {self.template[stage]} ({stage} prompt) - "
            f"{self.output[stage]} (answer) - {MARGIN_TOKENS} (margin) = {self.input(stage)}"
        )

    def check(self) -> None:
        """Make sure that every stage can work and that collapsing always ends.

        Collapse and final prompts must hold two part summaries, so that each round can at least halve them.

        Raises:
            BudgetError: with the arithmetic of the stage that cannot work.
        """
        pair = 2 * self.output["map"] + SEPARATOR_TOKENS
        for stage in self.template:
            need = pair if stage in ("collapse", "final") else 1 + self.context if stage == "map" else 1
            if self.input(stage) < need:
                what = "any text" if need == 1 else f"two summaries of {self.output['map']} tokens ({need})"
                raise BudgetError(
                    f"The context window leaves no room for {what} in the {stage} prompt: "
                    f"{self.arithmetic(stage)}; raise llm.context_window, lower llm.max_tokens or "
                    "summarize.final_tokens, or shorten the prompt."
                )


def make_budget(config: RunConfig, window: int, template: Mapping[Stage, int], comparing: int = 0) -> TokenBudget:
    """Put together the budget of `config` for a model with this `window` and these template tokens."""
    part = config.llm.max_tokens
    output: dict[Stage, int] = {
        "map": part,
        "collapse": part,
        "final": config.final_tokens,
        "revise": min(part, _LONGEST_SENTENCE),
    }
    return TokenBudget(
        window,
        template,
        output,
        config.split.chunk_tokens,
        source_sentences=config.summarize.evidence,
        context=0 if config.split.context == "none" else CONTEXT_TOKENS,
        comparing=comparing,
    )


def estimate_budget(config: RunConfig, prompts: Prompts) -> TokenBudget | None:
    """The budget without loading anything. Template tokens are estimated and never too few.

    None if the context window is known only once the model is loaded.
    """
    window = known_window(config.llm)
    if window is None:
        return None
    template = {stage: estimate_tokens(prompts.text(stage)) + _CHAT_TEMPLATE_TOKENS for stage in config.stages}
    return make_budget(config, window, template)


def known_window(config: LLMConfig) -> int | None:
    """The context window as far as the configuration, or a checkpoint folder, tells it."""
    known = [config.context_window]
    if isinstance(config, MLXConfig):
        known.append(local_context_window(config.model))
    return min((window for window in known if window is not None), default=None)
