"""The chapters of a document: the sections that get a summary each."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from graph.documents.left_out import count_words
from graph.documents.split.whole_text import DocumentText
from graph.documents.types import Section

_FEWEST_WORDS = 25  # of a chapter; of fewer there is nothing to summarize


class Chapter(NamedTuple):
    """Where a chapter begins in the text of its document, and which section it is, as an index into the outline.

    What comes before the first one, or stands right under the title of the whole, is of none.
    """

    start: int
    section: int | None


def chapter_starts(outline: Sequence[Section]) -> list[int]:
    """The sections of the highest level that has several, and those above it, as indices."""
    levels = Counter(section["level"] for section in outline)
    top = min((level for level, count in levels.items() if count > 1), default=0)
    return [index for index, section in enumerate(outline) if section["level"] <= top]


def find_chapters(document: DocumentText, outline: Sequence[Section], first: int) -> list[Chapter]:
    """The chapters of a document whose `outline` begins at index `first` of that of all; none, if it has no two.

    One that holds little but its heading, such as the title of a part, goes with the next.
    """
    if len(own := chapter_starts(outline)) < 2:
        return []
    starts: list[tuple[int, int | None]] = [
        (outline[index]["start"] - document.position, None if _is_title(outline, index) else first + index)
        for index in own
    ]
    ends = [start for start, _ in starts[1:]] + [len(document.text)]
    chapters: list[Chapter] = []
    begin = 0
    if count_words(document.text[: starts[0][0]]) >= _FEWEST_WORDS:
        chapters.append(Chapter(0, None))
        begin = starts[0][0]
    for (_, section), end in zip(starts, ends, strict=True):
        if count_words(document.text[begin:end]) >= _FEWEST_WORDS:
            chapters.append(Chapter(begin, section))
            begin = end
    return chapters if sum(chapter.section is not None for chapter in chapters) > 1 else []


def _is_title(outline: Sequence[Section], index: int) -> bool:
    """Whether the section is the whole document, with the chapters below it."""
    whole = outline[index]
    return index == 0 and all(section["level"] > whole["level"] for section in outline[1:])
