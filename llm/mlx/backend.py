"""Brings MLX into the process: the one place that imports it first. Knows nothing of models."""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import os
import sys
from functools import cache

from llm.errors import UnsupportedModelError, reason

logger = logging.getLogger(__name__)


@cache
def import_mlx() -> None:
    """Import `mlx.core` and `mlx_lm`, on Linux with the system's OpenBLAS in place if there is one.

    The CPU build of MLX carries a reference BLAS; symbols that are already in the process win over it,
    and float32 matrix products become tens of times faster.

    Raises:
        UnsupportedModelError: mlx is not installed, or has no backend for this machine.
    """
    if sys.platform == "linux" and "mlx.core" not in sys.modules:
        _load_openblas()
    # Transformers announces at import that it found no PyTorch; this program never needs it.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    try:
        import mlx.core  # noqa: F401
        import mlx_lm  # noqa: F401
    except ImportError as error:
        raise UnsupportedModelError(
            f"MLX cannot be used here: {reason(error)}.",
            "On Linux add a backend: pip install 'mlx-lm[cpu]', or 'mlx-lm[cuda13]' for an NVIDIA GPU.",
        ) from error


def _load_openblas() -> None:
    name = ctypes.util.find_library("openblas")
    if name is None:
        return
    try:
        ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        logger.debug("%s is there but does not load: %s", name, error)
        return
    logger.info("MLX's matrix products run on %s", name)
