"""Pages -> pages of text: labels on lines, step by step, and then the text that the labels leave.

A step never deletes a line; it says what the line is. With both `drop_` settings off only control characters,
line-end hyphens and white space change. Knows nothing about files or models.
"""

import re
import unicodedata
from dataclasses import replace

from graph.documents.characters import plain
from graph.documents.clean.captions import sentences_first
from graph.documents.clean.contents import label_contents
from graph.documents.clean.hyphenation import join_hyphens, join_syllables, move_to_first_page
from graph.documents.clean.line_numbers import label_line_numbers
from graph.documents.clean.margins import body_of, with_margins
from graph.documents.clean.note_marks import resolve_raised
from graph.documents.clean.page_headers import label_page_headers
from graph.documents.clean.page_numbers import label_page_numbers, page_labels, page_numbers
from graph.documents.clean.paragraphs import reflow
from graph.documents.clean.references import label_references
from graph.documents.clean.sections import label_sections, locate_sections
from graph.documents.clean.spacing import mend_spaces
from graph.documents.config import LoadConfig
from graph.documents.left_out import by_reason, left_out
from graph.documents.line import LEFT_OUT, ROW, Line, lines_of, text_of
from graph.documents.types import LeftOut, Page, PageStatus
from graph.documents.units import is_unit

_LIGATURE = re.compile(r"[\ufb00-\ufb06]")


def clean_pages(pages: list[Page], config: LoadConfig) -> list[Page]:
    """The pages with nothing but their text, and what was left out of it. The argument is not changed."""
    lines = [_lines(page) for page in _with_raised(pages)]
    # Chapters, slides and sheets have no margins, and are told from each other by their names.
    has_margins = not any(is_unit(page["label"]) for page in pages)
    numbers = page_numbers(lines) if has_margins else [""] * len(pages)
    if config.drop_running_heads and has_margins:
        label_line_numbers(lines)
        label_page_numbers(lines, numbers)
        label_page_headers(lines, numbers)
    if config.drop_contents:
        label_contents(lines)
    if config.drop_references:
        label_references(lines)
    sections = label_sections(lines, [page.get("bookmarks", []) for page in pages])
    shown = [[line for line in page if line.is_text] for page in lines]
    texts = with_margins(compose([text_of(body_of(page), ROW) for page in shown]), shown)
    labels = page_labels([page["label"] for page in pages], numbers)
    cleaned = [
        _cleaned(page, label, text, own)
        for page, label, text, own in zip(pages, labels, texts, lines, strict=True)
    ]
    locate_sections(cleaned, lines, sections)
    return cleaned


def _with_raised(pages: list[Page]) -> list[Page]:
    """The pages with marks of notes told from powers."""
    resolved = resolve_raised([page.get("lines", []) for page in pages])
    return [
        Page(**{**page, "lines": lines}) if "lines" in page else page
        for page, lines in zip(pages, resolved, strict=True)
    ]


def compose(texts: list[str]) -> list[str]:
    """The lines of pages as paragraphs: sentences and words whole, a line for each paragraph, item and row.

    Cells of a row are parted by `ROW`, and by bars in what is returned.
    """
    texts = sentences_first(texts)
    texts = join_syllables(join_hyphens(move_to_first_page(mend_spaces(texts))))
    return [reflow(text) if text else "" for text in texts]


def _lines(page: Page) -> list[Line]:
    """Lines of our own, with the characters that text may have."""
    lines = page.get("lines")
    if lines is None:
        return lines_of(_mended(page["text"]))
    # With the end of the line, for a hyphen there is another one than within it.
    return [replace(line, text=text) for line in lines if (text := _mended(f"{line.text}\n").rstrip("\n")).strip()]


def _mended(text: str) -> str:
    """No other compatibility characters than ligatures are touched: NFKC would turn x² into x2."""
    return _LIGATURE.sub(lambda match: unicodedata.normalize("NFKC", match[0]), plain(text))


def _cleaned(page: Page, label: str | None, text: str, lines: list[Line]) -> Page:
    gone = [*page.get("left_out", []), *(_entry(line) for line in lines if not line.is_text)]
    status: PageStatus = page["status"]
    if page["text"] and not text.strip():
        references = any(line.label == "reference" for line in lines)
        status, text = "references" if references else "empty", ""
    cleaned = Page(number=page["number"], label=label, text=text, status=status)
    if gone:
        cleaned["left_out"] = by_reason(gone)
    if "note" in page:
        cleaned["note"] = page["note"]
    return cleaned


def _entry(line: Line) -> LeftOut:
    return left_out(LEFT_OUT[line.label], line.text)
