"""The wheel: built, installed and run outside of the checkout, as those who only have the package do."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from llm.mlx.gguf.source import installed
from tests.pdfs import make_pdf

ROOT = Path(__file__).parent.parent
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def scripts(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment that has the wheel, and what it needs from the environment of
    the tests: at the end of the path, so that nothing of the checkout is found first.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(folder / "bin/python"),
        "install",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True, timeout=120)
    (packages / "needed.pth").write_text("\n".join(site.getsitepackages()))
    return folder / "bin"


@pytest.fixture
def run(scripts: Path, tmp_path: Path) -> Run:
    """Runs a command of the environment in an empty folder."""

    def command(program: str, *argv: str) -> subprocess.CompletedProcess[str]:
        env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return subprocess.run(
            [scripts / program, *argv],
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return command


def test_the_wheel_has_all_that_is_ours_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("graph", "chains", "llm"):
        files = [path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".css", ".js", ".typed")]
        assert {str(path.relative_to(ROOT)) for path in files} <= names
    shipped = {f"graph/{path.relative_to(ROOT)}" for path in (ROOT / "configs").rglob("*.yaml")}
    assert len(shipped) > 6
    assert shipped | {"graph/examples/handbook.pdf"} <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"graph", "chains", "llm"}
    assert not [name for name in names if "test" in name and name.startswith("graph/examples")]


def test_no_plugin_is_put_into_the_pytest_of_others(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("entry_points.txt")]
        assert archive.read(name).decode().split() == [
            "[console_scripts]",
            "mlx-pdf-summarizer",
            "=",
            "graph.cli.main:main",
        ]


def test_the_packages_are_those_of_the_wheel(run: Run, scripts: Path) -> None:
    ran = run("python", "-c", "import graph, chains, llm; print(graph.__file__, chains.__file__, llm.__file__)")
    assert ran.stdout.split()
    assert all(path.startswith(str(scripts.parent)) for path in ran.stdout.split()), ran


def test_the_command_says_its_version(run: Run, wheel: Path) -> None:
    ran = run("mlx-pdf-summarizer", "--version")
    assert (ran.returncode, ran.stdout) == (0, f"mlx-pdf-summarizer {wheel.name.split('-')[1]}\n")
    assert run("mlx-pdf-summarizer", "run", "--help").stdout.startswith("usage: mlx-pdf-summarizer run ")


@pytest.mark.parametrize("program", [["mlx-pdf-summarizer"], ["python", "-m", "graph"]], ids=["command", "module"])
@pytest.mark.slow
def test_quickstart_runs_in_any_folder(program: list[str], run: Run, tmp_path: Path) -> None:
    ran = run(*program, "run", "quickstart", "--quiet")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("# The Handbook\n")
    (tmp_path / "paper.pdf").write_bytes(make_pdf(["The harbour opens at six and the first boats leave early."]))
    ran = run(*program, "run", "quickstart", "--input", "paper.pdf", "--output", "report.html")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "The harbour opens at six" in (tmp_path / "report.html").read_text("utf-8")


def test_every_configuration_whose_packages_are_here_passes_its_check_by_name(run: Run) -> None:
    for path in (ROOT / "configs").glob("*.yaml"):
        if path.stem == "gemma270m" and not installed("gemma3-270m"):
            continue
        ran = run("mlx-pdf-summarizer", "check", path.stem, "--set", "prompts.file=korean")
        assert (ran.returncode, ran.stderr) == (0, ""), path


def test_a_copied_configuration_finds_the_prompt_sets(run: Run, tmp_path: Path) -> None:
    (tmp_path / "my.yaml").write_text((ROOT / "configs/quickstart.yaml").read_text("utf-8"), "utf-8")
    (tmp_path / "paper.txt").write_text("The harbour opens at six and the first boats leave early.")
    ran = run("mlx-pdf-summarizer", "run", "my.yaml", "paper.txt", "--quiet")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_program_finds_what_ships(run: Run) -> None:
    program = "from graph import build_graph, load_config; build_graph(load_config('quickstart')); print('built')"
    ran = run("python", "-c", program)
    assert ran.stdout == "built\n", ran.stderr
