"""Where sections begin: at lines that bookmarks, print, numbers or a contents page call headings.

Before the text is composed the lines are labelled, and stand apart; behind it they are looked up in the text.
"""

import re
from collections.abc import Sequence

from graph.documents.characters import letters_of
from graph.documents.clean.bookmarks import lone_bookmarks, trusted_bookmarks
from graph.documents.clean.contents import listed_titles
from graph.documents.clean.headings import find_headings
from graph.documents.clean.levels import Heading
from graph.documents.line import Line
from graph.documents.types import Bookmark, Page, SectionStart

_MOST = 500  # sections of a document; of more, the deepest are not told
_LONGEST = 200  # characters of a title


def label_sections(pages: Sequence[Sequence[Line]], bookmarks: Sequence[Sequence[Bookmark]]) -> list[Heading]:
    """The headings of a document, in order. Their lines are labelled, and parted from those around them."""
    headings = trusted_bookmarks(bookmarks, pages) or find_headings(pages, listed_titles(pages))
    headings = headings or lone_bookmarks(bookmarks)
    while len(headings) > _MOST:
        deepest = max(heading.level for heading in headings)
        if deepest == 1:
            return []
        headings = [heading for heading in headings if heading.level < deepest]
    for heading in headings:
        own = {
            id(line)
            for line in heading.lines
            if line.label == "text" and letters_of(line.text) in letters_of(heading.title)
        }
        is_behind = False
        for line in pages[heading.page] if own else ():
            if id(line) in own:
                line.label, line.starts = "section_header", line.starts or line is heading.lines[0]
            elif is_behind:
                line.starts = True
            is_behind = id(line) in own
    return headings


def locate_sections(cleaned: Sequence[Page], pages: Sequence[Sequence[Line]], headings: Sequence[Heading]) -> None:
    """Say on each page of the text which sections begin where."""
    by_page: dict[int, list[Heading]] = {}
    for heading in headings:
        by_page.setdefault(heading.page, []).append(heading)
    for index, own in by_page.items():
        page, position = cleaned[index], 0
        starts: list[SectionStart] = []
        for heading in own:
            position = _found(_said(heading, pages[index]), page["text"], position)
            title = " ".join(heading.title.split())[:_LONGEST]
            starts.append(SectionStart(title=title, level=heading.level, start=position))
        page["sections"] = starts


def _said(heading: Heading, lines: Sequence[Line]) -> str | None:
    """What the text says where the section begins: the heading, or what is left after it. None: the page's top."""
    if not heading.lines:
        return None
    first = next(place for place, line in enumerate(lines) if line is heading.lines[0])
    if heading.lines[0].is_text:
        return heading.lines[0].text
    return next((line.text for line in lines[first + 1 :] if line.is_text), "")


def _found(said: str | None, text: str, position: int) -> int:
    """Where a paragraph of the text begins so, from a position on; else where it says so; else that position.

    Composing changes no letter of a line, but what stands between them. None says nothing, "" the end.
    """
    letters = [letter for letter in said or "" if letter.isalnum()]
    if not letters:
        return len(text) if said == "" else position
    pattern = r"[\W_]*".join(map(re.escape, letters))
    match = re.compile(rf"^[^\w\n]*{pattern}", re.MULTILINE).search(text, position)
    match = match or re.compile(pattern).search(text, position)
    return match.start() if match else position
