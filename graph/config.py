"""A whole configuration: the packages' sections composed, read from YAML and checked.

Imports pydantic and yaml and nothing heavier.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from chains.config import PromptsConfig
from chains.prompts import STAGES, Stage
from chains.strict_yaml import load_yaml
from chains.validation_errors import explain
from graph.documents.config import LoadConfig, SplitConfig
from graph.errors import ConfigError
from graph.length import parse_length, tokens_for
from graph.runs.config import ClusterConfig
from graph.shipped import config_names, find_config, find_prompt_set
from llm.config import CacheConfig, LLMConfig, MLXConfig

# Keys whose values are paths: in a file they are relative to that file, with --set to the current folder.
_PATHS = (
    ("load", "source"),
    ("prompts", "file"),
    ("output", "path"),
    ("llm", "adapter"),
    ("cache", "path"),
    ("service", "prompt_sets"),
)

_PROVIDERS = ("mlx", "textrank", "openai", "langchain")


def _check_length(value: object) -> object:
    """Accept what YAML makes of `length: 300`, too."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = f"{value} words"
    if isinstance(value, str):
        parse_length(value)
    return value


Strategy = Literal["auto", "one_call", "map_reduce"]


class SummarizeConfig(BaseModel):
    """How parts become one summary."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    strategy: Strategy = Field(
        "auto",
        description="auto: a document no longer than two parts is summarized in one call; one_call: any that fits "
        "the final prompt; map_reduce: none.",
    )
    by: Literal["document", "section"] = Field(
        "document",
        description="section: also a summary of each chapter of the document, from its own chunks.",
    )
    length: Annotated[str | None, BeforeValidator(_check_length)] = Field(
        None,
        description='Length of the summary: short, medium, long, or a number of words such as "300 words".',
    )
    final_tokens: int | None = Field(
        None,
        gt=0,
        description="Maximum tokens in the final summary, if there is no length. Default: llm.max_tokens.",
    )
    evidence: int = Field(
        0,
        ge=0,
        description="Key sentences of the source to add to each summary in the collapse and final prompts.",
    )
    check: bool = Field(
        False,
        description="Have the model mend sentences that the document does not bear out: it is shown the passages, "
        "and what is better for it is kept. Needs a model that writes.",
    )
    on_error: Literal["stop", "skip"] = Field(
        "stop", description="If the model fails on a part: stop the run, or skip the part with a warning."
    )
    together: bool = Field(False, description="Make one summary of several documents, not one of each.")
    retries: int = Field(2, ge=0, description="How often to ask again when an answer is empty or cut off.")
    retry_seconds: float = Field(
        1.0,
        ge=0,
        description="Seconds to wait before the first retry; each wait after that is twice as long.",
    )


class OutputConfig(BaseModel):
    """Where the summary goes, and in what format."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["md", "html", "json"] = Field(
        "md", description="md to read, html to read and check, json for programs."
    )
    path: str | None = Field(
        None,
        description="A file to write instead of standard output; for several summaries, a folder.",
    )
    grounding: bool = Field(
        True,
        description="Find the passages that support each sentence, and how much of the document they cover.",
    )
    page_images: bool = Field(
        False,
        description="In HTML, show pictures of the PDF pages that sentences rest on, with the passages marked.",
    )


class ServiceConfig(BaseModel):
    """What people may ask of `python -m graph serve`, and how much of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow: list[str] | None = Field(
        None,
        description="Keys of load, split, summarize and prompts that may be set for one summary; prompts.* is all "
        "of that section. Empty: prompts.*, what shapes a summary, and what it takes to read a file.",
    )
    prompt_sets: list[str] = Field(
        [],
        description="Prompt sets to choose from, beside those that ship: YAML files, named by their file names.",
    )
    max_upload_mb: float = Field(100, gt=0, description="Size of the largest file that is taken, in megabytes.")
    max_files: int = Field(100, ge=1, description="Most files in one request.")
    max_queue: int = Field(1000, ge=1, description="Most summaries that wait for their turn.")
    keep_days: float | None = Field(
        None, gt=0, description="Days after which a summary and its document are deleted. Empty: never."
    )
    keep_gb: float | None = Field(
        None, gt=0, description="Gigabytes of documents to keep; the oldest go first. Empty: no limit."
    )
    drain_seconds: float = Field(
        20, ge=0, description="Seconds that summaries under way have when the service is told to end."
    )
    requests_per_minute: int = Field(600, ge=1, description="Most requests of one client in a minute.")
    allowed_hosts: list[str] = Field(
        [], description="Names by which people reach the service, beside those of this machine and of --host."
    )
    forwarded: bool = Field(
        False, description="Believe X-Forwarded-For and X-Forwarded-Proto, which a proxy in front of it sets."
    )

    @field_validator("allow")
    @classmethod
    def _refuse_what_is_not_for_one_summary(cls, keys: list[str] | None) -> list[str] | None:
        for key in keys or []:
            section, _, name = key.partition(".")
            model = _FOR_ONE.get(section)
            if model is None or (name != "*" and name not in model.model_fields) or key in FOR_ALL:
                sections = ", ".join(_FOR_ONE)
                raise ValueError(f"{key!r} cannot be set for one summary; name keys of {sections}: load.pages")
        return keys


# Sections with keys that one summary may have for itself, and those of their keys that none may.
_FOR_ONE: dict[str, type[BaseModel]] = {
    "load": LoadConfig,
    "split": SplitConfig,
    "summarize": SummarizeConfig,
    "prompts": PromptsConfig,
}
FOR_ALL = ("load.source", "summarize.together")


class RunConfig(BaseModel):
    """The configuration of a run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    llm: LLMConfig
    load: LoadConfig = Field(default_factory=LoadConfig)
    split: SplitConfig = Field(default_factory=SplitConfig)
    summarize: SummarizeConfig = Field(default_factory=SummarizeConfig)
    prompts: PromptsConfig = Field(default_factory=PromptsConfig)
    cache: CacheConfig = Field(default_factory=CacheConfig)
    output: OutputConfig = Field(default_factory=OutputConfig)
    service: ServiceConfig = Field(default_factory=ServiceConfig)
    cluster: ClusterConfig = Field(default_factory=ClusterConfig)

    @property
    def words(self) -> int | None:
        """How many words the summary is to have, if summarize.length says so."""
        return parse_length(self.summarize.length) if self.summarize.length else None

    @property
    def final_tokens(self) -> int:
        """Most tokens in the final summary."""
        if self.words:
            return tokens_for(self.words)
        return self.summarize.final_tokens or self.llm.max_tokens

    @property
    def grounds(self) -> bool:
        """Whether the summary is compared with the document; what is to be mended has to be."""
        return self.output.grounding or self.summarize.check

    @property
    def stages(self) -> tuple[Stage, ...]:
        """What the model is called for, if it reads prompts."""
        return (*STAGES, "revise") if self.summarize.check else STAGES

    @property
    def shows_pages(self) -> bool:
        """Whether the output has pictures of pages."""
        return self.output.page_images and self.output.format == "html"


# The keys that take true or false.
SWITCHES = {
    (section, name)
    for section, model in (
        ("load", LoadConfig),
        ("llm", MLXConfig),
        ("cache", CacheConfig),
        ("summarize", SummarizeConfig),
        ("output", OutputConfig),
        ("service", ServiceConfig),
    )
    for name, field in model.model_fields.items()
    if field.annotation in (bool, bool | None)
}


def load_config(path: str | Path, overrides: Iterable[str | tuple[str, Any]] = ()) -> RunConfig:
    """Read a YAML file, apply overrides such as "llm.temperature=0.2" (or pairs of key and value), and check it.

    `path` may also be the name of a configuration that ships, such as "quickstart". Paths in the file are relative
    to the file; paths in overrides to the current folder. Prompt sets that ship are found by name everywhere.

    Raises:
        ConfigError: with one sentence that names the file, the key and what is allowed.
    """
    path = find_config(str(path)) or Path(os.path.expanduser(path))
    data = _read_yaml(path)
    _anchor_paths(data, path.resolve().parent)
    overrides = list(overrides)
    for override in overrides:
        _apply(data, override)
    if isinstance(prompts := data.get("prompts"), dict) and "file" in prompts:
        prompts["file"] = _prompt_set(prompts["file"], Path())
    keys = [override.partition("=")[0].strip() for override in overrides if isinstance(override, str)]
    _refuse_switches(path, data, keys)
    try:
        return RunConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_placed(_describe(error), _location(error), path, keys)) from None


def _placed(sentence: str, location: Sequence[object], path: Path, keys: Sequence[str]) -> str:
    """The sentence behind what has the mistake: --set and its key, if one of `keys` is at fault, or the file."""
    where = [str(step) for step in location if step not in _PROVIDERS]
    for key in keys:
        steps = key.split(".")
        chooses = key == "llm.provider" and where[:1] == ["llm"]  # which other keys there are
        within = where[: len(steps)] == steps
        makes = steps[: len(where)] == where and not (len(where) == 1 and where[0] in RunConfig.model_fields)
        if chooses or within or makes:
            return f"--set {sentence}" if sentence.startswith(f"{key}:") else f"--set {key}: {sentence}"
    return f"{path}: {sentence}"


def _refuse_switches(path: Path, data: Mapping[str, Any], keys: Sequence[str]) -> None:
    """Pydantic would read YAML's yes and no as the numbers 1 and 0."""
    for section, values in data.items():
        for key, value in values.items() if isinstance(values, dict) else ():
            if isinstance(value, bool) and (section, key) not in SWITCHES:
                said = "true" if value else "false"
                sentence = f"{section}.{key}: this key does not take {said}; give a value."
                raise ConfigError(_placed(sentence, (section, key), path, keys))


def _location(error: ValidationError) -> tuple[int | str, ...]:
    """Where the mistake is that `explain` explains."""
    return min(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")["loc"]


def _describe(error: ValidationError) -> str:
    if error.errors()[0]["type"] in ("union_tag_invalid", "union_tag_not_found"):
        return f"llm.provider must be one of {', '.join(_PROVIDERS)}."
    if _location(error) == ("prompts",) and isinstance(name := error.errors()[0]["input"], str):
        return f"prompts: this section has keys; to choose a prompt set, use prompts.file={name}."
    return explain(error, RunConfig)


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        data = load_yaml(path.read_text("utf-8"))
    except FileNotFoundError:
        near = get_close_matches(path.stem, config_names(), n=1)
        hint = f"did you mean {near[0]!r}? Give" if near else "give"
        raise ConfigError(f"{path}: there is no such file; {hint} a YAML file, or {_listed()}.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not a YAML file in UTF-8; to summarize it, use --input {path}.") from None
    except ValueError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}.") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: a configuration has sections: {', '.join(RunConfig.model_fields)}.")
    # A section whose keys are all commented out is an empty one.
    return {section: {} if values is None else values for section, values in data.items()}


def _listed() -> str:
    """The configurations that ship, as a choice."""
    *names, last = config_names()
    return f"{', '.join(names)} or {last}"


def _anchor_paths(data: dict[str, Any], folder: Path) -> None:
    for section, key in _PATHS:
        values = data.get(section)
        if isinstance(values, dict) and key in values:
            values[key] = _prompt_set(values[key], folder) if key == "file" else _anchored(values[key], folder)
    llm = data.get("llm")
    if isinstance(llm, dict) and str(llm.get("model", "")).endswith(".gguf"):
        llm["model"] = _anchored(llm["model"], folder)


def _prompt_set(value: object, folder: Path) -> object:
    """A path, unless there is no such file and a prompt set that ships has that name."""
    path = _anchored(value, folder)
    if isinstance(value, str) and isinstance(path, str) and not os.path.isfile(path):
        return str(find_prompt_set(value) or path)
    return path


def _anchored(value: object, folder: Path) -> object:
    """A path, or each path of a list, as seen from `folder`; anything else as it is."""
    if isinstance(value, list):
        return [_anchored(path, folder) for path in value]
    if not isinstance(value, str) or not value.strip():  # an empty path is not the folder itself
        return value
    return os.path.normpath(folder / os.path.expanduser(value))


def _apply(data: dict[str, Any], override: str | tuple[str, Any]) -> None:
    if isinstance(override, str):
        dotted, equals, text = override.partition("=")
        if not equals or not all(dotted.strip().split(".")):
            raise ConfigError(f"--set {override}: write it as KEY=VALUE, such as llm.temperature=0.2.")
        override = dotted.strip(), _value(text)
    *sections, key = override[0].split(".")
    for name in sections:
        inner = data.get(name)
        data[name] = data = dict(inner) if isinstance(inner, Mapping) else {}
    data[key] = override[1]


def _value(text: str) -> Any:
    """Lists, mappings and null are YAML; anything else is left as written, for the key's type to read."""
    if text.strip() in ("null", "~"):
        return None
    if text.lstrip().startswith(("[", "{")):
        try:
            value = yaml.safe_load(text)
        except (yaml.YAMLError, RecursionError):
            return text
        # A prompt that begins with {document} looks like a mapping without values.
        return text if isinstance(value, dict) and None in value.values() else value
    return text
