"""A file -> an engine that opens it: which reader, which password, repaired or not. Runs inside the child."""

import itertools
from pathlib import Path

from graph.documents.pdf.backends import Engine, Pdfium, Pypdf, Refused
from graph.documents.pdf.recover import repaired

_HEADER = b"%PDF"
# The most telling of the refusals, where the readers differ.
_TELLING = ("password", "protected", "no_pages", "damaged")


def open_first(path: Path, password: str | None, readers: list[str]) -> tuple[Engine, str]:
    """The first of `readers` that opens the file and finds pages in it, and its name.

    Raises Refused, and MemoryError.
    """
    source = _source(path)
    codes: set[str] = set()
    # Without the password too: one from the environment is given for every file, and many open without.
    for name, key in itertools.product(readers, dict.fromkeys((password, None))):
        if name == "repair" and codes != {"damaged"}:
            continue
        try:
            engine = _open(name, source, key)
            if engine.count() > 0:
                return engine, name
            codes.add("no_pages")
        except Refused as refusal:
            codes.add(refusal.code)
        except MemoryError:
            raise
        except Exception:  # a hostile file may raise anything from either library
            codes.add("damaged")
    raise Refused(next(code for code in _TELLING if code in codes))


def _open(name: str, source: Path | bytes, password: str | None) -> Engine:
    if name == "pdfium":
        return Pdfium(source, password)
    if name == "pypdf":
        return Pypdf(source, password)
    content = repaired(source if isinstance(source, bytes) else source.read_bytes())
    if content is None:
        raise Refused("damaged")
    return Pdfium(content, password)


def _source(path: Path, window: int = 65_536) -> Path | bytes:
    """The path; or, with more junk before "%PDF" than the 1,024 bytes that pdfium skips, what comes after it."""
    with path.open("rb") as file:
        offset = file.read(window).find(_HEADER)
        if offset <= 1024:
            return path
        file.seek(offset)
        return file.read()
