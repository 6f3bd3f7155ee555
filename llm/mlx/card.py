"""The memory of an NVIDIA card. Imports nothing heavy where there is none."""

from __future__ import annotations

from importlib import metadata


def card_bytes() -> int | None:
    """Bytes of memory on the card that MLX runs on, or None: it runs on something else.

    MLX is imported only where its CUDA backend is installed; `total_memory` is what its documentation names.

    Raises:
        UnsupportedModelError: the backend is installed and cannot be used.
    """
    if not any(_is_installed(f"mlx-cuda-{version}") for version in (12, 13)):
        return None
    from llm.mlx.backend import import_mlx

    import_mlx()
    import mlx.core as mx

    found = mx.device_info().get("total_memory")
    return int(found) if found else None


def _is_installed(package: str) -> bool:
    try:
        metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return False
    return True
