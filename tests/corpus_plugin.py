"""The option `--corpus=DIR`, and a test for each PDF below it.

Loaded by `addopts`, since pytest must know the option before it looks for a conftest.py. It wants the "=": pytest
would take a DIR on its own for the place of the tests, and read the settings that are there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Called by pytest."""
    parser.addoption("--corpus", action="append", default=[], metavar="DIR", help="PDFs for `-m corpus`")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `corpus_file` runs once for each PDF below the folders of --corpus."""
    if "corpus_file" not in metafunc.fixturenames:
        return
    folders = [Path(folder).resolve() for folder in metafunc.config.getoption("--corpus")]
    files = [path for folder in folders for path in sorted(folder.rglob("*.pdf")) if path.is_file()]
    if folders and not files:
        raise pytest.UsageError(f"--corpus: there is no PDF in {', '.join(map(str, folders))}")
    skipped = pytest.param(None, marks=pytest.mark.skip(reason="give folders of PDFs: --corpus=DIR"))
    metafunc.parametrize("corpus_file", files or [skipped], ids=[path.name for path in files] or ["none"])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """After a corpus: how many files were read and refused, and what the worst of them took."""
    reports = terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
    runs = [
        (report.nodeid, value) for report in reports for name, value in report.user_properties if name == "corpus"
    ]
    if not runs:
        return
    for outcome in sorted({run[0] for _, run in runs}):
        terminalreporter.write_line(f"{sum(run[0] == outcome for _, run in runs)} files: {outcome}")
    for place, unit in ((1, "seconds"), (2, "megabytes")):
        nodeid, worst = max(runs, key=lambda entry: entry[1][place])
        terminalreporter.write_line(f"most {unit}: {worst[place]:.1f}, {nodeid}")
