"""Text files of every kind -> pages: plain text, Markdown, mail, subtitles, notebooks. Knows nothing about PDF."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from graph.documents import encoding
from graph.documents.cancel import current_token
from graph.documents.characters import plain
from graph.documents.config import LoadConfig
from graph.documents.csv_rows import rows_of
from graph.documents.encoding import Decoded
from graph.documents.errors import (
    DocumentError,
    EmptyFileError,
    NotAPDFError,
    UnsupportedFormatError,
)
from graph.documents.formats import Format, told
from graph.documents.left_out import by_reason
from graph.documents.line import text_of
from graph.documents.mail import NoPlainTextError, head_of, messages_of, read_mail
from graph.documents.markdown import Written, read_markdown
from graph.documents.notebook import read_notebook
from graph.documents.office.reader import read_office
from graph.documents.selection import skip_unselected
from graph.documents.subtitles import spoken
from graph.documents.types import Page

_TABLES = {".csv", ".tsv"}
_PLAIN_SUFFIXES = {".txt", ".text", ".log", ".csv"}


def read_text(path: Path, config: LoadConfig) -> tuple[list[str], list[Page], list[str]]:
    """Titles it may have, best first, pages between form feeds, warnings. Raises DocumentError."""
    most = 4 * config.max_characters + 8  # bytes: no encoding needs more, with its byte order mark
    with path.open("rb") as file:
        content = file.read(most)
    if not content:
        raise EmptyFileError(f"{path.name} is empty", "choose another file")
    whole = decoded(path, content, config, is_whole=len(content) < most)
    text = whole.text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise EmptyFileError(f"{path.name} contains only white space", "choose another file")
    warnings = _about_encoding(path, whole)
    if len(text) > config.max_characters:
        text = text[: config.max_characters]
        warnings.append(f"Only the first {config.max_characters:,} characters of {path.name} were read.")
    written = _written(path, content, text, config, warnings)
    pages = [_page(number, part) for number, part in enumerate(_parts(written), start=1)]
    for page in pages if written.unit else ():
        page["label"] = f"{written.unit} {page['number']}"
    if path.suffix.lower() in _TABLES and (rows := rows_of(text)):
        pages = [Page(number=1, label="1", text=plain(text_of(rows)), status="read", lines=rows)]
    if written.left_out:
        pages[0]["left_out"] = by_reason(written.left_out)
    if config.pages:
        skip_unselected(path, pages, config.pages, warnings)
    return written.titles, pages, warnings


def _written(path: Path, content: bytes, text: str, config: LoadConfig, warnings: list[str]) -> Written:
    """The text as what it is. Raises DocumentError."""
    kind = told(text)
    refuse_markup(path, kind)
    if kind == "subtitles":
        return Written(spoken(text))
    if kind == "notebook":
        return read_notebook(text)
    if kind == "mail":
        messages = messages_of(content)
        return (
            _mailbox(path, messages, config, warnings)
            if len(messages) > 1
            else _mail(path, content, config, warnings)
        )
    return read_markdown(text, is_markdown=path.suffix.lower() not in _PLAIN_SUFFIXES)


def _mail(path: Path, content: bytes, config: LoadConfig, warnings: list[str]) -> Written:
    """A single mail. Raises DocumentError."""
    try:
        written, attached = read_mail(content)
    except NoPlainTextError as error:
        written, attached = _of_web_page(path, error, config), error.attached
    if attached:
        warnings.append(f"Files attached to the mail were not read: {', '.join(attached)}.")
    return written


def _mailbox(path: Path, messages: list[bytes], config: LoadConfig, warnings: list[str]) -> Written:
    """The mails of a mailbox, each a page. One that cannot be read is named, as is what there is no time for."""
    end = time.monotonic() + config.timeout_seconds
    whole = Written("", unit="message")
    parts: list[str] = []
    for number, message in enumerate(messages, start=1):
        if time.monotonic() > end:
            warnings.append(f"There was no time for {path.name} from message {number} on (load.timeout_seconds).")
            break
        own: list[str] = []
        try:
            written = _mail(path, message, config, own)
            parts.append(f"{head_of(message)}\n\n{written.text}".replace("\f", "\n"))
            whole.left_out += written.left_out
        except DocumentError as error:
            own.append(f"{error.problem}.")
            parts.append("")
        warnings += [f"Message {number}: {warning}" for warning in own]
    whole.text = "\f".join(parts + [""] * (len(messages) - len(parts)))
    return whole


def _of_web_page(path: Path, mail: NoPlainTextError, config: LoadConfig) -> Written:
    """The text of a mail that is written as a web page. Raises DocumentError."""
    if not mail.html.strip():
        raise EmptyFileError(f"{path.name} is a mail without any text", "choose another file")
    with TemporaryDirectory(prefix="summarize-") as folder:
        page = Path(folder, path.name)
        page.write_text(mail.html, "utf-8", "replace")
        _, pages, _ = read_office(
            page, "html", "utf-8", config.model_copy(update={"pages": None}), current_token()
        )
    text = "\n\n".join(page["text"] for page in pages)
    gone = [entry for page in pages for entry in page.get("left_out", [])]
    return Written(text, [mail.subject] if mail.subject else [], gone)


def refuse_markup(path: Path, kind: Format | None) -> None:
    """Raise UnsupportedFormatError for what is text only to a byte test."""
    if kind == "xml":
        raise UnsupportedFormatError(
            f"{path.name} is XML, which is not read", "export it as a PDF or as text from the program that made it"
        )


def decoded(path: Path, content: bytes, config: LoadConfig, *, is_whole: bool) -> Decoded:
    """The bytes of a file as text. Raises NotAPDFError where they are none."""
    found = encoding.decode(content, is_whole=is_whole, encoding=config.encoding)
    if found is None:
        raise NotAPDFError(
            f"{path.name} is neither a PDF nor a text file", "give a PDF, or a text or Markdown file"
        )
    return found


def _about_encoding(path: Path, decoded: Decoded) -> list[str]:
    warnings = []
    if decoded.is_guess:
        warnings.append(
            f"{path.name} does not say how its letters are encoded and was read as {decoded.encoding}; "
            "if they look wrong, set load.encoding."
        )
    if decoded.lost:
        places = "1 place" if decoded.lost == 1 else f"{decoded.lost:,} places"
        warnings.append(
            f"{path.name} is damaged in {places}: bytes that are not {decoded.encoding} stand as "
            "\N{REPLACEMENT CHARACTER} in the text."
        )
    return warnings


def _parts(written: Written) -> list[str]:
    parts = written.text.split("\f")
    return parts[:-1] if not written.unit and len(parts) > 1 and not parts[-1].strip() else parts


def _page(number: int, text: str) -> Page:
    text = plain(text)
    empty = not text.strip()
    return Page(number=number, label=str(number), text="" if empty else text, status="empty" if empty else "read")
