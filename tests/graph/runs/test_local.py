"""Several documents in one run: what is summarized, where it goes, who fails, and how full the batch is."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ModelConnectionError, ModelNotFoundError
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import PrivateAttr

from graph import build_graph
from graph.cli.main import main
from graph.cli.output import choose_files
from graph.documents.find import find_documents, short_names
from graph.runs.local import DocumentRun, Room, summarize_each
from tests.fakes import PROMPTS, Call, FailingModel, MeetingModel, RecordingModel, make_config, make_documents
from tests.pdfs import encrypt, make_pdf

ROOT = Path(__file__).parents[3]
QUICK = str(ROOT / "configs" / "quickstart.yaml")
HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."
TOWN = "A report of forty pages says how much the town spent on roads, schools and water."
BRIDGE = "Nobody had measured the tide at the old bridge, so the engineers built a gauge."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with papers in it, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name, text in {
        "harbour.pdf": HARBOUR,
        "papers/town.pdf": TOWN,
        "papers/old/harbour.PDF": BRIDGE,
        "papers/.trash/gone.pdf": TOWN,
        "papers/old/._harbour.pdf": TOWN,
    }.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(make_pdf([text]))
    Path("papers/notes.md").write_text(TOWN)
    Path("bad.pdf").write_bytes(b"%PDF-1.4 and then nothing that any reader knows")
    Path("locked.pdf").write_bytes(encrypt(make_pdf([TOWN]), user="open sesame"))
    return tmp_path


@pytest.fixture
def use_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], str]:
    """Makes the command line use a model; returns the path of a configuration."""

    def use(model: Any) -> str:
        monkeypatch.setattr("llm.load.load_model", lambda config: model)
        llm = {"provider": "textrank", "context_window": 400, "max_tokens": 40}
        Path("fake.yaml").write_text(json.dumps({"llm": llm, "prompts": PROMPTS}))
        return "fake.yaml"

    return use


def rows(err: str) -> dict[str, str]:
    """The closing table: what became of each document, and the last line."""
    table = [line for line in err.splitlines() if line.split(" ")[0] in FATES]
    return {line[11:].split("  ")[0].strip(): line for line in table}


FATES = {"done", "refused", "failed", "unfinished", "not"}


# What is summarized


def test_a_folder_is_its_pdfs_in_order_and_a_file_is_there_once(folder: Path) -> None:
    found = find_documents(["harbour.pdf", "papers", str(folder / "harbour.pdf"), "papers/town.pdf", "no.txt"])
    assert found == [Path(p) for p in ("harbour.pdf", "papers/old/harbour.PDF", "papers/town.pdf", "no.txt")]
    Path("link.pdf").symlink_to("harbour.pdf")
    assert find_documents(["link.pdf", "harbour.pdf"]) == [Path("link.pdf")]


def test_names_take_as_many_folders_as_tell_them_apart() -> None:
    paths = [Path(p) for p in ("/a/x/r.pdf", "/b/x/r.pdf", "/b/s.pdf", "/b/y/r.pdf")]
    assert short_names(paths) == ["a/x/r.pdf", "b/x/r.pdf", "s.pdf", "y/r.pdf"]


# The command line


def test_one_summary_each_and_a_bad_file_does_not_stop_the_others() -> None:
    command = [
        sys.executable,
        "-m",
        "graph",
        "run",
        QUICK,
        "--input",
        "harbour.pdf",
        "bad.pdf",
        "papers",
        "no.pdf",
    ]
    ran = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 3
    texts = ("*harbour.pdf*", HARBOUR, "*papers/old", BRIDGE, "*papers/town", TOWN)
    places = [ran.stdout.index(text) for text in texts]
    assert places == sorted(places)
    assert ran.stdout.count("\n# ") + ran.stdout.startswith("# ") == 3
    table = rows(ran.stderr)
    assert [line.split()[0] for line in table.values()] == ["done", "refused", "done", "done", "refused"]
    assert "damaged" in table["bad.pdf"]
    assert "There is no file no.pdf" in table["no.pdf"]
    assert re.search("documents .* 5/5", ran.stderr), "the total bar"
    assert ran.stderr.endswith("5 documents: 3 done, 2 refused.\n")


def test_the_same_file_twice_is_summarized_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", QUICK, "--quiet", "--input", "harbour.pdf", "./harbour.pdf"]) == 0
    out, err = capsys.readouterr()
    assert out.count("# ") == 1
    assert err == "", "quiet, and nothing to complain of"


def test_an_option_for_each_input_and_the_configuration_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["run", "--quiet", "--input", "harbour.pdf", "--input", "papers/town.pdf", QUICK]) == 0
    assert capsys.readouterr().out.count("Made by") == 2
    assert main(["run", "--quiet", "--input", "harbour.pdf", QUICK]) == 0
    assert capsys.readouterr().out.count("Made by") == 1


def test_json_is_a_line_for_each_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", QUICK, "--quiet", "--format", "json", "--input", "bad.pdf", "papers", "harbour.pdf"]) == 3
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["files"][0]["name"] for result in results] == ["harbour.PDF", "town.pdf", "harbour.pdf"]
    assert all(result["summary"] for result in results)


def test_a_list_and_a_folder_may_stand_in_the_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    source = {"llm": {"provider": "textrank"}, "prompts": PROMPTS, "load": {"source": ["papers", "harbour.pdf"]}}
    Path("run.yaml").write_text(json.dumps(source))
    assert main(["run", "run.yaml", "--quiet"]) == 0
    assert capsys.readouterr().out.count("Made by") == 3
    assert main(["check", "run.yaml"]) == 0
    assert "(3 documents)" in capsys.readouterr().out
    assert main(["run", "run.yaml", "--quiet", "--set", "load.source=[harbour.pdf, bad.pdf]"]) == 3
    assert main(["run", "run.yaml", "--quiet", "--set", "load.source=[]"]) == 2


# Files


def test_a_folder_for_the_output_gets_a_file_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["run", QUICK, "--input", "harbour.pdf", "papers", "bad.pdf", "--output", "out/new"]
    assert main(argv) == 3
    out, err = capsys.readouterr()
    assert out == ""
    texts = {path.name: path.read_text("utf-8") for path in Path("out/new").glob("*[!x].md")}
    assert set(texts) == {"harbour.md", "harbour-2.md", "town.md"}
    assert HARBOUR in texts["harbour.md"]
    assert BRIDGE in texts["harbour-2.md"]
    assert "out/new/harbour-2.md" in rows(err)["papers/old/harbour.PDF"]

    Path("out/new/town.md").unlink()
    Path("out/new/harbour.md").write_text("from yesterday")
    assert main([*argv, "--no-cache", "--quiet"]) == 3
    assert {path.name: path.read_text("utf-8").split("Made")[0] for path in Path("out/new").glob("*[!x].md")} == {
        name: text.split("Made")[0] for name, text in texts.items()
    }


def test_no_document_and_no_other_summary_is_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    Path("harbour.md").write_text(BRIDGE)
    assert main(["run", QUICK, "--quiet", "--input", "harbour.md", "harbour.pdf", "--output", "."]) == 0
    assert Path("harbour.md").read_text() == BRIDGE
    assert BRIDGE in Path("harbour-2.md").read_text()
    assert HARBOUR in Path("harbour-3.md").read_text()
    sources = [Path(p) for p in ("a/r.pdf", "b/r.pdf", "r-2.pdf", "A/R.pdf")]
    names = [path.name for path in choose_files(Path("out"), sources, ".md")]
    assert names == ["r.md", "r-2.md", "r-2-2.md", "R-3.md"]


def test_names_at_the_limit_of_the_file_system_have_summaries(capsys: pytest.CaptureFixture[str]) -> None:
    for letter in ("x" * 250, "한" * 83, "x" * 249 + "y"):
        Path(f"{letter}.txt").write_text("The harbour opens at six.")
    names = [str(path) for path in Path().glob("*.txt")]
    assert len(names) >= 3
    assert main(["run", QUICK, "--quiet", "--output", "out", "--format", "json", "--input", *names]) == 0
    assert len(list(Path("out").glob("*.json"))) == len(names)


def test_an_output_that_is_a_file_is_refused_before_any_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out.md").write_text("mine")
    assert main(["run", QUICK, "--input", "harbour.pdf", "papers", "--output", "out.md"]) == 2
    out, err = capsys.readouterr()
    assert err == "output.path: out.md is a file; for several documents, give a folder.\n"
    assert (out, Path("out.md").read_text()) == ("", "mine")


# Failures


def test_a_model_that_fails_on_one_document_is_exit_code_4(
    use_model: Callable[[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    failing = FailingModel(failure=lambda call: OSError("too odd") if "town" in call.document else None)
    assert main(["run", use_model(failing), "--input", "bad.pdf", "papers", "harbour.pdf"]) == 4
    out, err = capsys.readouterr()
    assert BRIDGE in out
    assert HARBOUR in out
    table = rows(err)
    assert table["papers/town.pdf"].startswith("failed")
    assert "too odd" in table["papers/town.pdf"]
    assert err.endswith("4 documents: 2 done, 1 failed, 1 refused.\n")


@pytest.mark.parametrize("error", [ModelNotFoundError("no such model"), ModelConnectionError("nobody answers")])
def test_what_would_fail_every_document_ends_the_run_with_one_sentence(
    error: Exception, use_model: Callable[[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    model = FailingModel(failure=lambda call: error)
    assert main(["run", use_model(model), "--quiet", "--input", "harbour.pdf", "papers", "locked.pdf"]) == 4
    out, err = capsys.readouterr()
    assert out == ""
    assert str(error) in err
    assert err.count("\n") == 1
    assert len(model.calls) <= 2


def test_an_impossible_budget_ends_the_run_with_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["run", QUICK, "--quiet", "--input", "harbour.pdf", "papers", "--set", "llm.context_window=200"]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "200 (context window)" in err


def test_what_was_done_before_the_end_is_told(
    use_model: Callable[[Any], str], capsys: pytest.CaptureFixture[str]
) -> None:
    def failure(call: Call) -> Exception | None:
        return ModelConnectionError("nobody answers") if "gauge" in call.document else None

    for number in range(8):
        Path(f"{number}.txt").write_text(f"{HARBOUR} {number}." if number < 4 else BRIDGE)
    paths = [f"{number}.txt" for number in range(8)]
    assert main(["run", use_model(FailingModel(failure=failure)), "--quiet", "--input", *paths]) == 4
    out, err = capsys.readouterr()
    assert out.count("Made by") >= 1
    assert rows(err)["0.txt"].startswith("done")
    assert rows(err)["7.txt"].startswith(("not begun", "unfinished"))
    assert "nobody answers" in err.splitlines()[-1]


HANGING = """
import asyncio, sys
from tests.fakes import RecordingModel
from graph.cli.main import main
from graph.cli.desks import FolderDesk, StdoutDesk
def saying_so(take):
    def say(desk, *of_run):
        take(desk, *of_run)
        print("@taken", flush=True)
    return say
for Desk in (FolderDesk, StdoutDesk):
    Desk.take = saying_so(Desk.take)
class Hanging(RecordingModel):
    async def _agenerate(self, messages, stop=None, run_manager=None, **options):
        if "gauge" in str(messages[-1].text):
            print("@asked", flush=True)
            await asyncio.sleep(60)
        return self._generate(messages, **options)
import llm.load
llm.load.load_model = lambda config: Hanging()
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("output", [[], ["--output", "out"]], ids=["stdout", "files"])
def test_ctrl_c_keeps_what_is_finished_and_says_what_is_left(
    output: list[str], use_model: Callable[[Any], str]
) -> None:
    paths = ["papers/old/harbour.PDF", "harbour.pdf", "papers/town.pdf"]
    with subprocess.Popen(
        [sys.executable, "-c", HANGING, "run", use_model(None), "--quiet", "--input", *paths, *output],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert sorted(process.stdout.readline() for _ in range(3)) == ["@asked\n", "@taken\n", "@taken\n"]
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert [line.split()[0] for line in rows(err).values()] == ["unfinished", "done", "done"]
    last = err.splitlines()[-1]
    assert last.startswith("Interrupted; 2 of 3 summaries are finished. ")
    assert last.endswith("Finished answers are kept: run the same command again to go on from here.")
    if output:
        assert out == ""
        assert sorted(path.name for path in Path("out").glob("*.md")) == ["harbour-2.md", "index.md", "town.md"]
        assert "unfinished" in Path("out/index.md").read_text("utf-8")
    else:
        assert out.index(HARBOUR) < out.index(TOWN)
        assert BRIDGE not in out


# The batch


def book(path: str, pages: int, tag: str) -> Path:
    """A text file whose pages are a chunk each."""
    texts = [document.page_content for document in make_documents(pages, words=60, tag=tag)]
    Path(path).write_text("\f".join(texts))
    return Path(path)


async def ended(run: DocumentRun) -> None:
    """Nothing waits for a document."""


def each(model: Any, paths: list[Path], *, concurrency: int = 4, **settings: Any) -> list[DocumentRun]:
    """Summarize in one event loop, as the command line does."""
    app = build_graph(make_config(concurrency=concurrency, **settings), model=model)
    runs = [DocumentRun(path, str(path)) for path in paths]
    asyncio.run(summarize_each(app, runs, concurrency=concurrency, on_task=lambda run, event: None, on_end=ended))
    return runs


def test_calls_of_several_documents_are_in_flight_together_and_never_too_many() -> None:
    model = MeetingModel(wanted=4)
    runs = each(model, [book(f"{n}.txt", 1, f"b{n}y") for n in range(8)])
    assert {run.state for run in runs} == {"done"}
    assert model.most == 4, "each document has one map call; four of them were there at once"
    long = MeetingModel(wanted=4)
    each(long, [book(f"{n}.txt", 9, f"b{n}y") for n in range(4)])
    assert long.most == 4


def test_runs_of_the_same_document_are_told_apart() -> None:
    room = Room(1)
    first, second = (DocumentRun(Path("same.txt"), "same.txt") for _ in range(2))
    room.enter(first)
    room.enter(second)
    assert room.is_reading
    room.leave(second)
    room.hear(first, {"name": "map_summarize", "input": {}})
    room.leave(first)
    assert not room.is_full


def test_batch_in_threads_keeps_to_the_limit_too() -> None:
    model = MeetingModel(wanted=4, patience=0.2)  # one more than may come: each call waits for it in vain
    app = build_graph(make_config(concurrency=3), model=model)
    inputs: Any = [{"source": str(book(f"{n}.txt", 3, f"b{n}y"))} for n in range(4)]
    results = app.batch(inputs)
    assert all(result["summary"] for result in results)
    assert model.most == 3


class Companion(RecordingModel):
    """A final call that waits, for `patience` seconds, until a map call of another document is in flight."""

    patience: float = 5.0
    _mapping: set[str] = PrivateAttr(default_factory=set)
    _met: list[bool] = PrivateAttr(default_factory=list)

    @property
    def met(self) -> list[bool]:
        """Of each final call, whether it had company."""
        return self._met

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        text = str(messages[-1].text).lower()
        book = next(word for word in text.split() if "y" in word and word[0] == "b").split("y")[0]
        if text.startswith("map"):
            self._mapping.add(book)
            await asyncio.sleep(0.01)
            self._mapping.discard(book)
        else:
            for _ in range(int(self.patience * 200)):
                if self._mapping - {book}:
                    break
                await asyncio.sleep(0.005)
            self._met.append(bool(self._mapping - {book}))
        return self._generate(messages, **kwargs)


def test_while_one_document_has_its_last_call_the_maps_of_the_next_fill_the_batch() -> None:
    model = Companion(patience=2.0)
    each(model, [book("0.txt", 12, "b0y"), book("1.txt", 60, "b1y")], concurrency=4)
    assert model.met[0], "the first document's last call had the second one's map calls beside it"


def test_a_document_is_begun_only_when_few_calls_are_left() -> None:
    most = 0
    runs = [DocumentRun(book(f"{n}.txt", 1, f"b{n}y"), str(n)) for n in range(40)]

    def watch(run: DocumentRun, event: dict[str, Any]) -> None:
        nonlocal most
        most = max(most, sum(run.state in ("reading", "calling") for run in runs))

    app = build_graph(make_config(concurrency=3), model=RecordingModel())
    asyncio.run(summarize_each(app, runs, concurrency=3, on_task=watch, on_end=ended))
    assert {run.state for run in runs} == {"done"}
    assert 3 <= most <= 2 * 3 + 2, "enough for the batch, and not all of them"


def test_a_real_engine_loads_its_weights_once_and_decodes_documents_together(
    checkpoint: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from llm.mlx.checkpoint import Checkpoint
    from llm.mlx.engine.engine import Engine

    loads, under_way, most = [], 0, 0
    load_weights, submit = Checkpoint.load_weights, Engine.submit

    def loading(self: Checkpoint) -> Any:
        loads.append(self)
        return load_weights(self)

    def submitting(self: Engine, requests: Any) -> None:
        nonlocal under_way, most
        under_way += len(requests)
        most = max(most, under_way)
        submit(self, requests)

    monkeypatch.setattr(Checkpoint, "load_weights", loading)
    monkeypatch.setattr(Engine, "submit", submitting)
    for number in range(6):
        Path(f"{number}.txt").write_text(f"{HARBOUR} {TOWN} {number}.")
    settings = {"llm.model": checkpoint("gemma3"), "llm.max_tokens": 8, "summarize.final_tokens": 8}
    sets = [f"--set={key}={value}" for key, value in settings.items()]
    paths = [f"{number}.txt" for number in range(6)]
    argv = ["run", str(ROOT / "configs/gemma.yaml"), "--quiet", "--no-cache", "--format", "json", *sets]
    assert main([*argv, "--input", *paths]) == 0
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [result["stats"]["calls"] for result in results] == [1] * 6
    assert len(loads) == 1
    assert most == 6
