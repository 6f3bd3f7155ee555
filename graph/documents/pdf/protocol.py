"""What supervisor and worker say to each other: one request, then events, each a line of JSON.

process/wire.py writes them. What goes wrong is a `Failure`, a refusal or
an `OCRUnavailable`, each with a kind and its numbers; messages.py makes sentences of them. The password goes in
the request, which no list of processes shows.

The worker sends `Ready`, then `Opened` (or `Refused`, and ends). For each page: `Started`, then `PageRead` and
perhaps `ScanFound`, or `PageFailed`; a page may come twice, and the second text is the better one. Then `Started`
and the `MetadataRead`. For each scan: `Started`, then `PageRecognized` or `PageFailed`; or once `OCRUnavailable`.
Last comes `Ended`. The worker may die at any moment; what it sent before counts.

Asked for pictures, it sends `Ready` and `Opened` (or `Refused`), for each page `Started`, then `PageDrawn` or
`PageFailed`, and `Ended`.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal, get_args

from graph.documents.line import Line
from graph.documents.process.wire import decode

# "repaired" is pdfium again, on a file whose lost end is made anew.
BackendName = Literal["pdfium", "pypdf", "repaired"]
BACKENDS: tuple[BackendName, ...] = ("pdfium", "pypdf", "repaired")  # in the order tried

_IN_ORDER = attrgetter(*(entry.name for entry in fields(Line)))  # what a line has, as a tuple

Activity = Literal["opening", "reading", "metadata", "drawing", "recognizing"]

RefusalKind = Literal["password", "protected", "no_pages", "damaged"]

OCRUnavailableKind = Literal["not_installed", "does_not_start", "no_default_language", "no_such_language"]

FailureKind = Literal[
    # of a page, told by the worker
    "damaged",  # name: the library's exception
    "undrawable",  # name: the library's exception
    "text_only",
    "illegible",  # name: the languages tried
    "ocr_timeout",  # amount: seconds
    "ocr_not_started",
    "ocr_failed",
    # of the worker, told by the supervisor
    "page_timeout",  # amount: seconds
    "out_of_memory",  # amount: megabytes
    "aborted",  # amount: megabytes that it might have
    "crashed",  # amount: the signal
    "exited",
    # of the whole read
    "file_timeout",  # amount: seconds
    "too_much_text",  # amount: characters
    "too_many_restarts",  # amount: workers that died
    "not_reached",
]


@dataclass(frozen=True)
class Failure:
    """Why a page, or the rest of a file, was not read. `FailureKind` says what amount and name mean."""

    kind: FailureKind
    amount: float = 0
    name: str = ""
    while_drawing: bool = False  # for OCR, of a page whose text layer was read


@dataclass(frozen=True)
class Request:
    """What a worker is asked to read, and within which limits. Page numbers count from 1."""

    path: str
    password: str | None = field(repr=False)
    ranges: tuple[tuple[int, int | None], ...]  # of pages, both ends included; None is the last page
    ocr: bool
    ocr_languages: str
    ocr_timeout_seconds: float
    memory_mb: int
    max_pages: int
    max_page_characters: int
    backends: tuple[BackendName, ...] = BACKENDS
    done: tuple[int, ...] = ()  # pages that an earlier worker has read, or failed on
    scans: tuple[int, ...] = ()  # of these, the ones that OCR has yet to see
    second_reading: bool = True  # with pypdf, where the first may be wrong
    metadata: bool = True

    def wanted(self, page_count: int) -> set[int]:
        """The pages in `ranges` that a file of so many has."""
        wanted: set[int] = set()
        for first, last in self.ranges:
            wanted.update(range(first, min(last or page_count, page_count) + 1))
        return wanted


@dataclass(frozen=True)
class PictureRequest:
    """Which pages a worker is asked to draw, some of them more than once, with other passages marked."""

    path: str
    password: str | None = field(repr=False)
    memory_mb: int
    width: int  # pixels
    pages: tuple[tuple[int, tuple[tuple[str, ...], ...]], ...]  # number, and for each picture its passages


@dataclass(frozen=True)
class PDFBookmark:
    """An entry of the file's outline, as the file has it."""

    title: str
    level: int  # from 1
    page: int  # from 1
    top: float = 0.0  # height on the page that it leads to, in points from the foot; 0 where it says none


@dataclass(frozen=True)
class Metadata:
    """What a file tells beside its pages. All of it is empty where the file, or the backend, says nothing."""

    labels: tuple[str, ...] = ()  # printed page labels, one per page
    title: str = ""
    heading: str = ""  # the largest print of page 1
    attachments: tuple[str, ...] = ()  # names of files within the file
    placeholder: bool = False  # the pages only stand for a form (XFA) that Adobe's programs draw in their place
    bookmarks: tuple[PDFBookmark, ...] = ()  # last, for they may be many


@dataclass(frozen=True)
class Ready:
    """The worker has started, and has its libraries."""


@dataclass(frozen=True)
class Opened:
    """The file is open."""

    pages: int
    repaired: bool  # the pages are those that were found in a damaged file


@dataclass(frozen=True)
class Refused:
    """No backend opens the file."""

    kind: RefusalKind


@dataclass(frozen=True)
class Started:
    """What the worker does next: it may die of it. There is a page when it reads or draws one."""

    activity: Activity
    page: int | None = None


@dataclass(frozen=True)
class PageRead:
    """A page's text layer."""

    page: int
    rows: tuple[tuple[Any, ...], ...]  # the fields of each line, in the order of `Line`
    characters: int  # on the page, before any limit

    @classmethod
    def of(cls, page: int, lines: list[Line], characters: int) -> "PageRead":
        """The event for a page of these lines."""
        rows = map(_IN_ORDER, lines)
        return cls(page, tuple((text, box and list(box), *rest) for text, box, *rest in rows), characters)

    @property
    def lines(self) -> list[Line]:
        """The lines of the page."""
        return [Line(text, tuple(box) if box else None, *rest) for text, box, *rest in self.rows]


@dataclass(frozen=True)
class CharactersGarbled:
    """On a page that was read, the characters of some fonts are not what they look like."""

    page: int
    fonts: tuple[str, ...]  # their names


@dataclass(frozen=True)
class ScanFound:
    """A page that was read has a picture in place of a text, or its text is garbled: it is one for OCR."""

    page: int


@dataclass(frozen=True)
class PageRecognized:
    """What OCR read on a page."""

    page: int
    text: str


@dataclass(frozen=True)
class PageFailed:
    """A page could not be read or, if it is a scan, not be recognized."""

    page: int
    failure: Failure


@dataclass(frozen=True)
class PageDrawn:
    """The pictures of a page that were asked for."""

    page: int
    encoded: tuple[str, ...]  # PNG, in base 64

    @classmethod
    def of(cls, page: int, pictures: list[bytes]) -> "PageDrawn":
        """The event for a page of these pictures."""
        return cls(page, tuple(base64.b64encode(picture).decode() for picture in pictures))

    @property
    def pictures(self) -> list[bytes]:
        """What was drawn."""
        return [base64.b64decode(picture) for picture in self.encoded]


@dataclass(frozen=True)
class MetadataRead:
    """All metadata so far. It comes again with each part, for the next part may be what the worker dies of."""

    metadata: Metadata


@dataclass(frozen=True)
class OCRUnavailable:
    """No page can be recognized here."""

    kind: OCRUnavailableKind
    language: str = ""


@dataclass(frozen=True)
class Ended:
    """All that was asked for was sent."""


Event = (
    Ready
    | Opened
    | Refused
    | Started
    | PageRead
    | CharactersGarbled
    | ScanFound
    | PageRecognized
    | PageFailed
    | PageDrawn
    | MetadataRead
    | OCRUnavailable
    | Ended
)

_REQUESTS: dict[str, Callable[..., Request | PictureRequest]] = {
    request.__name__: request for request in (Request, PictureRequest)
}
_EVENTS: dict[str, Callable[..., Event]] = {event.__name__: event for event in get_args(Event)}


def decode_request(line: bytes) -> Request | PictureRequest:
    return decode(line, _REQUESTS)


def decode_event(line: bytes) -> Event:
    return decode(line, _EVENTS)
