"""What text documents (docx, odt) hold and do not show: marked in their XML, letter for letter where it stands.

The XML is not built anew: marks are put into the bytes, at the places that the parser names.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from xml.parsers.expat import ExpatError, ParserCreate

from graph.documents.office.archive import Archive
from graph.documents.office.protocol import RefusedError
from graph.documents.office.unseen import CLOSE, DELETED, HIDDEN, REASONS, marked

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main "
_FALLBACK = "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0 "
_DEEPEST = 3000  # elements in elements
_NO = {"0", "false", "off"}
_UTF8 = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?!\?xml[^>]*encoding=[\"'](?!utf-8|us-ascii))", re.IGNORECASE)

Attributes = dict[str, str]


@dataclass
class _Marks:
    """Where marks go, as places in the bytes of an XML file."""

    places: list[tuple[int, str]] = field(default_factory=list)

    def around(self, start: int, end: int, reason: str) -> None:
        self.places += [(start, reason), (end, CLOSE)]

    def put_into(self, xml: bytes) -> bytes:
        parts: list[bytes] = []
        position = 0
        for place, mark in self.places:
            parts += [xml[position:place], mark.encode()]
            position = place
        return b"".join([*parts, xml[position:]])


@dataclass
class _Styles:
    """The names of styles whose text is not shown."""

    hidden: set[str] = field(default_factory=set)
    current: str = ""


def parse(
    xml: bytes,
    start: Callable[[str, Attributes, int], None],
    end: Callable[[str, int], None] | None = None,
    text: Callable[[str, int], None] | None = None,
) -> None:
    """Call back with names ("namespace name"), attributes, texts and places. Raises RefusedError for a DTD."""
    parser = ParserCreate(namespace_separator=" ")
    depth = 0

    def begun(name: str, attributes: Attributes) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEEPEST:
            raise RefusedError("nested")
        start(name, attributes, parser.CurrentByteIndex)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end:
            end(name, parser.CurrentByteIndex)

    def refused(*_: object) -> None:
        raise RefusedError("entities")

    parser.StartElementHandler = begun
    parser.EndElementHandler = ended
    parser.EntityDeclHandler = refused
    if text:
        parser.CharacterDataHandler = lambda said: text(said, parser.CurrentByteIndex)
    try:
        parser.Parse(xml, True)
    except ExpatError:
        raise RefusedError("damaged") from None


def marked_docx(archive: Archive) -> dict[str, bytes]:
    """The parts of a docx in which something is hidden, marked."""
    styles = _Styles()
    if xml := archive.read("word/styles.xml"):
        _docx_styles(xml, styles)
    changed: dict[str, bytes] = {}
    for name in sorted(archive.names):
        if re.fullmatch(r"word/(?:document\d*|footnotes|endnotes|comments)\.xml", name):
            xml = archive.read(name)
            marks = _Marks()
            _DocxRuns(xml, styles.hidden, marks)  # in any case, for what else it refuses
            if marks.places and _UTF8.match(xml):
                changed[name] = marks.put_into(xml)
    return changed


def _docx_styles(xml: bytes, styles: _Styles) -> None:
    def start(name: str, attributes: Attributes, _: int) -> None:
        word = _word(name)
        if word == "style":
            styles.current = _value(attributes, "styleId")
        elif word in ("vanish", "webHidden") and _is_on(attributes) and styles.current:
            styles.hidden.add(styles.current)

    parse(xml, start)


class _DocxRuns:
    """Finds the texts of runs that are hidden by themselves, or by their style or that of their paragraph.

    Text boxes, which pandoc leaves out, are repeated as paragraphs behind the one that they are anchored in.
    """

    def __init__(self, xml: bytes, hidden: set[str], marks: _Marks) -> None:
        self._xml, self._hidden, self._marks = xml, hidden, marks
        self._paragraphs: list[bool] = []
        self._runs: list[bool] = []
        self._start: int | None = None
        self._is_text = False
        self._boxes = self._fallbacks = 0  # how deep in text boxes, and in their copies for old programs
        self._boxed: list[str] = []
        parse(xml, self._begun, self._ended, self._heard)

    def _begun(self, name: str, attributes: Attributes, place: int) -> None:
        word = _word(name)
        self._is_text = word == "t"
        self._fallbacks += name == _FALLBACK
        self._boxes += word == "txbxContent"
        if word == "p":
            self._paragraphs.append(False)
        elif word == "r":
            self._runs.append(bool(self._paragraphs and self._paragraphs[-1]))
        elif word == "pStyle" and self._paragraphs:
            self._paragraphs[-1] = _value(attributes, "val") in self._hidden
        elif self._runs and word == "rStyle":
            self._runs[-1] |= _value(attributes, "val") in self._hidden
        elif self._runs and word in ("vanish", "webHidden", "specVanish"):
            self._runs[-1] = _is_on(attributes)
        elif word == "t" and self._runs and self._runs[-1]:
            self._start = self._xml.find(b">", place) + 1

    def _heard(self, said: str, place: int) -> None:
        if self._is_text and self._boxes and not self._fallbacks:
            self._boxed.append(marked(said, HIDDEN) if self._runs and self._runs[-1] else said)

    def _ended(self, name: str, place: int) -> None:
        word = _word(name)
        self._is_text = False
        self._fallbacks -= name == _FALLBACK
        self._boxes -= word == "txbxContent"
        if word == "p" and self._paragraphs:
            self._paragraphs.pop()
            if self._boxed and self._boxes:
                self._boxed.append("\n")
            elif self._boxed and not self._paragraphs:
                self._repeat(self._xml.find(b">", place) + 1)
        elif word == "r" and self._runs:
            self._runs.pop()
        elif word == "t" and self._start is not None:
            if place > self._start:
                self._marks.around(self._start, place, HIDDEN)
            self._start = None

    def _repeat(self, place: int) -> None:
        rows = "".join(self._boxed).split("\n")
        self._boxed = []
        if b"xmlns:w=" in self._xml:
            paragraphs = (f"<w:p><w:r><w:t>{escape(row)}</w:t></w:r></w:p>" for row in rows if row.strip())
            self._marks.places.append((place, "".join(paragraphs)))


def docx_margins(archive: Archive) -> list[tuple[str, str]]:
    """The texts of headers and footers of pages, which pandoc leaves out, each once."""
    found: dict[tuple[str, str], None] = {}
    for name in sorted(archive.names):
        match = re.fullmatch(r"word/(header|footer)\d*\.xml", name)
        said = " ".join(texts_of(archive.read(name), "t", "p").split()) if match else ""
        if match and said:
            found["page headers" if match[1] == "header" else "page footers", said] = None
    return list(found)


def texts_of(xml: bytes, element: str, block: str) -> str:
    """What stands in all elements of a name, in order, with a line for each block."""
    parts: list[str] = []
    inside = 0

    def start(name: str, attributes: Attributes, place: int) -> None:
        nonlocal inside
        inside += name.rpartition(" ")[2] == element

    def end(name: str, place: int) -> None:
        nonlocal inside
        inside -= name.rpartition(" ")[2] == element
        if name.rpartition(" ")[2] == block:
            parts.append("\n")

    parse(xml, start, end, lambda said, place: parts.append(said) if inside else None)
    return "".join(parts)


def marked_odt(archive: Archive) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
    """The text of an odt with what it does not show marked, if there is such; and what it keeps of deletions."""
    styles = _Styles()
    for name in ("styles.xml", "content.xml"):
        if xml := archive.read(name):
            _odt_styles(xml, styles)
    xml = archive.read("content.xml")
    if not xml:
        raise RefusedError("damaged")
    deleted: list[str] = []
    marks = _odt_marks(xml, styles.hidden, deleted)
    changed = {"content.xml": marks.put_into(xml)} if marks.places and _UTF8.match(xml) else {}
    said = " ".join(" ".join(deleted).split())
    return changed, [(REASONS[DELETED], said)] if said else []


def _odt_styles(xml: bytes, styles: _Styles) -> None:
    def start(name: str, attributes: Attributes, _: int) -> None:
        if name == f"{_STYLE}style":
            styles.current = attributes.get(f"{_STYLE}name", "")
        elif name == f"{_STYLE}text-properties" and attributes.get(f"{_TEXT}display") == "none" and styles.current:
            styles.hidden.add(styles.current)

    parse(xml, start)


def _odt_marks(xml: bytes, hidden: set[str], deleted: list[str]) -> _Marks:
    marks, stack = _Marks(), list[str]()

    def start(name: str, attributes: Attributes, place: int) -> None:
        reason = stack[-1] if stack else ""
        if name == f"{_TEXT}tracked-changes":
            reason = DELETED
        elif not reason and (
            name in (f"{_TEXT}hidden-text", f"{_TEXT}hidden-paragraph")
            or (name == f"{_TEXT}section" and attributes.get(f"{_TEXT}display") == "none")
            or attributes.get(f"{_TEXT}style-name") in hidden
        ):
            reason = HIDDEN
        stack.append(reason)

    def text(said: str, place: int) -> None:
        if stack and stack[-1] == DELETED:
            deleted.append(said)  # pandoc leaves it out
        elif stack and stack[-1] and said.strip():
            is_entity = xml[place : place + 1] == b"&"
            end = xml.find(b";", place) + 1 if is_entity else place + len(said.encode())
            marks.around(place, end, stack[-1])

    def end(name: str, place: int) -> None:
        stack.pop()

    parse(xml, start, end, text)
    return marks


def _word(name: str) -> str:
    """The name of an element of WordprocessingML; "" for any other."""
    for space in (_W, _STRICT):
        if name.startswith(space):
            return name[len(space) :]
    return ""


def _value(attributes: Attributes, name: str) -> str:
    return attributes.get(f"{_W}{name}", attributes.get(f"{_STRICT}{name}", ""))


def _is_on(attributes: Attributes) -> bool:
    return _value(attributes, "val") not in _NO
