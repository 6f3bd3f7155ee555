"""Other people's `llm`, `chains` and `graph.py`, imported before ours: one sentence says so. Real processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def python(program: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `program` in `folder`, which comes before our packages unless `options` have -P."""
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )


def put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("llm/__init__.py", "class Model: ...\n__all__ = ['Model']\n"),
        ("llm/__init__.py", "import a_dependency_of_another_project\n"),
        ("llm.py", ""),
        ("chains/__init__.py", ""),
    ],
)
@pytest.mark.parametrize("program", ["import graph", "from graph import build_graph", "import graph.cli.main"])
def test_a_foreign_package_is_named_in_one_sentence(tmp_path: Path, name: str, content: str, program: str) -> None:
    put(tmp_path / name, content)
    run = python(program, tmp_path)
    assert run.returncode == 1
    package = name.removesuffix("/__init__.py").removesuffix(".py")
    assert run.stderr.splitlines()[-1] == (
        f"ImportError: The package '{package}' is that of another project ({tmp_path / name}): "
        "reinstall mlx-pdf-summarizer in an environment of its own."
    )


def test_what_is_left_when_the_other_package_was_removed_is_named(tmp_path: Path) -> None:
    """pip removes the files of both: a folder without __init__.py, which Python takes for a package too."""
    site = tmp_path / "site"
    for package in ("graph", "chains"):
        put(site / package / "__init__.py", (ROOT / package / "__init__.py").read_text("utf-8"))
    (site / "llm" / "mlx").mkdir(parents=True)
    run = subprocess.run(
        [sys.executable, "-S", "-c", "import graph"],
        cwd=site,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
    )
    assert f"The package 'llm' is that of another project ({site / 'llm'})" in run.stderr.splitlines()[-1]


def test_beside_a_graph_py_the_models_and_chains_work(tmp_path: Path) -> None:
    put(tmp_path / "graph.py", "graph = None\n")
    program = (
        "from llm import ChatMLX, TextRank; from chains import map_chain; print(TextRank().invoke('Bees.').text)"
    )
    run = python(program, tmp_path)
    assert (run.stdout, run.stderr) == ("Bees.\n", "")
    # Python's own words, as none of our code runs: they name the file.
    assert f"({tmp_path / 'graph.py'})" in python("from graph import build_graph", tmp_path).stderr


def test_beside_a_graph_py_the_installed_command_reads_pdfs(tmp_path: Path) -> None:
    """A command has the folder of commands first on its path, not the one it is called in: -P is like that."""
    put(tmp_path / "graph.py", "graph = None\n")
    program = (
        "from graph import build_graph, load_config; import sys\n"
        "app = build_graph(load_config(sys.argv[1]))\n"
        "print(app.invoke({'source': sys.argv[2]})['summary'])\n"
    )
    handbook, config = ROOT / "examples" / "handbook.pdf", ROOT / "configs" / "quickstart.yaml"
    argv = f"import sys; sys.argv[1:] = [{str(config)!r}, {str(handbook)!r}]\n"
    run = python(argv + program, tmp_path, "-P")
    assert run.returncode == 0, run.stderr
    assert len(run.stdout) > 100


def test_looking_at_the_neighbours_imports_nothing_heavy() -> None:
    program = "import graph, sys; print(sorted({name.split('.')[0] for name in sys.modules} & {'pydantic', 'mlx',"
    program += " 'langchain_core', 'langgraph', 'yaml'}))"
    assert python(program, ROOT).stdout == "[]\n"
