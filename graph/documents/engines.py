"""The two PDF libraries behind one shape. The only room that imports them; runs inside the child process.

pdfium reads faster and keeps words apart; pypdf is right for right-to-left script and opens some files that
pdfium refuses. Both raise anything on hostile files: callers catch Exception around every call.
"""

import io
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from graph.documents.pdfium_lines import page_text

_LAYOUT_WINDOW = 20_000  # characters; a page with more is not one that somebody reads
_HEADER = b"%PDF-"
_HEADING_WINDOW = 4000  # characters of page 1 in which its heading is looked for


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

    def heading(self) -> str:
        """The largest upright print of page 1; "" when it has only one size or the engine cannot tell."""

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
        from pypdfium2 import raw

        page = self._document[number - 1]
        try:
            textpage = page.get_textpage()
            try:
                total = textpage.count_chars()
                if total <= 0:
                    return "", 0
                text = textpage.get_text_range(0, min(total, limit))
                return (page_text(raw, page, textpage, text) if total <= _LAYOUT_WINDOW else text), total
            finally:
                textpage.close()
        finally:
            page.close()

    def title(self) -> str:
        return str(self._document.get_metadata_value("Title"))

    def heading(self) -> str:
        from pypdfium2 import raw

        textpage = self._document[0].get_textpage()
        text = textpage.get_text_range(0, min(textpage.count_chars(), _HEADING_WINDOW))
        lines: list[tuple[float, str]] = []
        position = 0
        for line in text.split("\n"):
            letters = [place for place, character in enumerate(line, position) if character.isalpha()]
            position += len(line) + 1
            if len(letters) < 4:
                continue
            index = raw.FPDFText_GetCharIndexFromTextIndex(textpage, letters[len(letters) // 2])
            _, bottom, _, top = textpage.get_charbox(index, loose=True)
            if abs(raw.FPDFText_GetCharAngle(textpage, index)) < 0.1:  # not a stamp up the margin
                lines.append((top - bottom, line.strip()))
        return largest(lines)

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

    def heading(self) -> str:
        return ""

    def labels(self) -> list[str]:
        return list(self._reader.page_labels)


def largest(lines: list[tuple[float, str]]) -> str:
    """Of (height, text) lines: the first run of those within 8 % of the largest, if it stands out, else "".

    On a page of a few lines alike, a cover, it is the first line.
    """
    heights = sorted(height for height, text in lines for _ in text)  # one per character, not per line
    if not lines or heights[-1] < 1.15 * heights[len(heights) // 2]:
        is_cover = 2 <= len(lines) <= 8 and sum(len(text) for _, text in lines) < 300
        return lines[0][1] if is_cover else ""
    found: list[str] = []
    for height, text in lines:
        if height >= 0.92 * heights[-1]:
            found.append(text)
        elif found:
            break
    return " ".join(found)


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
