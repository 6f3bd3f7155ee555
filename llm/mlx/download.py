"""Large files from Hugging Face that go on where they stopped.

huggingface_hub mends a connection that breaks, and keeps files that are whole; of the file that was under way when
a program ended it keeps nothing (since its pull request 4228). So large files are fetched into the place where the
library looks for them, by its own function, and the library does the rest.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

# Smaller files begin anew.
LARGE_BYTES = 50_000_000

_PIECE = 2**22


def fetch_large(model: str, revision: str | None) -> None:
    """Fetch the large files of `model` that are not here, beginning where an earlier call ended.

    Raises:
        OSError, huggingface_hub.errors.HfHubHTTPError: as the library raises them.
    """
    from huggingface_hub import HfApi, constants

    from llm.mlx.disk import on_disk

    if constants.HF_HUB_OFFLINE or on_disk(model, revision).whole:
        return
    info = HfApi().model_info(model, revision=revision, files_metadata=True)
    blobs = Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}" / "blobs"
    for file in info.siblings or ():
        if file.lfs is not None and (file.size or 0) >= LARGE_BYTES and not (blobs / file.lfs.sha256).exists():
            _fetch(model, info.sha, file.rfilename, blobs / file.lfs.sha256, file.size or 0)


def _fetch(model: str, commit: str | None, name: str, blob: Path, size: int) -> None:
    """Fetch one file, whose SHA-256 is the name of `blob`, through a file beside it that stays when this ends."""
    from filelock import FileLock
    from huggingface_hub import hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    blob.parent.mkdir(parents=True, exist_ok=True)
    part = blob.with_name(f"{blob.name}.part")
    with FileLock(f"{part}.lock"):
        if blob.exists():
            return
        with part.open("ab") as file:
            http_get(
                hf_hub_url(model, name, revision=commit),
                file,
                resume_size=min(file.tell(), size),
                headers=build_hf_headers(),
                expected_size=size,
                displayed_filename=name,
            )
        if _sha256(part) != blob.name:
            part.unlink()
            raise OSError(f"{name} of {model} came in damaged")
        part.rename(blob)
    Path(f"{part}.lock").unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
