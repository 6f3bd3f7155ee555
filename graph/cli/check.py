"""`check`: what can be known about a configuration without loading a model. Imports nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from chains.prompts import STAGES, PromptError, read_prompts
from graph.calling.budget import TokenBudget, estimate_budget
from graph.config import RunConfig
from graph.documents.errors import NotFoundError
from graph.documents.find import find_documents
from graph.errors import ConfigError


def check(config: RunConfig, path: str) -> str:
    """Check prompts, budget and document, and return the arithmetic for people.

    Raises:
        ConfigError, BudgetError: what `run` would refuse.
        NotFoundError: the document is not there.
    """
    try:
        prompts = read_prompts(config.prompts)
    except PromptError as error:
        raise ConfigError(str(error)) from None
    budget = estimate_budget(config, prompts)
    if budget is not None:
        budget.check()
    elif config.llm.provider == "openai":
        raise ConfigError("llm.context_window: a server does not say how much it can read; set it.")
    source = config.load.source
    paths = [source] if isinstance(source, str) else source or []
    documents = find_documents(paths)
    for document in documents:
        if not os.path.isfile(document):  # a path's own method raises where the name is too long
            raise NotFoundError(f"There is no file {document}", "check the path in load.source")
    lines = [
        f"{path} is fine.",
        f"model     {config.llm.provider}: {getattr(config.llm, 'model', 'embedded')}",
        f"document  {', '.join(paths) or 'none; give one with --input'}{_counted(documents, paths)}",
        f"prompts   {config.prompts.file or 'inline'}; language: {prompts.language}; focus: {prompts.focus}",
        *_budget_lines(budget),
    ]
    return "\n".join(lines) + "\n"


def _counted(documents: Sequence[Path], paths: Sequence[str]) -> str:
    """How many documents there are, where it does not show."""
    return f" ({len(documents)} documents)" if len(documents) != len(paths) else ""


def _budget_lines(budget: TokenBudget | None) -> list[str]:
    if budget is None:
        return ["budget    unknown until the model is here; set llm.context_window to check it now"]
    sums = [f"{stage:<9} {budget.arithmetic(stage)}" for stage in STAGES]
    return [
        "tokens for text in each prompt (prompts estimated from above; run counts them exactly):",
        *sums,
        f"chunks    of at most {budget.chunk_tokens} tokens",
    ]
