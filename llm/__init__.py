"""LangChain models: one folder per `provider` of the configuration, and `load_model`, which builds any of them.

- `mlx`: ChatMLX and MLX, run in this process on Apple's MLX.
- `textrank`: TextRank, the built-in extractive model, which needs no download.
- `server`: any OpenAI-compatible server.
- `config`, `errors`, `load`, `cache`, `tokens`: what all of them share.

Knows nothing of prompts, graphs or PDFs. Nothing heavy is imported before a name is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llm.load import load_model
    from llm.mlx.chat import ChatMLX
    from llm.mlx.completion import MLX
    from llm.textrank.model import TextRank
    from llm.tokens import estimate_tokens

_HOMES = {
    "ChatMLX": "llm.mlx.chat",
    "MLX": "llm.mlx.completion",
    "TextRank": "llm.textrank.model",
    "estimate_tokens": "llm.tokens",
    "load_model": "llm.load",
}

__all__ = ["MLX", "ChatMLX", "TextRank", "estimate_tokens", "load_model"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
