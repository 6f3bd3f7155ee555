"""The worker process: what a page costs that hangs or eats memory, and that no process is left behind."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graph.documents import LoadConfig, Reading, read_document
from graph.documents.errors import ReaderError, TimedOutError, TooLargeError
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.protocol import Activity, Failure, Started
from graph.documents.pdf.supervisor import first_request, next_request
from graph.documents.process.wire import encode
from tests.pdfs import bomb, make_pdf

ROOT = Path(__file__).parents[4]
linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds processes through /proc")


def read(tmp_path: Path, content: bytes, **settings: Any) -> Reading:
    path = tmp_path / "paper.pdf"
    path.write_bytes(content)
    return read_document(path, LoadConfig.model_validate(settings))


@linux
def test_a_page_that_needs_too_much_memory_is_lost_alone(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")  # the worker now has something to say on stderr
    reading = read(tmp_path, make_pdf(["one", bomb(60), "three"]), memory_mb=256)
    assert [page["text"] for page in reading["pages"]] == ["one", "", "three"]
    assert [page["status"] for page in reading["pages"]] == ["read", "failed", "read"]
    assert len(reading["warnings"]) == 1
    assert "page 2" in reading["warnings"][0]
    assert "memory" in reading["warnings"][0]
    assert capfd.readouterr() == ("", "")


def progress_of(tmp_path: Path, content: bytes, **settings: Any) -> list[tuple[int, int]]:
    path, told = tmp_path / "paper.pdf", list[tuple[int, int]]()
    path.write_bytes(content)
    config = LoadConfig.model_validate(settings)
    read_document(path, config, on_progress=lambda done, wanted: told.append((done, wanted)))
    return told


def test_progress_counts_the_pages_that_are_wanted(tmp_path: Path) -> None:
    content = make_pdf([f"page {number}" for number in range(1, 9)])
    assert progress_of(tmp_path, content) == [(done, 8) for done in range(9)]
    assert progress_of(tmp_path, content, pages="2-4,3-5,8-12") == [(done, 5) for done in range(6)]


@linux
def test_progress_counts_a_page_that_kills_its_worker_once(tmp_path: Path) -> None:
    content = make_pdf(["one", bomb(60), "three", bomb(60)])
    assert progress_of(tmp_path, content, memory_mb=256) == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_reader_that_does_not_start_says_nothing_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pypdfium2").mkdir()
    (tmp_path / "pypdfium2" / "__init__.py").write_text("raise ImportError('this installation is broken')")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ReaderError, match="does not start"):
        read(tmp_path, make_pdf(["one"]))


def test_an_interpreter_that_may_not_be_run_is_not_the_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.touch(mode=0o600)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ReaderError, match=r"does not start \(.*python: ") as refused:
        read(tmp_path, make_pdf(["one"]))
    assert "paper.pdf" not in str(refused.value)


@linux
def test_a_limit_that_is_there_already_is_kept(tmp_path: Path) -> None:
    """`ulimit -v` below load.memory_mb, as in some containers: the worker may not raise it."""
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf(["one"]))
    code = (
        "import sys; from graph.documents import *\n"
        "print(read_document(sys.argv[1], LoadConfig())['pages'][0]['text'])"
    )
    shell = 'ulimit -v 1000000; exec "$0" -c "$1" "$2"'
    command = ["sh", "-c", shell, sys.executable, code, str(path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("one\n", "")


FAILURE = Failure("crashed", 11)
REQUEST = first_request(Path("/paper.pdf"), LoadConfig(), None)


def test_after_a_file_that_did_not_open_pypdf_tries_once() -> None:
    content = PDFContent()
    again = next_request(REQUEST, content, FAILURE)
    assert again == replace(REQUEST, backends=("pypdf",))
    assert again is not None
    assert next_request(again, content, Failure("exited")) is None
    assert content.first_failure == FAILURE


@pytest.mark.parametrize("activity", ["reading", "drawing"])
def test_after_a_page_that_killed_a_worker_the_next_begins_behind_it(activity: Activity) -> None:
    content = PDFContent(page_count=9, texts={1: "one", 2: ""}, scans={2}, doing=Started(activity, 3))
    assert next_request(REQUEST, content, FAILURE) == replace(REQUEST, done=(1, 2, 3), scans=(2,))
    assert content.failures == {3: replace(FAILURE, while_drawing=activity == "drawing")}


def test_after_a_second_reading_that_killed_a_worker_there_is_none() -> None:
    content = PDFContent(page_count=9, texts={1: "one"}, doing=Started("reading", 1))
    assert next_request(REQUEST, content, FAILURE) == replace(REQUEST, done=(1,), second_reading=False)
    assert content.failures == {}


def test_after_metadata_that_killed_a_worker_only_scans_are_left_to_do() -> None:
    content = PDFContent(page_count=2, texts={1: "one", 2: ""}, doing=Started("metadata"))
    assert next_request(REQUEST, content, FAILURE) is None
    content.scans = {2}
    assert next_request(REQUEST, content, FAILURE) == replace(REQUEST, done=(1, 2), scans=(2,), metadata=False)
    assert next_request(replace(REQUEST, ocr=False), content, FAILURE) is None


def test_a_page_that_takes_too_long_is_lost_alone(tmp_path: Path) -> None:
    reading = read(tmp_path, make_pdf(["one", bomb(100), "three"]), page_timeout_seconds=0.7, memory_mb=4000)
    assert [page["status"] for page in reading["pages"]] == ["read", "failed", "read"]
    assert "longer than 0.7 seconds" in reading["warnings"][0]


def test_when_the_clock_of_the_file_is_out_what_was_read_is_kept(tmp_path: Path) -> None:
    content = make_pdf(["one", bomb(100), "three"])
    reading = read(tmp_path, content, timeout_seconds=1.5, memory_mb=4000)
    assert [page["status"] for page in reading["pages"]] == ["read", "failed", "failed"]
    assert "1.5 seconds" in reading["warnings"][0]
    with pytest.raises(TimedOutError):
        read(tmp_path, content, timeout_seconds=1.5, memory_mb=4000, pages="2-")


@linux
def test_the_number_of_restarts_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graph.documents.pdf.supervisor.MAX_RESTARTS", 1)
    reading = read(tmp_path, make_pdf(["one", bomb(60), bomb(60), "four"]), memory_mb=256)
    assert [page["status"] for page in reading["pages"]] == ["read", "failed", "failed", "failed"]
    assert "died 2 times" in reading["warnings"][-1]


@linux
def test_a_file_of_nothing_but_such_pages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLargeError, match=r"page 1.*load\.memory_mb"):
        read(tmp_path, make_pdf([bomb(60)]), memory_mb=256)


def test_a_page_is_cut_at_the_limit_and_says_so(tmp_path: Path) -> None:
    reading = read(tmp_path, make_pdf(["word " * 400, "short"]), max_page_characters=1000)
    assert [len(page["text"]) for page in reading["pages"]] == [1000, 5]
    assert "Page 1" in reading["warnings"][0]


def test_reading_stops_at_the_limit_of_the_file(tmp_path: Path) -> None:
    reading = read(tmp_path, make_pdf(["word " * 100] * 5), max_characters=1100)
    assert [page["status"] for page in reading["pages"]] == ["read", "read", "read", "failed", "failed"]
    assert "1,100 characters" in reading["warnings"][0]


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(condition: Any) -> bool:
    end = time.monotonic() + 30
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return bool(condition())


@linux
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_however_the_reading_ends_no_process_is_left(tmp_path: Path, how: signal.Signals) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(make_pdf([bomb(200)]))
    code = (
        "import sys; from graph.documents import read_document, LoadConfig;"
        "read_document(sys.argv[1], LoadConfig(page_timeout_seconds=60, memory_mb=1500))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, "-c", code, str(path)], env=env, stderr=subprocess.DEVNULL)
    try:
        assert _until(lambda: _children(parent.pid))
        (worker,) = _children(parent.pid)
        time.sleep(0.3)  # let it get to the page
        parent.send_signal(how)
        assert parent.wait(timeout=30) == -how
        assert _until(lambda: not _alive(worker))
    finally:
        parent.kill()
        parent.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_all_of_a_service_gets_costs_no_page(tmp_path: Path, number: signal.Signals) -> None:
    path = tmp_path / "paper.pdf"
    path.write_bytes(make_pdf(["words of a page " * 50] * 200))
    with subprocess.Popen(
        [sys.executable, "-m", "graph.documents.pdf.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        worker.stdin.write(encode(first_request(path, LoadConfig(memory_mb=4000), None)))
        worker.stdin.flush()
        assert b"Ready" in worker.stdout.readline()
        worker.send_signal(number)
        assert worker.stdout.read().count(b"PageRead") == 200
    assert worker.returncode == 0


def test_the_worker_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    """Its stdin closes, however the parent died: it stops in the middle of the page."""
    path = tmp_path / "slow.pdf"
    path.write_bytes(make_pdf([bomb(100)]))
    request = first_request(path, LoadConfig(memory_mb=4000), None)
    worker = subprocess.Popen(
        [sys.executable, "-m", "graph.documents.pdf.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    sent, _ = worker.communicate(encode(request))  # writes, and closes stdin
    assert worker.returncode == 0
    assert b"PageRead" not in sent
