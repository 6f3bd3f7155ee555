"""Documents by the hash of their content. What a sender calls a file never becomes a path."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection
from pathlib import Path, PurePath

from graph.documents.characters import printable
from graph.service.storage.database import sync_folder, told

_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")  # tells text files from each other, as graph.documents reads them
_LONGEST_NAME = 200
_SLASHES = re.compile(r"[/\\]")


class Files:
    """The files of a data folder: `incoming` ones, and those that jobs have, one for each content and suffix."""

    def __init__(self, folder: Path) -> None:
        self.incoming = folder / "incoming"
        self._kept = folder / "files"
        with told():
            for path in (self.incoming, self._kept):
                path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for left in self.incoming.iterdir():  # uploads that a kill has cut off
                left.unlink()

    def path(self, stored: str) -> Path:
        """Where a stored file is."""
        return self._kept / stored[:2] / stored

    def keep(self, path: Path, stored: str) -> None:
        """Move a file here. The same content, kept already, stays."""
        with told():
            target = self.path(stored)
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o700)
                sync_folder(self._kept)
            os.replace(path, target)
            sync_folder(target.parent)

    def drop(self, stored: str) -> None:
        """Delete a file, if it is there."""
        with told():
            self.path(stored).unlink(missing_ok=True)

    def drop_all_but(self, needed: Collection[str]) -> None:
        """Delete every file that no job has."""
        with told():
            for path in self._kept.glob("*/*"):
                if path.name not in needed:
                    path.unlink(missing_ok=True)


def hashed(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file, all of which is on the disk when this returns."""
    with told(), path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        os.fsync(file.fileno())
        return digest.hexdigest(), file.tell()


def shown_name(name: str) -> str:
    """What a sender called a file, without folders and for people to read."""
    bare = printable(_SLASHES.split(name)[-1]).strip() or "document"
    suffix = PurePath(bare).suffix
    return bare if len(bare) <= _LONGEST_NAME else f"{bare[:_LONGEST_NAME]}…{suffix[:20]}"


def stored_name(sha256: str, name: str) -> str:
    """What a file is called on the disk."""
    suffix = PurePath(name).suffix.lower()
    return sha256 + (suffix if _SUFFIX.fullmatch(suffix) else "")
