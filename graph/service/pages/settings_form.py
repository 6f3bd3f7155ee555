"""The settings that a configuration lets people choose, as the fields of a form, and a form that came back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from chains.config import Messages
from graph.config import RunConfig
from graph.service.settings import allowed_keys, prompt_sets

Kind = Literal["select", "number", "text", "long text", "password"]

# The settings that most people look for come first, in this order; the others can be opened.
_FIRST = (
    "prompts.file",
    "summarize.length",
    "summarize.by",
    "prompts.language",
    "prompts.focus",
    "load.pages",
    "load.password",
)

# Where the description of a key speaks to those who write YAML: a label, and what to say below it.
_OWN_PROMPT = "In place of the prompt set's; {document} is where the text goes."
_WORDS = {
    "prompts.file": ("Prompt set", "How the model is asked for the summary."),
    "prompts.language": ("Language", "Of the summary. Empty: what the prompt set says."),
    "prompts.focus": ("Focus", "What the summary should attend to, such as: costs and dates."),
    "prompts.map": ("Prompt for a part", _OWN_PROMPT),
    "prompts.collapse": ("Prompt for merging", _OWN_PROMPT),
    "prompts.final": ("Prompt for the summary", _OWN_PROMPT),
    "load.pages": ("Pages", "Counted from 1 in the file: 1-9, 12 or 5-. Empty: all pages."),
    "load.password": ("Password", "Of an encrypted PDF. It is forgotten when the summary has been made."),
    "load.ocr": ("Scanned pages", "auto reads them with OCR, where it is installed; off skips them."),
    "load.ocr_languages": ("OCR languages", ""),
}


@dataclass(frozen=True)
class SettingField:
    """A field of the form. `value` is what is chosen, and nothing means as configured."""

    key: str
    label: str
    help: str
    kind: Kind
    value: str
    placeholder: str
    options: tuple[tuple[str, str], ...]
    """(value, what it is called): all there are for a select, for a text some to begin with."""
    first: bool

    @property
    def id(self) -> str:
        """For its element."""
        return f"set-{self.key.replace('.', '-')}"


def setting_fields(config: RunConfig, chosen: Mapping[str, Any]) -> list[SettingField]:
    """Every setting that may be chosen, the usual ones first."""
    keys = sorted(allowed_keys(config), key=lambda key: _FIRST.index(key) if key in _FIRST else len(_FIRST))
    return [_field(key, config, chosen.get(key)) for key in keys]


def settings_of(config: RunConfig, form: Mapping[str, Any]) -> dict[str, Any]:
    """What was chosen in a form. Prompts that have a system part are JSON in it."""
    given = {key: form[key].strip() for key in allowed_keys(config) if isinstance(form.get(key), str)}
    return {key: _read(key, value) for key, value in given.items() if value}


def _field(key: str, config: RunConfig, chosen: object) -> SettingField:
    section, _, name = key.partition(".")
    values = getattr(config, section)
    info, configured = type(values).model_fields[name], getattr(values, name)
    label, text = _WORDS.get(key, (name.replace("_", " ").capitalize(), None))
    kind: Kind
    options: tuple[tuple[str, str], ...]
    kind, options = ("select", _sets(config)) if key == "prompts.file" else input_for(info)
    if kind == "select":
        default = Path(configured).stem if key == "prompts.file" and configured else _text(configured)
        options = _with_default(options, default)
    return SettingField(
        key,
        label,
        (info.description or "") if text is None else text,
        kind,
        "" if kind == "password" else _text(chosen),
        "" if kind in ("select", "password") or section == "prompts" else _text(configured),
        options,
        key in _FIRST,
    )


def input_for(info: FieldInfo) -> tuple[Kind, tuple[tuple[str, str], ...]]:
    """What a value of this type is put in with."""
    types = [each for each in _types(info.annotation) if each is not type(None)]
    named = [name for each in types for name in _names(each)]
    options = tuple((name, {"true": "yes", "false": "no"}.get(name, name)) for name in named)
    others = [each for each in types if not any(_names(each))]
    if not others:
        return "select", options
    if SecretStr in others:
        return "password", ()
    if Messages in others:
        return "long text", ()
    return ("number", ()) if not options and set(others) <= {int, float} else ("text", options)


def _types(annotation: object) -> Iterator[object]:
    """The members of a union, and what is annotated."""
    if get_origin(annotation) is Annotated:
        yield from _types(get_args(annotation)[0])
    elif get_origin(annotation) in (Union, UnionType):
        for member in get_args(annotation):
            yield from _types(member)
    else:
        yield annotation


def _names(one: object) -> list[str]:
    """The values of a type that has few."""
    if one is bool:
        return ["true", "false"]
    if isinstance(one, type) and issubclass(one, Enum):
        return [str(member.value) for member in one]
    return [_text(value) for value in get_args(one)] if get_origin(one) is Literal else []


def _sets(config: RunConfig) -> tuple[tuple[str, str], ...]:
    return tuple((name, name) for name in sorted(prompt_sets(config)))


def _with_default(options: tuple[tuple[str, str], ...], default: str) -> tuple[tuple[str, str], ...]:
    """What is configured comes first, and is chosen by choosing nothing."""
    called = dict(options).get(default, default)
    others = tuple((value, name) for value, name in options if value != default)
    return (("", f"{called} (default)" if called else "default"), *others)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, indent=1)
    return "" if value is None else str(getattr(value, "value", value))


def _read(key: str, value: str) -> Any:
    if key.startswith("prompts.") and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:  # {document} is no JSON
            return value
    return value
