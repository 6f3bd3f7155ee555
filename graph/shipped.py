"""What ships with the program: configurations and prompt sets that are named without a path, and its version."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path

_HERE = Path(__file__).parent


def configs() -> Path:
    """The folder of the configurations: inside this package where it is installed, beside it in a checkout."""
    installed = _HERE / "configs"
    return installed if installed.is_dir() else _HERE.parent / "configs"


def config_names() -> list[str]:
    """The names of the configurations, such as "quickstart"."""
    return sorted(path.stem for path in configs().glob("*.yaml"))


def find_config(name: str) -> Path | None:
    """The configuration that "quickstart", "quickstart.yaml" or "configs/quickstart.yaml" names.

    None where there is a file of that name: it is meant.
    """
    folder, file = os.path.split(name)
    if os.path.isfile(name) or folder not in ("", "configs") or (folder and not file.endswith(".yaml")):
        return None
    stem = file.removesuffix(".yaml")
    return configs() / f"{stem}.yaml" if stem in config_names() else None


def prompt_set_names() -> list[str]:
    """The names of the prompt sets, such as "plain"."""
    return sorted(path.stem for path in (configs() / "prompts").glob("*.yaml"))


def find_prompt_set(name: str) -> Path | None:
    """The prompt set that "plain", "plain.yaml" or "prompts/plain.yaml" names."""
    path = Path(name)
    if str(path.parent) not in (".", "prompts", "configs/prompts") or path.suffix not in ("", ".yaml"):
        return None
    found = configs() / "prompts" / f"{path.stem}.yaml"
    return found if found.is_file() else None


def version() -> str:
    """The version of the program, of a checkout that was never installed too."""
    try:
        return metadata.version("mlx-pdf-summarizer")
    except metadata.PackageNotFoundError:
        import tomllib

        project = _HERE.parent / "pyproject.toml"
        if not project.is_file():
            return "unknown"
        return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
