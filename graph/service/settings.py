"""The settings that a client may choose for one summary, checked before anything is queued."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from chains.prompts import PromptError, read_prompts
from chains.validation_errors import explain
from graph.calling.budget import estimate_budget
from graph.config import FOR_ALL, SWITCHES, RunConfig
from graph.documents.characters import printable, without_surrogates
from graph.documents.config import LoadConfig
from graph.errors import BudgetError
from graph.service.errors import SettingsError
from graph.service.types import PASSWORD, Job
from graph.shipped import find_prompt_set, prompt_set_names

_DEFAULT = (
    "prompts.*",
    "summarize.strategy",
    "summarize.by",
    "summarize.length",
    "summarize.final_tokens",
    "summarize.evidence",
    "summarize.check",
    "load.pages",
    "load.password",
    "load.ocr",
    "load.ocr_languages",
    "load.encoding",
)


def allowed_keys(config: RunConfig) -> list[str]:
    """Every key that may be set for one summary, with its section, in the order of `service.allow`."""
    keys: dict[str, None] = {}
    for entry in _DEFAULT if config.service.allow is None else config.service.allow:
        section, _, name = entry.partition(".")
        fields = type(getattr(config, section)).model_fields
        for field in fields if name == "*" else [name]:
            if (key := f"{section}.{field}") not in FOR_ALL:
                keys[key] = None
    return list(keys)


def prompt_sets(config: RunConfig) -> dict[str, Path]:
    """The prompt sets that a client may name, and where they are; those of `service.prompt_sets` win."""
    shipped = {name: found for name in prompt_set_names() if (found := find_prompt_set(name))}
    own = [*([config.prompts.file] if config.prompts.file else []), *config.service.prompt_sets]
    return shipped | {Path(file).stem: Path(file) for file in own}


def settings_schema(config: RunConfig) -> dict[str, Any]:
    """A JSON Schema of what a client may set, with the shared parts in `$defs`."""
    properties: dict[str, Any] = {}
    shared: dict[str, Any] = {}
    for key in allowed_keys(config):
        section, _, name = key.partition(".")
        schema = type(getattr(config, section)).model_json_schema()
        shared |= schema.get("$defs", {})
        properties[key] = schema["properties"][name]
        properties[key].pop("default", None)  # what is not set is as the configuration has it
    if "prompts.file" in properties:
        properties["prompts.file"] = {
            "enum": [*sorted(prompt_sets(config)), None],
            "description": "The prompt set.",
        }
    return {"type": "object", "properties": properties, "additionalProperties": False, "$defs": shared}


def check_settings(config: RunConfig, settings: Mapping[str, Any]) -> RunConfig:
    """The configuration with what a client chose for one summary, such as {"load.pages": "1-9"}.

    Raises SettingsError for the first key that is not allowed, or whose value cannot be.
    """
    allowed = allowed_keys(config)
    for key, value in settings.items():
        if key not in allowed:
            raise SettingsError(
                printable(key[:80]), "this cannot be set here", f"what can is {', '.join(allowed)}"
            )
        if (said := json.dumps(value, ensure_ascii=False)) != without_surrogates(said):
            raise SettingsError(key, "half of a character stands in it", "write it anew")
        config = _with(config, key, value)
    if any(key.startswith(("prompts.", "summarize.")) for key in settings):
        _check_prompts(config, settings)
    return config


def reading_again(config: RunConfig, job: Job) -> LoadConfig:
    """How the document of a job is read once more; its password is not kept."""
    return check_settings(config, {key: value for key, value in job.settings.items() if key != PASSWORD}).load


def _with(config: RunConfig, key: str, value: Any) -> RunConfig:
    section, _, name = key.partition(".")
    if isinstance(value, bool) and (section, name) not in SWITCHES:
        raise SettingsError(key, f"this does not take {str(value).lower()}", "give a value")
    if key == "prompts.file" and value is not None:
        value = _find(config, value)
    before = getattr(config, section)
    data = before.model_dump() | {name: value}
    try:
        after = type(before).model_validate(data)
    except ValidationError as error:
        sentence = explain(error, type(before)).removesuffix(".")
        raise SettingsError(key, sentence.removeprefix(f"{name}: ").removeprefix(f"{name}.")) from None
    return config.model_copy(update={section: after})


def _find(config: RunConfig, name: object) -> str:
    sets = prompt_sets(config)
    if not isinstance(name, str) or name not in sets:
        raise SettingsError("prompts.file", "there is no such prompt set", f"choose {', '.join(sorted(sets))}")
    return str(sets[name])


def _check_prompts(config: RunConfig, settings: Mapping[str, Any]) -> None:
    """Whether there are prompts, and room for text in them."""
    key = next(key for key in settings if key.startswith(("prompts.", "summarize.")))
    try:
        if (budget := estimate_budget(config, read_prompts(config.prompts, words=config.words))) is not None:
            budget.check()
    except PromptError as error:
        sentence = str(error).removeprefix("prompts: ").removesuffix(".")
        stage = sentence.partition(":")[0]
        if f"prompts.{stage}" in settings:
            raise SettingsError(f"prompts.{stage}", sentence.removeprefix(f"{stage}: ")) from None
        raise SettingsError(key, "with this there is no prompt that works", "choose another prompt set") from None
    except BudgetError:
        raise SettingsError(
            key, "with this the model has no room left for text", "shorten the prompt, or ask for fewer tokens"
        ) from None
