"""What stands on the command line: configurations by name, documents without one, standard input, versions."""

from __future__ import annotations

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

import graph.shipped
from graph.cli.arguments import choose
from graph.cli.main import main
from graph.config import load_config
from graph.errors import ConfigError
from tests.pdfs import make_pdf

ROOT = Path(__file__).parents[3]
TEXT = "The harbour opens at six and the first boats leave before the fog has lifted. "


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("harbour.txt").write_text(TEXT)
    Path("book.pdf").write_bytes(make_pdf([TEXT]))
    Path("LICENSE").write_text(TEXT)


@pytest.mark.parametrize(
    ("words", "inputs", "config", "documents"),
    [
        (["harbour.txt"], [], None, ["harbour.txt"]),
        (["LICENSE"], [], None, ["LICENSE"]),
        (["."], [], None, ["."]),
        (["-"], [], None, ["-"]),
        (["https://example.com/a"], [], None, ["https://example.com/a"]),
        (["quickstart"], [], "quickstart", []),
        (["quickstart.yaml"], [], "quickstart.yaml", []),
        (["my.yaml", "a.pdf", "b.pdf"], ["c.pdf"], "my.yaml", ["a.pdf", "b.pdf", "c.pdf"]),
        (["a.pdf", "b.pdf", "gemma3"], [], "gemma3", ["a.pdf", "b.pdf"]),
        (["quikstart"], [], "quikstart", []),
        ([], ["a.pdf"], None, ["a.pdf"]),
        ([], ["a.pdf", "my.yml"], "my.yml", ["a.pdf"]),
        ([], ["notes.json"], None, ["notes.json"]),
        (["missing.pdf"], [], None, ["missing.pdf"]),
    ],
)
def test_words_are_a_configuration_or_documents(
    words: list[str], inputs: list[str], config: str | None, documents: list[str]
) -> None:
    assert choose(words, inputs) == (config, documents)


def test_a_file_goes_before_a_configuration_of_its_name() -> None:
    Path("gemma").write_text(TEXT)
    assert choose(["gemma"], []) == (None, ["gemma"])


def test_a_document_alone_is_summarized_by_quickstart_which_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "book.pdf"]) == 0
    out, err = capsys.readouterr()
    assert "The harbour opens at six" in out
    assert err.startswith("No configuration was given, so quickstart is used")
    assert main(["run", "book.pdf", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "argv",
    [
        ["quickstart", "book.pdf"],
        ["quickstart", "--quiet", "book.pdf"],
        ["--quiet", "quickstart", "--set", "load.pages=1", "book.pdf"],
        ["quickstart", "--input", "book.pdf"],
        ["--input", "book.pdf", "quickstart"],
        ["--format", "md", "book.pdf"],
    ],
    ids=" ".join,
)
def test_documents_may_stand_anywhere(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", *argv]) == 0
    assert "The harbour opens at six" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "check"])
@pytest.mark.parametrize(
    "words",
    [[""], ["", "--set", "load.pages=1"], ["", "book.pdf"], ["book.pdf", ""], ["quickstart", ""], ["--input", ""]],
    ids=repr,
)
def test_an_empty_word_is_refused(command: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "A document or configuration is an empty word (''); give its path, or leave it out.\n"


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_blank_word_is_named_in_quotes_unless_it_is_a_file(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command, " "]) == 2
    assert capsys.readouterr().err == "There is no document or configuration ' '; check the path.\n"
    Path(" ").write_text(TEXT)
    assert main([command, " "]) == 0


def test_several_words_are_several_documents(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "quickstart", "book.pdf", "harbour.txt", "--output", "made", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert sorted(path.name for path in Path("made").iterdir()) == [
        "book.md",
        "harbour.md",
        "index.csv",
        "index.html",
        "index.jsonl",
        "index.md",
    ]


def test_quickstart_has_a_document_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "quickstart", "--quiet", "--set", "load.pages=1"]) == 0
    assert capsys.readouterr().out.startswith("# The Handbook")


@pytest.mark.parametrize("name", ["quickstart.yaml", "configs/quickstart.yaml"])
def test_what_the_readme_calls_it_is_found_without_a_checkout(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check", name]) == 0
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "quickstart.yaml").write_text("llm: {provider: nobody}\n")
    assert (main(["check", name]) == 2) == ("/" in name), "a file of that name is meant"
    assert main(["check", "other/quickstart.yaml"]) == 2


def test_a_name_that_is_none_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "quikstart", "book.pdf"]) == 2
    err = capsys.readouterr().err
    assert "did you mean 'quickstart'?" in err
    assert "gemma, gemma270m, gemma3, gemma4, quickstart or server" in err


def test_a_pdf_as_configuration_is_told_how_to_be_summarized() -> None:
    with pytest.raises(ConfigError, match=r"--input book\.pdf"):
        load_config("book.pdf")


def test_check_takes_documents_as_run_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "quickstart", "--input", "book.pdf"]) == 0
    assert "document  book.pdf\n" in capsys.readouterr().out
    assert main(["check", "quickstart", "book.pdf", "none.pdf"]) == 3
    assert "none.pdf" in capsys.readouterr().err
    assert main(["check", "book.pdf"]) == 0
    assert capsys.readouterr().out.startswith("quickstart: no problems found.")
    assert main(["check", "-"]) == 0
    assert "document  standard input\n" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "check"])
def test_an_address_is_said_to_be_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "https://example.com/paper.pdf"]) == 3
    assert capsys.readouterr().err == (
        "https://example.com/paper.pdf is an address, and this program downloads nothing; save the file first.\n"
    )


# Standard input


class Stdin(io.TextIOWrapper):
    """Standard input with something in it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["text", "pdf"])
def test_standard_input_is_a_document(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    content = TEXT.encode() if kind == "text" else Path("book.pdf").read_bytes()
    monkeypatch.setattr(sys, "stdin", Stdin(content))
    assert main(["run", "-", "--quiet", "--output", "out.md"]) == 0
    assert "The harbour opens at six" in Path("out.md").read_text()
    assert list(tmp_path.glob("mlx-pdf-summarizer-*")) == []


@pytest.mark.parametrize("more", [["book.pdf"], ["none.pdf"], ["book.pdf", "--set", "summarize.together=true"]])
def test_standard_input_is_called_so_beside_others(
    more: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(TEXT.encode()))
    assert main(["run", "-", *more]) == (3 if "none.pdf" in more else 0)
    out, err = capsys.readouterr()
    assert "standard input" in out
    assert "mlx-pdf-summarizer-" not in out + err
    if "--set" not in more:
        assert re.search(r"^done +standard input +\d", err, re.MULTILINE)


def test_a_stdin_without_words_or_without_end_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for content, word in (
        (b"", "is empty; pipe a document into the program, or give the path of a file."),
        (b"words " * 400_000, "max_file_mb"),
    ):
        monkeypatch.setattr(sys, "stdin", stdin := Stdin(content))
        assert main(["run", "-", "--quiet", "--set", "load.max_file_mb=1"]) == 3
        err = capsys.readouterr().err
        assert err.lower().startswith("standard input ")
        assert word in err
        assert stdin.buffer.tell() <= 2 * 2**20, "what is too much is not read"
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["run", "-", "--quiet"]) == 3
    assert "Standard input is closed" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_of_standard_input_behind(number: signal.Signals, tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    program = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from graph.cli.main import main; sys.exit(main(['run', '-']))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)},
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdin is not None
        while not list(temporary.glob("*/standard input")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(timeout=60) == 128 + number
    finally:
        process.kill()
        process.communicate()
    assert list(temporary.iterdir()) == []


# What ships


def test_a_copied_configuration_finds_the_prompt_sets_that_ship(configs: Path) -> None:
    shutil.copy(configs / "gemma3.yaml", "my.yaml")
    assert load_config("my.yaml").prompts.file == str(configs / "prompts/structured.yaml")
    Path("prompts").mkdir()
    Path("prompts/structured.yaml").write_text("final: mine")
    assert load_config("my.yaml").prompts.file == str(Path("prompts/structured.yaml").resolve())


@pytest.mark.parametrize("name", ["plain", "plain.yaml", "prompts/plain.yaml", "configs/prompts/plain.yaml"])
def test_a_prompt_set_has_a_name(name: str, configs: Path) -> None:
    overrides: list[Any] = [f"prompts.file={name}", ("prompts.file", name), f"prompts={{file: {name}}}"]
    for override in overrides:
        assert load_config("quickstart", [override]).prompts.file == str(configs / "prompts/plain.yaml")
    Path("my.yaml").write_text(f"llm: {{provider: textrank}}\nprompts: {{file: {name}}}")
    assert load_config("my.yaml").prompts.file == str(configs / "prompts/plain.yaml")


@pytest.mark.parametrize("name", ["mine/plain.yaml", "/plain.yaml", "plain.txt", "plan"])
def test_a_wrong_path_is_not_taken_for_a_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "quickstart", "--set", f"prompts.file={name}"]) == 2
    assert name in capsys.readouterr().err


def test_the_version_is_that_of_the_project(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mlx-pdf-summarizer {version}\n"
    monkeypatch.setattr(graph.shipped, "_HERE", Path("/nowhere/graph"))
    assert graph.shipped.version() == "unknown"


@pytest.mark.parametrize(
    ("started_as", "name"),
    [
        ("/usr/bin/mlx-pdf-summarizer", "mlx-pdf-summarizer"),
        ("/x/graph/__main__.py", "python -m graph"),
        ("", "python -m graph"),
    ],
)
def test_help_calls_the_program_as_it_was_called(
    started_as: str, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [started_as])
    with pytest.raises(SystemExit):
        main(["run", "--help"])
    assert capsys.readouterr().out.startswith(f"usage: {name} run [CONFIG] [PATH ...] [options]\n")
