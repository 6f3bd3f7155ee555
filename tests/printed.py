"""Pages as a PDF reader gives them: lines with places and print, and what the file itself says of its outline."""

from graph.documents import LoadConfig, Page, Section, clean_pages, find_sections
from graph.documents.line import Line
from graph.documents.types import Bookmark

COLUMN = 80  # letters of a full line
PROSE = "The harbour council met in the spring and decided to shorten the old breakwater by a third. " * 4

Row = str | tuple[str, float, bool]  # text in the usual print, or with its size in points and whether it is bold


def large(text: str) -> Row:
    return text, 16, True


def bold(text: str) -> Row:
    return text, 12, True


def printed(number: int, *rows: Row, bookmarks: tuple[Bookmark, ...] = ()) -> Page:
    """A page of paragraphs below one another; a text longer than a line goes on in the next."""
    lines: list[Line] = []
    top = 740.0
    for row in rows:
        text, size, is_bold = (row, 12.0, False) if isinstance(row, str) else row
        for start in range(0, len(text), COLUMN):
            part = text[start : start + COLUMN].strip()
            box = (72.0, top - size, 72 + 5.0 * len(part), top)
            lines.append(Line(part, box, size, is_bold, starts=start == 0))
            top -= 1.2 * size
        top -= 8
    page = Page(number=number, label=str(number), text="\n".join(line.text for line in lines), status="read")
    page["lines"] = lines
    if bookmarks:
        page["bookmarks"] = list(bookmarks)
    return page


def bookmark(title: str, place: int, level: int = 1) -> Bookmark:
    return Bookmark(title=title, level=level, place=place)


def cleaned(*pages: Page) -> list[Page]:
    return clean_pages(list(pages), LoadConfig())


def outline(*pages: Page) -> list[Section]:
    return find_sections(cleaned(*pages))


def titles(*pages: Page) -> list[tuple[str, int]]:
    """Titles and levels."""
    return [(section["title"], section["level"]) for section in outline(*pages)]
