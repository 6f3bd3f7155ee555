"""`check`: what can be known about a run without loading a model. Imports nothing heavy before it is needed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chains.prompts import PromptError, Prompts, read_prompts
from graph.calling.budget import TokenBudget, estimate_budget
from graph.cli.archives import unpacked
from graph.cli.arguments import STDIN, STDIN_NAME
from graph.cli.first_look import Request
from graph.config import RunConfig
from graph.documents.find import find_documents
from graph.errors import ConfigError
from llm.config import MLXConfig, RemoteSettings


def check(request: Request) -> str:
    """Check output, prompts, budget and documents, and return the arithmetic for people.

    Raises:
        ConfigError, BudgetError, DocumentError, ModelError: what `run` would refuse.
    """
    paths = request.given()
    request.refuse_output()
    with unpacked(paths, request.config.load.max_file_mb) as archives:
        return _checked(request, paths, find_documents(archives.paths))


def _checked(request: Request, paths: Sequence[str], documents: Sequence[Path]) -> str:
    if request.one_summary:
        request.output_file(paths)
    prompts, budget = check_configuration(request)
    request.refuse_documents(documents)
    config = request.config
    lines = [
        f"{request.config_path}: no problems found.",
        f"model     {config.llm.provider}: {getattr(config.llm, 'model', 'built-in')}",
        *(_model_lines(config, budget) if isinstance(config.llm, MLXConfig) else []),
        f"document  {', '.join(map(_named, paths))}{_counted(documents, paths)}",
        f"prompts   {config.prompts.file or 'inline'}; language: {prompts.language}; focus: {prompts.focus}",
        *_budget_lines(budget),
    ]
    return "\n".join(lines) + "\n"


def check_configuration(request: Request) -> tuple[Prompts, TokenBudget | None]:
    """The prompts, and the budget as far as it can be known. Raises ConfigError, BudgetError."""
    config = request.config
    if isinstance(config.llm, RemoteSettings):
        from llm.load import refuse_missing_package

        refuse_missing_package(config.llm)
    request.refuse_prompt_set()
    try:
        prompts = read_prompts(config.prompts, words=config.words)
    except PromptError as error:
        raise ConfigError(str(error)) from None
    budget = estimate_budget(config, prompts)
    if budget is not None:
        budget.check()
    elif config.llm.provider == "openai":
        raise ConfigError("llm.context_window: set it; a server does not say how many tokens it can read.")
    return prompts, budget


def _model_lines(config: RunConfig, budget: TokenBudget | None) -> list[str]:
    """Why this model, whether it is on the disk, how large its download is, and whether it fits into memory."""
    from graph.cli.model_check import describe_model

    longest = None
    if budget is not None:
        longest = min(budget.chunk_tokens + budget.template["map"] + budget.output["map"], budget.window)
    return describe_model(config.llm, longest) if isinstance(config.llm, MLXConfig) else []


def _named(path: str) -> str:
    return STDIN_NAME if path == STDIN else path


def _counted(documents: Sequence[Path], paths: Sequence[str]) -> str:
    """How many documents there are, where it does not show."""
    return f" ({len(documents)} documents)" if len(documents) != len(paths) else ""


def _budget_lines(budget: TokenBudget | None) -> list[str]:
    if budget is None:
        return ["budget    unknown until the model is loaded; set llm.context_window to check it now"]
    sums = [f"{stage:<9} {budget.arithmetic(stage)}" for stage in budget.template]
    return [
        "tokens left for text in each prompt (a cautious estimate; run counts them exactly):",
        *sums,
        f"chunks    at most {budget.chunk_tokens} tokens each",
    ]
