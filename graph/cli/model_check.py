"""What `check` says of an MLX model: is it here, what does its download take, does it fit into memory."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llm.config import MLXConfig
from llm.mlx import catalog
from llm.mlx.disk import OnDisk, download_bytes, on_disk


def describe_model(llm: MLXConfig, tokens: int | None) -> list[str]:
    """Lines for people; `tokens` are those of the longest prompt of a part with its answer.

    Raises:
        ModelError: the model cannot be had here, as far as that is known without loading it.
    """
    from llm.mlx.gguf.source import find_source

    source = find_source(llm.model)  # says what is wrong with a file
    found, known = on_disk(llm.model, llm.revision), catalog.find(llm.model)
    lines = [*_preset_line(llm)]
    if source is not None:
        lines.append(
            f"on disk   {found.nbytes / 1e9:.1f} GB; a GGUF file is converted once, into the cache folder"
        )
        return lines
    size = found.nbytes if found.whole else int(known.gb * 1e9) if known else None
    if found.whole:
        lines.append(f"on disk   {found.nbytes / 1e9:.1f} GB of weights")
    elif Path(llm.model).expanduser().is_dir():
        lines.append("on disk   the folder has no whole weights; run will refuse it")
        return lines
    else:
        size = size or download_bytes(llm.model, llm.revision)
        lines.append(f"on disk   {_download(found, size)}")
    lines.append(f"memory    {_memory(llm, found, known, size, tokens)}")
    return lines


def _preset_line(llm: MLXConfig) -> list[str]:
    if llm.preset is None and llm.family is None:
        return []
    family, preset = llm.family or catalog.NEWEST, llm.preset or "auto"
    try:
        chosen = catalog.choose(family, preset)
    except ValueError:
        return []
    if chosen.model.id != llm.model:
        return [f"preset    {preset} of {family} would be {chosen.model.id}; llm.model wins"]
    return [f"preset    {preset}: {chosen.why}"]


def _download(found: OnDisk, size: int | None) -> str:
    if size is None:
        return "no; run downloads it once (Hugging Face cannot be asked how large it is)"
    begun = f", of which {found.nbytes / 1e9:.1f} GB are here already" if found.nbytes else ""
    free = _free_bytes()
    short = f"; only {free / 1e9:.1f} GB are free on this disk" if free < size - found.nbytes else ""
    return f"no; run downloads {size / 1e9:.1f} GB once{begun}{short}"


def _free_bytes() -> int:
    """Bytes that are free where Hugging Face's library keeps its files."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    while not folder.is_dir():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _memory(
    llm: MLXConfig, found: OnDisk, known: catalog.CatalogModel | None, size: int | None, tokens: int | None
) -> str:
    usable = catalog.usable_bytes()
    if size is None:
        return f"not known; models may use {usable / 1e9:.1f} GB here"
    weights = f"weights {size / 1e9:.1f} GB of {usable / 1e9:.1f} GB that models may use"
    if size > usable:
        return f"{weights}: they do not fit; choose a smaller model, or llm.preset auto"
    config = known.config if known else _config_of(found)
    tokens = tokens or catalog.ANSWER_TOKENS
    answers = catalog.answers_at_once(size, config, usable, tokens)
    if answers is None:
        return f"{weights}; what each answer takes beside them is not known"
    if answers == 0:
        return f"{weights}; no answer of {tokens} tokens fits beside them: lower split.chunk_tokens"
    if answers < llm.batch_size:
        return (
            f"{weights}; {answers} answers of {tokens} tokens fit beside them at once, fewer than llm.batch_size"
        )
    return f"{weights}; {llm.batch_size} answers of {tokens} tokens at once fit beside them"


def _config_of(found: OnDisk) -> Mapping[str, Any]:
    try:
        config = json.loads(((found.folder or Path()) / "config.json").read_text("utf-8"))
        return config if isinstance(config, dict) else {}
    except (OSError, ValueError):
        return {}
