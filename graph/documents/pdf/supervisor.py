"""Runs the worker that reads a PDF or draws pages of it, and starts another behind a page that killed it.

A worker that dies or hangs costs the page it was on, a bounded number of times; what it sent before counts.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from graph.documents.cancel import CancelToken
from graph.documents.config import LoadConfig, parse_pages
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.protocol import (
    Event,
    Failure,
    PageRead,
    PageRecognized,
    PictureRequest,
    Request,
    Started,
    decode_event,
)
from graph.documents.process.worker_process import running_worker
from graph.documents.types import OnProgress

MAX_RESTARTS = 5
_WORKER = "graph.documents.pdf.worker"
# What a page that was read adds to the time for the whole file; OCR adds what it took. So a long file is read to
# its end, and one that only keeps the worker busy is not.
_PAGE_SECONDS = 0.05


def read_supervised(
    path: Path,
    config: LoadConfig,
    password: str | None,
    cancel: CancelToken,
    on_progress: OnProgress | None = None,
) -> PDFContent:
    """Run workers, one after another, until all is read, the clock is out, or too many have died.

    Raises ReadCancelledError.
    """
    content, clock = PDFContent(), _Clock(config)
    first = first_request(path, config, password)
    progress = _Progress(first, on_progress)
    request: Request | None = first
    workers = 0
    while request:
        if workers > MAX_RESTARTS:
            content.stopped = Failure("too_many_restarts", workers)
            break
        workers += 1
        failure = _run_worker(request, config, content, clock, progress, cancel)
        cancel.check(path.name)
        request = next_request(request, content, failure) if failure and not content.stopped else None
    return content


def draw_supervised(
    path: Path,
    pages: Mapping[int, Sequence[Sequence[str]]],
    width: int,
    config: LoadConfig,
    password: str | None,
    cancel: CancelToken,
) -> PDFContent:
    """Have pages drawn, each as often as there are passages to mark on it. Raises ReadCancelledError."""
    content, clock = PDFContent(), _Clock(config)
    left = {page: tuple(map(tuple, views)) for page, views in sorted(pages.items())}
    for _ in range(MAX_RESTARTS + 1):
        request = PictureRequest(os.path.realpath(path), password, config.memory_mb, width, tuple(left.items()))
        failure = _run_worker(request, config, content, clock, None, cancel)
        cancel.check(path.name)
        page = content.doing.page
        if failure is None or content.stopped:
            break
        if page is None:
            content.first_failure = failure
            break
        content.fail(page, failure)
        left = {number: left[number] for number in left if number > page}
    return content


def first_request(path: Path, config: LoadConfig, password: str | None) -> Request:
    """Everything that the configuration asks for."""
    return Request(
        path=os.path.realpath(path),  # /dev/stdin would be the worker's own
        password=password,
        ranges=tuple(parse_pages(config.pages or "1-")),
        ocr=config.ocr == "auto",
        ocr_languages=config.ocr_languages,
        ocr_timeout_seconds=config.ocr_timeout_seconds,
        memory_mb=config.memory_mb,
        max_pages=config.max_pages,
        max_page_characters=config.max_page_characters,
    )


def next_request(request: Request, content: PDFContent, failure: Failure) -> Request | None:
    """What is left to do, without what the last worker died of. None if that is nothing."""
    page, activity = content.doing.page, content.doing.activity
    if content.page_count is None:
        content.first_failure = content.first_failure or failure
        if request.backends == ("pypdf",):
            return None
        request = replace(request, backends=("pypdf",))
    elif activity in ("opening", "metadata"):
        if not (request.ocr and content.scans):
            return None  # all pages are here; only labels or a title are missing
        request = replace(request, metadata=False)
    elif page is not None and (activity == "drawing" or page not in content.texts):
        content.fail(page, replace(failure, while_drawing=activity == "drawing"))
    else:  # the first reading is here; the second one is what kills
        request = replace(request, second_reading=False)
    done = tuple(sorted(content.texts.keys() | content.failures.keys()))
    return replace(request, done=done, scans=tuple(sorted(content.scans)))


def _run_worker(
    request: Request | PictureRequest,
    config: LoadConfig,
    content: PDFContent,
    clock: "_Clock",
    progress: "_Progress | None",
    cancel: CancelToken,
) -> Failure | None:
    """Take what one worker sends. None when it came to its end, or may as well end; else why it did not."""
    content.doing = Started("opening")
    clock.start_worker()
    with running_worker(_WORKER, request, decode_event, cancel) as worker:
        while True:
            try:
                event = worker.next_event(clock.seconds_left())
            except TimeoutError:
                if clock.is_out():
                    content.stopped = Failure("file_timeout", config.timeout_seconds)
                return content.stopped or Failure("page_timeout", clock.patience)
            if event is None:
                return None if content.ended else Failure(**vars(worker.death()))
            content.take(event)
            clock.take(event, content)
            if content.page_count is not None and content.page_count > config.max_pages:
                return None
            if progress:
                progress.tell(content)
            if content.characters > config.max_characters:
                content.stopped = Failure("too_much_text", config.max_characters)
                return content.stopped


class _Clock:
    """How long a worker may stay silent, and all of them take. In seconds."""

    def __init__(self, config: LoadConfig) -> None:
        self._config = config
        self._end = time.monotonic() + config.timeout_seconds
        self.start_worker()

    def start_worker(self) -> None:
        self._heard = time.monotonic()
        self.patience = 2 * self._config.page_timeout_seconds  # to start and open may take longer than any page

    def take(self, event: Event, content: PDFContent) -> None:
        """Allow for what the worker did, and for what it is about to do."""
        before, self._heard = self._heard, time.monotonic()
        if isinstance(event, PageRead):
            self._end += _PAGE_SECONDS
        elif isinstance(event, PageRecognized):
            self._end += self._heard - before
        recognizing = content.doing.activity == "recognizing"
        self.patience = self._config.page_timeout_seconds
        self.patience += self._config.ocr_timeout_seconds if recognizing else 0

    def seconds_left(self) -> float:
        """Until the next event must be here."""
        self._left = self._end - time.monotonic()
        return min(self._left, self.patience)

    def is_out(self) -> bool:
        """Whether, of the two, it is the time for the whole file that the last wait was for."""
        return self._left <= self.patience


class _Progress:
    """Tells how many pages are done whenever there are more of them, or fewer."""

    def __init__(self, request: Request, on_progress: OnProgress | None) -> None:
        self._request = request
        self._on_progress = on_progress
        self._wanted: int | None = None
        self._told = -1

    def tell(self, content: PDFContent) -> None:
        if self._on_progress is None or content.page_count is None:
            return
        if self._wanted is None:
            self._wanted = len(self._request.wanted(content.page_count))
        done = content.pages_done(ocr=self._request.ocr)
        if done != self._told:
            self._told = done
            self._on_progress(done, self._wanted)
