"""Words of the command line -> a configuration and documents, from files, names and standard input."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from itertools import takewhile
from pathlib import Path
from typing import cast

from graph.cli.streams import note
from graph.documents.errors import DocumentError, EmptyFileError, NotFoundError
from graph.errors import ConfigError
from graph.shipped import find_config

# The configuration of those who name none.
DEFAULT = "quickstart"

STDIN = STDOUT = "-"
STDIN_NAME = "standard input"  # as people read it

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


def choose_questions(words: Sequence[str], inputs: Sequence[str]) -> tuple[str | None, list[str], list[str]]:
    """The configuration among `words`, if the first is one, the documents, which come next, and the questions."""
    named = words[:1] if words and not _asks(words[0]) and _is_config(words[0]) else []
    rest = words[len(named) :]
    documents = list(takewhile(_is_document, rest))
    return next(iter(named), None), [*documents, *inputs], list(rest[len(documents) :])


def _asks(word: str) -> bool:
    return len(word.split()) > 1 or word.rstrip().endswith(("?", "？"))


def _is_document(word: str) -> bool:
    return word == STDIN or os.path.exists(word) or (not _asks(word) and bool(Path(word).suffix))


def _is_config(word: str) -> bool:
    if word == STDIN:
        return False
    path = Path(word)
    if path.suffix.lower() in _CONFIG_SUFFIXES or find_config(word):
        return True
    # A bare word that is no file is a name that was misspelled.
    return path.name == word and not path.suffix and len(word) < 100 and not os.path.exists(word)


def refuse_blanks(words: Sequence[str]) -> None:
    """Raise ConfigError if a word is empty, as of a shell's variable that is not set, or is blank and no file."""
    for word in words:
        if not word:
            raise ConfigError("A document or configuration is an empty word (''); give its path, or leave it out.")
        if not word.strip() and not os.path.exists(word):
            raise ConfigError(f"There is no document or configuration {word!r}; check the path.")


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
            f"output.path: {path}: this program does not write {suffix} files; "
            "use .md, .html or .json, or add --format."
        )


@contextmanager
def without_stdin(sources: Sequence[str], max_mb: int) -> Iterator[list[str]]:
    """The sources, with a temporary file in place of "-" that is there as long as the block runs."""
    if STDIN not in sources:
        yield list(sources)
        return
    with ExitStack() as stack:
        stack.enter_context(_ending_on_signals())
        try:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mlx-pdf-summarizer-"))
            path = str(_save_stdin(Path(folder), max_mb))
        except OSError as error:
            reason = error.strerror or error
            raise DocumentError(f"Standard input cannot be read ({reason})", "give the path of a file") from None
        yield [path if source == STDIN else source for source in sources]


def _save_stdin(folder: Path, max_mb: int) -> Path:
    """Standard input as a file. What is more than `max_mb` is left for the reader to refuse."""
    if sys.stdin is None:
        raise DocumentError("Standard input is closed", "give the path of a file")
    if sys.stdin.isatty():
        note("Type or paste the text, then press Ctrl-D.")
    path, left = folder / STDIN_NAME, (max_mb + 1) * 2**20
    source = cast(BufferedReader, sys.stdin.buffer)  # whose read1 takes the first end of input for the end
    with path.open("wb") as file:
        while left > 0 and (piece := source.read1(min(_PIECE, left))):
            file.write(piece)
            left -= len(piece)
    if not path.stat().st_size:
        raise EmptyFileError(
            "Standard input is empty", "pipe a document into the program, or give the path of a file"
        )
    return path


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Let a signal to end (`kill`, a terminal that is closed) end the block in order, not the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
