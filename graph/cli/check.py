"""`check`: what can be known about a run without loading a model. Imports nothing heavy."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from chains.prompts import STAGES, PromptError, read_prompts
from graph.calling.budget import TokenBudget, estimate_budget
from graph.cli.arguments import STDIN
from graph.config import RunConfig
from graph.documents.errors import NotFoundError
from graph.documents.find import find_documents
from graph.errors import ConfigError


def check(config: RunConfig, path: str) -> str:
    """Check prompts, budget and documents, and return the arithmetic for people.

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
        raise ConfigError("llm.context_window: set it; a server does not say how many tokens it can read.")
    source = config.load.source
    paths = [source] if isinstance(source, str) else source or []
    documents = find_documents(paths)
    for document in documents:
        if str(document) != STDIN and not os.path.isfile(
            document
        ):  # a path's own method raises where the name is too long
            raise NotFoundError(f"There is no file {document}", "check the path")
    lines = [
        f"{path}: no problems found.",
        f"model     {config.llm.provider}: {getattr(config.llm, 'model', 'built-in')}",
        f"document  {', '.join(map(_named, paths)) or 'none; give one with --input'}{_counted(documents, paths)}",
        f"prompts   {config.prompts.file or 'inline'}; language: {prompts.language}; focus: {prompts.focus}",
        *_budget_lines(budget),
    ]
    return "\n".join(lines) + "\n"


def _named(path: str) -> str:
    return "standard input" if path == STDIN else path


def _counted(documents: Sequence[Path], paths: Sequence[str]) -> str:
    """How many documents there are, where it does not show."""
    return f" ({len(documents)} documents)" if len(documents) != len(paths) else ""


def _budget_lines(budget: TokenBudget | None) -> list[str]:
    if budget is None:
        return ["budget    unknown until the model is loaded; set llm.context_window to check it now"]
    sums = [f"{stage:<9} {budget.arithmetic(stage)}" for stage in STAGES]
    return [
        "tokens left for text in each prompt (a cautious estimate; run counts them exactly):",
        *sums,
        f"chunks    at most {budget.chunk_tokens} tokens each",
    ]
