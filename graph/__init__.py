"""The application: a LangGraph pipeline that summarizes long documents, and its command line.

Nothing heavy is imported before a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.config import RunConfig, load_config
    from graph.errors import BudgetError, ConfigError, RunError, SummarizeError
    from graph.grounding import ground
    from graph.pipeline import build_graph

_HOMES = {
    "BudgetError": "graph.errors",
    "ConfigError": "graph.errors",
    "RunConfig": "graph.config",
    "RunError": "graph.errors",
    "SummarizeError": "graph.errors",
    "build_graph": "graph.pipeline",
    "ground": "graph.grounding",
    "load_config": "graph.config",
}

__all__ = [
    "BudgetError",
    "ConfigError",
    "RunConfig",
    "RunError",
    "SummarizeError",
    "build_graph",
    "ground",
    "load_config",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
