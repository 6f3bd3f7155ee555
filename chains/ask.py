"""The chain that answers a question: prompt | model | parser."""

from __future__ import annotations

from typing import Any

from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable

from chains.prompts import Prompts
from chains.summarize import Model, Parser, template_of


def ask_chain(model: Model, prompts: Prompts, *, parser: Parser | None = None) -> Runnable[dict[str, str], Any]:
    """Answer a question: `{"document": passages, "question": text}` in, the answer out.

    Which passages, and whether they bear the answer, is for others to say. `language` and `focus` can be given
    with a call too. `parser` replaces the default, which returns the text of the answer.
    """
    return template_of(prompts.ask, prompts) | model | (parser or StrOutputParser())
