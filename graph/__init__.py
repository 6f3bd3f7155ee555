"""The application: a LangGraph pipeline that summarizes long documents, and its command line.

Nothing heavy is imported before a name is used.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graph.asking.pipeline import build_ask
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
    "build_ask": "graph.asking.pipeline",
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
    "build_ask",
    "build_graph",
    "ground",
    "load_config",
]


def _check_neighbours() -> None:
    """Raise ImportError if `llm` or `chains` is another project's: PyPI has packages of these names.

    In one environment, whichever is installed later overwrites the other, and removing one removes files of both.
    """
    for name, ours in (("llm", "load_model"), ("chains", "map_chain")):
        cause: Exception | None = None
        try:
            found = getattr(import_module(name), "__all__", ())
        except Exception as error:  # another project's package may fail in any way
            found, cause = (), error
        if ours not in found:
            spec = find_spec(name)
            where = spec and (spec.origin or next(iter(spec.submodule_search_locations or ())))
            raise ImportError(
                f"The package {name!r} is {f'that of another project ({where})' if where else 'missing'}: "
                "reinstall mlx-pdf-summarizer in an environment of its own.",
                name=name,
            ) from cause


_check_neighbours()


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
