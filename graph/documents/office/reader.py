"""A document that is no PDF and no plain text -> its pages, warnings, or a refusal. A worker process reads."""

import os
import tempfile
import time
from pathlib import Path

from graph.documents.cancel import CancelToken
from graph.documents.characters import plain
from graph.documents.config import LoadConfig
from graph.documents.errors import NoTextError
from graph.documents.left_out import by_reason, left_out
from graph.documents.line import text_of
from graph.documents.office import messages
from graph.documents.office.protocol import (
    Ended,
    Kind,
    OfficeRequest,
    PageSent,
    Ready,
    Refused,
    Told,
    decode_event,
)
from graph.documents.process.worker_process import running_worker
from graph.documents.selection import skip_unselected
from graph.documents.types import Page

_WORKER = "graph.documents.office.worker"
_PAGE_SECONDS = 0.05  # that a page adds to the time for the whole file
_MOST_NAMED = 10  # hidden sheets and slides


def read_office(
    path: Path, kind: Kind, encoding: str | None, config: LoadConfig, cancel: CancelToken
) -> tuple[list[str], list[Page], list[str]]:
    """Titles it may have, best first, all of its pages, warnings. Raises DocumentError, ReadCancelledError."""
    sent, told = _sent(path, kind, config, cancel, encoding)
    if not sent:
        raise NoTextError(f"{path.name} contains no text", "choose another file")
    pages = [_page(number, page) for number, page in enumerate(sent, start=1)]
    warnings = list(told.warnings)
    hidden = [page.label for page in sent if page.is_hidden]
    if hidden:
        named = ", ".join(hidden[:_MOST_NAMED]) + (" …" if len(hidden) > _MOST_NAMED else "")
        warnings.append(f"Hidden in {path.name}, and left out: {named}.")
    if config.pages:
        skip_unselected(path, pages, config.pages, warnings)
    if kind == "image":
        warnings.append(f"{path.name} was read by OCR: letters and numbers may be wrong.")
    if not any(page["text"] for page in pages):
        raise NoTextError(f"{path.name} contains no text that is shown", "choose another file")
    return list(told.titles) + _headings(sent), pages, warnings


def _sent(
    path: Path, kind: Kind, config: LoadConfig, cancel: CancelToken, encoding: str | None
) -> tuple[list[PageSent], Told]:
    """What the worker sends, all of it. Raises DocumentError, ReadCancelledError."""
    end = time.monotonic() + config.timeout_seconds
    pages: list[PageSent] = []
    told, ready = Told(), False
    with tempfile.TemporaryDirectory(prefix="summarize-") as folder:
        request = _request(path, kind, config, folder, encoding)
        with running_worker(_WORKER, request, decode_event, cancel) as worker:
            while True:
                try:
                    event = worker.next_event(end - time.monotonic())
                except TimeoutError:
                    cancel.check(path.name)
                    raise messages.timed_out(path.name, config) from None
                cancel.check(path.name)
                match event:
                    case PageSent():
                        pages.append(event)
                        end += _PAGE_SECONDS
                    case Told():
                        told = event
                    case Ready():
                        ready = True
                    case Refused():
                        raise messages.refusal(path.name, event, config)
                    case Ended():
                        return pages, told
                    case None:
                        raise messages.died(path.name, worker.death(), config, is_ready=ready)


def _request(path: Path, kind: Kind, config: LoadConfig, folder: str, encoding: str | None) -> OfficeRequest:
    return OfficeRequest(
        path=os.path.realpath(path),
        folder=folder,
        kind=kind,
        encoding=encoding,
        memory_mb=config.memory_mb,
        max_pages=config.max_pages,
        max_page_characters=config.max_page_characters,
        max_characters=config.max_characters,
        ocr=config.ocr == "auto",
        ocr_languages=config.ocr_languages,
        ocr_timeout_seconds=config.ocr_timeout_seconds,
    )


def _page(number: int, sent: PageSent) -> Page:
    lines = sent.lines
    text = plain(text_of(line for line in lines if line.is_text))
    has_text = bool(text.strip())
    page = Page(number=number, label=sent.label, text=text if has_text else "", status="read")
    if not has_text:
        page["status"] = "empty"
    page["lines"] = lines
    if sent.left_out:
        page["left_out"] = by_reason(left_out(reason, plain(said)) for reason, said in sent.left_out)
    if sent.note:
        page["note"] = sent.note
    return page


def _headings(sent: list[PageSent]) -> list[str]:
    """The headings of the first page, which may be the title."""
    rows = sent[0].rows
    return [text.lstrip("# ") for text, label, _ in rows if label == "section_header"][:1]
