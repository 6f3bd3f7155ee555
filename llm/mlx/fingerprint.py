"""What tells weights from others of the same name. Reads no weights, no tokenizer, and asks no network."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

# Weights, tokenizers, chat templates, adapters and their settings.
_FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.tiktoken", "*.txt")

_COMMIT = re.compile(r"[0-9a-f]{40}")


def fingerprint(*folders: Path | None) -> str:
    """A sha256 in hex digits of what is in `folders`; None stands for nothing.

    A snapshot of the model hub is its commit. Of other folders it is `config.json` and the names, sizes and
    times of the files: another file in the place of one shows, a file that was only read does not.
    """
    return hashlib.sha256(repr([_content(folder) for folder in folders]).encode()).hexdigest()


def _content(folder: Path | None) -> object:
    if folder is None:
        return None
    if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name):
        return folder.name
    found = sorted({path for pattern in _FILES for path in folder.glob(pattern) if path.is_file()})
    config = folder / "config.json"
    return [
        config.read_bytes() if config in found else None,
        *((path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in found),
    ]


def here(model: str | None, revision: str | None = None) -> Path | None:
    """The folder of `model` (a folder or a hub id) on this machine; None: it is not here."""
    if model is None:
        return None
    if (folder := Path(os.path.expanduser(model))).is_dir():
        return folder
    from huggingface_hub import try_to_load_from_cache

    try:
        config = try_to_load_from_cache(model, "config.json", revision=revision)
    except ValueError:  # no name that a model of the hub could have
        return None
    return Path(config).parent if isinstance(config, str) else None
