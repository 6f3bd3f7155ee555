"""Plain text and Markdown files -> pages."""

import codecs
import re
from pathlib import Path

from graph.documents.characters import plain
from graph.documents.config import LoadConfig, parse_pages
from graph.documents.errors import BadEncodingError, EmptyFileError, NotAPDFError, NothingSelectedError
from graph.documents.types import Page

_BOMS = [
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16: its BOM starts with the same two bytes
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
]
_HEADING = re.compile(r"^#{1,2}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_HANGUL = re.compile(r"[\uac00-\ud7a3]")


def read_text(path: Path, config: LoadConfig) -> tuple[list[str], list[Page], list[str]]:
    """Titles it may have (the first Markdown heading), pages as form feeds part them, warnings.

    Raises DocumentError, and OSError.
    """
    most = 4 * config.max_characters + 8  # bytes: no encoding needs more, with its byte order mark
    with path.open("rb") as file:
        content = file.read(most)
    if not content:
        raise EmptyFileError(f"{path.name} is empty", "choose another file")
    text = decode(path, content, is_whole=len(content) < most)
    if not text.strip():
        raise EmptyFileError(f"{path.name} contains only white space", "choose another file")
    warnings: list[str] = []
    if len(text) > config.max_characters:
        text = text[: config.max_characters]
        warnings.append(f"Only the first {config.max_characters:,} characters of {path.name} were read.")
    heading = _HEADING.search(text)
    pages = [_page(number, part) for number, part in enumerate(_parts(text), start=1)]
    if config.pages:
        _skip_unselected(path, pages, config.pages, warnings)
    return ([heading[1]] if heading else []), pages, warnings


def _parts(text: str) -> list[str]:
    parts = text.split("\f")
    return parts[:-1] if len(parts) > 1 and not parts[-1].strip() else parts


def _page(number: int, text: str) -> Page:
    text = plain(text)
    empty = not text.strip()
    return Page(number=number, label=str(number), text="" if empty else text, status="empty" if empty else "read")


def _skip_unselected(path: Path, pages: list[Page], selection: str, warnings: list[str]) -> None:
    """Mark pages outside the selection as skipped. Raises NothingSelectedError."""
    ranges = [(first, last or max(len(pages), first)) for first, last in parse_pages(selection)]
    for page in pages:
        if not any(first <= page["number"] <= last for first, last in ranges):
            page["text"], page["status"] = "", "skipped"
    if not any(page["status"] == "read" for page in pages):
        raise NothingSelectedError(
            f"load.pages {selection!r} selects no text of {path.name}, whose last page is {len(pages)}",
            f"choose pages from 1 to {len(pages)}, or leave load.pages out",
        )
    if any(last > len(pages) for _, last in ranges):
        warnings.append(
            f"Some pages of load.pages {selection!r} are not in the file, whose last page is {len(pages)}."
        )


def decode(path: Path, content: bytes, *, is_whole: bool = True) -> str:
    """Text of the bytes: by BOM, as UTF-8, else as the encoding that reads best. Raises DocumentError.

    If they are not the whole file, they may end in the middle of a character.
    """
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return _decode_as(path, content, encoding, is_whole)
    if b"\0" in content[:65_536]:
        raise NotAPDFError(f"{path.name} is neither a PDF nor a text file", "give a PDF, text or Markdown file")
    try:
        return _strictly(content, "utf-8", is_whole)
    except UnicodeDecodeError:
        return _guess(path, content, is_whole)


def _strictly(content: bytes, encoding: str, is_whole: bool) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(content, final=is_whole)


def _decode_as(path: Path, content: bytes, encoding: str, is_whole: bool) -> str:
    try:
        return _strictly(content, encoding, is_whole)
    except UnicodeDecodeError as error:
        raise BadEncodingError(
            f"{path.name} starts as {encoding} text but has an invalid byte at position {error.start:,}",
            "save it as UTF-8",
        ) from error


def _guess(path: Path, content: bytes, is_whole: bool) -> str:
    """Text in an older encoding. CP949 is tried first: short Korean files are too short for statistics.

    Then Western, which charset-normalizer refuses for anything else, but does not prefer.
    """
    try:
        text = _strictly(content, "cp949", is_whole)
    except UnicodeDecodeError:
        text = ""
    letters = sum(character.isalpha() and ord(character) > 127 for character in text)
    if letters and len(_HANGUL.findall(text)) > 0.8 * letters:
        return text
    from charset_normalizer import from_bytes

    sample = content[:200_000]
    best = from_bytes(sample, cp_isolation=["cp1252"]).best() or from_bytes(sample).best()
    if best is None:
        raise BadEncodingError(
            f"{path.name} is neither a PDF nor text in an encoding that can be recognized", "save it as UTF-8"
        )
    return content.decode(best.encoding, errors="replace")
