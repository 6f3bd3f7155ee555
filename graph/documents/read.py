"""Any supported file -> Reading. Decides by content which reader a file goes to; knows no PDF library."""

import re
from pathlib import Path

from graph.documents.config import LoadConfig
from graph.documents.errors import (
    DamagedPDFError,
    EmptyFileError,
    NotAPDFError,
    NotFoundError,
    TooLargeError,
)
from graph.documents.pdf import read_pdf
from graph.documents.text import read_text
from graph.documents.types import Reading

_HEADER = b"%PDF-"
_TEXT_SUFFIXES = {".txt", ".md", ".markdown", ".text", ".rst", ".csv", ".log", ".tex"}
_NO_TITLE = re.compile(
    r"(?:untitled|title|no title|document|(?:microsoft )?(?:word|powerpoint)(?: -.*)?|slide|presentation"
    r"|제목 ?없음|무제|문서)[ \d]*"
    r"|proceedings of .*|.*\.\.\.|.*\\.*"
    r"|.*\.(?:docx?|wpd|pdf|tex|dvi|ps|rtf|hwpx?|indd|qxd|pptx?|xlsx?|fm|html?)"
    r"|[\W\d_]*",
    re.IGNORECASE,
)


def read_document(path: str | Path, config: LoadConfig) -> Reading:
    """Read a PDF, text or Markdown file. Every page of the file is in the result. Raises DocumentError."""
    path = Path(path).expanduser()
    kind = _kind(path, config)
    if kind == "pdf":
        titles, pages, warnings = read_pdf(path, config)
    else:
        titles, pages, warnings = read_text(path, path.read_bytes(), config)
    return Reading(title=choose_title(titles) or path.stem, pages=pages, warnings=warnings)


def choose_title(candidates: list[str]) -> str:
    """The first candidate that looks like a title rather than a file name or a program's default; else ""."""
    for candidate in candidates:
        title = " ".join(candidate.split())
        if 3 <= len(title) <= 300 and not _NO_TITLE.fullmatch(title):
            return title
    return ""


def _kind(path: Path, config: LoadConfig) -> str:
    """ "pdf" or "text", from the first bytes: a PDF need not be called one, and junk may come before it."""
    try:
        if path.is_dir():
            raise NotFoundError(f"{path} is a folder, not a file", "give the path of a PDF or text file")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(65_536)
    except FileNotFoundError:
        raise NotFoundError(f"There is no file {path}", "check the path in load.source") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise NotFoundError(f"{path} cannot be opened ({reason})", "check its name and permissions") from None
    if not start:
        raise EmptyFileError(f"{path.name} is empty", "choose another file")
    if size > config.max_file_mb * 2**20:
        raise TooLargeError(
            f"{path.name} has {size / 2**20:,.0f} MB, and load.max_file_mb allows {config.max_file_mb:,}",
            "raise load.max_file_mb",
        )
    return _kind_of_content(path, start)


def _kind_of_content(path: Path, start: bytes) -> str:
    suffix = path.suffix.lower()
    offset = start.find(_HEADER)
    named = offset >= 0 and suffix == ".pdf"
    if named or offset == 0 or (0 < offset <= 1024 and suffix not in _TEXT_SUFFIXES):
        if len(start) <= offset + 16:
            raise DamagedPDFError(
                f"{path.name} is a PDF of {len(start)} bytes: only the header is there", "get the file again"
            )
        return "pdf"
    if suffix == ".pdf":
        raise NotAPDFError(
            f"{path.name} is called .pdf but its content is not a PDF",
            "give a PDF, or a text or Markdown file",
        )
    return "text"
