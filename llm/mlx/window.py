"""The context window of a checkpoint, from its config.json. Imports nothing heavy."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

_KEYS = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")


def read_context_window(config: dict[str, Any]) -> int | None:
    """The context window in tokens that a `config.json` states, if need be for the text model inside another."""
    for section in (config.get("text_config") or {}, config):
        for key in _KEYS:
            if isinstance(section.get(key), int):
                return int(section[key])
    return None


def local_context_window(model: str) -> int | None:
    """The context window of a checkpoint in a folder, or of a GGUF file; None if it is not known."""
    path = Path(os.path.expanduser(model))
    try:
        return read_context_window(json.loads((path / "config.json").read_text("utf-8")))
    except (OSError, ValueError, AttributeError):
        return _gguf_window(model)


def _gguf_window(model: str) -> int | None:
    from llm.errors import ModelError
    from llm.mlx.gguf.source import PACKAGED, find_source

    if model in PACKAGED:
        return PACKAGED[model].context_window
    try:
        source = find_source(model)
        return None if source is None else _stated(source.parts[0], source.identity)
    except ModelError:
        return None


@lru_cache(maxsize=8)
def _stated(path: Path, identity: str) -> int | None:
    """The window that the header of a GGUF file states. The header has the whole vocabulary: it is read once."""
    from llm.mlx.gguf.reader import opened

    with opened(path) as (header, _):
        return header.integer(f"{header.text('general.architecture')}.context_length")
