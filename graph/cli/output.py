"""Where results go: standard output and a file, each with its own ways to fail. Knows nothing of summaries."""

from __future__ import annotations

import os
import shutil
import sys
import unicodedata
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path

from graph.errors import ConfigError, OutputError

_LONGEST_STEM = 220  # bytes


def prepare_stdout() -> None:
    """Let a terminal of an old encoding show what it can: a letter it lacks must not cost the summary."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """Write to standard output, at once.

    Raises:
        BrokenPipeError: whoever read it has gone.
        OutputError: it cannot be written for another reason, such as a full disk.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"Standard output cannot be written: {error.strerror}.") from None


def abandon_stdout() -> None:
    """Make the interpreter's own last flush succeed, after standard output has failed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def is_folder(path: str | None) -> bool:
    """Whether the path is that of a folder, there or not."""
    return path is not None and (path.endswith(("/", os.sep)) or os.path.isdir(os.path.expanduser(path)))


def writable(path: str | None, inputs: Sequence[str] = ()) -> Path | None:
    """Make sure, before any work, that the result will have a place that none of `inputs` has."""
    if path is None:
        return None
    target = Path(path).expanduser()
    if any(_key(target) == _key(Path(name).expanduser()) for name in inputs):
        raise ConfigError(f"output.path: {target} is what this run reads; choose another path.")
    try:
        if not target.parent.is_dir():
            raise ConfigError(f"output.path: {target.parent} is not a folder; make it, or choose another path.")
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise ConfigError(f"output.path: {target} may not be written; choose another path.")
    except OSError as error:
        raise ConfigError(f"output.path: {target} cannot be used: {error.strerror}.") from None
    return target


def writable_folder(path: str | None) -> Path | None:
    """Make sure, before any work, that there is a folder for several results."""
    if path is None:
        return None
    folder = Path(path).expanduser()
    try:
        if folder.exists() and not folder.is_dir():
            raise ConfigError(f"output.path: {folder} is a file; for several documents, give a folder.")
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise ConfigError(f"output.path: nothing may be written to {folder}; choose another folder.")
    except OSError as error:
        raise ConfigError(f"output.path: {folder} cannot be used: {error.strerror}.") from None
    return folder


def choose_files(folder: Path, sources: Sequence[Path], suffix: str) -> list[Path]:
    """A file in `folder` for each summary: named like its document, and numbered where that name is taken.

    Taken is what another summary got, and what is a document itself.
    """
    taken = {_key(source) for source in sources}
    files = []
    for source in sources:
        stem = _short(source.stem)
        name, count = folder / f"{stem}{suffix}", 1
        while _key(name) in taken:
            count += 1
            name = folder / f"{stem}-{count}{suffix}"
        taken.add(_key(name))
        files.append(name)
    return files


def _short(stem: str) -> str:
    """A name of at most 255 bytes with a number and a suffix behind it."""
    name = stem.encode("utf-8", "surrogateescape")
    return stem if len(name) <= _LONGEST_STEM else name[:_LONGEST_STEM].decode("utf-8", "ignore")


def _key(path: Path) -> str:
    """The same for two paths that may be one file, also where capitals do not count."""
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def write_file(path: Path, text: str, advice: str) -> None:
    """Write the result where it was asked for: all of it, or nothing, and then what was there before stays."""
    try:
        _replace(path.resolve(), text)
    except OSError as error:
        raise ConfigError(f"output.path: {path} could not be written ({error.strerror}); {advice}.") from None


def _replace(path: Path, text: str) -> None:
    if not os.access(path.parent, os.W_OK) or (path.exists() and not path.is_file()):
        path.write_text(text, "utf-8")  # a device, or a file in a folder that takes no new ones
        return
    part = path.with_name(f".{_short(path.name)}.{os.getpid()}.part")
    try:
        part.write_text(text, "utf-8")
        if path.exists():
            shutil.copymode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
