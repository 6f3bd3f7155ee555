"""Any supported file -> Reading. The content of a file decides how it is read, not its name alone."""

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from graph.documents.cancel import CancelToken, current_token
from graph.documents.characters import plain, printable
from graph.documents.config import LoadConfig
from graph.documents.errors import (
    DamagedPDFError,
    EmptyFileError,
    NotAPDFError,
    NoTextError,
    NotFoundError,
    TooLargeError,
)
from graph.documents.formats import told
from graph.documents.office.kinds import kind_of_bytes, kind_of_text
from graph.documents.office.protocol import Kind
from graph.documents.office.reader import read_office
from graph.documents.office.web import charset_of
from graph.documents.pdf.reader import read_pdf
from graph.documents.text import decoded, read_text, refuse_markup
from graph.documents.types import FileRecord, OnProgress, Reading
from llm.language.sentences import split_sentences

_FIRST_BYTES = 65_536
_TEXT_SUFFIXES = {".txt", ".md", ".markdown", ".text", ".rst", ".csv", ".log", ".tex"}
_URL = re.compile(r"(?:https?|ftp|file|s3):/", re.IGNORECASE)  # a path has no two slashes left
_NO_TITLE = re.compile(
    r"(?:untitled|title|no title|document|(?:microsoft )?(?:word|powerpoint)(?: -.*)?|slide|presentation"
    r"|제목 ?없음|무제|문서)[ \d]*"
    r"|proceedings of .*|.*\.\.\.|.*\\.*"
    r"|.*\.(?:docx?|wpd|pdf|tex|dvi|ps|rtf|hwpx?|indd|qxd|pptx?|xlsx?|fm|html?)"
    r"|(?:doi:? ?|(?:https?://|www\.)\S*|arxiv:? ?)?\S*\d\S*\.\S*/\S+|(?:https?://|www\.)\S+|(?:doi|arxiv|e?-?iss[nb])\b.*"
    r"|(?:table of )?contents|inhalt(?:sverzeichnis)?|table des matières|sommaire|índice|indice"
    r"|目\s*[次录錄]|목\s*차|차\s*례"
    r"|(?:executive )?(?:abstract|summary)|page [\divx]+(?: of \d+)?"
    r"|[\W\d_]*",
    re.IGNORECASE,
)
_HANGING = re.compile(
    r".*(?:[,(–—]|\b(?:the|a|an|of|and|or|to|for|with|by|from|that|which|und|oder|der|die|das|des|et|de|la|le))"
)


def read_document(
    path: str | Path,
    config: LoadConfig,
    *,
    cancel: CancelToken | None = None,
    on_progress: OnProgress | None = None,
) -> Reading:
    """Read a document of any kind. Every page, chapter, slide or sheet of the file is in the result.

    `cancel` ends the read from another thread; by default it is the token of the `cancellable` block around.
    `on_progress` hears of a PDF how many pages are done. Raises DocumentError, and ReadCancelledError.
    """
    path, cancel = expanded(path), cancel or current_token()
    cancel.check(path.name)
    with _missing_refused(path):
        start = _first_bytes(path, config)
        if _starts_as_pdf(path, start):
            titles, pages, warnings = read_pdf(path, config, cancel, on_progress)
        elif kind := _office_kind(path, start, config):
            titles, pages, warnings = read_office(path, *kind, config, cancel)
        else:
            titles, pages, warnings = read_text(path, config)
    if not any(letter.isalpha() for page in pages for letter in page["text"]):
        raise NoTextError(f"{path.name} contains no words, only digits or symbols", "choose another file")
    title = choose_title(titles) or " ".join(plain(path.stem).split()) or "Document"
    files = [FileRecord(name=printable(path.name), first_page=1, pages=len(pages))]
    return Reading(title=title, pages=pages, warnings=warnings, files=files)


def is_pdf(path: str | Path, config: LoadConfig) -> bool:
    """Whether `read_document` reads the file as a PDF. Raises DocumentError."""
    path = expanded(path)
    with _missing_refused(path):
        return _starts_as_pdf(path, _first_bytes(path, config))


def refuse_at_first_sight(path: str | Path, config: LoadConfig) -> None:
    """Raise the DocumentError that `read_document` would, as far as the first bytes of the file tell."""
    path = expanded(path)
    with _missing_refused(path):
        start = _first_bytes(path, config)
        if not _starts_as_pdf(path, start) and not _office_kind(path, start, config):
            refuse_markup(path, told(decoded(path, start, config, is_whole=False).text))


def _office_kind(path: Path, start: bytes, config: LoadConfig) -> tuple[Kind, str | None] | None:
    """The kind of a document that is neither PDF nor plain text, and its encoding. Raises DocumentError."""
    if binary := kind_of_bytes(path, start):
        return binary, None
    text = decoded(path, start, config, is_whole=False)
    kind = kind_of_text(path, told(text.text))
    if kind is None:
        return None
    named = charset_of(start) if kind == "html" and not config.encoding and text.is_guess else None
    return kind, named or text.encoding


def expanded(path: str | Path) -> Path:
    """The path with the home folder in place of "~"."""
    path = Path(path)
    with suppress(RuntimeError):  # "~name" where nobody has that name may well be a file
        return path.expanduser()
    return path


@contextmanager
def _missing_refused(path: Path) -> Iterator[None]:
    """Make DocumentErrors of what the file system says in the block."""
    try:
        yield
    except FileNotFoundError:
        if _URL.match(str(path)):
            address = str(path).replace(":/", "://", 1)
            raise NotFoundError(
                f"{address} is an address, and this program downloads nothing",
                "download the file and give its path",
            ) from None
        raise NotFoundError(f"There is no file {path}", "check the path") from None
    except OSError as error:
        raise NotFoundError(
            f"{path} cannot be read ({error.strerror or error})", "check its name and your permissions"
        ) from None


def choose_title(candidates: list[str]) -> str:
    """The first candidate that looks like a title rather than a file name or a program's default; else ""."""
    for candidate in candidates:
        title = " ".join(candidate.split())
        if 3 <= len(title) <= 300 and not _NO_TITLE.fullmatch(title) and not _is_cut(title):
            return title
    return ""


def _is_cut(title: str) -> bool:
    """Whether it is a piece of a text: the first sentence ends within, and the last does not."""
    if _HANGING.fullmatch(title):
        return True
    sentences = split_sentences(title)
    return len(sentences) > 1 and sentences[0].rstrip()[-1] in ".。" and title[-1] not in ".!?…。！？"


def _first_bytes(path: Path, config: LoadConfig) -> bytes:
    """The start of a file that is one, neither empty nor too large. Raises DocumentError, and OSError."""
    try:
        status = path.stat()
    except ValueError as error:
        raise NotFoundError(f"{path} cannot be opened ({error})", "check the path") from None
    if stat.S_ISDIR(status.st_mode):
        raise NotFoundError(f"{path} is a folder without PDFs or office documents", "give the path of a file")
    if not stat.S_ISREG(status.st_mode):
        raise NotFoundError(f"{path} is a pipe or a device, not a file", "save its output to a file and give that")
    with path.open("rb") as file:
        start = file.read(_FIRST_BYTES)
    if not start:
        raise EmptyFileError(f"{path.name} is empty", "choose another file")
    megabytes = status.st_size / 2**20
    if megabytes > config.max_file_mb:
        raise TooLargeError(
            f"{path.name} is {megabytes:,.0f} MB, and load.max_file_mb allows {config.max_file_mb:,}",
            "raise load.max_file_mb",
        )
    return start


def _starts_as_pdf(path: Path, start: bytes) -> bool:
    """Whether the first bytes are a PDF's: it need not be called one, and junk may come before it.

    If not, it is text. Raises DocumentError.
    """
    suffix = path.suffix.lower()
    if suffix != ".pdf" and kind_of_bytes(path, start):
        return False
    offset = start.find(b"%PDF" if suffix == ".pdf" else b"%PDF-")
    named = offset >= 0 and suffix == ".pdf"
    if named or offset == 0 or (0 < offset <= 1024 and suffix not in _TEXT_SUFFIXES):
        if len(start) <= offset + 16 and len(start) < _FIRST_BYTES:
            raise DamagedPDFError(
                f"{path.name} is a PDF of {len(start)} bytes, no more than a header", "get a fresh copy"
            )
        return True
    if suffix == ".pdf" and not kind_of_bytes(path, start):
        raise NotAPDFError(
            f"{path.name} has the suffix .pdf, but its content is not a PDF",
            "give a PDF, text or Markdown file",
        )
    return False
