"""The process that touches the document. Run as `python -m graph.documents.office.worker`.

It takes one request on stdin and sends events on stdout, both as protocol.py has them.
"""

import os
from pathlib import Path

from graph.documents.office.archive import Archive, format_of
from graph.documents.office.protocol import (
    Draft,
    Ended,
    Found,
    OfficeRequest,
    Ready,
    RefusedError,
    Told,
    decode_request,
)
from graph.documents.process.child import Channel, begin
from graph.documents.process.wire import EXIT_OUT_OF_MEMORY

_FORMATS = {"rtf": "rtf", "tex": "latex", "rst": "rst", "org": "org"}
_BEGIN, _END = "\\begin{document}", "\\end{document}"
_WEB = (".xhtml", ".html", ".htm")


def read(request: OfficeRequest) -> Found:
    """All that the document gives. Raises RefusedError and MemoryError."""
    if request.kind == "image":
        from graph.documents.office.images import read_image

        return read_image(request)
    if request.kind != "zip":
        return _text(request)
    path = Path(request.path)
    archive = Archive(path)
    match format_of(archive):
        case "pptx":
            from graph.documents.office.slides import read_slides

            return read_slides(archive)
        case "xlsx":
            from graph.documents.office.sheets import read_sheets

            return read_sheets(path, archive, request.max_page_characters)
        case "docx":
            return _docx(request, archive)
        case "odt":
            from graph.documents.office.hidden import marked_odt

            changed, left_out = marked_odt(archive)
            return _through_pandoc(request, "odt", _written_anew(request, archive, changed), left_out)
        case _:
            return _epub(request, archive)


def _text(request: OfficeRequest) -> Found:
    content = Path(request.path).read_bytes()[: 4 * request.max_characters + 8]
    text = content.decode(request.encoding or "utf-8", "replace").removeprefix("\ufeff")
    path = Path(request.folder, "document")
    left_out: list[tuple[str, str]] = []
    format = _FORMATS.get(request.kind, "html-native_divs-native_spans")
    if request.kind == "html":
        text, left_out = _shown(text)
    elif request.kind == "tex" and _BEGIN in text and _END not in text:
        text += f"\n{_END}"  # a chapter that was cut
    path.write_bytes(text.encode("utf-8", "replace"))
    if request.kind == "rtf":
        path.write_bytes(content)  # its encodings are its own
    return _through_pandoc(request, format, path, left_out)


def _shown(html: str) -> tuple[str, list[tuple[str, str]]]:
    from graph.documents.office.web import WebPage

    page = WebPage(html)
    return page.text, page.left_out


def _docx(request: OfficeRequest, archive: Archive) -> Found:
    from graph.documents.office.hidden import docx_margins, marked_docx

    path = _written_anew(request, archive, marked_docx(archive))
    return _through_pandoc(request, "docx", path, docx_margins(archive))


def _epub(request: OfficeRequest, archive: Archive) -> Found:
    left_out: list[tuple[str, str]] = []
    changed: dict[str, bytes] = {}
    for name in sorted(archive.names):
        if name.lower().endswith(_WEB):
            text, own = _shown(archive.read(name).decode("utf-8", "replace"))
            changed[name] = text.encode("utf-8", "replace")
            left_out += own
    return _through_pandoc(request, "epub", _written_anew(request, archive, changed), left_out)


def _written_anew(request: OfficeRequest, archive: Archive, changed: dict[str, bytes]) -> Path:
    """The document for pandoc: without its pictures, and with marks where something is not shown."""
    return archive.rewritten(Path(request.folder, "document.zip"), changed)


def _through_pandoc(
    request: OfficeRequest, format: str, path: Path, left_out: list[tuple[str, str]] | None = None
) -> Found:
    from graph.documents.office.chapters import chapters_of
    from graph.documents.office.pandoc import tree_of
    from graph.documents.office.tree import Tree

    tree = Tree(tree_of(path, format, memory_mb=request.memory_mb, most=request.max_characters))
    pages = list(chapters_of(tree, request.max_page_characters))
    if pages:
        pages[0].left_out += [*(left_out or []), *tree.left_out]
    return Found(pages, tree.titles)


def send(request: OfficeRequest, channel: Channel) -> None:
    """Send all pages, up to the bounds. Raises RefusedError and MemoryError."""
    found = read(request)
    characters = 0
    for count, draft in enumerate(found.pages, start=1):
        room = request.max_characters - characters
        if count > request.max_pages or room <= 0:
            found.warnings.append(f"Only the first {count - 1:,} parts of the file were read.")
            break
        draft = _within(draft, min(room, request.max_page_characters), found)
        characters += sum(len(line.text) for line in draft.lines)
        channel.send(draft.sent())
    channel.send(Told(tuple(found.titles), tuple(found.warnings)))
    channel.send(Ended())


def _within(draft: Draft, most: int, found: Found) -> Draft:
    """The page with as much text as there is room for."""
    size = 0
    for index, line in enumerate(draft.lines):
        size += len(line.text)
        if size > most:
            line.text = line.text[: len(line.text) - (size - most)]
            draft.lines = draft.lines[: index + 1]
            found.warnings.append(f"Of {draft.label}, only the first {most:,} characters were read.")
            break
    draft.left_out = [(reason, text[:10_000]) for reason, text in draft.left_out]
    return draft


def main() -> None:
    request, channel = begin(decode_request)
    channel.send(Ready())
    try:
        send(request, channel)
    except RefusedError as error:
        channel.send(error.refused)
    except RecursionError:
        channel.send(RefusedError("nested").refused)
    except MemoryError:
        os._exit(EXIT_OUT_OF_MEMORY)
    os._exit(0)  # the system takes it all back


if __name__ == "__main__":
    main()
