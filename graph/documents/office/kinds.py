"""Which files come here, told by their first bytes; by their names only where the bytes say nothing."""

import re
from pathlib import Path

from graph.documents.errors import UnsupportedFormatError
from graph.documents.formats import Format
from graph.documents.office.protocol import Kind

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_IMAGE = re.compile(rb"\x89PNG\r\n\x1a\n|\xff\xd8\xff|II\*\0|MM\0\*|RIFF....WEBP", re.DOTALL)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OLD = {".doc": ".docx", ".xls": ".xlsx", ".ppt": ".pptx", ".dot": ".docx", ".hwp": ".docx or .pdf"}
_FORMATS: dict[Format, Kind] = {"html": "html", "rtf": "rtf", "tex": "tex"}
_NAMED: dict[str, Kind] = {".rst": "rst", ".org": "org"}


def kind_of_bytes(path: Path, start: bytes) -> Kind | None:
    """The kind of a file that is no text, by its first bytes; None for any other.

    Raises UnsupportedFormatError for documents of old programs.
    """
    if start.startswith(_OLE):
        raise _old(path)
    if start.startswith(_ZIP):
        return "zip"
    return "image" if _IMAGE.match(start) else None


def kind_of_text(path: Path, told: Format | None) -> Kind | None:
    """The kind of a text; None for what is read without pandoc."""
    return _NAMED.get(path.suffix.lower()) if told is None else _FORMATS.get(told)


def _old(path: Path) -> UnsupportedFormatError:
    """Office programs write an encrypted document of today into a file of the old kind."""
    with path.open("rb") as file:
        is_encrypted = _ENCRYPTED in file.read(2**20) or _at_end(path)
    if is_encrypted:
        return UnsupportedFormatError(
            f"{path.name} is protected by a password", "save a copy of it without the password"
        )
    newer = _OLD.get(path.suffix.lower(), ".docx, .xlsx or .pptx")
    return UnsupportedFormatError(
        f"{path.name} is a document of an old office program, which is not read", f"save it as {newer}"
    )


def _at_end(path: Path) -> bool:
    """Whether the directory of an encrypted package stands near the end of the file."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2**20))
        return _ENCRYPTED in file.read()
