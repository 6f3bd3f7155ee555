"""Packed documents: which they are, and what may come out of them. Nothing is unpacked before it is measured."""

import zipfile
from contextlib import suppress
from pathlib import Path

from graph.documents.office.protocol import RefusedError

_MOST_ENTRIES = 20_000
_MOST_BYTES = 2 * 10**9  # of all entries together, unpacked
_MOST_XML = 300 * 10**6  # of all that is parsed
_FREE, _RATIO = 10 * 10**6, 400  # bytes of an entry that may be packed how they like; times that others may
_MARKUP = (".xml", ".rels", ".opf", ".ncx", ".xhtml", ".html", ".htm", ".svg", ".vml")
_CODINGS = ("utf-8", "utf-16-le", "utf-16-be")
_ENTITY = [word.encode(coding) for word in ("<!ENTITY", "<!entity") for coding in _CODINGS]
_BLOCK = 2**20
_OPEN_DOCUMENT = {
    "spreadsheet": "a spreadsheet of LibreOffice; save it as .xlsx",
    "presentation": "a presentation of LibreOffice; save it as .pptx",
    "graphics": "a drawing of LibreOffice; export it as a PDF",
}


class Archive:
    """A packed document whose entries can be read. Raises RefusedError."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise RefusedError("damaged") from None
        self.names = set(self._zip.namelist())
        self._measure()

    def read(self, name: str) -> bytes:
        """An entry, unpacked; b"" where there is none."""
        if name not in self.names:
            return b""
        try:
            return self._zip.read(name)
        except MemoryError:
            raise
        except Exception:  # what zlib, bz2, lzma and zipfile say of damage
            raise RefusedError("damaged") from None

    def rewritten(self, path: Path, changed: dict[str, bytes]) -> Path:
        """The archive with other content for some entries, at a new path."""
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
            for name in self._zip.namelist():
                if name in changed or name.lower().endswith(_MARKUP) or name == "mimetype":
                    out.writestr(name, changed[name] if name in changed else self.read(name))
        return path

    def _measure(self) -> None:
        """Refuse what unpacks into too much, what is locked, and XML that defines entities."""
        entries = self._zip.infolist()
        if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
            raise RefusedError("packed")
        if any(entry.flag_bits & 1 for entry in entries):
            raise RefusedError("password")
        if len({entry.filename for entry in entries}) < len(entries):
            raise RefusedError("damaged")  # two entries of one name: programs differ in which they show
        total = 0
        for entry in entries:
            if entry.file_size > max(_FREE, _RATIO * entry.compress_size):
                raise RefusedError("packed")
            if entry.filename.lower().endswith(_MARKUP):
                total += entry.file_size
                if total > _MOST_XML:
                    raise RefusedError("packed")
                self._look_through(entry)

    def _look_through(self, entry: zipfile.ZipInfo) -> None:
        before = b""
        with suppress(EOFError):
            try:
                with self._zip.open(entry) as stream:
                    while block := stream.read(_BLOCK):
                        if any(word in before + block for word in _ENTITY):
                            raise RefusedError("entities")
                        before = block[-32:]
            except (RefusedError, MemoryError, EOFError):
                raise
            except Exception:
                raise RefusedError("damaged") from None


def format_of(archive: Archive) -> str:
    """docx, pptx, xlsx, odt or epub, by what is in the archive. Raises RefusedError."""
    if "META-INF/encryption.xml" in archive.names and _locks(archive.read("META-INF/encryption.xml")):
        raise RefusedError("password")
    for name, parts in {"docx": "word/", "pptx": "ppt/presentation.xml", "xlsx": "xl/workbook.xml"}.items():
        if "[Content_Types].xml" in archive.names and any(entry.startswith(parts) for entry in archive.names):
            return name
    said = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
    if said == "application/epub+zip" or "META-INF/container.xml" in archive.names:
        return "epub"
    if said.startswith("application/vnd.oasis.opendocument."):
        if b"encryption-data" in archive.read("META-INF/manifest.xml"):
            raise RefusedError("password")
        for name, what in _OPEN_DOCUMENT.items():
            if name in said:
                raise RefusedError("open_document", what)
        return "odt"
    raise RefusedError("archive")


def _locks(encryption: bytes) -> bool:
    """Whether more than fonts is encrypted in a book."""
    return encryption.count(b"EncryptedData") > 0 and b"obfuscation" not in encryption.lower()
