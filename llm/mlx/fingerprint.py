"""Tells weights apart from others of the same name, without reading them and without the network."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from llm.errors import ModelError
from llm.mlx.gguf.convert import converted
from llm.mlx.gguf.source import find_source

# Weights, tokenizers, chat templates, adapters and their settings.
_FILES = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.tiktoken", "*.txt")

_COMMIT = re.compile(r"[0-9a-f]{40}")


def fingerprint(*folders: Path | None) -> str:
    """SHA-256, in hex, of what is in `folders`; None stands for no folder.

    A snapshot from Hugging Face is known by its commit, another folder by its `config.json` and the names,
    sizes and modification times of its files: replacing a file changes the fingerprint, reading one does not.
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
    """The folder of `model`, a folder, a GGUF file or an id on Hugging Face; None if it is not on this machine, or
    was not converted yet.
    """
    if model is None:
        return None
    try:
        source = find_source(model)
    except ModelError:
        return None
    if source is not None:
        return converted(source)
    if (folder := Path(os.path.expanduser(model))).is_dir():
        return folder
    from huggingface_hub import try_to_load_from_cache

    try:
        config = try_to_load_from_cache(model, "config.json", revision=revision)
    except ValueError:  # not a valid id
        return None
    return Path(config).parent if isinstance(config, str) else None
