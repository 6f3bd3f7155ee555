"""A ZIP of documents is a folder of them, for as long as a run lasts.

Nothing in an archive is trusted: not its sizes, not its names. What leads out of it is not followed, and an
archive within an archive is none of its documents.
"""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path, PurePosixPath

from graph.documents.errors import DocumentError, TooLargeError, UnsupportedFormatError
from graph.documents.find import is_document

_MOST = 20_000  # documents of an archive
_MOST_BYTES = 20 * 2**30  # of all of them
_PIECE = 2**20


class Archives:
    """The sources of a run, with a folder in place of each archive among them."""

    def __init__(self, paths: list[str], folders: dict[Path, Path]) -> None:
        self.paths = paths
        self._folders = folders

    def shown(self, path: Path) -> Path:
        """A file as people know it: `papers.zip/a/b.pdf`, if it was in an archive."""
        for folder, archive in self._folders.items():
            if path.is_relative_to(folder):
                return archive / path.relative_to(folder)
        return path


def is_archive(path: str) -> bool:
    """Whether it is the name of an archive that holds documents, rather than of a document that is packed."""
    file = Path(os.path.expanduser(path))
    with suppress(OSError, ValueError):
        return file.suffix.lower() == ".zip" and file.is_file() and zipfile.is_zipfile(file)
    return False


@contextmanager
def unpacked(sources: Sequence[str], max_mb: int) -> Iterator[Archives]:
    """The sources, with the documents of archives in temporary folders as long as the block runs.

    Of a document above `max_mb` so much is there that the reader refuses it.

    Raises:
        DocumentError: an archive cannot be used.
    """
    paths, folders = list(sources), dict[Path, Path]()
    with ExitStack() as stack:
        for index, source in enumerate(sources):
            if is_archive(source):
                root = stack.enter_context(tempfile.TemporaryDirectory(prefix="mlx-pdf-summarizer-"))
                folder = Path(root).resolve()
                _unpack(Path(os.path.expanduser(source)), folder, max_mb)
                folders[folder] = Path(source)
                paths[index] = str(folder)
        yield Archives(paths, folders)


def _unpack(archive: Path, folder: Path, max_mb: int) -> None:
    left = _MOST_BYTES
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.infolist() if (inner := _inner(member)) and is_document(inner)]
            if not members:
                raise UnsupportedFormatError(
                    f"{archive.name} is a packed file (ZIP) without documents",
                    "give the files themselves; an archive within it has to be unpacked first",
                )
            if len(members) > _MOST:
                raise TooLargeError(f"{archive.name} holds more than {_MOST:,} documents", "unpack it")
            if any(member.flag_bits & 1 for member in members):
                raise UnsupportedFormatError(f"{archive.name} is encrypted", "unpack it, and give the folder")
            for member in members:
                left -= _extract(
                    packed, member, _free(folder / str(_inner(member))), min(left, (max_mb + 1) * 2**20)
                )
                if left <= 0:
                    raise TooLargeError(
                        f"{archive.name} holds more than {_MOST_BYTES // 2**30} GB of documents", "unpack it"
                    )
    except OSError as error:
        raise DocumentError(
            f"{archive.name} cannot be unpacked ({error.strerror or error})", "unpack it"
        ) from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, ValueError) as error:
        raise DocumentError(f"{archive.name} is damaged ({error})", "get a fresh copy") from None


def _extract(packed: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Write a document of at most so many bytes, with the date that it had. Returns how many it has."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with packed.open(member) as source, target.open("wb") as file:
        while written < most and (piece := source.read(min(_PIECE, most - written))):
            written += file.write(piece)
    with suppress(ValueError, OverflowError):
        when = time.mktime((*member.date_time, 0, 0, -1))
        os.utime(target, (when, when))
    return written


def _inner(member: zipfile.ZipInfo) -> Path | None:
    """Where a file stands in its archive; None for folders, and for what is nowhere in it."""
    parts = [part for part in PurePosixPath(member.filename.replace("\\", "/")).parts if part not in ("/", ".")]
    if member.is_dir() or not parts or ".." in parts or any(":" in part or "\0" in part for part in parts):
        return None
    return Path(*(part.encode("utf-8", "replace").decode()[:200] for part in parts[:-1]), parts[-1])


def _free(target: Path) -> Path:
    """The target, with a number where there is such a file: an archive may hold a name twice."""
    number, free = 1, target
    while free.exists():
        number += 1
        free = target.with_stem(f"{target.stem}-{number}")
    return free
