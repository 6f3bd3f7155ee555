"""What people see on a terminal: whole words, nothing twice, full bars, and how long is left."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.progress import Progress

from graph.cli import bars
from graph.cli.bars import DocumentBars, StageBars
from graph.cli.terminal import WordWrap
from graph.state import PagesRead
from tests.pdfs import Sheet, make_pdf

ROOT = Path(__file__).parents[3]
TEXT = (
    "The harbour opens at six and the first boats leave before the fog has lifted. "
    "A report of forty pages says how much the town spent on roads, schools and water. "
    "Nobody had measured the tide at the old bridge, so the engineers built a gauge of their own. "
)
WIDTH = 50


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("harbour.txt").write_text(TEXT * 2)


def on_a_terminal(
    argv: Sequence[str],
    *,
    stdin: bytes = b"",
    ended_by: bytes = b"",
    after: bytes = b"",
    then: Callable[[], object] = lambda: None,
) -> tuple[int, str]:
    """The exit code of `python -m graph` on a terminal, and what stood on it.

    Ctrl-C comes once `ended_by` is shown, and `then` is called once `after` is.
    """
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, WIDTH, 0, 0))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm"}
    env.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-m", "graph", *argv], stdin=slave, stdout=slave, stderr=slave, env=env
    )
    os.close(slave)
    shown = bytearray()
    try:
        os.write(master, stdin)
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not piece:
                break
            shown.extend(piece)
            if ended_by and ended_by in shown:
                process.send_signal(signal.SIGINT)
                ended_by = b""
            if after and after in shown:
                then()
                after = b""
        return process.wait(timeout=60), shown.decode().replace("\r\n", "\n")
    finally:
        process.kill()
        process.wait()
        os.close(master)


def plain(shown: str) -> str:
    """Without colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown)


def test_a_summary_is_shown_once_in_whole_words_below_full_bars() -> None:
    code, shown = on_a_terminal(["run", "harbour.txt"])
    assert code == 0
    text = plain(shown)
    above, title, below = text.partition("# harbour\n\n")
    assert title
    row = re.findall(r"final_summarize .*?(\d+/\d+)", above)[-1]
    assert row == "1/1", "the last bar ends full"
    summary, _, rest = below.partition("\n\nPages by sentence: ")
    lines = summary.splitlines()
    assert len(lines) > 2
    assert max(map(len, lines)) <= WIDTH
    assert set(summary.split()) <= set(TEXT.split()), "no word is broken"
    assert rest.startswith("1–3 [p. 1].\n\n---\n")
    for sentence in TEXT.strip().split(". "):
        assert " ".join(text.split()).count(sentence[:40]) == 1, "nothing is shown twice"
    assert "From p. 1, read as a whole." in " ".join(rest.split())


def load_rows(shown: str) -> list[str]:
    """What the bar of the load stage counted, in the order drawn."""
    return re.findall(r"load .*?(\d+/\d+)", plain(shown))


def test_the_load_bar_counts_the_pages_of_a_pdf() -> None:
    Path("long.pdf").write_bytes(make_pdf([f"On day {day} the harbour opened at six." for day in range(300)]))
    code, shown = on_a_terminal(["run", "long.pdf", "--output", "out.md"])
    assert code == 0
    assert load_rows(shown)[-1] == "300/300"


def test_the_load_bar_moves_while_pages_are_read_by_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own tesseract reads a page once the bar shows the two that need no OCR."""
    Path("bin").mkdir()
    tesseract = Path("bin/tesseract")
    tesseract.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --list-langs ]; then echo eng; exit; fi\n'
        "cat > /dev/null\n"
        "tries=0\n"
        "until [ -e go ] || [ $tries = 200 ]; do sleep 0.1; tries=$((tries + 1)); done\n"
        "echo 'The boats of the harbour were counted by day.'\n"
    )
    tesseract.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tesseract.parent.resolve()}{os.pathsep}{os.environ['PATH']}")
    pages: list[Sheet | str] = [
        "The harbour opens at six.",
        *[Sheet(image=True)] * 6,
        "The town measured the tide.",
    ]
    Path("scan.pdf").write_bytes(make_pdf(pages))
    argv = ["run", "scan.pdf", "--output", "out.md"]
    code, shown = on_a_terminal(argv, after=b"2/8", then=Path("go").touch)
    assert code == 0
    assert Path("go").exists(), "the bar never showed the pages that were done"
    assert load_rows(shown)[-1] == "8/8"


def test_json_on_a_terminal_is_not_touched() -> None:
    _, shown = on_a_terminal(["run", "harbour.txt", "--quiet", "--format", "json"])
    assert '"title": "harbour"' in shown
    assert max(map(len, shown.splitlines())) > 2 * WIDTH


def test_with_a_file_the_terminal_shows_no_summary() -> None:
    code, shown = on_a_terminal(["run", "harbour.txt", "--output", "out.md"])
    assert code == 0
    assert "fog" not in shown
    assert plain(shown).endswith("The summary is in out.md.\n")


def test_text_may_be_typed() -> None:
    code, shown = on_a_terminal(["run", "-", "--quiet"], stdin=b"The harbour opens at six every day.\n\x04")
    assert code == 0
    assert "press Ctrl-D" in shown
    assert "# standard input" in shown


# Words


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    "text",
    [TEXT, f"# Title\n\n- {TEXT}\n- {TEXT}\n", "한국은행은 기준금리를 동결했다. " * 9, "a  b\n\n\nc ", "x" * 120],
    ids=["prose", "list", "wide", "space", "long"],
)
def test_words_stay_whole(text: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    written: list[str] = []
    wrap = WordWrap(written.append)
    for start in range(0, len(text), size):
        wrap.add(text[start : start + size])
    wrap.close()
    shown = "".join(written)
    assert shown.split() == text.split()
    assert [line.split() for line in shown.split("\n\n")] == [line.split() for line in text.split("\n\n")]
    if " " in text:
        assert max(cell_len(line) for line in shown.splitlines()) <= 30, "a space too many begins another line"


# Bars


def row(shown: StageBars | DocumentBars, name: str) -> Any:
    return next(task for task in shown._progress.tasks if task.description == name)


def ended(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "result": {"tree": [{"finish_reason": "stop"}]}, "error": None, **more}


def test_answers_are_counted_and_failures_are_none() -> None:
    stage_bars = StageBars(quiet=True)
    for event in (
        {"name": "load", "input": {}},
        {"name": "load", "result": {}, "error": None},
        {"name": "map_summarize", "input": {}},
        {"name": "map_summarize", "input": {}},
        {"name": "map_summarize", "input": {}},
        ended("map_summarize"),
        {"name": "map_summarize", "result": {"tree": [{"finish_reason": "error"}]}, "error": None},
        {"name": "map_summarize", "result": None, "error": "gone"},
    ):
        stage_bars.show(event)
    assert stage_bars.answers == 1
    assert (row(stage_bars, "map_summarize").completed, row(stage_bars, "map_summarize").total) == (2, 3)


def pages(done: int, wanted: int) -> PagesRead:
    return PagesRead(type="pages_read", done=done, wanted=wanted)


def test_the_row_of_the_load_stage_counts_pages() -> None:
    stage_bars = StageBars(quiet=True)
    stage_bars.show({"name": "load", "input": {}})
    assert (row(stage_bars, "load").completed, row(stage_bars, "load").total) == (0, 1)
    stage_bars.show_pages(pages(120, 400))
    assert (row(stage_bars, "load").completed, row(stage_bars, "load").total) == (120, 400)
    assert row(stage_bars, "load").fields["note"] == "pages"
    stage_bars.show({"name": "load", "result": None, "error": "refused"})
    assert row(stage_bars, "load").completed == 120
    stage_bars.show({"name": "load", "result": {}, "error": None})
    assert row(stage_bars, "load").completed == 400, "reading is over, whatever pages it gave up on"


def test_a_load_stage_without_pages_to_count_is_one_task() -> None:
    stage_bars = StageBars(quiet=True)
    stage_bars.show({"name": "load", "input": {}})
    stage_bars.show({"name": "load", "result": {}, "error": None})
    assert (row(stage_bars, "load").completed, row(stage_bars, "load").total) == (1, 1)


def test_the_row_of_a_document_counts_pages_then_calls() -> None:
    document_bars = DocumentBars(2, quiet=True)
    document_bars.show("a.pdf", {"name": "load", "input": {}})
    document_bars.show_pages("a.pdf", pages(3, 9))
    task = row(document_bars, "a.pdf")
    assert (task.completed, task.total, task.fields["note"]) == (3, 9, "pages")
    document_bars.show("a.pdf", {"name": "load", "result": {}, "error": None})
    assert (task.completed, task.total, task.fields["note"]) == (1, 1, "")
    document_bars.show("a.pdf", {"name": "split", "input": {}})
    assert (task.completed, task.total) == (1, 2)
    document_bars.done("a.pdf")
    document_bars.show_pages("a.pdf", pages(9, 9))
    assert (row(document_bars, "documents").completed, len(document_bars._progress.tasks)) == (1, 1)


def test_what_was_finished_before_ctrl_c_is_said_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from graph.cli.batch import how_to_go_on
    from graph.config import load_config

    config = load_config("quickstart")
    assert how_to_go_on(config, 0) == ""
    assert how_to_go_on(config, 3).startswith(" Finished answers are kept")
    assert "cache is off" in how_to_go_on(load_config("quickstart", ["cache.enabled=false"]), 3)


def test_a_long_bar_says_how_long_is_left() -> None:
    now = 0.0
    progress = Progress(get_time=lambda: now, disable=True)
    progress.add_task("map_summarize", total=100)
    (task,) = progress.tasks
    column = bars._TimeLeft()
    assert str(column.render(task)) == ""
    now = 5.0
    progress.update(task.id, completed=10)
    assert str(column.render(task)) == "", "too early to say"
    now = 60.0
    progress.update(task.id, completed=20)
    assert str(column.render(task)) == "about 4 min left"
    progress.update(task.id, completed=80)
    assert str(column.render(task)) == "about 15 s left"
    progress.update(task.id, completed=100)
    assert str(column.render(task)) == ""
    assert bars._spoken(3 * 3600 + 61) == "3 h 1 min"
