"""Reads and checks prompt sets. Imports no LangChain."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from string import Formatter
from typing import Literal, get_args

from pydantic import ValidationError

from chains.config import Messages, PromptsConfig, PromptSet, Template
from chains.strict_yaml import load_yaml
from chains.validation_errors import explain

Stage = Literal["map", "collapse", "final"]
STAGES: tuple[Stage, ...] = get_args(Stage)

# The only variables that a prompt may use; without {document} it would not show the text.
VARIABLES = ("document", "language", "focus")

_LANGUAGE = "English"
_FOCUS = "the main points"
_REMINDER = "Write nothing but the summary, in {language}."

# The messages of one prompt: (role, template) each.
Pairs = tuple[tuple[str, str], ...]


class PromptError(ValueError):
    """A prompt set that cannot be used. `str(error)` is one sentence: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Prompts:
    """A checked prompt set: (role, template) pairs for each stage, and the values of the variables."""

    map: Pairs
    collapse: Pairs
    final: Pairs
    language: str
    focus: str
    reminder: str = _REMINDER

    def reminded(self) -> Prompts:
        """The same prompts, each with the reminder behind its last message."""

        def with_reminder(pairs: Pairs) -> Pairs:
            role, template = pairs[-1]
            return (*pairs[:-1], (role, f"{template.rstrip()}\n\n{self.reminder}"))

        return replace(
            self,
            map=with_reminder(self.map),
            collapse=with_reminder(self.collapse),
            final=with_reminder(self.final),
        )

    def text(self, stage: Stage) -> str:
        """The text of a stage's prompt, with everything but the document filled in."""
        values = {"document": "", "language": self.language, "focus": self.focus}
        return "\n".join(template.format(**values) for _, template in getattr(self, stage))


def read_prompts(config: PromptsConfig) -> Prompts:
    """Combine the set in the file with what `config` overrides, and check every prompt.

    Raises:
        PromptError: a file that is missing or not a prompt set, a stage without a prompt, a prompt with an
            unknown variable, or one that does not have {document} exactly once.
    """
    in_file = _read_file(Path(os.path.expanduser(config.file))) if config.file else PromptSet()

    def pairs(stage: Stage) -> Pairs:
        own = getattr(config, stage)
        where = "prompts" if own or not config.file else config.file
        return _pairs(stage, own or getattr(in_file, stage), where)

    return Prompts(
        map=pairs("map"),
        collapse=pairs("collapse"),
        final=pairs("final"),
        language=config.language or in_file.language or _LANGUAGE,
        focus=config.focus or in_file.focus or _FOCUS,
        reminder=_reminder(config, in_file),
    )


def _reminder(config: PromptsConfig, in_file: PromptSet) -> str:
    where, given = ("prompts", config.reminder) if config.reminder is not None else (config.file, in_file.reminder)
    if given is None:
        return _REMINDER
    for name in _variables(given, f"{where}: reminder"):
        if name not in ("language", "focus"):
            raise PromptError(f"{where}: reminder: the variables of a reminder are {{language}} and {{focus}}.")
    return given.strip()


def _read_file(path: Path) -> PromptSet:
    try:
        content = load_yaml(path.read_text("utf-8"))
    except OSError:
        raise PromptError(f"prompts.file: {path} cannot be read; check the path.") from None
    except ValueError as error:
        raise PromptError(f"prompts.file: {path} is not valid YAML: {error}.") from None
    if not isinstance(content, dict):
        raise PromptError(
            f"prompts.file: {path} is not a prompt set; the keys of one are {', '.join(PromptSet.model_fields)}."
        )
    try:
        return PromptSet.model_validate(content)
    except ValidationError as error:
        raise PromptError(f"prompts.file: {path}: {explain(error, PromptSet)}") from None


def _pairs(stage: Stage, template: Template | None, where: str) -> Pairs:
    if template is None:
        raise PromptError(
            f"{where}: there is no {stage} prompt; set prompts.{stage}, or a prompts.file that has one."
        )
    if isinstance(template, Messages):
        pairs: Pairs = (("system", template.system), ("human", template.human))
    else:
        pairs = (("human", template),)
    used = [name for _, text in pairs for name in _variables(text, f"{where}: {stage}")]
    for name in used:
        if name not in VARIABLES:
            raise PromptError(f"{where}: {stage}: {_unknown(name)}")
    if "document" not in used:
        raise PromptError(
            f"{where}: {stage}: the prompt needs {{document}}, where the text goes; the variables are {_listed()}."
        )
    if used.count("document") > 1:
        raise PromptError(f"{where}: {stage}: {{document}} may stand in a prompt only once.")
    return pairs


def _variables(text: str, where: str) -> list[str]:
    try:
        fields = list(Formatter().parse(text))
    except ValueError as error:
        raise PromptError(f"{where}: {error}; write {{{{ and }}}} for literal braces.") from None
    for _, name, spec, conversion in fields:
        if name is not None and (spec or conversion):
            raise PromptError(
                f"{where}: {{{name}}} must stand alone, without a format; write {{{{ and }}}} for literal braces."
            )
    return [name for _, name, _, _ in fields if name is not None]


def _unknown(name: str) -> str:
    near = get_close_matches(name, VARIABLES, n=1)
    hint = f"did you mean {{{near[0]}}}? The" if near else "the"
    return (
        f"there is no variable {{{name}}}; {hint} variables are {_listed()}; "
        "write {{ and }} for literal braces."
    )


def _listed() -> str:
    return ", ".join(f"{{{name}}}" for name in VARIABLES)
