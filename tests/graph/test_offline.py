"""Nothing is asked of any other machine: the real command and all its processes, each with its sockets watched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.pdfs import make_pdf

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs/gemma.yaml"
SENTENCES = "The harbour opens at six. Two ferries leave before noon. Storms close the pier in winter."

# Found by every Python that the command starts. What it writes is seen even where the error is swallowed.
WATCH = """
import os, sys

def refuse(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        what = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        what = arguments[1]
    else:
        return
    with open(os.environ["SOCKETS_SEEN"], "a") as seen:
        seen.write(f"{event} {what}\\n")
    raise OSError("sockets are forbidden here")

sys.addaudithook(refuse)
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """The file that lists what was asked of any socket."""
    return tmp_path / "sockets"


@pytest.fixture
def run(tmp_path: Path, seen: Path) -> Run:
    """Run the command on a document of two pages: exit code, stdout, stderr."""
    (tmp_path / "sitecustomize.py").write_text(WATCH)
    document = tmp_path / "harbour.pdf"
    document.write_bytes(make_pdf([SENTENCES, SENTENCES.upper()]))

    def command(config: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
        ran = subprocess.run(
            [sys.executable, "-m", "graph", "run", str(config), "--input", str(document), "--quiet", *arguments],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
                "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}",
                "PYTHONIOENCODING": "utf-8",
                "SOCKETS_SEEN": str(seen),
                "HF_HOME": str(tmp_path / "hub"),
                **environment,
            },
            capture_output=True,
            encoding="utf-8",
            timeout=120,
        )
        return ran.returncode, ran.stdout, ran.stderr

    return command


def settings(model: str | Path) -> list[str]:
    keys = {
        "llm.model": model,
        "llm.context_window": 400,
        "llm.max_tokens": 20,
        "summarize.final_tokens": 40,
        "llm.seed": 7,
    }
    return [word for key, value in keys.items() for word in ("--set", f"{key}={value}")]


def keep_in_hub(folder: Path, hub: Path, name: str) -> None:
    """Put a checkpoint where a download would have left it."""
    repository = hub / "hub" / f"models--{name.replace('/', '--')}"
    commit = "1" * 40
    shutil.copytree(folder, repository / "snapshots" / commit)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(commit)


def test_the_built_in_model_opens_no_socket(run: Run, seen: Path) -> None:
    code, out, err = run(ROOT / "configs/quickstart.yaml")
    assert (code, err) == (0, "")
    assert "harbour opens at six" in out
    assert not seen.exists(), seen.read_text()


def test_a_model_in_a_folder_opens_no_socket(run: Run, seen: Path, checkpoint: Callable[[str], Path]) -> None:
    code, out, err = run(CONFIG, *settings(checkpoint("gemma3")))
    assert (code, bool(out)) == (0, True), err
    assert not seen.exists(), seen.read_text()


def test_a_model_that_was_downloaded_opens_no_socket_offline(
    run: Run, seen: Path, checkpoint: Callable[[str], Path], tmp_path: Path
) -> None:
    keep_in_hub(checkpoint("gemma3"), tmp_path / "hub", "some/model")
    code, out, err = run(CONFIG, *settings("some/model"), HF_HUB_OFFLINE="1")
    assert (code, bool(out)) == (0, True), err
    assert not seen.exists(), seen.read_text()


def test_a_model_that_is_not_here_is_asked_for_unless_offline(run: Run, seen: Path) -> None:
    code, out, err = run(CONFIG, *settings("some/model"), HF_HUB_OFFLINE="1")
    assert (code, out, len(err.splitlines())) == (4, "", 1)
    assert "some/model" in err
    assert not seen.exists(), seen.read_text()
    code, out, err = run(CONFIG, *settings("some/model"))
    assert (code, out) == (4, "")
    assert "huggingface" in seen.read_text(), "the watch sees what is asked"
