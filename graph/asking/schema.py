"""The JSON Schema of answers. Imports pydantic when it is asked."""

from __future__ import annotations

from typing import Any

from graph.asking.types import Answers
from graph.results.schema import schema_of


def answers_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of what `ask --format json` writes and `build_ask` returns."""
    return schema_of(Answers)
