"""Words of the command line -> a configuration and documents, from files, names and standard input."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from graph.documents.errors import DocumentError, NotFoundError
from graph.errors import ConfigError
from graph.shipped import find_config

# The configuration of those who name none.
DEFAULT = "quickstart"

STDIN = STDOUT = "-"

_CONFIG_SUFFIXES = {".yaml", ".yml", ".json"}
_FORMATS = {".md": "md", ".markdown": "md", ".txt": "md", ".html": "html", ".htm": "html", ".json": "json"}
_PIECE = 2**20


def choose(words: Sequence[str], inputs: Sequence[str]) -> tuple[str | None, list[str]]:
    """The configuration among `words` (the first, or else the very last), and the documents.

    `inputs` were given with --input, which takes all that follows it: `--input paper.pdf CONFIG`.
    """
    if words and _is_config(words[0]):
        return words[0], [*words[1:], *inputs]
    documents = [*words, *inputs]
    if len(documents) > 1 and _is_config(documents[-1]):
        return documents[-1], documents[:-1]
    return None, documents


def _is_config(word: str) -> bool:
    if word == STDIN:
        return False
    path = Path(word)
    if path.suffix.lower() in _CONFIG_SUFFIXES or find_config(word):
        return True
    # A bare word that is no file is a name that was misspelled.
    return path.name == word and not path.suffix and len(word) < 100 and not os.path.exists(word)


def refuse_addresses(documents: Sequence[str]) -> None:
    """Raise DocumentError if a document is somewhere on the network."""
    for name in documents:
        scheme, colon, _ = name.partition("://")
        if colon and scheme.isalnum():
            raise NotFoundError(f"{name} is an address, and this program downloads nothing", "save the file first")


def format_of(path: str | None) -> str | None:
    """The format that the name of an output asks for, if it asks for one."""
    return _FORMATS.get(Path(path).suffix.lower()) if path else None


def refuse_other_endings(path: str) -> None:
    """Raise ConfigError if the name of a file ends as that of no format does."""
    suffix = Path(path).suffix
    if suffix and suffix.lower() not in _FORMATS:
        raise ConfigError(
            f"output.path: {path} ends in {suffix}, which is no format of this program; "
            "use .md, .html or .json, or add --format."
        )


@contextmanager
def without_stdin(sources: Sequence[str], max_mb: int) -> Iterator[list[str]]:
    """The sources, with a temporary file in place of "-" that is there as long as the block runs."""
    if STDIN not in sources:
        yield list(sources)
        return
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mlx-pdf-summarizer-"))
            path = str(_save_stdin(Path(folder), max_mb))
        except OSError as error:
            reason = error.strerror or error
            raise DocumentError(f"Standard input cannot be read ({reason})", "give the path of a file") from None
        yield [path if source == STDIN else source for source in sources]


def _save_stdin(folder: Path, max_mb: int) -> Path:
    """Standard input as a file, called as what it is. What is more than `max_mb` is for the reader to refuse."""
    if sys.stdin is None:
        raise DocumentError("Standard input is closed", "give the path of a file")
    if sys.stdin.isatty():
        sys.stderr.write("Type or paste the text; end it with Ctrl-D.\n")
    target, left = folder / "standard input", (max_mb + 1) * 2**20
    with target.open("wb") as file:
        while left > 0 and (piece := sys.stdin.buffer.read(min(_PIECE, left))):
            file.write(piece)
            left -= len(piece)
    with target.open("rb") as file:
        suffix = ".pdf" if b"%PDF-" in file.read(1024) else ".txt"
    return target.rename(target.with_suffix(suffix))
