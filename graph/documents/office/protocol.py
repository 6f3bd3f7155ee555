"""What the reader and its worker say to each other.

The worker sends `Ready`, a `PageSent` for each chapter, slide, sheet or picture, then `Told` and `Ended`; or it is
`Refused`, and ends. It may die at any moment.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal, get_args

from graph.documents.line import Label, Line
from graph.documents.process.wire import decode

# What the first bytes of a file and its name tell; "zip" may be any of the packed formats.
Kind = Literal["zip", "html", "rtf", "tex", "rst", "org", "image"]
RefusalKind = Literal[
    "not_installed",
    "no_program",  # OCR; name: why
    "archive",  # packed, and no document
    "open_document",  # name: what it is
    "password",
    "damaged",
    "nested",
    "entities",
    "packed",  # too much in too little
    "too_large",  # amount: megabytes of memory
    "timeout",
    "no_text",
]


@dataclass(frozen=True)
class OfficeRequest:
    """What a worker is asked to read, and within which limits."""

    path: str
    folder: str  # for what it writes; it is removed by whoever asks
    kind: Kind
    encoding: str | None  # of a text
    memory_mb: int
    max_pages: int
    max_page_characters: int
    max_characters: int
    ocr: bool = False
    ocr_languages: str = "auto"
    ocr_timeout_seconds: float = 30


@dataclass(frozen=True)
class Ready:
    """The worker has started."""


@dataclass(frozen=True)
class Refused:
    """The file is not read."""

    kind: RefusalKind
    name: str = ""


@dataclass(frozen=True)
class PageSent:
    """A page: its lines, and what it has beside them."""

    label: str
    rows: tuple[tuple[str, str, bool], ...]  # text, label, and whether something new starts
    left_out: tuple[tuple[str, str], ...] = ()  # why, and what
    note: str = ""
    is_hidden: bool = False  # in the file, and not shown

    @property
    def lines(self) -> list[Line]:
        """The lines of the page."""
        return [Line(text, starts=starts, label=_LABELS[label]) for text, label, starts in self.rows]


@dataclass(frozen=True)
class Told:
    """What the file says beside its pages."""

    titles: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ended:
    """All was sent."""


@dataclass
class Draft:
    """A page that is being made."""

    label: str
    lines: list[Line] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""
    is_hidden: bool = False

    def sent(self) -> PageSent:
        """The event for the page."""
        rows = tuple((line.text, line.label, line.starts) for line in self.lines)
        return PageSent(self.label, rows, tuple(self.left_out), self.note, self.is_hidden)


@dataclass
class Found:
    """All that a document gives."""

    pages: Iterable[Draft]
    titles: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


class RefusedError(Exception):
    """The worker refuses the file."""

    def __init__(self, kind: RefusalKind, name: str = "") -> None:
        super().__init__(kind, name)
        self.refused = Refused(kind, name)


Event = Ready | Refused | PageSent | Told | Ended
_EVENTS: dict[str, Callable[..., Event]] = {event.__name__: event for event in get_args(Event)}
_LABELS: dict[str, Label] = {label: label for label in get_args(Label)}


def decode_event(line: bytes) -> Event:
    return decode(line, _EVENTS)


def decode_request(line: bytes) -> OfficeRequest:
    return decode(line, {"OfficeRequest": OfficeRequest})
