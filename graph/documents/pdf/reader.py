"""PDF file -> every page of it, warnings, or a refusal. Imports no PDF library: a worker process reads."""

import re
from collections.abc import Sequence
from pathlib import Path

from graph.documents.cancel import CancelToken
from graph.documents.config import LoadConfig, parse_pages, password_of
from graph.documents.pdf import messages
from graph.documents.pdf.content import PDFContent
from graph.documents.pdf.protocol import Failure
from graph.documents.pdf.supervisor import read_supervised
from graph.documents.types import Bookmark, OnProgress, Page

_CONFIRMED = 0.5  # of the words of a title in the properties of a file, so many are on its first page
_WORD = re.compile(r"\w+")
_PLACEHOLDER_CHARACTERS = 2000  # "Please wait ...", and how to get the vendor's program


def read_pdf(
    path: Path, config: LoadConfig, cancel: CancelToken, on_progress: OnProgress | None = None
) -> tuple[list[str], list[Page], list[str]]:
    """Titles it may have, best first, all of its pages, warnings. Raises DocumentError, ReadCancelledError."""
    password = password_of(config)
    content = read_supervised(path, config, password, cancel, on_progress)
    name, count = path.name, content.page_count
    if count is None or content.refusal:
        raise messages.not_opened(name, content, has_password=password is not None)
    if count > config.max_pages:
        raise messages.too_many_pages(name, count, config)
    wanted, missing = _wanted(config.pages, count)
    if not wanted:
        raise messages.nothing_selected(name, count, config)
    _fail_the_rest(content, wanted, config)
    characters = sum(len(text.strip()) for text in content.texts.values())
    if content.metadata.placeholder and characters < _PLACEHOLDER_CHARACTERS:
        raise messages.only_a_placeholder(name)
    if not characters:
        raise messages.no_text(name, content, config)
    titles = _titles(content.metadata.title, content.metadata.heading, content.texts.get(1, ""))
    return titles, _pages(content, count), messages.warnings(content, config, missing)


def _titles(named: str, heading: str, first_page: str) -> list[str]:
    """The title in the file's properties before the largest print of page 1, unless the page knows nothing of it:
    properties are often those of the file that served as the model.
    """
    words = {word for word in _WORD.findall(named.casefold()) if len(word) > 2}
    known = words & set(_WORD.findall(first_page.casefold()))
    return [heading, named] if heading and len(known) < _CONFIRMED * len(words) else [named, heading]


def _wanted(selection: str | None, count: int) -> tuple[set[int], list[str]]:
    """Page numbers inside the file, and the parts of the selection that lie outside it."""
    wanted: set[int] = set()
    missing: list[str] = []
    for first, last in parse_pages(selection or "1-"):
        wanted.update(range(first, min(last or count, count) + 1))
        if max(first, last or first) > count:
            beyond = max(first, count + 1)
            missing.append(str(beyond) if last is None or last == beyond else f"{beyond}-{last}")
    return wanted, missing


def _fail_the_rest(content: PDFContent, wanted: set[int], config: LoadConfig) -> None:
    """Pages that no worker came to, or that OCR did not."""
    failure = content.stopped or Failure("not_reached")
    for number in wanted - content.texts.keys() - content.failures.keys():
        content.failures[number] = failure
    if config.ocr == "auto" and content.ocr_unavailable is None:
        for number in list(content.scans):
            content.fail(number, failure)


def _pages(content: PDFContent, count: int) -> list[Page]:
    pages: list[Page] = []
    labels = _labels(content.metadata.labels, count)
    for number in range(1, count + 1):
        text = content.texts.get(number, "")
        page = Page(number=number, label=labels[number - 1], text=text, status="read")
        if number in content.failures:
            page["status"], page["text"] = "failed", ""
            page["note"] = messages.describe(content.failures[number])
        elif number not in content.texts:
            page["status"] = "skipped"
        elif not text.strip():
            page["status"], page["text"] = "empty", ""
        elif number in content.recognized:
            page["note"] = "read by OCR"
        if page["status"] in ("read", "empty") and number in content.lines:
            page["lines"] = content.lines[number]
        pages.append(page)
    for place, entry in enumerate(content.metadata.bookmarks):
        if 1 <= entry.page <= count:
            bookmark = Bookmark(title=entry.title, level=entry.level, place=place, top=entry.top)
            pages[entry.page - 1].setdefault("bookmarks", []).append(bookmark)
    return pages


def _labels(named: Sequence[str], count: int) -> list[str | None]:
    """What the file calls its pages. Names that only count them are written by programs and not printed."""
    labels = [" ".join(label.split()) or None for label in named[:count]]
    labels += [None] * (count - len(labels))
    if all(label in (None, str(number)) for number, label in enumerate(labels, start=1)):
        return [None] * count
    return labels
