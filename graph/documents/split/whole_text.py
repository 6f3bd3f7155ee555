"""The text of all pages as one: what chunks are slices of, and sections stretches of."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from graph.documents.line import is_row
from graph.documents.types import Page
from llm.language.joins import gap
from llm.language.marks import LINE_ENDED

_ENDED = re.compile(LINE_ENDED)
_FULL_LINE = 60  # letters of a line that may have broken off because it was full; half as many of wide ones
BETWEEN_DOCUMENTS = "\n\n"


class DocumentText(NamedTuple):
    """The text of one document."""

    text: str
    position: int  # where it begins in the whole text
    pages: list[Page]  # all of them
    filled: list[Page]  # those with text
    starts: list[int]  # where each of these begins in `text`


def whole_text(pages: Iterable[Page]) -> str:
    """The text of all pages, of which every chunk is a slice."""
    return BETWEEN_DOCUMENTS.join(document.text for document in document_texts(pages))


def document_texts(pages: Iterable[Page]) -> Iterator[DocumentText]:
    """The documents one after another."""
    position = 0
    for _, group in groupby(pages, key=lambda page: page.get("document")):
        document = _document(list(group), position)
        yield document
        position += len(document.text) + len(BETWEEN_DOCUMENTS)


def _document(pages: list[Page], position: int) -> DocumentText:
    parts: list[str] = []
    filled: list[Page] = []
    starts: list[int] = []
    length = 0
    for page in pages:
        text = page["text"].strip()
        if not text:
            continue
        if parts:
            parts.append(_between(parts[-1], text))
            length += len(parts[-1])
        starts.append(length)
        filled.append(page)
        parts.append(text)
        length += len(text)
    return DocumentText("".join(parts), position, pages, filled, starts)


def _between(before: str, after: str) -> str:
    """A space where a sentence goes on over the page break, else a paragraph end."""
    last = before[before.rfind("\n") + 1 :].rstrip()
    if _ENDED.search(last):
        return "\n\n"
    if is_row(last) or is_row(after.split("\n", 1)[0]):
        return "\n"
    between = gap(before, after)
    return between if after[0].islower() or len(last) >= (_FULL_LINE if between else _FULL_LINE // 2) else "\n"
