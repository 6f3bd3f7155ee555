"""LCEL chains that summarize: prompt | model | parser. They receive a model and never build one.

Knows nothing of graphs or PDFs. Nothing heavy is imported before a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chains.ask import ask_chain
    from chains.config import PromptsConfig
    from chains.prompts import PromptError, Prompts, read_prompts
    from chains.summarize import collapse_chain, final_chain, map_chain, revise_chain

_HOMES = {
    "PromptError": "chains.prompts",
    "Prompts": "chains.prompts",
    "PromptsConfig": "chains.config",
    "ask_chain": "chains.ask",
    "collapse_chain": "chains.summarize",
    "final_chain": "chains.summarize",
    "map_chain": "chains.summarize",
    "read_prompts": "chains.prompts",
    "revise_chain": "chains.summarize",
}

__all__ = [
    "PromptError",
    "Prompts",
    "PromptsConfig",
    "ask_chain",
    "collapse_chain",
    "final_chain",
    "map_chain",
    "read_prompts",
    "revise_chain",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
