"""Runs that are killed, interrupted or repeated: nothing that was answered is asked again, and nothing is lost."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest
from langchain_core.outputs import Generation

from graph.cli.main import main
from llm.cache import _BUSY_SECONDS_THEN, AnswerCache, _connect
from tests.fakes import PROMPTS
from tests.misbehaving_server import (
    CONCURRENCY,
    Asked,
    Behaviour,
    MisbehavingServer,
    config_for,
    holds,
    obeys,
    says,
    slowly,
)
from tests.pdfs import make_pdf

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def only_server() -> Iterator[MisbehavingServer]:
    """One for most tests: clients of one address share their set-up."""
    with MisbehavingServer() as server:
        yield server


@pytest.fixture
def server(only_server: MisbehavingServer) -> Iterator[MisbehavingServer]:
    yield only_server
    only_server.forget()


def book(seed: int = 1, pages: int = 30) -> list[str]:
    """Pages of six lines, each a sentence of invented words, no two of them alike."""
    chance = random.Random(seed)

    def word() -> str:
        return "".join(
            chance.choice("bdfgklmnprstv") + chance.choice("aeiou") for _ in range(chance.choice((2, 3)))
        )

    def sentence() -> str:
        return f"{' '.join(word() for _ in range(9)).capitalize()}."

    return ["\n".join(sentence() for _ in range(6)) for _ in range(pages)]


def write_book(pages: list[str]) -> None:
    Path("book.pdf").write_bytes(make_pdf(list(pages)))


@pytest.fixture
def little_book() -> None:
    """A text of a few pages, which is read sooner than a PDF."""
    Path("book.txt").write_text("\f".join(book(pages=5)))


def write_config(url: str, name: str = "run.yaml", **more: Any) -> str:
    """A configuration for `url`; `more` are single keys, written `section__key`."""
    source = "book.pdf" if Path("book.pdf").exists() else "book.txt"
    given = {"load__source": source, "split__chunk_tokens": 100, "cache__path": "answers.sqlite", **more}
    Path(name).write_text(json.dumps(config_for(url, **given)))
    return name


def start(config: str, *more: str) -> subprocess.Popen[str]:
    """The command as a person would start it, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "graph", "run", config, "--quiet", "--format", "json", *more],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs a configuration in this process, to its end, and returns the result."""

    def run(config: str, *more: str, said: str = "") -> dict[str, Any]:
        code = main(["run", config, "--quiet", "--format", "json", *more])
        out, err = capsys.readouterr()
        assert (code, re.fullmatch(said, err.strip()) is not None) == (0, True), err
        result: dict[str, Any] = json.loads(out)
        return result

    return run


def gone(folder: Path) -> bool:
    """Whether no process with this cache folder is left; the one that reads PDFs takes a moment to notice."""
    wanted = f"XDG_CACHE_HOME={folder}/cache".encode()

    def left() -> bool:
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # it has just ended
                if wanted in environment.read_bytes().split(b"\0"):
                    return True
        return False

    for _ in range(500):
        if not left():
            return True
        time.sleep(0.02)
    return False


def end(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What a process said, once it has ended; it has a minute to do so."""
    try:
        return process.communicate(timeout=60)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def is_sound(path: str = "answers.sqlite") -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)])


def what_it_says(result: dict[str, Any]) -> dict[str, Any]:
    """The result without what it took."""
    return {name: value for name, value in result.items() if name not in ("stats", "made")}


def changed(pages: list[str], page: int, word: str) -> list[str]:
    """The pages with another word in the middle of one of them."""
    lines = pages[page - 1].split("\n")
    lines[3] = lines[3].replace(lines[3].split()[4], word)
    return [*pages[: page - 1], "\n".join(lines), *pages[page:]]


# Kills


@pytest.mark.slow
def test_ten_kills_cost_only_the_calls_they_hit(run: Callable[..., dict[str, Any]]) -> None:
    write_book(book())
    with MisbehavingServer() as other:
        whole = run(write_config(other.url, "other.yaml"), "--no-cache")
        stages = [asked.stage for asked in other.asked]
    parts, merges = stages.count("map"), stages.count("collapse")
    assert parts >= 25
    assert merges >= 5

    chance = random.Random(2024)
    # The kill comes when so many prompts are answered; None: while Python or the document is loading.
    moments = [None, *sorted(chance.sample(range(1, parts), 5)), None, parts]
    moments += [chance.randrange(parts + 1, parts + merges), parts + merges]
    asked_by: list[int] = []
    with MisbehavingServer(lambda asked: (holds if asked.stage == "final" else slowly)(asked)) as server:
        config = write_config(server.url)
        with Forks() as forks:
            for answered in moments:
                kill(server, config, answered, chance, forks)
                asked_by.append(len(server.asked))
        assert gone(Path.cwd())
        assert is_sound()
        server.release.set()
        result = run(config)
        asked = server.asked
    assert what_it_says(result) == what_it_says(whole)
    assert len({request.prompt for request in asked}) == len(stages)
    repeated = len(asked) - len(stages)
    assert 1 <= repeated <= CONCURRENCY * len(moments)
    # At these moments nothing but what came after them was left to do, to the call.
    assert "map" not in {request.stage for request in asked[asked_by[-3] :]}
    assert [request.stage for request in asked[asked_by[-1] :]] in ([], ["final"])
    assert result["stats"]["calls"] == len(stages)
    assert result["stats"]["cached_calls"] == len(stages) - len(asked[asked_by[-1] :])


FORKING = """
import json, os, sys
import graph.cli.run, llm.cache, llm.server.chat
from graph.cli.main import main
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        sys.exit(main(json.loads(line)))
    print(pid, flush=True)
    print(os.waitpid(pid, 0)[1], flush=True)
"""


class Forks:
    """Starts the command in processes that have imported everything, which saves seconds at every start."""

    def __enter__(self) -> Forks:
        self._process = subprocess.Popen(
            [sys.executable, "-c", FORKING],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def start(self, *argv: str) -> int:
        """The id of the process that runs the command."""
        assert self._process.stdin
        self._process.stdin.write(f"{json.dumps(argv)}\n")
        self._process.stdin.flush()
        return self._line()

    def status(self) -> int:
        """The signal that ended the process."""
        return os.WTERMSIG(self._line())

    def __exit__(self, *exc: object) -> None:
        self._process.communicate(timeout=60)

    def _line(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())


def kill(
    server: MisbehavingServer, config: str, answered: int | None, chance: random.Random, forks: Forks
) -> None:
    """Start the command, and kill it when the server has answered so many prompts."""
    if answered is None:
        process = start(config)
        time.sleep(chance.uniform(0.1, 2.0))
        process.kill()
        assert end(process) == ("", "")
        assert process.returncode == -signal.SIGKILL
        return
    reached = Event()
    server.arrived = lambda asked: reached.set() if len(set(server.answered)) >= answered else None
    pid = forks.start("run", config, "--quiet", "--output", "out.md")
    assert reached.wait(60)
    time.sleep(chance.uniform(0, 0.02))
    os.kill(pid, signal.SIGKILL)
    assert forks.status() == signal.SIGKILL
    assert not Path("out.md").exists()


@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        (
            signal.SIGINT,
            130,
            "Interrupted. Finished answers are kept: run the same command again to go on from here.\n",
        ),
        pytest.param(signal.SIGTERM, -signal.SIGTERM, "", marks=pytest.mark.slow),
    ],
    ids=["SIGINT", "SIGTERM"],
)
def test_a_signal_ends_a_run_at_once_and_the_next_goes_on(
    server: MisbehavingServer, run: Callable[..., dict[str, Any]], sent: signal.Signals, code: int, said: str
) -> None:
    """At once: while the server holds its answers back, which it does until this test is over."""
    write_book(book())
    Path("out.json").write_text("yesterday's summary")
    held = Event()

    def nine_then_none(asked: Asked) -> Behaviour:
        if asked.number <= 9:
            return obeys(asked)
        if asked.number == 9 + CONCURRENCY:
            held.set()
        return holds(asked)

    server.script = nine_then_none
    config = write_config(server.url)
    process = start(config, "--output", "out.json")
    assert held.wait(60)
    process.send_signal(sent)
    out, err = end(process)
    assert (process.returncode, out, err) == (code, "", said)
    assert len(server.answered) == 9
    assert Path("out.json").read_text() == "yesterday's summary"
    assert is_sound()

    server.script = obeys
    result = run(config)
    assert result["stats"]["cached_calls"] == 9
    assert result["stats"]["calls"] == 9 + len(server.asked) - (9 + CONCURRENCY)
    assert {path.suffix for path in Path().iterdir()} <= {
        ".pdf",
        ".json",
        ".yaml",
        ".sqlite",
        ".sqlite-wal",
        ".sqlite-shm",
    }


@pytest.mark.slow
def test_two_runs_at_once_share_a_cache(server: MisbehavingServer, run: Callable[..., dict[str, Any]]) -> None:
    write_book(book())
    server.script = slowly
    config = write_config(server.url)
    both = [start(config), start(config)]
    results = []
    for process in both:
        out, err = end(process)
        assert (process.returncode, err) == (0, "")
        results.append(what_it_says(json.loads(out)))
    assert results[0] == results[1]
    assert is_sound()
    seen = len(server.asked)
    third = run(config)
    assert what_it_says(third) == results[0]
    assert len(server.asked) == seen
    assert third["stats"]["cached_calls"] == third["stats"]["calls"]


def test_a_file_that_another_process_is_about_to_make_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    """SQLite gives up at once here, whatever the timeout: it would have to change the mode of a file in use."""
    other = sqlite3.connect("answers.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("CREATE TABLE being_made (column)")
    other.execute("BEGIN IMMEDIATE")
    other.execute("INSERT INTO being_made VALUES (1)")
    timer = Timer(0.2, other.close)
    timer.start()
    cache = AnswerCache("answers.sqlite")
    cache.update("prompt", "model", [Generation(text="an answer")])
    timer.join()
    assert cache.lookup("prompt", "model")
    assert caplog.records == []


def test_a_file_that_stays_locked_is_waited_for_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    patience = []

    def connect(path: Path, seconds: float) -> sqlite3.Connection:
        patience.append(seconds)
        return _connect(path, seconds)

    monkeypatch.setattr("llm.cache._BUSY_SECONDS", 0.2)
    monkeypatch.setattr("llm.cache._connect", connect)
    cache = AnswerCache("answers.sqlite")
    cache.update("prompt", "model", [Generation(text="an answer")])
    with closing(sqlite3.connect("answers.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for number in range(3):
            cache.update(str(number), "model", [Generation(text="an answer")])
    assert patience[0] == 0.2
    assert set(patience[1:]) == {_BUSY_SECONDS_THEN}
    assert len(caplog.records) == 1
    cache.update("later", "model", [Generation(text="an answer")])
    assert cache.lookup("prompt", "model")
    assert cache.lookup("later", "model"), "the file is free again, and still not used"


# What is repeated


def test_the_same_run_again_asks_nothing(server: MisbehavingServer, run: Callable[..., dict[str, Any]]) -> None:
    write_book(book())
    config = write_config(server.url)
    first = run(config)
    assert first["stats"]["cached_calls"] == 0
    asked = len(server.asked)
    # What changes how an answer comes about, and not what it says.
    same = ["llm.timeout_seconds=50", "llm.max_retries=1", "llm.max_concurrency=7", "summarize.retries=5"]
    again = run(config, *(word for key in same for word in ("--set", key)))
    assert what_it_says(again) == what_it_says(first)
    assert len(server.asked) == asked
    assert again["stats"] | {"seconds": 0} == {
        "calls": asked,
        "cached_calls": asked,
        "prompt_tokens": 0,
        "output_tokens": 0,
        "drafted_tokens": 0,
        "accepted_tokens": 0,
        "tokens_per_second": 0.0,
        "seconds": 0,
    }


@pytest.mark.usefixtures("little_book")
def test_without_the_cache_everything_is_asked_anew_and_nothing_kept(
    server: MisbehavingServer, run: Callable[..., dict[str, Any]]
) -> None:
    config = write_config(server.url)
    stats = [run(config, "--no-cache")["stats"] for _ in range(2)]
    assert [one["cached_calls"] for one in stats] == [0, 0]
    assert [one["calls"] for one in stats] == [len(server.asked) / 2] * 2
    assert not Path("answers.sqlite").exists()
    run(config)
    server.script = lambda asked: says("Something else.")
    assert run(config, "--no-cache")["summary"] == "Something else."
    assert run(config)["summary"] != "Something else.", "an answer that was not to be kept is given later"


def test_another_final_prompt_repeats_only_the_final_call(
    server: MisbehavingServer, run: Callable[..., dict[str, Any]]
) -> None:
    write_book(book())
    config = write_config(server.url)
    first = run(config)
    asked = len(server.asked)
    final = PROMPTS["final"].replace("FINAL", "FINAL verse")
    second = run(write_config(server.url, prompts__final=final))
    assert [request.stage for request in server.asked[asked:]] == ["final"]
    assert second["tree"][:-1] == first["tree"][:-1]
    assert second["summary"] != first["summary"]
    assert second["stats"]["cached_calls"] == asked - 1


@pytest.mark.usefixtures("little_book")
@pytest.mark.parametrize(
    "change",
    [
        {"llm__temperature": 0.3},
        {"llm__model": "n"},
        {"llm__seed": 7},
        {"llm__top_p": 0.9},
        {"llm__stop": ["END"]},
        {"llm__base_url": "http://localhost:PORT/v1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_setting_of_the_model_repeats_everything(
    server: MisbehavingServer, run: Callable[..., dict[str, Any]], change: dict[str, Any]
) -> None:
    run(write_config(server.url))
    asked = len(server.asked)
    change = {
        key: value.replace("PORT", server.url.split(":")[2].split("/")[0]) if isinstance(value, str) else value
        for key, value in change.items()
    }
    again = run(write_config(server.url, **change))
    assert again["stats"]["cached_calls"] == 0
    assert len(server.asked) == 2 * asked


@pytest.mark.parametrize("page", [1, 17, 30])
@pytest.mark.parametrize("word", ["zuzu", "zuzuzuzuzuzuzuzuzuzuzuzuzuzuzuzuzu"], ids=["short", "long"])
def test_another_word_on_a_page_repeats_its_chunk_and_what_rests_on_it(
    server: MisbehavingServer, run: Callable[..., dict[str, Any]], page: int, word: str
) -> None:
    write_book(book())
    config = write_config(server.url)
    first = run(config)
    asked = len(server.asked)
    write_book(changed(book(), page, word))
    second = run(config)
    repeated = server.asked[asked:]
    assert second["summary"] != first["summary"]

    (part,) = [request.document for request in repeated if request.stage == "map"]
    assert word in part
    (chunk,) = [s for s in second["tree"] if s["level"] == 0 and page in s["pages"]]
    above = {chunk["id"]}
    for summary in second["tree"]:
        if above & set(summary["sources"]):
            above.add(summary["id"])
    assert len(repeated) == len(above)
    assert second["stats"]["cached_calls"] == second["stats"]["calls"] - len(above)


# Damage

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda content: b"this is no database " * 1000,
    "empty": lambda content: b"",
    "short": lambda content: content[: len(content) // 2],
    "one byte": lambda content: content[:1],
    "header": lambda content: b"\xff" * 100 + content[100:],
    "first page": lambda content: content[:100] + b"\xff" * 4000 + content[4100:],
    "middle": lambda content: content[:8192] + b"\xaa" * (len(content) - 12288) + content[-4096:],
    "an answer": lambda content: content.replace(b'"message"', b'"massage"'),
    "the JSON": lambda content: content.replace(b'[{"', b'{["'),
    "letters": lambda content: content.replace(b'"content": "', b'"content": "\xff\xfe'),
}


@pytest.mark.usefixtures("little_book")
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_cache_costs_its_answers_and_nothing_else(
    server: MisbehavingServer,
    run: Callable[..., dict[str, Any]],
    damage: Callable[[bytes], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = write_config(server.url)
    first = run(write_config(server.url, "first.yaml", cache__path="first.sqlite"))
    with closing(sqlite3.connect("first.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = Path("first.sqlite").read_bytes()
    assert damage(content) != content
    Path("answers.sqlite").write_bytes(damage(content))
    assert what_it_says(run(config)) == what_it_says(first)
    assert {record.levelname for record in caplog.records} <= {"WARNING"}
    assert is_sound()
    asked = len(server.asked)
    third = run(config)
    assert what_it_says(third) == what_it_says(first)
    assert (len(server.asked), third["stats"]["cached_calls"]) == (asked, third["stats"]["calls"])


@pytest.mark.usefixtures("little_book")
def test_a_cache_that_cannot_grow_costs_no_summary(
    server: MisbehavingServer, run: Callable[..., dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    """As on a full disk."""
    config = write_config(server.url)
    Path("answers.sqlite").touch()
    with smallest_files(8192):
        result = run(config)
    assert result["summary"]
    assert len(caplog.records) == 1
    assert "answers are not kept" in caplog.text
    assert what_it_says(run(config)) == what_it_says(result)


# The output


@pytest.mark.usefixtures("little_book")
def test_an_output_that_does_not_fit_leaves_the_earlier_one(
    server: MisbehavingServer, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("out.md").write_text("yesterday's summary")
    config = write_config(server.url)
    arguments = ["run", config, "--quiet", "--output", "out.md", "--no-cache"]
    with smallest_files(64):
        assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out.startswith("# book")
    assert re.fullmatch(r"output\.path: out\.md could not be written \(.*\); .*\n", err)
    assert Path("out.md").read_text() == "yesterday's summary"
    assert sorted(path.name for path in Path().iterdir()) == ["book.txt", "out.md", "run.yaml"]


@contextmanager
def smallest_files(most: int) -> Iterator[None]:
    """No file of this process may grow above so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
