"""The context window of a checkpoint, from its config.json. Imports nothing heavy."""

from __future__ import annotations

import json
import os
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
    """The context window of a checkpoint in a folder; None if it is not known."""
    try:
        path = Path(os.path.expanduser(model)) / "config.json"
        return read_context_window(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, AttributeError):
        return None
