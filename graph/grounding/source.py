"""Pages of any kind -> the sentences of a source, each with its place. Knows nothing of summaries."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from graph.documents.characters import plain, without_surrogates
from graph.documents.clean.steps import clean_pages
from graph.documents.config import LoadConfig
from graph.documents.errors import NoTextError
from graph.documents.from_langchain import DocumentLike, pages_from_documents
from graph.documents.split.whole_text import whole_text
from graph.documents.types import Page
from llm.language.detect import detect_language
from llm.language.sentences import pieces, split_sentences

_CONTEXT = 240  # characters before and after an excerpt


class Passage(NamedTuple):
    """A sentence of the source: text[start:end], on the pages with these indices."""

    start: int
    end: int
    first: int
    last: int


class Source:
    """The text of all pages, its sentences, and where each page starts in it."""

    def __init__(self, pages: list[Page]) -> None:
        self.pages = [page for page in pages if page["text"].strip()]
        self.text = whole_text(self.pages)
        self.language = detect_language(self.text)
        self.starts = _starts(self.text, self.pages)
        self.passages = [self._passage(start, end) for start, end in _spans(self.text, self.language)]

    def _passage(self, start: int, end: int) -> Passage:
        return Passage(start, end, self.page_at(start), self.page_at(end - 1))

    def page_at(self, position: int) -> int:
        """The index of the page that holds a character of the text."""
        return bisect_right(self.starts, position) - 1

    def excerpt(self, index: int) -> str:
        """The passage, word for word."""
        passage = self.passages[index]
        return self.text[passage.start : passage.end]

    def around(self, index: int) -> tuple[str, str]:
        """The text before and after the passage in its pages, of whole words."""
        passage = self.passages[index]
        page_end = self.starts[passage.last + 1] if passage.last + 1 < len(self.starts) else len(self.text)
        before = self.text[max(self.starts[passage.first], passage.start - _CONTEXT) : passage.start]
        after = self.text[passage.end : min(page_end, passage.end + _CONTEXT)]
        if len(before) == _CONTEXT:
            before = before.partition(" ")[2]
        if len(after) == _CONTEXT:
            after = after.rpartition(" ")[0]
        return before.strip(), after.strip()

    def within(self, start: int, end: int) -> slice:
        """The passages that begin in text[start:end]."""
        return slice(
            bisect_left(self.passages, start, key=lambda passage: passage.start),
            bisect_left(self.passages, end, key=lambda passage: passage.start),
        )


def as_pages(pages: Iterable[Page | DocumentLike | str]) -> list[Page]:
    """Our own pages as they are; LangChain documents and plain texts as pages, of whole paragraphs."""
    items: list[Any] = [pages] if isinstance(pages, str | Mapping) else list(pages)
    if items and all(isinstance(item, Mapping) for item in items):
        return [_own(item, number) for number, item in enumerate(items, start=1)]
    if any(isinstance(item, str | Mapping) for item in items):
        made = [_plain(item, number) for number, item in enumerate(items, start=1)]
    else:
        try:
            made = pages_from_documents(items)["pages"]
        except NoTextError:
            made = []
    return clean_pages(made, LoadConfig(drop_references=False, drop_running_heads=False))


def _own(page: Mapping[str, Any], number: int) -> Page:
    if not isinstance(page.get("text"), str):
        raise TypeError("A page of ground() is a dict with its text, a LangChain document or a string.")
    number = page.get("number", number)
    return Page(
        number=number,
        label=page.get("label") or None,
        text=without_surrogates(page["text"]),
        status="read",
    )


def _plain(item: Any, number: int) -> Page:
    if isinstance(item, Mapping):
        return _own(item, number)
    text = item if isinstance(item, str) else item.page_content
    return Page(number=number, label=None, text=plain(text), status="read")


def _starts(text: str, pages: list[Page]) -> list[int]:
    """Where each page begins in the whole text, which parts them by white space alone."""
    starts = []
    position = 0
    for page in pages:
        page_text = page["text"].strip()
        starts.append(text.index(page_text, position))
        position = starts[-1] + len(page_text)
    return starts


def _spans(text: str, language: str) -> Iterator[tuple[int, int]]:
    """[start, end) of every sentence, without the white space around it."""
    end = 0
    for sentence in split_sentences(text, language):
        for piece in pieces(sentence):
            start, end = end, end + len(piece)
            if piece.strip():
                yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
