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


def _check_neighbours() -> None:
    """Raise ImportError if `llm` or `chains` is another project's: PyPI has packages of these names.

    In one environment, whichever is installed later overwrites the other, and removing one removes files of both.
    """
    for name, ours in (("llm", "load_model"), ("chains", "map_chain")):
        try:
            module = import_module(name)
        except Exception as error:  # another project's package may fail in any way
            where, problem = "", f"cannot be imported ({error})"
        else:
            if ours in getattr(module, "__all__", ()):
                continue
            where, problem = (
                f" in {(module.__file__ or next(iter(module.__path__)))}",
                "belongs to another project",
            )
        raise ImportError(
            f"The package {name!r}{where} {problem}, but mlx-pdf-summarizer needs its own: "
            "reinstall mlx-pdf-summarizer in an environment of its own.",
            name=name,
        )


_check_neighbours()


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
