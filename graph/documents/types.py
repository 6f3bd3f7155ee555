"""The plain values that leave this package."""

from collections.abc import Callable
from typing import Literal, NotRequired

# Not typing's: pydantic, which makes schemas of these, takes only this one before Python 3.12.
from typing_extensions import TypedDict

from graph.documents.line import Line

PageStatus = Literal["read", "empty", "failed", "skipped", "references"]


OnProgress = Callable[[int, int], None]
"""Hears how far a read has come: pages done, of the pages wanted. What OCR has yet to see is not done."""


class LeftOut(TypedDict):
    """What a page shows and no prompt is given."""

    reason: str
    """Why, in the words of the labels of lines: "page headers", "references", "hidden text" ..."""
    words: int
    """How many words."""
    text: str
    """The beginning of it, up to 80 characters."""


class Bookmark(TypedDict):
    """An entry of the outline that a file has of itself, on the page that it leads to."""

    title: str
    level: int  # from 1
    place: int  # in the outline, from 0
    top: NotRequired[float]  # height on the page, in points from the foot


class SectionStart(TypedDict):
    """Where a section begins on a page."""

    title: str
    level: int  # from 1
    start: int  # characters into the page's text


class Section(TypedDict):
    """A chapter of a document, or a part of one. It ends where the next of its level begins, or of one above."""

    title: str
    """Its heading, or the bookmark that leads to it."""
    level: int
    """1 for a chapter, 2 for a section of one, and so on."""
    first_page: int
    """Number of the page on which it begins."""
    last_page: int
    """Number of the page on which it ends."""
    start: int
    """Where it begins in the text of all pages, in characters, sections below it included."""
    end: int
    """Where it ends; the same, if nothing of it is in the text."""


class Page(TypedDict):
    """One page of the file. Pages that were not read have one too: together they are the ledger."""

    number: int  # position in the file, from 1
    label: str | None  # as printed on the page ("iv", "A-3"), or as the file itself calls it; None for nothing
    text: str  # "" unless status is "read"
    status: PageStatus
    note: NotRequired[str]  # why a page was not read, or that OCR read it
    lines: NotRequired[list[Line]]  # until it is cleaned: what its text is composed of
    bookmarks: NotRequired[list[Bookmark]]  # until it is cleaned: of the file, those that lead here
    sections: NotRequired[list[SectionStart]]  # that begin here, in order
    left_out: NotRequired[list[LeftOut]]  # what the page shows and `text` has not
    document: NotRequired[str]  # of several documents: the file's name, made unique
    document_page: NotRequired[int]  # and the page's position in that file, from 1; `number` counts them all


class Chunk(TypedDict):
    """Whole sentences, in order, that fit a token budget together."""

    id: str  # "chunk-0001", in document order
    text: str
    tokens: int
    start: int  # characters into whole_text(pages)
    first_page: int  # page numbers, from 1, both included
    last_page: int
    section: NotRequired[int]  # in which it begins, the innermost: an index into find_sections(pages)
    chapter: NotRequired[int]  # the section that it is summarized with, split by chapter: an index, too


class FileRecord(TypedDict):
    """A file of a run. Several are read as one document, their pages numbered consecutively."""

    name: str
    """Name of the file, with as many of its folders as tell it from others."""
    first_page: int
    """Number of its first page."""
    pages: int
    """How many pages it has; 0 if it was refused."""
    title: NotRequired[str]
    """Of one among several: what it calls itself."""
    refused: NotRequired[str]
    """Why it is left out."""


class Reading(TypedDict):
    """What reading files gives. The warnings name everything that was lost or cut on the way."""

    title: str
    pages: list[Page]
    warnings: list[str]
    files: list[FileRecord]
