"""The process that touches the PDF. Run as `python -m graph.documents.pdf.worker`.

It takes one request on stdin and sends events on stdout, both as protocol.py has them.
"""

import contextlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from pathlib import Path

from graph.documents.characters import plain, substance
from graph.documents.line import Line, text_of
from graph.documents.pdf.backends import Backend, CannotOpenError
from graph.documents.pdf.ocr import OCRError, OCRUnavailableError, Tesseract
from graph.documents.pdf.open_pdf import open_first
from graph.documents.pdf.protocol import (
    BACKENDS,
    CharactersGarbled,
    Ended,
    Failure,
    Metadata,
    MetadataRead,
    Opened,
    PageDrawn,
    PageFailed,
    PageRead,
    PageRecognized,
    PictureRequest,
    Ready,
    Refused,
    Request,
    ScanFound,
    Started,
    decode_request,
)
from graph.documents.process.child import Channel, begin
from graph.documents.process.wire import EXIT_OUT_OF_MEMORY

_HOPELESS = 4  # pages that OCR cannot make out, after which it gives up if it could not read any
_AT_ONCE = min(4, os.cpu_count() or 1)  # pages that OCR reads at the same time, 100 to 250 MB each
_GARBLED, _FEWEST_LETTERS = 0.1, 4  # times the text, garbled words of so many on a page that is one for OCR
_FEW_CHARACTERS = 100  # of a page whose texts are counted
_LONGEST_TITLE = 2000  # characters


class Worker:
    """Reads what a request asks for, and sends it."""

    def __init__(self, request: Request, channel: Channel) -> None:
        self._request = request
        self._send = channel.send
        self._pypdf: Backend | None = None  # for second readings, opened when the first page needs one

    def run(self) -> None:
        """Open the file and send everything that can be read. Raises CannotOpenError and MemoryError."""
        request = self._request
        backend, name = open_first(Path(request.path), request.password, request.backends)
        count = backend.count()
        self._send(Opened(count, repaired=name == "repaired"))
        if count > request.max_pages:
            return
        pages = sorted(request.wanted(count) - set(request.done))
        scans = {number for number in pages if self._read_page(backend, number)}
        scans.update(request.scans)
        if request.metadata:  # late, so that a file which hangs here has given its text already
            self._send(Started("metadata"))
            self._read_metadata(backend)
        if request.ocr and scans:
            self._recognize(backend, sorted(scans))
        self._send(Ended())

    def _read_page(self, backend: Backend, number: int) -> bool:
        """Read a page; with pypdf where pdfium fails, or finds none of the characters that are drawn.

        Returns whether the page is one for OCR.
        """
        self._send(Started("reading", number))
        try:
            lines, characters = backend.lines(number, self._request.max_page_characters)
        except MemoryError:
            raise
        except Exception as error:
            try:
                lines, characters = self._second_reading(number)
            except Exception:
                self._send(PageFailed(number, Failure("damaged", name=type(error).__name__)))
                return False
        self._send(PageRead.of(number, lines, characters))
        with contextlib.suppress(Exception):
            # Each text shows a character; of a font that is neither in the file nor here, pdfium has none.
            if characters < _FEW_CHARACTERS and characters < backend.texts_drawn(number):
                others, count = self._second_reading(number)
                if substance(text_of(others)) > 2 * substance(text_of(lines)):
                    self._send(PageRead.of(number, others, count))
                    return False
        with contextlib.suppress(Exception):
            printed = text_of(
                line for line in lines if line.is_text and line.label not in ("form_field", "annotation")
            )
            if fonts := backend.garbled_fonts(number):
                self._send(CharactersGarbled(number, tuple(fonts)))
            noise = [word for line in lines if line.label == "garbled" for word in line.text.split()]
            lost = sum(len(word) for word in noise if len(word) >= _FEWEST_LETTERS)
            if lost > _GARBLED * len(printed) or backend.is_scan(number, substance(printed)):
                self._send(ScanFound(number))
                return True
        return False

    def _second_reading(self, number: int) -> tuple[list[Line], int]:
        if not self._request.second_reading:
            raise CannotOpenError("damaged")
        if self._pypdf is None:
            self._pypdf, _ = open_first(Path(self._request.path), self._request.password, ("pypdf",))
        return self._pypdf.lines(number, self._request.max_page_characters)

    def _read_metadata(self, backend: Backend) -> None:
        metadata = Metadata()
        for field in fields(Metadata):
            with contextlib.suppress(Exception):
                value = getattr(backend, field.name)()
                if isinstance(value, list):
                    value = tuple(" ".join(plain(e).split()) if isinstance(e, str) else e for e in value)
                elif isinstance(value, str):
                    value = plain(value[:_LONGEST_TITLE])
                metadata = replace(metadata, **{field.name: value})
                self._send(MetadataRead(metadata))

    def _recognize(self, backend: Backend, pages: list[int]) -> None:
        """OCR: some pages are drawn, one after the other, then read at the same time."""
        try:
            tesseract = Tesseract(self._request.ocr_languages, self._request.ocr_timeout_seconds)
        except OCRUnavailableError as error:
            self._send(error.reason)
            return
        recognized, failures = False, list[Failure]()
        for first in range(0, len(pages), _AT_ONCE):
            images = self._draw(backend, pages[first : first + _AT_ONCE])
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                answers = {number: pool.submit(tesseract.read, image) for number, image in images.items() if image}
            for number in images:
                try:
                    text = answers[number].result() if number in answers else ""
                    recognized = recognized or bool(text)
                    self._send(PageRecognized(number, plain(text)))
                except OCRError as error:
                    failures.append(error.failure)
                    self._send(PageFailed(number, error.failure))
            if len(failures) >= _HOPELESS and not recognized:  # most likely a language that it does not know
                for number in pages[first + _AT_ONCE :]:
                    self._send(PageFailed(number, failures[-1]))
                return

    def _draw(self, backend: Backend, pages: list[int]) -> dict[int, bytes]:
        """Images for OCR by page; empty where a page shows nothing."""
        images: dict[int, bytes] = {}
        for number in pages:
            self._send(Started("drawing", number))
            try:
                images[number] = backend.draw(number)
            except MemoryError:
                raise
            except Exception as error:
                self._send(PageFailed(number, Failure("undrawable", name=type(error).__name__)))
        self._send(Started("recognizing"))
        return images


def draw(request: PictureRequest, channel: Channel) -> None:
    """Send pictures of pages. Raises CannotOpenError and MemoryError."""
    # As for reading: which library opens the file decides which page is which.
    backend, name = open_first(Path(request.path), request.password, BACKENDS)
    channel.send(Opened(backend.count(), repaired=name == "repaired"))
    for number, views in request.pages:
        channel.send(Started("drawing", number))
        try:
            channel.send(PageDrawn.of(number, backend.pictures(number, views, request.width)))
        except MemoryError:
            raise
        except NotImplementedError:
            channel.send(PageFailed(number, Failure("text_only")))
        except Exception as error:
            channel.send(PageFailed(number, Failure("damaged", name=type(error).__name__)))
    channel.send(Ended())


def main() -> None:
    request, channel = begin(decode_request)
    import pypdfium2  # noqa: F401  # without it no file can be read, and it is not the file's fault

    channel.send(Ready())
    try:
        if isinstance(request, PictureRequest):
            draw(request, channel)
        else:
            Worker(request, channel).run()
    except CannotOpenError as error:
        channel.send(Refused(error.kind))
    except MemoryError:
        os._exit(EXIT_OUT_OF_MEMORY)
    sys.stdout.flush()
    os._exit(0)  # closing a damaged document can crash or hang; the system takes it all back anyway


if __name__ == "__main__":
    main()
