"""The chains, each of them prompt | model | parser."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import LanguageModelInput
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import BasePromptTemplate, ChatPromptTemplate, PromptTemplate
from langchain_core.runnables import Runnable

from chains.prompts import Pairs, Prompts, Stage

Model = Runnable[LanguageModelInput, Any]
Parser = Runnable[Any, Any]


def map_chain(model: Model, prompts: Prompts, *, parser: Parser | None = None) -> Runnable[dict[str, str], Any]:
    """Summarize one part: `{"document": text}` in, the summary out.

    `language`, `focus` and `length` can be given with a call too. `parser` replaces the default, which returns the
    text of the answer.
    """
    return _chain("map", model, prompts, parser)


def collapse_chain(
    model: Model, prompts: Prompts, *, parser: Parser | None = None
) -> Runnable[dict[str, str], Any]:
    """Merge several summaries, joined in `document`, into one. Otherwise like `map_chain`."""
    return _chain("collapse", model, prompts, parser)


def final_chain(model: Model, prompts: Prompts, *, parser: Parser | None = None) -> Runnable[dict[str, str], Any]:
    """Write the final summary. Otherwise like `map_chain`."""
    return _chain("final", model, prompts, parser)


def revise_chain(model: Model, prompts: Prompts, *, parser: Parser | None = None) -> Runnable[dict[str, str], Any]:
    """Mend a sentence: `{"document": passages, "sentence": sentence, "doubts": what is wrong}` in, the sentence as
    the passages have it out, or DROP. Otherwise like `map_chain`.
    """
    return _chain("revise", model, prompts, parser)


def prompt_template(stage: Stage, prompts: Prompts) -> BasePromptTemplate[Any]:
    """The LangChain template of a stage, with `language` and `focus` filled in."""
    return template_of(getattr(prompts, stage), prompts)


def template_of(pairs: Pairs, prompts: Prompts) -> BasePromptTemplate[Any]:
    """The LangChain template of a prompt's messages, with what the set itself says filled in."""
    values = prompts.values
    if len(pairs) == 1:
        # A single text stays a text: a completion model would see a chat message as "Human: …".
        return PromptTemplate.from_template(pairs[0][1]).partial(**values)
    return ChatPromptTemplate.from_messages(list(pairs)).partial(**values)


def _chain(stage: Stage, model: Model, prompts: Prompts, parser: Parser | None) -> Runnable[dict[str, str], Any]:
    return prompt_template(stage, prompts) | model | (parser or StrOutputParser())
