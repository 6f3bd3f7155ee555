"""Standard output and standard error, each of which may be closed, full, or of an old encoding."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, TextIO, cast

from graph.errors import OutputError


@contextmanager
def standard_streams() -> Iterator[bool]:
    """Within the block both streams exist, and no failure of standard error stops anything.

    Gives whether there is a standard output: without one (`>&-`, a service) what is written to it goes nowhere.
    """
    out, err = sys.stdout, sys.stderr
    _open_descriptors()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        sys.stdout = out or nowhere
        sys.stderr = cast(TextIO, _Unfailing(err or nowhere))
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # a letter it lacks must not cost the summary
        try:
            yield cast(TextIO | None, out) is not None
        finally:
            sys.stdout, sys.stderr = out, err


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
    except (OSError, ValueError) as error:  # ValueError: a host program has closed it
        raise OutputError(f"Standard output cannot be written: {getattr(error, 'strerror', error)}.") from None


def note(text: str) -> None:
    """Write a line to standard error."""
    sys.stderr.write(f"{' '.join(text.split())}\n")
    sys.stderr.flush()


def abandon_stdout() -> None:
    """Make the interpreter's own last flush succeed, after standard output has failed."""
    _abandon(sys.stdout)


class _Unfailing:
    """A stream that goes nowhere from its first failure on."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        try:
            return self._stream.write(text)
        except (OSError, ValueError):
            _abandon(self._stream)
            return len(text)

    def flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError):
            _abandon(self._stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _abandon(stream: TextIO) -> None:
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _open_descriptors() -> None:
    """Give 0, 1 and 2 to nothing, where they are closed: else the next file, such as the cache, would get one.

    Whatever a library then printed would go into that file.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            with suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
