"""What of a model is on this machine's disk, and what is still to be downloaded. Imports nothing heavy."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from llm.errors import ModelError, ModelNotFoundError


@dataclass(frozen=True)
class OnDisk:
    """`folder` has the model if `whole`; `nbytes` of its weights are here, finished or not."""

    folder: Path | None
    whole: bool
    nbytes: int


def on_disk(model: str, revision: str | None = None) -> OnDisk:
    """What is here of `model`: a folder, a GGUF file, or an id on Hugging Face."""
    from llm.mlx.fingerprint import here
    from llm.mlx.gguf.source import find_source

    try:
        source = find_source(model)
    except ModelError:
        return OnDisk(None, False, 0)
    if source is not None:
        return OnDisk(source.parts[0], True, source.size)
    folder = here(model, revision)
    weights = [] if folder is None else [path for path in folder.glob("*.safetensors") if path.is_file()]
    size = sum(path.stat().st_size for path in weights)
    if folder is not None and weights and all((folder / name).is_file() for name in _indexed(folder)):
        return OnDisk(folder, True, size)
    return OnDisk(folder, False, size + _begun(model))


def _indexed(folder: Path) -> set[str]:
    """The files that the index of a model in several names."""
    try:
        index = json.loads((folder / "model.safetensors.index.json").read_text("utf-8"))
        return set(index["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError):
        return set()


def _begun(model: str) -> int:
    """Bytes of downloads from Hugging Face that were broken off, and go on where they stopped."""
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}" / "blobs"
    return sum(path.stat().st_size for path in folder.glob("*.part")) if folder.is_dir() else 0


def download_bytes(model: str, revision: str | None = None) -> int | None:
    """Bytes of all files of a model, as Hugging Face says; None if it cannot be asked.

    Raises:
        ModelNotFoundError: there is no such model.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    if constants.HF_HUB_OFFLINE or os.path.isabs(os.path.expanduser(model)):
        return None
    try:
        info = HfApi().model_info(model, revision=revision, files_metadata=True, timeout=10)
    except (HFValidationError, RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise ModelNotFoundError(
            f"{model} is neither a folder on this machine nor a model on Hugging Face.", "Check the name."
        ) from error
    except Exception:  # no network, a proxy's page, a server's error: whatever the client raises of them
        return None
    return sum(file.size or 0 for file in info.siblings or ())
