"""The README is true: its commands run, its programs run, its tree and its table list what is there."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from graph.cli.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language ("" for none)."""
    parts = re.split(r"^```(.*)\n", README, flags=re.MULTILINE)
    fences, texts = parts[1::2], parts[2::2]
    return [text for fence, text in zip(fences[::2], texts[::2], strict=True) if fence == language]


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("python -m graph")]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_runs(
    command: str,
    checkpoint: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(ROOT)
    arguments = shlex.split(command)[3:]
    replace = {"paper.pdf": "examples/handbook.pdf", "papers/": "examples", "notes.md": "README.md"}
    replace |= {name: str(tmp_path / name) for name in ("summary.md", "report.html", "summaries/")}
    arguments = [replace.get(argument, argument) for argument in arguments]
    if arguments[0] in ("run", "ask") and "gemma" in arguments[1]:
        # The same path on a small checkpoint: tests download nothing.
        small = (
            f"llm.model={checkpoint('gemma3')}",
            "llm.max_tokens=8",
            "summarize.final_tokens=8",
            "load.pages=1-3",
        )
        for setting in small:
            arguments += ["--set", setting]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    if "summaries/" in command:
        report = "handbook.html" if "html" in arguments else "handbook.md"
        assert out == ""
        assert {report, "index.csv", "index.html", "index.jsonl"} <= {
            file.name for file in (tmp_path / "summaries").iterdir()
        }
        return
    if "--output" in arguments:
        assert out == ""
        written = Path(arguments[arguments.index("--output") + 1])
        out = written.read_text("utf-8")
        assert out.startswith("# " if written.suffix == ".md" else "<!DOCTYPE html>")
    assert len(out) > 200


def test_the_programs_of_the_readme_run(
    checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    programs = blocks("python")
    assert len(programs) >= 5
    for program in programs:
        small = re.sub(r"mlx-community/[\w.-]+", str(checkpoint("gemma3")), program)
        exec(compile(small.replace("max_tokens=500", "max_tokens=100"), "README.md", "exec"), {})
    assert "summar" in capsys.readouterr().out.lower()


def test_the_two_commands_for_newcomers_are_whole() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    commands = [
        line for block in blocks("sh") for line in block.splitlines() if line.startswith("python3 -m venv")
    ]
    assert len(commands) == 2
    for command in commands:
        assert "-c constraints.txt" in command
        assert set(re.findall(r"'\.\[(\w+)\]'", command)) <= extras.keys()
    assert commands[0].endswith("-m graph run configs/quickstart.yaml")
    assert commands[1].endswith("-m pytest")


def test_every_pin_is_a_version_and_names_no_address() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 50
    loose = [pin for pin in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", pin)]
    assert loose == ["protobuf>=6.33"], "langgraph-cli[inmem] would not install"


def test_the_tree_is_two_levels_of_what_is_there() -> None:
    (tree,) = [block for block in blocks("") if "pyproject.toml" in block]
    folder, named = Path(), set()
    for line in tree.splitlines():
        path = Path(line.split()[0])
        if line.startswith("  "):
            path = folder / path
        else:
            folder = path
        assert (ROOT / path).exists(), f"{path} is in the README and not in the repository"
        named.add(path)
    packages = {
        path.parent.relative_to(ROOT)
        for name in ("llm", "chains", "graph")
        for path in ROOT.glob(f"{name}/**/__init__.py")
    }
    assert {path for path in packages if len(path.parts) <= 2} <= named


def test_the_table_lists_every_configuration() -> None:
    linked = set(re.findall(r"\(configs/(\w+\.yaml)\)", README))
    assert linked == {path.name for path in (ROOT / "configs").glob("*.yaml")}


def test_every_link_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []
