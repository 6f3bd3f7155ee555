"""The outline of a document: which stretch of its text each chapter and section is."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from graph.documents.split.whole_text import DocumentText, document_texts
from graph.documents.types import Page, Section


def find_sections(pages: Iterable[Page]) -> list[Section]:
    """The sections of cleaned pages, in order, one document after another; none where the pages show none.

    `text[section["start"] : section["end"]]` of `whole_text(pages)` is what a section says, with those below it.
    """
    return [section for document in document_texts(pages) for section in _sections(document)]


def section_at(sections: Sequence[Section], position: int) -> int | None:
    """The innermost section in which a position of `whole_text(pages)` is, as an index."""
    index = bisect_right(sections, position, key=lambda section: section["start"]) - 1
    while index >= 0 and sections[index]["end"] <= position:
        index -= 1
    return index if index >= 0 else None


def _sections(document: DocumentText) -> Iterator[Section]:
    starts = list(_starts(document))
    end, last_page = document.position + len(document.text), document.pages[-1]["number"]
    for index, (section, _) in enumerate(starts):
        following = next((later for later in starts[index + 1 :] if later[0]["level"] <= section["level"]), None)
        section["end"], section["last_page"] = end, last_page
        if following:
            page, before = following[0]["first_page"], following[1]
            section["end"] = following[0]["start"]
            section["last_page"] = max(section["first_page"], page - before)
        yield section


def _starts(document: DocumentText) -> Iterator[tuple[Section, bool]]:
    """Sections without their ends, and whether each is the first thing on its page."""
    numbers = [page["number"] for page in document.filled]
    reached = 0
    for page in document.pages:
        stripped = len(page["text"]) - len(page["text"].lstrip())
        index = bisect_left(numbers, page["number"])
        begin = document.starts[index] if index < len(numbers) else len(document.text)
        for one in page.get("sections", []):
            start = begin + max(0, one["start"] - stripped) if page["text"].strip() else begin
            reached = max(reached, min(start, len(document.text)))
            place = document.position + reached
            yield (
                Section(
                    title=one["title"], level=one["level"], first_page=page["number"], last_page=page["number"],
                    start=place, end=place,
                ),
                reached == begin,
            )  # fmt: skip
