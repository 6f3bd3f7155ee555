"""The configurations that ship: they load, they are complete, and they say what each key is for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from graph.cli.main import main
from graph.config import RunConfig, load_config
from llm.mlx.gguf.source import installed

CONFIGS = Path(__file__).parent.parent / "configs"
NAMES = sorted(path.name for path in CONFIGS.glob("*.yaml"))
# Those whose packages are installed: of the others `check` says so.
HERE = [name for name in NAMES if name != "gemma270m.yaml" or installed("gemma3-270m")]

# A key on a line of its own, or commented out ("  # top_p: 1.0"); not prose ("# auto: a document that …").
_KEY = re.compile(r"""^(?P<indent> *)(?:(?P<key>[a-z_]+):(?: |$)|# (?P<off>[a-z_]+): (?P<value>["'\[].*|\S+)$)""")


def keys_of(name: str) -> dict[str, dict[str, bool]]:
    """The keys under each section of a file as it is written: {section: {key: commented out}}."""
    found: dict[str, dict[str, bool]] = {}
    section = ""
    for line in (CONFIGS / name).read_text("utf-8").splitlines():
        match = _KEY.match(line)
        if not match:
            continue
        if not match["indent"] and match["key"]:
            section = match["key"]
            found[section] = {}
        elif section and match["indent"]:
            found[section][match["key"] or match["off"]] = match["key"] is None
    return found


def schema_keys(provider: str) -> dict[str, set[str]]:
    """The keys of every section, as the schema has them, for a provider."""
    schema = RunConfig.model_json_schema()

    def resolve(value: dict[str, Any]) -> dict[str, Any]:
        definition: dict[str, Any] = schema["$defs"][value["$ref"].rpartition("/")[2]]
        return definition

    sections = {}
    for section, value in schema["properties"].items():
        if "discriminator" in value:
            value = {"$ref": value["discriminator"]["mapping"][provider]}
        if "allOf" in value:
            value = value["allOf"][0]
        sections[section] = set(resolve(value)["properties"])
    return sections


def test_there_is_a_configuration_for_each_way_to_run() -> None:
    assert {"quickstart.yaml", "gemma.yaml", "gemma3.yaml", "server.yaml"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_from_anywhere(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = load_config(CONFIGS / name)
    assert config.load.source == str(CONFIGS.parent / "examples/handbook.pdf")
    assert Path(config.prompts.file or "").is_file()


@pytest.mark.parametrize("name", HERE)
def test_check_passes_with_a_document_and_names_the_one_that_is_missing(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "paper.txt"
    document.write_text("A paper.")
    argv = ["check", str(CONFIGS / name)]
    assert main([*argv, "--set", f"load.source={document}"]) == 0
    assert "no problems found" in capsys.readouterr().out
    assert main([*argv, "--set", f"load.source={tmp_path / 'none.pdf'}"]) == 3
    assert "none.pdf" in capsys.readouterr().err


@pytest.mark.parametrize("name", HERE)
def test_check_passes_as_it_ships(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(CONFIGS / name)]) == 0
    assert "handbook.pdf" in capsys.readouterr().out


@pytest.mark.parametrize("name", NAMES)
def test_its_budget_is_known_without_the_model_and_leaves_room_for_its_chunks(name: str) -> None:
    from chains.prompts import read_prompts
    from graph.calling.budget import estimate_budget

    config = load_config(CONFIGS / name)
    budget = estimate_budget(config, read_prompts(config.prompts))
    assert budget is not None
    budget.check()
    assert budget.chunk_tokens == config.split.chunk_tokens, "the window, not the file, would set the chunks"


def test_gemma_shows_every_key_of_the_schema() -> None:
    written = keys_of("gemma.yaml")
    for section, keys in schema_keys("mlx").items():
        assert keys - written[section].keys() == set(), section
        assert written[section].keys() - keys == set(), section


def test_the_server_shows_every_key_that_is_about_servers() -> None:
    written = keys_of("server.yaml")["llm"]
    assert schema_keys("openai")["llm"] == written.keys()


def test_keys_that_are_commented_out_show_their_default() -> None:
    text = (CONFIGS / "gemma.yaml").read_text("utf-8")
    config = load_config(CONFIGS / "gemma.yaml")
    for section, keys in keys_of("gemma.yaml").items():
        for key, commented in keys.items():
            if not commented or key in ("map", "collapse", "final"):
                continue
            shown = re.search(rf"^  # {key}: (.*)$", text.partition(f"\n{section}:\n")[2], re.MULTILINE)
            assert shown is not None
            field = type(getattr(config, section)).model_fields[key]
            assert yaml.safe_load(shown[1]) == field.get_default(call_default_factory=True), f"{section}.{key}"


def test_what_is_commented_out_could_be_switched_on(tmp_path: Path) -> None:
    lines = (CONFIGS / "gemma.yaml").read_text("utf-8").splitlines(keepends=True)
    text = "".join(
        line.replace("# ", "", 1) if (match := _KEY.match(line)) and match["indent"] and match["off"] else line
        for line in lines
    )
    assert "\n  seed: null\n" in text
    path = tmp_path / "all.yaml"
    path.write_text(text.replace("prompts/plain.yaml", str(CONFIGS / "prompts/plain.yaml")))
    assert load_config(path).llm == load_config(CONFIGS / "gemma.yaml").llm


@pytest.mark.parametrize("name", ["gemma.yaml"])
def test_every_key_has_a_comment_above_it_or_above_its_group(name: str) -> None:
    lines = (CONFIGS / name).read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        match = _KEY.match(line)
        if not match or not match["indent"]:
            continue
        above = number - 1
        while _KEY.match(lines[above]) and lines[above].startswith("  "):
            above -= 1  # keys that share a comment
        assert lines[above].lstrip().startswith("# "), line


@pytest.mark.parametrize("name", NAMES)
def test_no_key_and_no_comment_holds_a_secret_or_a_private_address(name: str) -> None:
    text = (CONFIGS / name).read_text("utf-8")
    assert not re.search(r"sk-|hf_|@|/home/|/Users/", text)
    assert set(re.findall(r"https?://([^/\s:]+)", text)) <= {"localhost"}


@pytest.mark.parametrize("path", sorted((CONFIGS / "prompts").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_prompt_set_can_replace_the_one_of_every_configuration(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = tmp_path / "paper.txt"
    document.write_text("A paper.")
    for name in HERE:
        sets = ["--set", f"prompts.file={path}", "--set", f"load.source={document}"]
        assert main(["check", str(CONFIGS / name), *sets]) == 0


def test_gemma_runs_as_the_notebook_did() -> None:
    llm: Any = load_config(CONFIGS / "gemma.yaml").llm
    assert (llm.model, llm.temperature, llm.max_tokens) == ("mlx-community/quantized-gemma-7b-it", 0.1, 500)
