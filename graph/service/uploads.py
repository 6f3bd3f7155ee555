"""Documents as they come in: streamed to disk, limited on the way, and told by their content.

What a sender calls a file is for people to read, and never becomes a path.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any, BinaryIO
from uuid import uuid4

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from graph.config import ServiceConfig
from graph.documents.characters import printable
from graph.documents.config import LoadConfig
from graph.documents.errors import DocumentError, NotAPDFError, TooLargeError, UnsupportedFormatError
from graph.documents.office.kinds import kind_of_bytes
from graph.documents.read import is_pdf, refuse_at_first_sight
from graph.service.errors import StorageFullError
from graph.service.problems import ProblemError, reason
from graph.service.storage.database import told
from graph.service.storage.files import shown_name
from graph.service.types import NewDocument

_PDF, _BINARY = "application/pdf", "application/octet-stream"
_TEXTS = {".md": "text/markdown", ".markdown": "text/markdown"}
# Endings by which the reader tells files of text from each other; others are of no use to it.
_SUFFIXES = {".pdf", *_TEXTS, ".txt", ".text", ".log", ".csv", ".rst", ".org", ".tex"}
_REFUSALS = {TooLargeError: 413, NotAPDFError: 415, UnsupportedFormatError: 415}
_FIELD_BYTES = 2**17
_TEXT_BYTES = 2**24
_FREE_BYTES = 200 * 2**20  # are left on the disk for what comes of the documents
_MEGABYTE = 2**20
_SLASHES = re.compile(r"[/\\]")
_SETTINGS = TypeAdapter(dict[str, Any])


class Text(BaseModel):
    """A text to summarize."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, description="Plain text or Markdown.")
    title: str = Field("", max_length=255, description="What it is called.")
    settings: dict[str, Any] = Field({}, description="Settings for it, by dotted keys.")

    @field_validator("text")
    @classmethod
    def _refuse_blank(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("there is only white space")
        return text


@dataclass
class Upload:
    """Documents in `incoming`, and the settings that came with them."""

    documents: list[NewDocument] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)


@asynccontextmanager
async def received(
    request: Request, folder: Path, limits: ServiceConfig, load: LoadConfig
) -> AsyncIterator[Upload]:
    """What a request brings. When the block ends, no file that nobody took away is left.

    Raises ProblemError for what is too large, too much or no document, and StorageFullError.
    """
    upload = Upload()
    kind, options = parse_options_header(request.headers.get("content-type"))
    try:
        if kind == b"multipart/form-data" and (boundary := options.get(b"boundary")):
            await _receive_form(request, boundary, upload, folder, limits)
        elif kind == b"application/json":
            await _receive_text(request, upload, folder, limits)
        else:
            raise ProblemError(415, "This takes multipart/form-data with files, or application/json with a text")
        upload.documents = [await asyncio.to_thread(_told, document, load) for document in upload.documents]
        yield upload
    finally:
        await asyncio.to_thread(_remove, list(upload.documents))


async def _receive_form(
    request: Request, boundary: bytes, upload: Upload, folder: Path, limits: ServiceConfig
) -> None:
    form = _Form(upload, folder, limits)
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        async for piece in request.stream():
            await asyncio.to_thread(_write, parser, piece)
        parser.finalize()
    except FormParserError:
        raise ProblemError(400, "The body is not multipart/form-data as its header says") from None
    finally:
        form.close()
    if not form.is_whole:
        raise ProblemError(400, "The body ends before its last part does")
    if not upload.documents:
        raise ProblemError(422, "files: there is no file", "send at least one", key="files")


def _write(parser: MultipartParser, piece: bytes) -> None:
    with told():
        parser.write(piece)


async def _receive_text(request: Request, upload: Upload, folder: Path, limits: ServiceConfig) -> None:
    most = min(_TEXT_BYTES, int(limits.max_upload_mb * _MEGABYTE))
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise ProblemError(413, f"A text has at most {most / _MEGABYTE:g} MB here", "send it as a file")
    try:
        text = Text.model_validate_json(bytes(body))
    except ValidationError as error:
        key = ".".join(str(step) for step in error.errors()[0]["loc"])[:100]
        said = reason(error.errors()[0])
        raise ProblemError(422, f"{key or 'the body'}: {printable(said)}", key=key or None) from None
    title = _SLASHES.sub("-", text.title).strip() or "Text"
    name = shown_name(f"{title}.md")
    path = folder / f"{uuid4().hex}.md"
    upload.documents.append(NewDocument(name, path, _TEXTS[".md"]))
    upload.settings = text.settings
    with told():
        _refuse_when_full(folder)
        await asyncio.to_thread(path.write_text, text.text, "utf-8")


class _Form:
    """The parts of a form, as they come. Its methods are called by the parser, in a thread."""

    def __init__(self, upload: Upload, folder: Path, limits: ServiceConfig) -> None:
        self._upload = upload
        self._folder = folder
        self._limits = limits
        self._most = int(limits.max_upload_mb * _MEGABYTE)
        self._header = bytearray()
        self._value = bytearray()
        self._disposition = b""
        self._file: BinaryIO | None = None
        self._bytes = 0
        self._field = bytearray()
        self.is_whole = False

    def callbacks(self) -> dict[str, Any]:
        """What the parser is to call."""
        names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished")
        return {f"on_{name}": getattr(self, f"_{name}") for name in (*names, "part_data", "part_end", "end")}

    def close(self) -> None:
        """End what is open, however far it has come."""
        if self._file:
            self._file.close()
            self._file = None

    def _part_begin(self) -> None:
        self._disposition = b""
        self._field, self._bytes = bytearray(), 0

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header, self._value = bytearray(), bytearray()

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if b"filename" in options and name == b"files":
            self._begin_file(options[b"filename"])
        elif name != b"settings":
            shown = printable((name or b"").decode("utf-8", "replace")[:40])
            raise ProblemError(
                422,
                f"{shown or 'a part without a name'}: this form has no such field",
                "its fields are files and settings",
                key=shown or None,
            )

    def _begin_file(self, filename: bytes) -> None:
        if len(self._upload.documents) == self._limits.max_files:
            raise ProblemError(413, f"A request brings at most {self._limits.max_files} files", "send several")
        _refuse_when_full(self._folder)
        name = shown_name(filename.decode("utf-8", "replace"))
        suffix = PurePath(name).suffix.lower()
        path = self._folder / f"{uuid4().hex}{suffix if suffix in _SUFFIXES else ''}"
        self._upload.documents.append(NewDocument(name, path, ""))
        self._file = path.open("xb")

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        self._bytes += end - start
        if self._file is None:
            if self._bytes > _FIELD_BYTES:
                raise ProblemError(413, f"settings: these are more than {_FIELD_BYTES // 1024} KB", key="settings")
            self._field += data[start:end]
            return
        if self._bytes > self._most:
            name = self._upload.documents[-1].name
            raise ProblemError(
                413, f"{name} is larger than a file may be here ({self._limits.max_upload_mb:g} MB)"
            )
        self._file.write(data[start:end])

    def _part_end(self) -> None:
        if self._file:
            self.close()
            return
        try:
            self._upload.settings |= _SETTINGS.validate_json(bytes(self._field))
        except ValidationError:
            raise ProblemError(422, "settings: this is not a JSON object", key="settings") from None

    def _end(self) -> None:
        self.is_whole = True


def _told(document: NewDocument, load: LoadConfig) -> NewDocument:
    """The document with its media type, which its content says. Raises ProblemError if it is none."""
    try:
        refuse_at_first_sight(document.path, load)
        pdf = is_pdf(document.path, load)
        with document.path.open("rb") as file:
            binary = kind_of_bytes(document.path, file.read(16))
    except DocumentError as error:
        status = next((status for kind, status in _REFUSALS.items() if isinstance(error, kind)), 422)
        raise ProblemError(status, error.problem.replace(document.path.name, document.name), error.hint) from None
    kind = _PDF if pdf else _BINARY if binary else _TEXTS.get(document.path.suffix, "text/plain")
    return NewDocument(document.name, document.path, kind)


def _refuse_when_full(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _FREE_BYTES:
        raise StorageFullError("The disk is nearly full", "make room on it, and try again")


def _remove(documents: list[NewDocument]) -> None:
    for document in documents:
        with suppress(OSError):
            document.path.unlink(missing_ok=True)
