"""Brings MLX into the process: the one place that imports it first.

The environment variable `MLX_SYSTEM_BLAS=0` leaves the system's BLAS out: matrix products then run on the
reference BLAS inside MLX's own CPU build, slowly, and round as they do on a machine without OpenBLAS. It is
read once, at the first import of MLX, and changes nothing on a Mac.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import os
import signal
import sys
import time
from functools import cache
from threading import Thread, current_thread, main_thread

from llm.errors import UnsupportedModelError, reason

logger = logging.getLogger(__name__)

# Set to 0, it leaves the system's BLAS out.
BLAS_VARIABLE = "MLX_SYSTEM_BLAS"

# Longest wait, in seconds, for the system to take down a thread whose Python code has ended.
_TEARDOWN_SECONDS = 10


@cache
def import_mlx() -> None:
    """Import `mlx.core` and `mlx_lm`, on Linux with the system's OpenBLAS in place if there is one.

    The CPU build of MLX carries a reference BLAS; symbols that are already in the process take precedence, and
    make float32 matrix products tens of times faster.

    Raises:
        UnsupportedModelError: mlx is not installed, or has no backend for this machine.
    """
    if sys.platform == "linux" and "mlx.core" not in sys.modules and os.environ.get(BLAS_VARIABLE) != "0":
        _load_openblas()
    # Transformers announces at import that it found no PyTorch; this program never needs it.
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    logging.getLogger("transformers").setLevel(logging.ERROR)
    error = _import_off_the_callers_thread()
    if error is not None:
        raise UnsupportedModelError(
            f"MLX cannot be used here: {reason(error)}.",
            "On Linux add a backend: pip install 'mlx-lm[cpu]', or 'mlx-lm[cuda13]' for an NVIDIA GPU.",
        ) from error


def _import_off_the_callers_thread() -> Exception | None:
    """Import MLX on the main thread, or else on one that ends at once.

    The thread that imports MLX holds Python objects of its own until it ends, and needs the interpreter to give
    them back. A caller's daemon thread or a pool's may end during finalization, and would abort the process.
    """
    if current_thread() is main_thread():
        return _import()
    errors: list[Exception | None] = []
    thread = Thread(target=lambda: errors.append(_import()), name="mlx-import")
    thread.start()
    join_fully(thread)
    (error,) = errors
    return error


def _import() -> Exception | None:
    try:
        import mlx.core  # noqa: F401
        import mlx_lm  # noqa: F401
    except Exception as error:  # a device that does not answer is no ImportError
        return error
    return None


def join_fully(thread: Thread) -> None:
    """Wait until `thread` is gone from the system too.

    Before Python 3.13 `Thread.join` returns while the system still clears the thread's storage, in which MLX
    keeps Python objects.
    """
    thread.join()
    deadline = time.monotonic() + _TEARDOWN_SECONDS
    while not is_gone(thread) and time.monotonic() < deadline:
        time.sleep(0.001)


def is_gone(thread: Thread) -> bool:
    """Whether the system has taken down `thread`, which has been started."""
    if thread.is_alive():
        return False
    if sys.version_info >= (3, 13):
        thread.join()
        return True
    if sys.platform == "linux":
        return not os.path.exists(f"/proc/self/task/{thread.native_id}")
    try:
        signal.pthread_kill(thread.ident or 0, 0)  # sends nothing: macOS says whether the thread is still there
    except OSError:
        return True
    return False


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
