"""A configuration is read, overridden and checked; what is wrong with it is said in one sentence."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from graph.config import RunConfig, load_config
from graph.errors import ConfigError
from llm.config import MLXConfig

PROMPTS = "prompts: {map: '{document}', collapse: '{document}', final: '{document}'}\n"
TEXTRANK = "llm: {provider: textrank}\n"
MLX = "llm: {provider: mlx, model: some/model}\n"


def write(folder: Path, text: str, name: str = "run.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def refuse(folder: Path, text: str, *overrides: str) -> str:
    """The sentence a configuration is refused with."""
    with pytest.raises(ConfigError) as caught:
        load_config(write(folder, text), overrides)
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert "\n" not in message
    assert message.endswith(".")
    assert caught.value.__cause__ is None
    return message


# Reading


def test_a_small_file_is_enough_and_the_rest_has_defaults(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, TEXTRANK + PROMPTS))
    assert config.llm.provider == "textrank"
    assert config.summarize.strategy == "auto"
    assert config.final_tokens == config.llm.max_tokens
    assert config.load.source is None


def test_sections_left_with_nothing_but_comments_have_their_defaults(tmp_path: Path) -> None:
    text = TEXTRANK + PROMPTS + "load:\n  # source: paper.pdf\nsplit:\nsummarize:\noutput:\n"
    assert load_config(write(tmp_path, text)) == load_config(write(tmp_path, TEXTRANK + PROMPTS, "b.yaml"))


def test_a_configuration_does_not_change_after_it_was_read(tmp_path: Path) -> None:
    config: Any = load_config(write(tmp_path, TEXTRANK + PROMPTS))
    for section, key in (
        ("llm", "max_tokens"),
        ("load", "source"),
        ("split", "chunk_tokens"),
        ("summarize", "strategy"),
        ("prompts", "file"),
        ("output", "format"),
    ):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(getattr(config, section), key, "x")


def test_a_path_may_be_a_string_with_a_home_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, TEXTRANK + PROMPTS)
    assert load_config("~/run.yaml").llm.provider == "textrank"


# Paths


def test_paths_in_a_file_are_relative_to_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = TEXTRANK + "load: {source: ../paper.pdf}\nprompts: {file: mine.yaml}\noutput: {path: out/a.md}\n"
    config = load_config(write(tmp_path / "configs", text))
    assert config.load.source == str(tmp_path / "paper.pdf")
    assert config.prompts.file == str(tmp_path / "configs/mine.yaml")
    assert config.output.path == str(tmp_path / "configs/out/a.md")
    # The same from another place, and with the file named in another way.
    monkeypatch.chdir(tmp_path / "configs")
    assert load_config("run.yaml") == config


def test_paths_in_overrides_are_left_to_the_current_folder(tmp_path: Path) -> None:
    path = write(tmp_path / "configs", TEXTRANK + PROMPTS + "load: {source: ../paper.pdf}\n")
    config = load_config(path, ["load.source=other.pdf", "output.path=out.md", "prompts.file=p.yaml"])
    assert (config.load.source, config.output.path, config.prompts.file) == ("other.pdf", "out.md", "p.yaml")


def test_absolute_paths_and_homes_stay_what_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    path = write(tmp_path, TEXTRANK + "load: {source: /data/a.pdf}\noutput: {path: ~/a.md}\n" + PROMPTS)
    config = load_config(path)
    assert (config.load.source, config.output.path) == ("/data/a.pdf", "/home/me/a.md")


def test_a_model_folder_is_not_taken_for_a_path_of_the_file(tmp_path: Path) -> None:
    assert getattr(load_config(write(tmp_path, MLX + PROMPTS)).llm, "model", "") == "some/model"


# Overrides


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("llm.max_tokens=99", "llm", "max_tokens", 99),
        ("llm.temperature=0.25", "llm", "temperature", 0.25),
        ("llm.seed=null", "llm", "seed", None),
        ("llm.stop=[END, '===']", "llm", "stop", ["END", "==="]),
        ("load.drop_references=false", "load", "drop_references", False),
        ("load.pages=3", "load", "pages", "3"),
        ("load.pages=1-9,12", "load", "pages", "1-9,12"),
        ("load.source=", "load", "source", ""),
        ("load.source=a=b.pdf", "load", "source", "a=b.pdf"),
        ("load.source=[2024] report.pdf", "load", "source", "[2024] report.pdf"),
        ("load.source=[draft].pdf", "load", "source", "[draft].pdf"),
        ("load.source=123", "load", "source", "123"),
        ("prompts.language=한국어", "prompts", "language", "한국어"),
        ("prompts.language=no", "prompts", "language", "no"),
        ("prompts.focus=costs: all of them", "prompts", "focus", "costs: all of them"),
        ("prompts.map={document} Summarize that.", "prompts", "map", "{document} Summarize that."),
        ("summarize.final_tokens=700", "summarize", "final_tokens", 700),
        (" llm.max_tokens =99", "llm", "max_tokens", 99),
    ],
)
def test_an_override_sets_its_key(tmp_path: Path, override: str, section: str, key: str, value: Any) -> None:
    config = load_config(write(tmp_path, MLX + PROMPTS), [override])
    assert getattr(getattr(config, section), key) == value


def test_the_last_override_wins_and_others_are_kept(tmp_path: Path) -> None:
    config: Any = load_config(
        write(tmp_path, MLX + PROMPTS), ["llm.max_tokens=1", "llm.temperature=0.5", "llm.max_tokens=2"]
    )
    assert (config.llm.max_tokens, config.llm.temperature, config.llm.model) == (2, 0.5, "some/model")


def test_an_override_may_begin_a_section(tmp_path: Path) -> None:
    assert load_config(write(tmp_path, TEXTRANK + PROMPTS), ["output.format=json"]).output.format == "json"


def test_the_whole_model_may_be_swapped_by_overrides(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, MLX + PROMPTS), ["llm={provider: textrank, max_tokens: 5}"])
    assert (config.llm.provider, config.llm.max_tokens) == ("textrank", 5)


@pytest.mark.parametrize("override", ["nothing", "=3", "llm..x=3", ".llm=3", "llm.=3", ""])
def test_an_override_that_is_none_is_refused_with_an_example(tmp_path: Path, override: str) -> None:
    message = refuse(tmp_path, MLX + PROMPTS, override)
    assert f"--set {override}" in message
    assert "KEY=VALUE" in message


@pytest.mark.parametrize(
    ("override", "beginning"),
    [
        ("llm.max_tokens=many", "--set llm.max_tokens: input should be a valid integer"),
        ("llm.max_token=3", "--set llm.max_token: there is no key 'llm.max_token'; did you mean 'max_tokens'?"),
        ("llm.provider=gemma", "--set llm.provider: llm.provider must be one of mlx"),
        ("llm.provider=openai", "--set llm.provider: llm.base_url is missing."),
        ("llm={provider: mlx}", "--set llm: llm.model is missing."),
        ("llm={provider: textrank, max_tokens: true}", "--set llm: llm.max_tokens: this key does not take true"),
        ("load.pages=9-1", "--set load.pages: '9-1' runs backwards"),
        ("lod.pages=1", "--set lod.pages: there is no key 'lod'; did you mean 'load'?"),
        ("prompts=structured", "--set prompts: this section has keys; to choose a prompt set, use prompts.file=s"),
    ],
)
def test_a_mistake_in_an_override_is_not_said_of_the_file(tmp_path: Path, override: str, beginning: str) -> None:
    others = ("load.ocr=off", "summarize.retries=1")
    assert refuse(tmp_path, MLX + PROMPTS, others[0], override, others[1]).startswith(beginning)


def test_a_mistake_in_the_file_is_not_said_of_an_override(tmp_path: Path) -> None:
    message = refuse(tmp_path, TEXTRANK + PROMPTS + "load: {page: 3}\n", "load.pages=3", "llm.max_tokens=9")
    assert message.startswith(f"{tmp_path / 'run.yaml'}: there is no key 'load.page'")


def test_an_empty_path_in_a_file_is_not_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, TEXTRANK + PROMPTS + "load: {source: ''}\noutput: {path: ''}\n"))
    assert (config.load.source, config.output.path) == ("", "")


# Refusals


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("llm: {provider: textrank, max_token: 3}\n", ["'llm.max_token'", "did you mean 'max_tokens'?"]),
        ("llm: {provider: mlx, modle: x}\n", ["'llm.modle'", "did you mean 'model'?"]),
        (TEXTRANK + "summarize: {stratgy: auto}\n", ["'summarize.stratgy'", "did you mean 'strategy'?"]),
        (TEXTRANK + "load: {page: 3}\n", ["'load.page'", "did you mean 'pages'?"]),
        (TEXTRANK + "split: {chunk: 3}\n", ["'split.chunk'", "chunk_tokens"]),
        (TEXTRANK + "output: {zzz: 3}\n", ["'output.zzz'", "keys here are format, path"]),
        (TEXTRANK + "sumarize: {strategy: auto}\n", ["'sumarize'", "did you mean 'summarize'?"]),
        ("lmm: {provider: textrank}\n", ["'lmm'", "did you mean 'llm'?"]),
        ("llm: {provider: textrank, temperature: 0.1}\n", ["'llm.temperature'", "max_tokens, context_window"]),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path, text: str, words: list[str]) -> None:
    message = refuse(tmp_path, text + PROMPTS)
    assert str(tmp_path / "run.yaml") in message
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    ("prompts", "words"),
    [
        ("{mapp: x}", ["'prompts.mapp'", "did you mean 'map'?"]),
        ("{map: {system: a, humann: b}}", ["'prompts.map.humann'", "did you mean 'human'?"]),
        ("{map: {system: a}}", ["prompts.map.human", "missing"]),
        ("{map: [a, b]}", ["prompts.map:"]),
        ("{map: 3}", ["prompts.map:"]),
    ],
)
def test_what_is_wrong_in_a_prompt_is_named_as_it_stands_in_the_file(
    tmp_path: Path, prompts: str, words: list[str]
) -> None:
    message = refuse(tmp_path, f"{TEXTRANK}prompts: {prompts}\n")
    for word in words:
        assert word in message


def test_an_unknown_key_of_an_override_is_named_too(tmp_path: Path) -> None:
    assert "did you mean 'temperature'?" in refuse(tmp_path, MLX + PROMPTS, "llm.temprature=0.2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("llm: {provider: textrank, max_tokens: many}\n", ["llm.max_tokens", "integer", "'many'"]),
        ("llm: {provider: textrank, max_tokens: 0}\n", ["llm.max_tokens", "greater than 0", "0"]),
        ("llm: {provider: textrank, max_tokens: true}\n", ["llm.max_tokens"]),
        ("llm: {provider: textrank, context_window: [1]}\n", ["llm.context_window", "integer"]),
        ("llm: {provider: mlx, model: m, temperature: hot}\n", ["llm.temperature", "number", "'hot'"]),
        ("llm: {provider: mlx, model: m, top_p: 1.5}\n", ["llm.top_p", "less than or equal to 1", "1.5"]),
        ("llm: {provider: mlx, model: m, stop: END}\n", ["llm.stop", "list", "'END'"]),
        ("llm: {provider: mlx}\n", ["llm.model", "missing"]),
        ("llm: {provider: gemma}\n", ["llm.provider", "mlx, textrank, openai, langchain"]),
        ("llm: {model: m}\n", ["llm.provider", "mlx, textrank, openai, langchain"]),
        ("llm: {provider: [mlx]}\n", ["llm.provider", "mlx, textrank, openai, langchain"]),
        ("llm: textrank\n", ["llm", "'textrank'"]),
        ("llm:\n", ["llm"]),
        ("load: {}\n", ["llm", "missing"]),
        (TEXTRANK + "load: {pages: 9-1}\n", ["load.pages", "9-1"]),
        (TEXTRANK + "load: [paper.pdf]\n", ["load"]),
        (
            TEXTRANK + "summarize: {strategy: fast}\n",
            ["summarize.strategy", "'auto', 'one_call' or 'map_reduce'", "'fast'"],
        ),
        (TEXTRANK + "output: {format: pdf}\n", ["output.format", "'md'", "'pdf'"]),
        (TEXTRANK + "split: {chunk_tokens: -5}\n", ["split.chunk_tokens", "-5"]),
        (TEXTRANK + "1: 2\n", ["1"]),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_is_allowed(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    message = refuse(tmp_path, text + PROMPTS)
    for word in words:
        assert word in message


def test_a_password_is_never_repeated(tmp_path: Path) -> None:
    assert "98765" not in refuse(tmp_path, TEXTRANK + "load: {password: 98765}\n" + PROMPTS)
    key = "llm: {provider: openai, model: m, base_url: http://localhost/v1, api_key: 98765}\n"
    assert "98765" not in refuse(tmp_path, key + PROMPTS)
    config = load_config(write(tmp_path, TEXTRANK + "load: {password: secret}\n" + PROMPTS))
    assert "secret" not in repr(config) + str(config.model_dump())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("llm: {provider: textrank}\nllm: {provider: mlx}\n", 2, "'llm' is given twice"),
        ("llm:\n  provider: mlx\n  model: a\n  model: b\n", 4, "'model' is given twice"),
        ("llm: {provider: textrank\n", 2, "expected"),
        ("\tllm: 1\n", 1, "cannot start any token"),
        ("llm: !!python/object/apply:os.getcwd []\n", 1, "could not determine a constructor"),
        ("? [a, b]\n: 1\n", 1, ""),
        ("llm: *nobody\n", 1, "nobody"),
    ],
)
def test_what_is_no_yaml_is_refused_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    message = refuse(tmp_path, text)
    assert str(tmp_path / "run.yaml") in message
    assert f"line {line}:" in message
    assert words in message


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "just words\n", "42\n", "null\n", "# nothing\n"])
def test_what_has_no_sections_is_told_which_there_are(tmp_path: Path, text: str) -> None:
    assert "llm, load, split, summarize, prompts, cache, output" in refuse(tmp_path, text)


def test_a_file_that_is_missing_a_folder_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "noise.yaml").write_bytes(b"\xff\xfe\x00\x81")
    for name, words in (("none.yaml", "no such file"), ("", "cannot be read"), ("noise.yaml", "UTF-8")):
        with pytest.raises(ConfigError, match=words) as caught:
            load_config(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)


def test_every_key_has_a_description_for_the_schema() -> None:
    schema = RunConfig.model_json_schema()
    for name, definition in schema["$defs"].items():
        for key, value in definition.get("properties", {}).items():
            assert value.get("description") or key == "provider", f"{name}.{key}"


@pytest.mark.parametrize(
    ("written", "pages"), [("010", "010"), ("10", "10"), ("-5", "-5"), ("0", None), ("1:30", None)]
)
def test_pages_are_what_is_written(tmp_path: Path, written: str, pages: str | None) -> None:
    """YAML 1.1 would read 010 as eight, and 1:30 as ninety."""
    path = tmp_path / "run.yaml"
    prompts = "{map: '{document}', collapse: '{document}', final: '{document}'}"
    path.write_text(f"llm: {{provider: textrank}}\nload:\n  pages: {written}\nprompts: {prompts}\n")
    if pages is None:
        with pytest.raises(ConfigError, match=re.escape(written)):
            load_config(path)
    else:
        assert load_config(path).load.pages == pages


def test_a_gguf_file_is_found_beside_the_configuration_and_a_name_stays_a_name(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    for model, expected in (("model.gguf", str(tmp_path / "model.gguf")), ("some/model", "some/model")):
        path.write_text(f"llm:\n  provider: mlx\n  model: {model}\n")
        config = load_config(path)
        assert isinstance(config.llm, MLXConfig)
        assert config.llm.model == expected
    config = load_config(path, ["llm.model=model.gguf"])
    assert isinstance(config.llm, MLXConfig)
    assert config.llm.model == "model.gguf"
