"""Paths of files and folders -> the files that are meant, and names that tell them apart."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from graph.documents.characters import printable

# "~$" begins what an office program keeps beside a document while it is open.
_SUFFIXES = {
    ".pdf", ".docx", ".docm", ".odt", ".rtf", ".epub", ".pptx", ".pptm", ".ppsx", ".xlsx", ".xlsm", ".eml"
}  # fmt: skip


def find_documents(paths: Iterable[str]) -> list[Path]:
    """The files as given, and for a folder all PDFs and office documents in and below it. Each file comes once.

    They are sorted by path. Texts and web pages of a folder are left out: reports of this program are such. So are
    hidden files and folders. A path without a file, or a folder without documents, stays as it is, for the reader
    to refuse.
    """
    found: dict[object, Path] = {}
    for name in paths:
        path = Path(name)
        with suppress(RuntimeError):  # "~name" where nobody has that name may well be a file
            path = path.expanduser()
        for file in _documents_below(path) or [path]:
            found.setdefault(_identity(file), file)
    return list(found.values())


def is_document(path: Path) -> bool:
    """Whether a file in a folder is one of its documents, by its name: not hidden, and not what reports are."""
    return path.suffix.lower() in _SUFFIXES and not any(part.startswith((".", "~$")) for part in path.parts)


def short_names(paths: Sequence[Path]) -> list[str]:
    """The names of files, with as many of their folders as it takes to tell one from the other."""
    full = [path.absolute() for path in paths]
    depths = [1] * len(paths)
    while True:
        names = [printable("/".join(path.parts[-depth:])) for path, depth in zip(full, depths, strict=True)]
        count = Counter(names)
        longer = [
            min(depth + (count[name] > 1), len(path.parts))
            for name, depth, path in zip(names, depths, full, strict=True)
        ]
        if longer == depths:
            return names
        depths = longer


def _documents_below(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return []
        return sorted(file for file in path.rglob("*") if is_document(file.relative_to(path)) and file.is_file())
    except (OSError, ValueError):
        return []


def _identity(path: Path) -> object:
    """The same for two names of one file."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return path.absolute()
    return status.st_dev, status.st_ino
