"""The option `--corpus DIR` of this program's tests. An entry point, because pytest has to know it before it looks
for tests: else it takes a folder outside the project for the place of them.
"""

from __future__ import annotations

from typing import Any


def pytest_addoption(parser: Any) -> None:
    """Called by pytest."""
    parser.addoption("--corpus", action="append", default=[], metavar="DIR", help="PDFs for `-m corpus`")
