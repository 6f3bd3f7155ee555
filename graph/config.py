"""A whole configuration: the packages' sections composed, read from YAML and checked.

Imports pydantic and yaml and nothing heavier.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chains.config import PromptsConfig
from graph.documents.config import LoadConfig, SplitConfig
from graph.errors import ConfigError
from llm.config import LangChainConfig, LLMConfig, MLXConfig, OpenAIConfig, TextRankConfig

# Keys whose values are paths: in a file they are relative to that file, with --set to the current folder.
_PATHS = (("load", "source"), ("prompts", "file"), ("output", "path"))

_PROVIDERS: dict[str, type[BaseModel]] = {
    "mlx": MLXConfig,
    "textrank": TextRankConfig,
    "openai": OpenAIConfig,
    "langchain": LangChainConfig,
}


class SummarizeConfig(BaseModel):
    """How parts become one summary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: Literal["auto", "map_reduce"] = Field(
        "auto",
        description="auto summarizes a document that fits one prompt in one call; map_reduce always splits.",
    )
    final_tokens: int | None = Field(
        None, gt=0, description="Most tokens in the final summary. Empty: llm.max_tokens."
    )


class OutputConfig(BaseModel):
    """Where the summary goes, and in which form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["md", "json"] = Field("md", description="md for people, json for programs.")
    path: str | None = Field(None, description="A file to write besides standard output.")


class RunConfig(BaseModel):
    """Everything a run needs to know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    llm: LLMConfig
    load: LoadConfig = Field(default_factory=LoadConfig)
    split: SplitConfig = Field(default_factory=SplitConfig)
    summarize: SummarizeConfig = Field(default_factory=SummarizeConfig)
    prompts: PromptsConfig = Field(default_factory=PromptsConfig)
    output: OutputConfig = Field(default_factory=OutputConfig)

    @property
    def final_tokens(self) -> int:
        """Most tokens in the final summary."""
        return self.summarize.final_tokens or self.llm.max_tokens


def load_config(path: str | Path, overrides: Iterable[str] = ()) -> RunConfig:
    """Read a YAML file, apply overrides such as "llm.temperature=0.2", and check it all.

    Paths in the file are relative to the file; paths in overrides to the current folder.

    Raises:
        ConfigError: with one sentence that names the file, the key and what is allowed.
    """
    path = Path(path).expanduser()
    data = _read_yaml(path)
    _anchor_paths(data, path.resolve().parent)
    for override in overrides:
        _apply(data, override)
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first_problem(error, data)}") from None


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML's safe loader, but a key given twice is an error: the second would win in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"the key {key_node.value!r} is given twice", problem_mark=key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text("utf-8"), _UniqueKeyLoader)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file; give a YAML file such as configs/gemma.yaml.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a text file in UTF-8; give a YAML file.") from None
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise ConfigError(f"{path}{line}: not YAML that can be read: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not YAML that can be read: {' '.join(str(error).split())}.") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: a configuration has sections: {', '.join(RunConfig.model_fields)}.")
    return data


def _anchor_paths(data: dict[str, Any], folder: Path) -> None:
    for section, key in _PATHS:
        values = data.get(section)
        if isinstance(values, dict) and isinstance(values.get(key), str):
            values[key] = os.path.normpath(folder / Path(values[key]).expanduser())


def _apply(data: dict[str, Any], override: str) -> None:
    dotted, equals, text = override.partition("=")
    keys = dotted.strip().split(".")
    if not equals or not all(keys):
        raise ConfigError(f"--set {override}: write it as KEY=VALUE, such as llm.temperature=0.2.")
    section = data
    for key in keys[:-1]:
        inner = section.get(key)
        section[key] = section = dict(inner) if isinstance(inner, Mapping) else {}
    section[keys[-1]] = _value(override, text)


def _value(override: str, text: str) -> Any:
    """Lists, mappings and null are YAML; anything else is left as written, for the key's type to read."""
    if text.strip() in ("null", "~") or text.lstrip().startswith(("[", "{")):
        try:
            return yaml.safe_load(text)
        except yaml.YAMLError:
            raise ConfigError(f"--set {override}: the value is not YAML that can be read.") from None
    return text


def _first_problem(error: ValidationError, data: Mapping[str, Any]) -> str:
    """Put pydantic's first complaint in one sentence, with the keys as they stand in the file."""
    first = error.errors()[0]
    keys = [str(part) for part in first["loc"]]
    if keys[:1] == ["llm"] and len(keys) > 1 and keys[1] in _PROVIDERS:
        del keys[1]  # the provider, which pydantic puts between section and key
    where = ".".join(keys) or "the file"
    if first["type"] == "extra_forbidden":
        return f"there is no key {where!r}; {_near(keys, data)}"
    if first["type"] == "missing":
        return f"{where} is missing."
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return f"llm.provider must be one of {', '.join(_PROVIDERS)}."
    message = first["msg"].removeprefix("Value error, ").removesuffix(".")
    if isinstance(first["input"], str | int | float):
        message += f", and it is {first['input']!r}"
    return f"{where}: {message}."


def _near(keys: list[str], data: Mapping[str, Any]) -> str:
    model: type[BaseModel] = RunConfig
    for key in keys[:-1]:
        model = _PROVIDERS[str(data["llm"]["provider"])] if key == "llm" else _section_model(model, key)
    near = get_close_matches(keys[-1], model.model_fields, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}The keys here are {', '.join(model.model_fields)}."


def _section_model(model: type[BaseModel], key: str) -> type[BaseModel]:
    """The class of the section `key`, also where it is one side of a union (a prompt with messages)."""
    annotation = model.model_fields[key].annotation if key in model.model_fields else None
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return model
