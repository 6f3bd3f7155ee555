"""Files for results: chosen before any work, and written whole or not at all."""

from __future__ import annotations

import os
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from graph.cli.arguments import format_of
from graph.cli.streams import note, say
from graph.documents.characters import printable
from graph.errors import ConfigError

_LONGEST_STEM = 220  # bytes


def is_folder(path: str | None) -> bool:
    """Whether the path is that of a folder, there or not."""
    return path is not None and (path.endswith(("/", os.sep)) or os.path.isdir(os.path.expanduser(path)))


def writable(path: str | None, inputs: Sequence[str] = ()) -> Path | None:
    """Make sure, before any work, that the result can be written, and that its file is none of `inputs`."""
    if path is None:
        return None
    target = Path(os.path.expanduser(path))
    if any(_key(target) == _key(Path(os.path.expanduser(name))) for name in inputs):
        raise ConfigError(f"output.path: this run reads {target}; choose another path.")
    try:
        if not target.parent.is_dir():
            raise ConfigError(f"output.path: {target.parent} is not a folder; make it, or choose another path.")
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise ConfigError(f"output.path: {target} is not writable; choose another path.")
    except OSError as error:
        raise ConfigError(f"output.path: {target} cannot be used: {error.strerror}.") from None
    return target


def refuse_folder(path: str) -> None:
    """Raise ConfigError if there can be no folder of that name for results."""
    folder = Path(os.path.expanduser(path))
    try:
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"output.path: {folder} is a file; for several documents, give a folder.")
        if not folder.exists() and format_of(path) and not path.endswith(("/", os.sep)):
            raise ConfigError(
                f"output.path: {folder} is the name of a file; for several documents, give a folder."
            )
        there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.exists())
        if not there.is_dir():
            raise ConfigError(f"output.path: {there} is not a folder; choose another folder than {folder}.")
        if not os.access(there, os.W_OK):
            raise ConfigError(f"output.path: {there} is not writable; choose another folder.")
    except OSError as error:
        raise ConfigError(f"output.path: {folder} cannot be used: {error.strerror}.") from None


def make_folder(path: str) -> Path:
    """The folder for results, made before any work."""
    refuse_folder(path)
    folder = Path(os.path.expanduser(path))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"output.path: {folder} cannot be used: {error.strerror}.") from None
    return folder


def choose_files(
    folder: Path,
    sources: Sequence[Path],
    suffix: str,
    *,
    kept: Mapping[Path, Path] | None = None,
    taken: Iterable[Path] = (),
) -> list[Path]:
    """A file in `folder` for each summary: named like its document, and numbered where that name is taken.

    `kept` are the files that documents had before. Taken is what another summary got or has (`taken`), what is a
    document itself, and the name of the folder's index.
    """
    kept = kept or {}
    here = {_key(source) for source in sources} | {_key(folder / f"index{suffix}")}
    root = Path(os.path.realpath(folder))
    held = here | {_key(root / file.name, is_real=True) for file in (*taken, *kept.values())}
    files = []
    for source in sources:
        if source in kept:
            files.append(kept[source])
            continue
        stem = _short(source.stem)
        name, count = folder / f"{stem}{suffix}", 1
        while (key := _key(name)) in held:
            count += 1
            name = folder / f"{stem}-{count}{suffix}"
        held.add(key)
        files.append(name)
    return files


def _short(stem: str) -> str:
    """A name of at most 255 bytes with a number and a suffix behind it."""
    name = stem.encode("utf-8", "surrogateescape")
    return stem if len(name) <= _LONGEST_STEM else name[:_LONGEST_STEM].decode("utf-8", "ignore")


def _key(path: Path, *, is_real: bool = False) -> str:
    """The same for two paths that may be one file, as on a disk that ignores case."""
    return unicodedata.normalize("NFC", str(path) if is_real else os.path.realpath(path)).casefold()


def write_file(path: Path, text: str, advice: str) -> None:
    """Write the result where it was asked for: all of it, or nothing, which leaves what was there before."""
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, "utf-8")  # a device or a pipe
        else:
            _replace(path.resolve(), text)
    except OSError as error:
        raise ConfigError(f"output.path: {path} could not be written ({error.strerror}); {advice}.") from None


def save(path: Path, text: str, what: str, *, quiet: bool) -> None:
    """`write_file`, and say so; what cannot be written is said instead. `what`: "the summary is"."""
    try:
        write_file(path, text, f"{what} on standard output instead")
    except ConfigError:
        say(text)
        raise
    if not quiet:
        note(f"{what.capitalize()} in {printable(str(path))}.")


def _replace(path: Path, text: str) -> None:
    if not os.access(path.parent, os.W_OK):
        path.write_text(text, "utf-8")  # an existing file in a folder that takes no new ones
        return
    with _part_of(path) as file:
        file.write(text)


@contextmanager
def replacing(path: Path, advice: str) -> Iterator[TextIO]:
    """A file to write that takes the place of `path` at the end of the block, as `write_file` has it."""
    try:
        with _part_of(path.resolve()) as file:
            yield file
    except OSError as error:
        raise ConfigError(f"output.path: {path} could not be written ({error.strerror}); {advice}.") from None


@contextmanager
def _part_of(path: Path) -> Iterator[TextIO]:
    part = path.with_name(f".{_short(path.name)}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
