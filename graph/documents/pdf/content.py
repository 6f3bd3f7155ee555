"""What the workers have told of a file so far."""

from dataclasses import dataclass, field

from graph.documents.characters import plain, substance
from graph.documents.clean.note_marks import resolve_raised
from graph.documents.line import Line, lines_of, text_of
from graph.documents.pdf.protocol import (
    CharactersGarbled,
    Ended,
    Event,
    Failure,
    Metadata,
    MetadataRead,
    OCRUnavailable,
    Opened,
    PageDrawn,
    PageFailed,
    PageRead,
    PageRecognized,
    Ready,
    RefusalKind,
    Refused,
    ScanFound,
    Started,
)

_NOT_PRINT = ("hidden", "struck", "annotation")  # OCR does not see them


@dataclass
class PDFContent:
    """Everything that the workers sent, and what the supervisor saw of them. Page numbers count from 1."""

    ready: bool = False  # a worker has started, and has its libraries
    page_count: int | None = None  # None until a worker has opened the file
    repaired: bool = False
    texts: dict[int, str] = field(default_factory=dict)
    lines: dict[int, list[Line]] = field(default_factory=dict)  # that the texts are of
    page_characters: dict[int, int] = field(default_factory=dict)  # on each page, before any limit
    failures: dict[int, Failure] = field(default_factory=dict)
    scans: set[int] = field(default_factory=set)  # pages that OCR has yet to see
    garbled: dict[int, tuple[str, ...]] = field(default_factory=dict)  # fonts, of pages that OCR has not replaced
    pictures: dict[int, list[bytes]] = field(default_factory=dict)  # PNG, of pages drawn for people
    recognized: set[int] = field(default_factory=set)  # pages whose text is by OCR
    ocr_unavailable: OCRUnavailable | None = None
    metadata: Metadata = field(default_factory=Metadata)
    refusal: RefusalKind | None = None
    first_failure: Failure | None = None  # of a worker that had not opened the file
    stopped: Failure | None = None  # why reading ended early
    ended: bool = False  # nothing more will come
    doing: Started = field(default_factory=lambda: Started("opening"))
    characters: int = 0  # of all texts
    _known: set[int] = field(default_factory=set)  # pages with a text or a failure

    def take(self, event: Event) -> None:
        """Add one event."""
        match event:
            case Ready():
                self.ready = True
            case Opened():
                self.page_count, self.repaired = event.pages, event.repaired
            case Started():
                self.doing = event
            case PageRead():
                self._keep(event.page, event.lines)
                self.page_characters[event.page] = event.characters
            case CharactersGarbled():
                self.garbled[event.page] = event.fonts
            case ScanFound():
                self.scans.add(event.page)
            case PageRecognized():
                self.scans.discard(event.page)
                if substance(event.text) > substance(self.texts[event.page]):
                    kept = [line for line in self.lines[event.page] if line.label in _NOT_PRINT]
                    self._keep(event.page, lines_of(event.text) + kept)
                    self.recognized.add(event.page)
                    self.garbled.pop(event.page, None)
            case PageFailed():
                self.fail(event.page, event.failure)
            case PageDrawn():
                self.pictures[event.page] = event.pictures
            case MetadataRead():
                self.metadata = event.metadata
            case OCRUnavailable():
                self.ocr_unavailable = event
            case Refused():
                self.refusal, self.ended = event.kind, True
            case Ended():
                self.ended = True

    def pages_done(self, *, ocr: bool) -> int:
        """How many pages need nothing more; with `ocr`, scans do."""
        done = len(self._known)
        if ocr and self.ocr_unavailable is None:
            done -= len(self.scans)
        # That a page is a scan is told after its text.
        if (
            self.doing.activity == "reading"
            and self.doing.page in self._known
            and self.doing.page not in self.scans
        ):
            done -= 1
        return done

    def fail(self, page: int, failure: Failure) -> None:
        """A page could not be read; if only OCR failed on it, the little text that it has is kept."""
        self.scans.discard(page)
        if not substance(self.texts.get(page, "")):
            self.failures[page] = failure
            self._known.add(page)

    def _keep(self, page: int, lines: list[Line]) -> None:
        (shown,) = resolve_raised([lines])
        text = plain(text_of(line for line in shown if line.is_text))
        self.lines[page] = lines
        self.characters += len(text) - len(self.texts.get(page, ""))
        self.texts[page] = text
        self._known.add(page)
