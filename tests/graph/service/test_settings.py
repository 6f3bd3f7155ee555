"""What a client may set for one summary, and the sentence for everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from graph.config import RunConfig, load_config
from graph.errors import ConfigError
from graph.service.errors import SettingsError
from graph.service.settings import allowed_keys, check_settings, prompt_sets


@pytest.fixture
def config() -> RunConfig:
    return load_config("quickstart")


def test_what_is_allowed_is_set_and_nothing_else_changes(config: RunConfig) -> None:
    settings = {
        "load.pages": "2-3",
        "load.password": "open sesame",
        "prompts.language": "French",
        "summarize.final_tokens": 99,
    }
    changed = check_settings(config, settings)
    assert changed.load.pages == "2-3"
    assert changed.load.password is not None
    assert changed.load.password.get_secret_value() == "open sesame"
    assert (changed.prompts.language, changed.prompts.file) == ("French", config.prompts.file)
    assert changed.final_tokens == 99
    assert (changed.llm, changed.split, changed.cache, changed.service) == (
        config.llm,
        config.split,
        config.cache,
        config.service,
    )
    assert check_settings(config, {}) == config


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("load.source", "/etc/passwd", "load.source: this cannot be set here; what can is prompts."),
        ("llm.model", "mine", "llm.model: this cannot be set here"),
        ("llm", {"provider": "openai"}, "llm: this cannot be set here"),
        ("cache.path", "/tmp/x", "cache.path: this cannot be set here"),
        ("summarize.together", True, "summarize.together: this cannot be set here"),
        ("load.timeout_seconds", 1e9, "load.timeout_seconds: this cannot be set here"),
        ("", 1, ": this cannot be set here"),
        ("load.pages", "nine", "load.pages: 'nine' is neither a page nor a range"),
        ("load.pages", True, "load.pages: this does not take true; give a value."),
        ("load.encoding", "klingon", "load.encoding: 'klingon' is not an encoding of text"),
        ("load.encoding", "punycode", "load.encoding: 'punycode' is not an encoding of text"),
        ("prompts.focus", "costs \ud83d", "prompts.focus: half of a character stands in it; write it anew."),
        ("prompts.map", {"human": "\ud83d"}, "prompts.map: half of a character stands in it; write it anew."),
        ("load.password", 7, "load.password: input should be a valid string; put it in quotes."),
        ("summarize.final_tokens", 0, "summarize.final_tokens: input should be greater than 0, and it is 0."),
        ("summarize.final_tokens", 10**9, "summarize.final_tokens: with this the model has no room left for text"),
        ("summarize.strategy", "magic", "summarize.strategy: input should be 'auto' or 'map_reduce'"),
        ("prompts.file", "/etc/passwd", "prompts.file: there is no such prompt set; choose compare, "),
        ("prompts.file", "../prompts/plain", "prompts.file: there is no such prompt set"),
        ("prompts.file", ["plain"], "prompts.file: there is no such prompt set"),
        ("prompts.final", "Say {that}.", "prompts.final: there is no variable {that}"),
        ("prompts.final", {"human": 1}, "prompts.final: system is missing."),
    ],
)
def test_a_refusal_names_the_key_and_says_what_to_do(
    config: RunConfig, key: str, value: Any, sentence: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        check_settings(config, {key: value})
    assert str(refused.value).startswith(sentence)
    assert refused.value.key == key
    assert str(Path.cwd()) not in str(refused.value)


def test_a_refusal_never_repeats_a_password(config: RunConfig) -> None:
    with pytest.raises(SettingsError) as refused:
        check_settings(config, {"load.password": ["hunter2"]})
    assert "hunter2" not in str(refused.value)


def test_a_prompt_set_is_named_by_its_file_and_only_those_of_the_operator_are_there(tmp_path: Path) -> None:
    mine = tmp_path / "minutes.yaml"
    mine.write_text("".join(f'{stage}: "Minutes: {{document}}"\n' for stage in ("map", "collapse", "final")))
    config = load_config("quickstart", [("service.prompt_sets", [str(mine)])])
    assert {"minutes", "plain", "korean", "structured"} <= prompt_sets(config).keys()
    assert check_settings(config, {"prompts.file": "minutes"}).prompts.file == str(mine)


def test_the_operator_says_what_is_allowed() -> None:
    config = load_config("quickstart", [("service.allow", ["load.*", "summarize.strategy", "split.chunk_tokens"])])
    keys = allowed_keys(config)
    assert "load.memory_mb" in keys
    assert "load.source" not in keys
    assert "prompts.language" not in keys
    assert check_settings(config, {"split.chunk_tokens": 500}).split.chunk_tokens == 500
    assert allowed_keys(load_config("quickstart", [("service.allow", [])])) == []


@pytest.mark.parametrize("key", ["llm.model", "load.nothing", "load", "load.source", "summarize.together", "*"])
def test_the_operator_cannot_allow_what_is_not_for_one_summary(key: str) -> None:
    with pytest.raises(ConfigError, match=r"service\.allow: .* cannot be set for one summary; name keys of load,"):
        load_config("quickstart", [("service.allow", [key])])


def test_prompt_sets_are_relative_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("llm: {provider: textrank}\nservice: {prompt_sets: [sets/minutes.yaml]}\n")
    assert load_config(path).service.prompt_sets == [str(tmp_path / "sets/minutes.yaml")]
