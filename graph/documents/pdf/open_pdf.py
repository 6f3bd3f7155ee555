"""A file -> a backend that opens it: which one, with which password, repaired or not. Runs inside the worker."""

import itertools
from pathlib import Path

from graph.documents.pdf.backends import Backend, CannotOpenError, Pdfium, Pypdf
from graph.documents.pdf.protocol import BackendName, RefusalKind
from graph.documents.pdf.recover import repaired

_HEADER = b"%PDF"
# The most telling of the refusals comes first, where the backends differ.
_TELLING: tuple[RefusalKind, ...] = ("password", "protected", "no_pages", "damaged")


def open_first(path: Path, password: str | None, backends: tuple[BackendName, ...]) -> tuple[Backend, BackendName]:
    """The first of `backends` that opens the file and finds pages in it, and its name.

    Raises CannotOpenError, and MemoryError.
    """
    source = _source(path)
    kinds: set[RefusalKind] = set()
    # Without the password too: one from the environment is given for every file, and many open without.
    for name, key in itertools.product(backends, dict.fromkeys((password, None))):
        if name == "repaired" and kinds != {"damaged"}:
            continue
        try:
            backend = _open(name, source, key)
            if backend.count() > 0:
                return backend, name
            kinds.add("no_pages")
        except CannotOpenError as error:
            kinds.add(error.kind)
        except MemoryError:
            raise
        except Exception:  # a hostile file may raise anything from either library
            kinds.add("damaged")
    raise CannotOpenError(next(kind for kind in _TELLING if kind in kinds))


def _open(name: BackendName, source: Path | bytes, password: str | None) -> Backend:
    if name == "pdfium":
        return Pdfium(source, password)
    if name == "pypdf":
        return Pypdf(source, password)
    content = repaired(source if isinstance(source, bytes) else source.read_bytes())
    if content is None:
        raise CannotOpenError("damaged")
    return Pdfium(content, password)


def _source(path: Path, window: int = 65_536) -> Path | bytes:
    """The path; or, with more junk before "%PDF" than the 1,024 bytes that pdfium skips, what comes after it."""
    with path.open("rb") as file:
        offset = file.read(window).find(_HEADER)
        if offset <= 1024:
            return path
        file.seek(offset)
        return file.read()
