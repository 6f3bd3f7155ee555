"""Presentations (pptx): each slide is a page, under its title, with its notes; hidden ones are named, not read."""

import posixpath
from collections.abc import Iterator
from xml.etree import ElementTree

from graph.documents.line import CELL, Label, Line
from graph.documents.office.archive import Archive
from graph.documents.office.protocol import Draft, Found, RefusedError

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_STRICT = {
    "http://purl.oclc.org/ooxml/drawingml/main": "http://schemas.openxmlformats.org/drawingml/2006/main",
    "http://purl.oclc.org/ooxml/presentationml/main": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    ),
}
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_PACKAGE = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_TITLES = {"title", "ctrTitle"}
_MARGINS: dict[str, Label] = {"ftr": "page_footer", "dt": "page_footer", "sldNum": "page_number"}
_DEEPEST = 100  # groups in groups

Element = ElementTree.Element


def read_slides(archive: Archive) -> Found:
    """The slides in the order in which they are shown."""
    presentation = _xml(archive, "ppt/presentation.xml")
    if presentation is None:
        raise RefusedError("damaged")
    parts = _relations(archive, "ppt/presentation.xml")
    order = [parts.get(entry.get(f"{_R}id", ""), ("", ""))[1] for entry in presentation.iter(f"{_P}sldId")]
    core = _xml(archive, "docProps/core.xml")
    titles = [core.findtext("{http://purl.org/dc/elements/1.1/}title", "") if core is not None else ""]
    found = Found(iter(()), [title for title in titles if title.strip()])
    found.pages = _slides(archive, [name for name in order if name in archive.names], found)
    return found


def _slides(archive: Archive, order: list[str], found: Found) -> Iterator[Draft]:
    for number, name in enumerate(order, start=1):
        slide = _xml(archive, name)
        draft = Draft(f"slide {number}")
        if slide is not None:
            for shape in slide.iterfind(f"{_P}cSld/{_P}spTree"):
                _take(shape, draft, 0)
            _take_parts(archive, name, draft)
            if slide.get("show") in ("0", "false"):
                said = " ".join(line.text.lstrip("# ") for line in draft.lines)
                draft = Draft(draft.label, left_out=[("hidden slides", said)], is_hidden=True)
        _with_title_first(draft)
        yield draft


def _take(group: Element, draft: Draft, depth: int) -> None:
    """The shapes of a group, in the order of the file, which is nearly that of reading."""
    if depth > _DEEPEST:
        raise RefusedError("nested")
    for shape in group:
        if _is_hidden(shape):
            said = " ".join(_text(paragraph) for paragraph in shape.iter(f"{_A}p"))
            draft.left_out += [("hidden text", said)] if said.strip() else []
        elif shape.tag == f"{_P}grpSp":
            _take(shape, draft, depth + 1)
        elif shape.tag == f"{_P}sp":
            _take_text(shape, draft)
        elif shape.tag == f"{_P}graphicFrame":
            _take_rows(shape, draft)
            _take_alt(shape, draft)
        elif shape.tag == f"{_P}pic":
            _take_alt(shape, draft)


def _is_hidden(shape: Element) -> bool:
    properties = next(shape.iter(f"{_P}cNvPr"), None) if shape.tag != f"{_P}grpSp" else None
    return properties is not None and properties.get("hidden") in ("1", "true")


def _take_text(shape: Element, draft: Draft) -> None:
    placeholder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    kind = placeholder.get("type", "body") if placeholder is not None else ""
    paragraphs = [
        (text, level) for one in shape.iterfind(f"{_P}txBody/{_A}p") for text, level in [_paragraph(one)]
    ]
    paragraphs = [(text, level) for text, level in paragraphs if text]
    if kind in _TITLES and paragraphs:
        title = " ".join(text for text, _ in paragraphs)
        draft.lines.append(Line(f"# {title}", starts=True, label="section_header"))
        return
    label = _MARGINS.get(kind, "text")
    is_list = kind in ("body", "obj") and len(paragraphs) > 1
    for index, (text, level) in enumerate(paragraphs):
        dash = "- " if label == "text" and (is_list or level) else ""
        own: Label = "list_item" if dash else label
        draft.lines.append(Line(f"{dash}{text}", starts=not index or not dash, label=own))


def _paragraph(paragraph: Element) -> tuple[str, int]:
    properties = paragraph.find(f"{_A}pPr")
    level = properties.get("lvl", "0") if properties is not None else "0"
    return _text(paragraph), int(level) if level.isdecimal() else 0


def _text(paragraph: Element) -> str:
    parts: list[str] = []
    for one in paragraph.iter():
        if one.tag == f"{_A}br":
            parts.append(" ")
        elif one.tag == f"{_A}t" or one.tag.endswith("}t"):  # of formulas, too
            parts.append(one.text or "")
    return " ".join("".join(parts).split())


def _take_rows(frame: Element, draft: Draft) -> None:
    for table in frame.iter(f"{_A}tbl"):
        starts = True
        for row in table.iterfind(f"{_A}tr"):
            cells = [" ".join(filter(None, map(_text, cell.iter(f"{_A}p")))) for cell in row.iterfind(f"{_A}tc")]
            if any(cells):
                draft.lines.append(Line(CELL.join(cells), starts=starts, label="table"))
                starts = False


def _take_alt(shape: Element, draft: Draft) -> None:
    """What a picture or a chart says of itself; names that programs give say nothing."""
    properties = next(shape.iter(f"{_P}cNvPr"), None)
    said = " ".join((properties.get("descr") or "").split()) if properties is not None else ""
    if said and " " in said:
        draft.lines.append(Line(said, starts=True, label="caption"))


def _take_parts(archive: Archive, slide: str, draft: Draft) -> None:
    """What a slide has in files of its own: diagrams, notes, comments; of charts only their words."""
    for kind, part in _relations(archive, slide).values():
        kind = kind.rpartition("/")[2]
        if kind not in ("diagramData", "chart", "notesSlide", "comments"):
            continue
        xml = _xml(archive, part)
        if xml is None:
            continue
        if kind == "notesSlide":
            _take_notes(xml, draft)
        elif kind == "comments":
            said = [*(one.text or "" for one in xml.iter(f"{_P}text")), *map(_text, xml.iter(f"{_A}p"))]
            draft.lines += [Line(f"[Note: {text}]", starts=True, label="annotation") for text in said if text]
        else:
            said = list(filter(None, map(_text, xml.iter(f"{_A}p"))))
            draft.lines += [Line(text, starts=not index) for index, text in enumerate(said)]
            values = " ".join(one.text or "" for one in xml.iter() if one.tag.endswith("/chart}v"))
            draft.left_out += [("values of charts", values)] if values else []


def _take_notes(notes: Element, draft: Draft) -> None:
    for shape in notes.iter(f"{_P}sp"):
        placeholder = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
        if placeholder is None or placeholder.get("type") != "body":
            continue
        said = " ".join(filter(None, map(_text, shape.iter(f"{_A}p"))))
        if said:
            draft.lines.append(Line(f"[Notes: {said}]", starts=True, label="annotation"))


def _with_title_first(draft: Draft) -> None:
    draft.lines.sort(key=lambda line: line.label != "section_header")
    for before, line in zip(draft.lines, draft.lines[1:], strict=False):
        line.starts = line.starts or before.label == "section_header"


def _relations(archive: Archive, part: str) -> dict[str, tuple[str, str]]:
    """The parts that a part leads to, by their ids: what they are, and their names."""
    folder, name = posixpath.split(part)
    relations = _xml(archive, f"{folder}/_rels/{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    for one in relations.iter(f"{_PACKAGE}Relationship") if relations is not None else ():
        if one.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, one.get("Target", ""))).lstrip("/")
            found[one.get("Id", "")] = (one.get("Type", ""), target)
    return found


def _xml(archive: Archive, name: str) -> Element | None:
    """A part; None where there is none. The archive has refused entities."""
    content = archive.read(name)
    if not content:
        return None
    for strict, usual in _STRICT.items():
        content = content.replace(strict.encode(), usual.encode())
    try:
        return ElementTree.fromstring(content)  # noqa: S314
    except (ElementTree.ParseError, ValueError):
        raise RefusedError("damaged") from None
