"""Standard streams that are closed, full, gone or missing, and homes that are missing: never a traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from graph.cli.main import main
from graph.cli.streams import say, standard_streams
from graph.errors import OutputError

ROOT = Path(__file__).parents[3]
TEXT = "The harbour opens at six and the first boats leave before the fog has lifted. "
FULL = pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("harbour.txt").write_text(TEXT)


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """A line of a shell, in which `graph` is the program."""
    return subprocess.run(
        ["bash", "-c", f'graph() {{ "{sys.executable}" -m graph "$@"; }}; {command}'],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_file_is_written_whatever_is_closed(closed: str) -> None:
    ran = shell(f"graph run harbour.txt --output out.md {closed}")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "Traceback" not in ran.stderr
    assert "The harbour opens at six" in Path("out.md").read_text()


def test_without_stderr_standard_output_is_pure_json() -> None:
    ran = shell("graph run harbour.txt --format json 2>&-")
    assert ran.returncode == 0
    assert "The harbour opens" in json.loads(ran.stdout)["summary"]


def test_a_closed_stdout_is_said_before_any_work() -> None:
    ran = shell("graph run harbour.txt >&-")
    assert (ran.returncode, ran.stderr) == (2, "Standard output is closed; use --output PATH.\n")
    assert shell("graph check quickstart >&-").returncode == 0, "the code is the answer"


def test_what_a_library_prints_does_not_end_up_in_a_file() -> None:
    """A closed descriptor would be given to the next file that is opened, such as the cache."""
    program = (
        "import os, sys\nfrom graph.cli.main import main\nimport graph.cli.check as check\n"
        "opened = []\n"
        "def look(request):\n    opened.append(os.open('harbour.txt', os.O_RDONLY))\n    return ''\n"
        "check.check = look\ncode = main(['check', 'quickstart'])\nos._exit(min(opened))"
    )
    Path("program.py").write_text(program)
    assert shell(f'"{sys.executable}" program.py <&- >&- 2>&-').returncode > 2


@FULL
@pytest.mark.parametrize("argv", ["run harbour.txt --quiet", "check quickstart", "schema", "--help", "--version"])
def test_a_full_stdout_is_one_sentence(argv: str) -> None:
    ran = shell(f"graph {argv} >/dev/full")
    assert (ran.returncode, ran.stderr) == (2, "Standard output cannot be written: No space left on device.\n")


@FULL
def test_a_full_stderr_costs_nothing() -> None:
    ran = shell("graph run harbour.txt 2>/dev/full")
    assert ran.returncode == 0
    assert "The harbour opens at six" in ran.stdout
    assert shell("graph run none.pdf 2>/dev/full").returncode == 3
    assert shell("graph nonsense 2>/dev/full").returncode == 2


@pytest.mark.parametrize("argv", ["run harbour.txt --quiet", "schema", "check quickstart", "--help", "run --help"])
def test_a_reader_that_has_gone_is_no_error(argv: str) -> None:
    ran = shell(f"set -o pipefail; {{ graph {argv}; echo $? >&2; }} | exec true")
    assert ran.stderr == "0\n"


def test_a_reader_of_stderr_that_has_gone_costs_nothing() -> None:
    ran = shell("{ graph run harbour.txt --output out.md 2>&1 >&3 | exec true; } 3>&1; exit ${PIPESTATUS[0]}")
    assert ran.returncode == 0
    assert "The harbour opens at six" in Path("out.md").read_text()


@pytest.mark.parametrize("output", ["/dev/stdout", "-"])
def test_standard_output_may_be_named(output: str) -> None:
    ran = shell(f"graph run harbour.txt --quiet --output {output} | cat")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("# harbour\n")


NO_ACCOUNT = """
import os, pwd, sys

def unknown(number):
    raise KeyError(f"getpwuid(): uid not found: {number}")

pwd.getpwuid = unknown
from graph.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "argv", [["run", "harbour.txt"], ["check", "quickstart"], ["run", "~/none.txt"], ["run", "~nobody/none.txt"]]
)
def test_a_user_without_home_or_account_is_served(argv: list[str]) -> None:
    env = {key: value for key, value in os.environ.items() if key not in ("HOME", "XDG_CACHE_HOME")}
    ran = subprocess.run(
        [sys.executable, "-c", NO_ACCOUNT, *argv],
        env={**env, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in ran.stderr
    assert ran.returncode == (3 if "none.txt" in argv[1] else 0), ran.stderr


# In a process that has other streams


def test_a_host_without_streams_is_left_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """pythonw, a Windows service."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(["run", "harbour.txt", "--output", "out.md"]) == 0
    assert main(["run", "none.txt", "--output", "out.md"]) == 3
    assert sys.stdout is None
    assert sys.stderr is None


class Broken(io.StringIO):
    """A stream without a descriptor, that fails."""

    def write(self, text: str) -> int:
        raise OSError(5, "Input/output error")


def test_a_stream_without_a_descriptor_may_fail_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Broken())
    assert main(["run", "harbour.txt", "--output", "out.md"]) == 0
    monkeypatch.setattr(sys, "stdout", Broken())
    assert main(["check", "quickstart"]) == 2
    with standard_streams(), pytest.raises(OutputError, match="Input/output error"):
        say("text")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)
    assert main(["check", "quickstart"]) == 2
