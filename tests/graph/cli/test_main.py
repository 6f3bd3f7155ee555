"""The command line: what goes to stdout and stderr, one sentence for each error, and the exit codes."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ModelError
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from graph.cli.main import main
from graph.results.types import Result
from tests.fakes import RecordingModel
from tests.pdfs import Sheet, bomb, encrypt, make_pdf

ROOT = Path(__file__).parents[3]
TEXT = (
    "The harbour opens at six and the first boats leave before the fog has lifted. "
    "A report of forty pages says how much the town spent on roads, schools and water. "
    "Nobody had measured the tide at the old bridge, so the engineers built a gauge of their own. "
)
PROMPTS = dict.fromkeys(("map", "collapse", "final"), "Summarize in {language}: <document>{document}</document>")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def config(tmp_path: Path) -> str:
    """The path of a configuration for the built-in model, and beside it harbour.txt."""
    (tmp_path / "harbour.txt").write_text(TEXT * 3)
    return write_config(tmp_path)


def write_config(folder: Path, **sections: Any) -> str:
    data = {
        "llm": {"provider": "textrank", "max_tokens": 100, "context_window": 2000},
        "load": {"source": "harbour.txt"},
        "prompts": PROMPTS,
        **sections,
    }
    path = folder / "run.yaml"
    path.write_text(json.dumps(data, ensure_ascii=False))  # JSON is YAML
    return path.name


def graph(*argv: str, **options: Any) -> subprocess.Popen[str]:
    """`python -m graph` as a user would start it."""
    usual = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "env": {**os.environ, "PYTHONPATH": str(ROOT)}}
    return subprocess.Popen([sys.executable, "-m", "graph", *argv], text=True, **{**usual, **options})


def one_sentence(err: str) -> str:
    """The only line of `err`."""
    assert "Traceback" not in err
    assert err.count("\n") == 1, err
    assert err.endswith((".\n", "?\n")), err
    return err


# run


def test_run_writes_the_summary_to_stdout_and_bars_to_stderr(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", config]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("# harbour\n\n")
    assert "The harbour opens at six" in out
    assert (
        "From p. 1, read as a whole. Made by the built-in TextRank model (sentences copied from the document) "
        in out
    )
    assert [line.split()[0] for line in err.splitlines()] == ["load", "split", "final_summarize", "ground"]


def test_quiet_leaves_stderr_empty(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", config, "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_every_stage_of_a_long_run_has_its_bar(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("harbour.txt").write_text("\n\n".join(TEXT.replace("six", str(number)) for number in range(60)))
    more = ["--set", "split.chunk_tokens=150", "--set", "llm.context_window=400", "--set", "llm.max_tokens=80"]
    assert main(["run", config, *more]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().err.splitlines()}
    assert list(rows) == ["load", "split", "map_summarize", "collapse", "final_summarize", "ground"]
    done, total = re.findall(r"(\d+)/(\d+)", rows["map_summarize"])[0]
    assert done == total
    assert int(total) > 10
    assert "tokens/s" in rows["map_summarize"]


def test_warnings_are_in_the_summary_and_on_stderr(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("book.pdf").write_bytes(make_pdf([TEXT, "", TEXT]))
    assert main(["run", config, "--input", "book.pdf", "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "Not in the summary: PDF p. 2 (no text)." in out
    assert "Warnings:" in out
    assert re.fullmatch(r"warning: .*page 2.*\n", err)


def test_the_output_takes_the_place_of_stdout_and_is_overwritten(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", config, "--quiet"]) == 0
    shown = capsys.readouterr().out
    Path("out.md").write_text("old " * 10_000)
    assert main(["run", config, "--output", "out.md"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err.endswith("The summary is in out.md.\n")
    assert without_making(Path("out.md").read_text()) == without_making(shown)


def without_making(text: str) -> str:
    """Without calls and seconds, which differ from run to run."""
    return re.sub(r"Made by [^.]*\.\d s\.", "", text)


@pytest.mark.parametrize("argv", [["--format", "json"], ["--output", "out.json"], ["--set", "output.format=json"]])
def test_json_is_valid_and_holds_ledger_tree_warnings_and_statistics(
    config: str, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("보고서.pdf").write_bytes(make_pdf([TEXT, "", "한국은행은 기준금리를 동결했다."]))
    assert main(["run", config, "--input", "보고서.pdf", *argv]) == 0
    out = capsys.readouterr().out
    if "out.json" in argv:
        assert out == ""
        out = Path("out.json").read_text("utf-8")
    result = json.loads(out)
    assert set(result) == set(Result.__annotations__)
    assert [page["status"] for page in result["pages"]] == ["read", "empty", "read"]
    assert len(result["warnings"]) == 1
    assert result["tree"][-1]["pages"] == [1, 3]
    assert result["stats"]["calls"] == 1
    assert "한국은행" in out, "text is written as text"


def test_format_wins_over_the_name_of_the_output(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("out.json", "out.docx"):
        assert main(["run", config, "--output", name, "--format", "md"]) == 0
        assert Path(name).read_text().startswith("# ")


def test_a_link_to_the_document_is_not_overwritten(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("harbour.txt").read_text()
    Path("link.md").symlink_to("harbour.txt")
    assert main(["run", config, "--output", "link.md"]) == 2
    assert "this run reads link.md" in capsys.readouterr().err
    assert Path("harbour.txt").read_text() == before


@pytest.mark.parametrize("folder", ["made", "new/"])
def test_in_a_folder_the_summary_is_called_as_the_document(
    config: str, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("made").mkdir()
    assert main(["run", config, "--output", folder]) == 0
    assert Path(folder, "harbour.md").read_text().startswith("# harbour")


@pytest.mark.parametrize("name", ["[2024] report.txt", "{draft}.txt", "null", "a = b.txt", "보고서 최종.txt"])
def test_a_document_may_have_any_name(config: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_text(TEXT * 2)
    assert main(["run", config, "--input", name, "--output", f"{name}.md"]) == 0
    assert Path(f"{name}.md").is_file()


def test_a_home_is_understood_by_run_and_check(
    config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["check", config, "--set", "load.source=~/harbour.txt"]) == 0
    assert main(["run", config, "--set", "load.source=~/harbour.txt"]) == 0


# Errors: (change to the configuration, arguments, exit code, words in the sentence)

ERRORS: dict[str, tuple[dict[str, Any], list[str], int, list[str]]] = {
    "misspelled key": ({"summarise": {}}, [], 2, ["'summarise'", "'summarize'"]),
    "misspelled override": ({}, ["--set", "llm.max_token=3"], 2, ["'llm.max_token'", "'max_tokens'"]),
    "override that is none": ({}, ["--set", "llm"], 2, ["KEY=VALUE"]),
    "value of the wrong type": ({}, ["--set", "llm.max_tokens=many"], 2, ["llm.max_tokens", "'many'"]),
    "unknown provider": ({}, ["--set", "llm.provider=gemma"], 2, ["llm.provider", "textrank"]),
    "bad variable": ({"prompts": PROMPTS | {"map": "{documnet}"}}, [], 2, ["map", "{documnet}", "{document}"]),
    "prompt without a document": ({"prompts": PROMPTS | {"final": "Hi."}}, [], 2, ["final", "{document}"]),
    "no prompts": ({"prompts": {}}, [], 2, ["map", "prompts.file"]),
    "missing prompts file": ({"prompts": {"file": "none.yaml"}}, [], 2, ["prompts.file", "none.yaml"]),
    "impossible budget": ({}, ["--set", "llm.context_window=200"], 2, ["200 (context window)", "llm.max_tokens"]),
    "no folder for the output": ({}, ["--output", "no/such/out.md"], 2, ["output.path", "no/such"]),
    "output is the document": (
        {},
        ["--output", "harbour.txt"],
        2,
        ["output.path: this run reads harbour.txt"],
    ),
    "output is the configuration": (
        {},
        ["--output", "run.yaml", "--format", "md"],
        2,
        ["this run reads run.yaml"],
    ),
    "an address": ({}, ["--input", "https://example.com/a.pdf"], 3, ["https://example.com/a.pdf is an address"]),
    "output of another format": ({}, ["--output", "out.docx"], 2, ["out.docx", ".docx", ".md, .html or .json"]),
    "output of another format, set": ({}, ["--set", "output.path=out.pdf"], 2, ["out.pdf", ".pdf files"]),
    "a file for several documents": (
        {},
        ["--input", "harbour.txt", "book.pdf", "--output", "all.md"],
        2,
        ["all.md is the name of a file"],
    ),
    "output with an endless name": ({}, ["--output", "x" * 300], 2, ["output.path"]),
    "no document": ({"load": {}}, [], 2, ["load.source", "command line"]),
    "empty document": ({}, ["--set", "load.source="], 2, ["load.source"]),
    "missing file": ({}, ["--input", "none.pdf"], 3, ["none.pdf"]),
    "input with an endless name": ({}, ["--input", "x" * 300], 3, ["xxx"]),
    "folder without PDFs": ({}, ["--input", "letters"], 3, ["letters is a folder without PDFs"]),
    "wrong password": ({}, ["--input", "locked.pdf", "--set", "load.password=no"], 3, ["locked.pdf", "password"]),
    "no password": ({}, ["--input", "locked.pdf"], 3, ["locked.pdf", "load.password"]),
    "not a PDF": ({}, ["--input", "not.pdf"], 3, ["not.pdf", "not a PDF"]),
    "only the start of a PDF": ({}, ["--input", "cut.pdf"], 3, ["cut.pdf"]),
    "a scan": ({}, ["--input", "scan.pdf"], 3, ["scan.pdf", "OCR"]),
    "an empty file": ({}, ["--input", "empty.txt"], 3, ["empty.txt"]),
    "a folder without PDFs for many": (
        {},
        ["--input", "letters", "--output", "made/"],
        3,
        ["letters is a folder"],
    ),
    "neither PDF nor text": ({}, ["--input", "noise"], 3, ["noise is neither a PDF nor a text file"]),
    "a device": ({}, ["--input", "/dev/null"], 3, ["/dev/null is a pipe or a device"]),
    "an empty output": ({}, ["--output", ""], 2, ["output.path: '' names no file"]),
    "an empty output, set": ({}, ["--set", "output.path="], 2, ["output.path: '' names no file"]),
    "pages for many without a folder": ({}, ["harbour.txt", "book.pdf", "--format", "html"], 2, ["output.format"]),
    "a document of the configuration": (
        {"load": {"source": "gone.pdf"}},
        [],
        3,
        ["run.yaml: load.source: there is no file", "gone.pdf"],
    ),
    "a misspelled prompt set": (
        {},
        ["--set", "prompts.file=structred"],
        2,
        [
            "prompts.file",
            "did you mean 'structured'?",
            "korean, plain, plain_language, plain_language_korean, structured",
        ],
    ),
    "pages that are not there": ({}, ["--input", "book.pdf", "--set", "load.pages=7-9"], 3, ["pages"]),
    "a server that is not there": (
        {
            "llm": {
                "provider": "openai",
                "model": "m",
                "base_url": "http://127.0.0.1:9/v1",
                "context_window": 2000,
                "max_retries": 0,
            }
        },
        [],
        4,
        ["http://127.0.0.1:9/v1"],
    ),
    "a provider that is none": (
        {"llm": {"provider": "langchain", "model": "nobody:m", "context_window": 2000}},
        [],
        4,
        ["llm.model", "nobody"],
    ),
}


# Errors that take a model, or more of a document than its first bytes.
ONLY_RUN_KNOWS = {
    "wrong password",
    "no password",
    "only the start of a PDF",
    "a scan",
    "pages that are not there",
    "a server that is not there",
    "a provider that is none",
}


@pytest.mark.parametrize(("sections", "argv", "code", "words"), ERRORS.values(), ids=ERRORS)
def test_an_error_is_one_sentence_and_the_right_exit_code(
    tmp_path: Path,
    sections: dict[str, Any],
    argv: list[str],
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_documents(tmp_path)
    assert main(["run", write_config(tmp_path, **sections), "--quiet", *argv]) == code
    out, err = capsys.readouterr()
    assert out == ""
    sentence = one_sentence(err)
    for word in words:
        assert word in sentence


def write_documents(tmp_path: Path) -> None:
    (tmp_path / "harbour.txt").write_text(TEXT)
    (tmp_path / "locked.pdf").write_bytes(encrypt(make_pdf([TEXT]), user="open sesame"))
    (tmp_path / "not.pdf").write_text("I am a letter.")
    (tmp_path / "cut.pdf").write_bytes(make_pdf([TEXT])[:300])
    (tmp_path / "scan.pdf").write_bytes(make_pdf([Sheet(image=True), Sheet(image=True)]))
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "letters").mkdir()
    (tmp_path / "book.pdf").write_bytes(make_pdf([TEXT]))
    (tmp_path / "noise").write_bytes(b"\0\1\2" * 100)


@pytest.mark.parametrize("command", ["run", "check", "show"])
def test_a_missing_configuration_is_one_sentence(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "none.yaml"]) == 2
    assert "none.yaml" in one_sentence(capsys.readouterr().err)


def test_an_output_that_cannot_be_written_after_all_costs_no_summary(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder goes away while the model works."""
    Path("out").mkdir()

    class Tidy(RecordingModel):
        def answer(self, document: str, max_tokens: int) -> str:
            for path in Path("out").iterdir():
                path.unlink()
            Path("out").rmdir()
            return "A summary."

    monkeypatch.setattr("llm.load.load_model", lambda config: Tidy())
    assert main(["run", config, "--quiet", "--output", "out/summary.md"]) == 2
    out, err = capsys.readouterr()
    assert "A summary." in out
    assert "out/summary.md" in one_sentence(err)


def test_a_refused_output_leaves_no_file_behind(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", config, "--input", "none.pdf", "--output", "out.md"]) == 3
    assert not Path("out.md").exists()


def test_a_failed_run_does_not_touch_an_earlier_output(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out.md").write_text("yesterday's summary")
    assert main(["run", config, "--input", "none.pdf", "--output", "out.md"]) == 3
    assert Path("out.md").read_text() == "yesterday's summary"


def test_a_model_that_says_nothing_is_a_failure_with_its_reason(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llm.load.load_model", lambda config: GenericFakeChatModel(messages=silence()))
    assert main(["run", config, "--quiet"]) == 4
    assert "empty" in capsys.readouterr().err


def silence() -> Iterator[AIMessage]:
    while True:
        yield AIMessage("")


def test_a_bug_is_not_dressed_up_as_an_error(config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(config: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("llm.load.load_model", broken)
    with pytest.raises(ZeroDivisionError):
        main(["run", config])


@pytest.mark.parametrize(
    "argv",
    [[], ["summarize"], ["run"], ["run", "a.yaml", "--format", "pdf"], ["check", "a.yaml", "--sett", "x=1"]],
)
def test_a_command_that_is_wrong_exits_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    assert "usage: python -m graph" in capsys.readouterr().err


# check, show, schema


def test_check_shows_the_arithmetic_of_every_stage(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", config]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("run.yaml: no problems found.\n")
    for stage in ("map", "collapse", "final"):
        assert re.search(rf"{stage} .*2000 \(context window\) - \d+ \({stage} prompt\) - 100 \(answer\)", out)
    assert "language: English" in out


@pytest.mark.parametrize(
    ("sections", "argv", "code", "words"),
    [pytest.param(*ERRORS[name], id=name) for name in ERRORS if name not in ONLY_RUN_KNOWS],
)
def test_check_refuses_what_run_would(
    tmp_path: Path,
    sections: dict[str, Any],
    argv: list[str],
    code: int,
    words: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_documents(tmp_path)
    path = write_config(tmp_path, **sections)
    assert main(["check", path, *argv]) == code
    out, sentence = capsys.readouterr()
    assert out == ""
    for word in words:
        assert word in one_sentence(sentence)
    assert main(["run", path, "--quiet", *argv]) == code
    counted = re.compile(r"\d+ ?")  # check estimates the tokens of a prompt
    assert counted.sub("", capsys.readouterr().err) == counted.sub("", sentence)


@pytest.mark.parametrize("name", ["none.pdf", "x" * 300])
def test_check_misses_a_missing_document(config: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", config, "--set", f"load.source={name}"]) == 3
    assert name in one_sentence(capsys.readouterr().err)


@pytest.mark.parametrize(
    "argv", [["--output", "out.md", "--format", "html"], ["--quiet", "--no-cache"], ["--output", "new/"]]
)
def test_check_takes_the_options_of_run_and_makes_nothing(
    config: str, argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(Path().iterdir())
    assert main(["check", config, *argv]) == 0
    assert main(["check", config, "harbour.txt", "run.yaml", "--output", "new/folder"]) == 0
    assert sorted(Path().iterdir()) == before


def test_show_needs_no_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", write_config(tmp_path, load={})]) == 0


def test_check_says_that_it_cannot_know_the_window_of_a_model_on_the_hub(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", config, "--set", "llm={provider: mlx, model: some/model}"]) == 0
    assert "llm.context_window" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [[], ["run.yaml"]])
def test_show_draws_every_node(config: str, argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", *argv]) == 0
    out = capsys.readouterr().out
    for node in ("load", "split", "map_summarize", "collect", "collapse", "final_summarize", "ground"):
        assert node in out
    for edge in (
        "load --> split",
        "map_summarize --> collect",
        "collapse --> collect",
        "collect -.-> collapse",
        "final_summarize --> ground",
    ):
        assert edge in out.replace("&nbsp;", "")


def test_show_checks_a_configuration_on_the_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", write_config(tmp_path, summarise={})]) == 2
    assert "'summarise'" in one_sentence(capsys.readouterr().err)


def test_schema_is_a_json_schema_of_all_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    sections = {"llm", "load", "split", "summarize", "prompts", "cache", "output", "service", "cluster"}
    assert set(schema["properties"]) == sections
    assert schema["additionalProperties"] is False


# A terminal


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Hesitant(GenericFakeChatModel):
    """Streams an empty piece first, as OpenAI's servers do."""

    def _stream(self, *args: Any, **kwargs: Any) -> Iterator[ChatGenerationChunk]:
        for _ in range(2):
            yield ChatGenerationChunk(message=AIMessageChunk(content=""))
        yield from super()._stream(*args, **kwargs)


@pytest.mark.parametrize("answer", ["A short summary.", "\n\nA summary after blank lines.\n", "words " * 500])
def test_a_terminal_gets_the_title_once_and_the_whole_summary(
    config: str, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(
        "llm.load.load_model", lambda config: Hesitant(messages=(AIMessage(answer) for _ in range(9)))
    )
    monkeypatch.setattr(sys, "stdout", terminal := Terminal())
    parts = ["--set", "summarize.strategy=map_reduce", "--set", "split.chunk_tokens=80"]
    assert main(["run", config, "--quiet", *parts]) == 0
    assert main(["run", config, "--quiet", "--output", "out.md", *parts]) == 0
    shown, written = terminal.getvalue(), Path("out.md").read_text()
    assert shown.startswith("# harbour\n\n")
    assert shown.split()[-10:] == written.split()[-10:], "the footing"
    assert shown.count("\n---\n") == 1
    if len(answer) < 100:
        assert without_pages(shown) == without_pages(written)


def without_pages(shown: str) -> list[str]:
    """The words without references, whether they stand after each sentence or in a row of their own."""
    row = re.sub(r"Pages by sentence: [^\]]*(\][^\]]*)*?\]\.\n", "", without_making(shown))
    return re.sub(r"\s\[[^\]]*\]", "", row).split()


def test_a_missing_document_is_said_before_a_model_is_looked_for(
    config: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nowhere(config: Any) -> Any:
        raise ModelError("there is no model")

    monkeypatch.setattr("llm.load.load_model", nowhere)
    together = ["--set", "summarize.together=true"]
    for more in ([], ["--output", "made/"], together):
        assert main(["run", config, "none.pdf", *more]) == 3
        assert "There is no file none.pdf; check the path.\n" in capsys.readouterr().err
    assert not Path("made").exists()
    assert main(["run", config]) == 4


# Whole processes


class Server:
    """An OpenAI-compatible server on this machine that refuses every request, or never answers."""

    def __init__(self, answers: bool) -> None:
        self.asked, self.release = threading.Event(), threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                server.asked.set()
                if not answers:
                    server.release.wait(60)
                body = b'{"error": {"message": "that key is not ours"}}'
                self.send_response(401)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.handle_error = lambda *args: None  # type: ignore[method-assign]  # callers that hang up
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *exc: object) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


def write_server_config(folder: Path, url: str) -> str:
    (folder / "harbour.txt").write_text(TEXT * 200)
    llm = {
        "provider": "openai",
        "model": "m",
        "base_url": url,
        "context_window": 2000,
        "max_tokens": 100,
        "max_retries": 0,
        "max_concurrency": 2,
    }
    return write_config(folder, llm=llm, split={"chunk_tokens": 500})


def test_ctrl_c_in_a_slow_model_call_ends_with_130_and_one_line(tmp_path: Path) -> None:
    with (
        Server(answers=False) as server,
        graph("run", write_server_config(tmp_path, server.url), "--quiet") as process,
    ):
        try:
            assert server.asked.wait(60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)  # the server would hold the call for longer
        finally:
            process.kill()
    assert process.returncode == 130
    assert out == ""
    assert err == "Interrupted.\n", "no answer was finished, so none is kept"


READING = """
import sys
import graph.documents.read as read
from graph.cli.main import main
from graph.results.types import Result
read_pdf = read.read_pdf
def saying_so(*args):
    print("reading", flush=True)
    return read_pdf(*args)
read.read_pdf = saying_so
sys.exit(main(sys.argv[1:]))
"""


def test_ctrl_c_while_a_slow_pdf_is_read_ends_with_130_and_leaves_no_process(config: str) -> None:
    Path("slow.pdf").write_bytes(make_pdf([bomb(3)] * 60))  # a minute's reading
    with subprocess.Popen(
        [sys.executable, "-c", READING, "run", config, "--quiet", "--input", "slow.pdf"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "reading\n"
            time.sleep(0.5)  # the child starts
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=10)
            assert process.returncode == 130
            assert out == ""
            assert err == "Interrupted.\n", "no answer was finished, so none is kept"
            with pytest.raises(ProcessLookupError):
                os.killpg(process.pid, 0)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def test_a_refused_key_is_one_sentence_though_more_calls_were_waiting(tmp_path: Path) -> None:
    with Server(answers=True) as server:
        process = graph("run", write_server_config(tmp_path, server.url), "--quiet")
        out, err = process.communicate(timeout=60)
    assert process.returncode == 4
    assert out == ""
    assert "that key is not ours" in one_sentence(err)


def test_a_terminal_that_knows_no_korean_costs_no_summary(config: str) -> None:
    Path("harbour.txt").write_text("항구는 여섯 시에 문을 열고 첫 배는 안개가 걷히기 전에 떠난다. " * 3, "utf-8")
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    process = graph("run", config, "--quiet", env=env)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert out.startswith("# harbour")
    assert "\\ud56d\\uad6c" in out


def test_a_summary_goes_through_head(config: str) -> None:
    process = subprocess.run(
        f"{sys.executable} -m graph run {config} --quiet | head -1",
        shell=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert (process.stdout, process.stderr) == ("# harbour\n", "")


def test_exit_codes_of_real_processes(config: str) -> None:
    started = [
        (0, graph("check", config)),
        (2, graph("check", config, "--set", "llm.max_tokens=9999")),
        (3, graph("check", config, "--set", "load.source=none.pdf")),
    ]
    for code, process in started:
        out, err = process.communicate(timeout=60)
        assert process.returncode == code
        assert bool(out) == (code == 0)
        assert bool(err) == (code != 0)


HEAVY = ("langchain_core", "langgraph", "mlx", "mlx_lm", "transformers", "numpy", "pypdf", "pypdfium2", "rich")


@pytest.mark.parametrize("argv", [["--help"], ["run", "--help"], ["check", "run.yaml"], ["schema"]], ids=" ".join)
def test_help_check_and_schema_import_nothing_heavy(config: str, argv: list[str]) -> None:
    program = f"""
import sys
from graph.cli.main import main
try:
    code = main({argv!r})
except SystemExit as end:
    code = end.code
print(code, *(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""
    process = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert process.stderr.split() == ["0"]


def test_help_names_the_commands_and_a_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    for word in ("run", "check", "show", "schema"):
        assert word in out


def test_a_server_without_a_context_window_is_refused_by_check_as_by_run(
    configs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [str(configs / "server.yaml"), "--set", "llm.context_window=null"]
    assert main(["check", *arguments]) == 2
    assert "llm.context_window" in capsys.readouterr().err
