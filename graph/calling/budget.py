"""The arithmetic of the context window. Pure: knows numbers, no models and no tokenizers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chains.prompts import STAGES, Prompts, Stage
from graph.config import RunConfig
from graph.errors import BudgetError
from llm.config import LLMConfig, MLXConfig
from llm.mlx.window import local_context_window
from llm.tokens import estimate_tokens

# What joins two summaries in a prompt.
SEPARATOR = "\n\n"
SEPARATOR_TOKENS = 2

# Tokenizers may cut differently where the text meets the template; a prompt must still fit.
MARGIN_TOKENS = 8

# What a sentence of evidence takes of a prompt, about; less room than this is left for it where there is none.
_EVIDENCE_TOKENS = 50

# What a chat template adds to a prompt, where there is no tokenizer to count it with.
_CHAT_TEMPLATE_TOKENS = 40


@dataclass(frozen=True)
class Budget:
    """Tokens: the context window, and what prompt template and answer take of it in each stage."""

    window: int
    template: Mapping[Stage, int]
    output: Mapping[Stage, int]
    chunk: int
    evidence: int = 0  # sentences that go with each summary

    def input(self, stage: Stage) -> int:
        """Tokens of text that fit a stage's prompt."""
        return self.window - self.template[stage] - self.output[stage] - MARGIN_TOKENS

    @property
    def chunk_tokens(self) -> int:
        """Largest chunk: what the configuration says, or what the map prompt leaves."""
        return min(self.chunk, self.input("map"))

    @property
    def packed_tokens(self) -> int:
        """Tokens of summaries for one collapse prompt: with evidence, its share of the prompt is left free.

        It always holds two summaries, so that each round still halves them; what room that leaves is for evidence.
        """
        part, whole = self.output["map"], self.input("collapse")
        share = whole * part // (part + self.evidence * _EVIDENCE_TOKENS)
        return max(share, min(whole, 2 * part + SEPARATOR_TOKENS))

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
        for stage in STAGES:
            need = 1 if stage == "map" else pair
            if self.input(stage) < need:
                what = "any text" if stage == "map" else f"two summaries of {self.output['map']} tokens ({need})"
                raise BudgetError(
                    f"The context window leaves no room for {what} in the {stage} prompt: "
                    f"{self.arithmetic(stage)}; raise llm.context_window, lower llm.max_tokens or "
                    "summarize.final_tokens, or shorten the prompt."
                )


def make_budget(config: RunConfig, window: int, template: Mapping[Stage, int]) -> Budget:
    """Put together the budget of `config` for a model with this `window` and these template tokens."""
    part = config.llm.max_tokens
    output: dict[Stage, int] = {"map": part, "collapse": part, "final": config.final_tokens}
    return Budget(window, template, output, config.split.chunk_tokens, config.summarize.evidence)


def estimate_budget(config: RunConfig, prompts: Prompts) -> Budget | None:
    """The budget without loading anything: template tokens are estimated from above.

    None if the context window is not known before the model is.
    """
    window = known_window(config.llm)
    if window is None:
        return None
    template = {stage: estimate_tokens(prompts.text(stage)) + _CHAT_TEMPLATE_TOKENS for stage in STAGES}
    return make_budget(config, window, template)


def known_window(config: LLMConfig) -> int | None:
    """The context window as far as the configuration, or a checkpoint folder, tells it."""
    known = [config.context_window]
    if isinstance(config, MLXConfig):
        known.append(local_context_window(config.model))
    return min((window for window in known if window is not None), default=None)
