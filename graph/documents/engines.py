"""The two PDF libraries behind one shape. The only room that imports them; runs inside the child process.

pdfium reads faster and keeps words apart; pypdf is right for right-to-left script and opens some files that
pdfium refuses. Both raise anything on hostile files: callers catch Exception around every call.
"""

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

_HEADER = b"%PDF-"


class Refused(Exception):
    """The file as a whole cannot be opened; `code` names the refusal in the protocol of the child."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Engine(Protocol):
    """An open PDF. Page numbers count from 1."""

    def count(self) -> int: ...

    def text(self, number: int, limit: int) -> tuple[str, int]:
        """Text of a page, at most `limit` characters, and how many there were."""

    def title(self) -> str: ...

    def labels(self) -> list[str]:
        """Printed page labels, one per page; [] when the file has none."""


class Pdfium:
    """Reads with pypdfium2. Not safe for threads."""

    def __init__(self, path: Path, offset: int, password: str | None) -> None:
        import pypdfium2

        source: Path | bytes = path.read_bytes()[offset:] if offset else path
        try:
            self._document = pypdfium2.PdfDocument(source, password=password)
        except pypdfium2.PdfiumError as error:
            raise Refused("password" if getattr(error, "err_code", None) == 4 else "damaged") from error

    def count(self) -> int:
        return len(self._document)

    def text(self, number: int, limit: int) -> tuple[str, int]:
        page = self._document[number - 1]
        try:
            textpage = page.get_textpage()
            try:
                total = textpage.count_chars()
                return textpage.get_text_range(0, min(total, limit)) if total > 0 else "", total
            finally:
                textpage.close()
        finally:
            page.close()

    def title(self) -> str:
        return str(self._document.get_metadata_value("Title"))

    def labels(self) -> list[str]:
        labels = [str(self._document.get_page_label(index)) for index in range(self.count())]
        return labels if any(labels) else []


class Pypdf:
    """Reads with pypdf, under limits tighter than its own."""

    def __init__(self, path: Path, offset: int, password: str | None) -> None:
        logging.disable(logging.CRITICAL)
        import pypdf
        from pypdf.errors import FileNotDecryptedError, WrongPasswordError

        # Entered for the life of the process: everything pypdf does later is under these limits.
        pypdf.apply_configuration(
            stream_decoding_work_maximum_length=100_000_000, stream_parsing_work_maximum_count=1_000_000
        ).__enter__()
        content = io.BytesIO(path.read_bytes()[offset:])
        try:
            self._reader = pypdf.PdfReader(content)
            if self._reader.is_encrypted and password is not None and not self._reader.decrypt(password):
                raise Refused("password")
            self._count = len(self._reader.pages)
        except Refused:
            raise
        except (FileNotDecryptedError, WrongPasswordError) as error:
            raise Refused("password") from error
        except Exception as error:
            raise Refused("damaged") from error

    def count(self) -> int:
        return self._count

    def text(self, number: int, limit: int) -> tuple[str, int]:
        text = self._reader.pages[number - 1].extract_text()
        return text[:limit], len(text)

    def title(self) -> str:
        metadata = self._reader.metadata
        return str(metadata.title or "") if metadata else ""

    def labels(self) -> list[str]:
        return list(self._reader.page_labels)


def header_offset(path: Path, window: int = 65_536) -> int:
    """Bytes of junk before "%PDF-", 0 when there are none or pdfium skips them itself (up to 1,024)."""
    with path.open("rb") as file:
        offset = file.read(window).find(_HEADER)
    return offset if offset > 1024 else 0


def open_first(path: Path, password: str | None, names: list[str]) -> Engine:
    """The first engine of `names` that opens the file and finds pages in it. Raises Refused."""
    makers: dict[str, Callable[..., Any]] = {"pdfium": Pdfium, "pypdf": Pypdf}
    offset = header_offset(path)
    codes: list[str] = []
    for name in names:
        try:
            engine: Engine = makers[name](path, offset, password)
            if engine.count() > 0:
                return engine
            codes.append("no_pages")
        except Refused as refusal:
            codes.append(refusal.code)
        except Exception:  # a hostile file may raise anything from either library
            codes.append("damaged")
    # The most telling of the refusals, where the engines differ.
    raise Refused(next(code for code in ("password", "no_pages", "damaged") if code in codes))
