"""Pages -> pages without what is not text: a list of plain functions, named after the files that they use.

Every step takes and returns all pages of the document. With both `drop_` settings off only control characters,
line-end hyphens and white space change.
"""

import re
import unicodedata
from collections.abc import Callable

from graph.documents.characters import plain
from graph.documents.clean.captions import sentences_first
from graph.documents.clean.hyphenation import join_hyphens, join_syllables, move_to_first_page
from graph.documents.clean.line_numbers import without_line_numbers
from graph.documents.clean.page_headers import page_header_lines
from graph.documents.clean.page_numbers import page_numbers
from graph.documents.clean.paragraphs import reflow
from graph.documents.clean.references import reference_lines
from graph.documents.clean.spacing import mend_spaces
from graph.documents.config import LoadConfig
from graph.documents.types import Page, PageStatus

Step = Callable[[list[Page]], list[Page]]

_LIGATURE = re.compile(r"[\ufb00-\ufb06]")


def clean_pages(pages: list[Page], config: LoadConfig) -> list[Page]:
    """Run every step that the configuration asks for. The argument is not changed."""
    for step in steps(config):
        pages = step(pages)
    return pages


def steps(config: LoadConfig) -> list[Step]:
    """Steps that look at printed lines come before `join_paragraphs`, after which there are none."""
    chosen: list[Step] = [plain_characters, whole_ligatures]
    if config.drop_running_heads:
        chosen += [drop_line_numbers, label_by_page_numbers, drop_page_headers]
    else:
        chosen.append(label_by_page_numbers)
    if config.drop_references:
        chosen.append(drop_references)
    return [*chosen, move_captions, mend_spacing, join_hyphenation, join_paragraphs]


def plain_characters(pages: list[Page]) -> list[Page]:
    return _map(pages, plain)


def whole_ligatures(pages: list[Page]) -> list[Page]:
    """ "ﬁ" to "fi". No other compatibility character is touched: NFKC would turn x² into x2."""
    return _map(pages, lambda text: _LIGATURE.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text))


def drop_line_numbers(pages: list[Page]) -> list[Page]:
    """Leave out the numbers of lines in the margin; a page with nothing else is empty."""
    texts = without_line_numbers([page["text"].split("\n") for page in pages])
    return [_rest(page, "\n".join(lines), "empty") for page, lines in zip(pages, texts, strict=True)]


def label_by_page_numbers(pages: list[Page]) -> list[Page]:
    """Label pages with the numbers printed on them, where the file itself names no labels."""
    if any(page["label"] != str(page["number"]) for page in pages):
        return pages
    return [
        Page(number=page["number"], label=number or page["label"], text=page["text"], status=page["status"])
        for page, number in zip(pages, _numbers(pages), strict=True)
    ]


def drop_page_headers(pages: list[Page]) -> list[Page]:
    """Leave out page headers, page footers and page numbers; a page with nothing else is empty."""
    numbers = _numbers(pages)
    read = [page["text"].split("\n") for page in pages if page["status"] == "read"]
    printed = [number for page, number in zip(pages, numbers, strict=True) if page["status"] == "read"]
    kept = iter(
        "\n".join(line for index, line in enumerate(lines) if index not in headers)
        for lines, headers in zip(read, page_header_lines(read, printed), strict=True)
    )
    return [_rest(page, next(kept), "empty") if page["status"] == "read" else page for page in pages]


def _numbers(pages: list[Page]) -> list[str]:
    return page_numbers([page["text"].split("\n") for page in pages])


def drop_references(pages: list[Page]) -> list[Page]:
    """Leave out the lists of references; a page with nothing else gets the status "references"."""
    lines = [(p, line) for p, page in enumerate(pages) for line in page["text"].split("\n")]
    span = reference_lines([line for _, line in lines])
    if not span:
        return pages
    kept: dict[int, list[str]] = {p: [] for p, _ in lines}
    for index, (p, line) in enumerate(lines):
        if index not in span:
            kept[p].append(line)
    cut = {lines[index][0] for index in span}
    return [_rest(page, "\n".join(kept[p]), "references") if p in cut else page for p, page in enumerate(pages)]


def _rest(page: Page, text: str, status: PageStatus) -> Page:
    """The page with what is left of its text; with the status when nothing is, and there was some."""
    if text.strip() or not page["text"]:
        return _with_text(page, text)
    return Page(number=page["number"], label=page["label"], text="", status=status)


def move_captions(pages: list[Page]) -> list[Page]:
    """Put figures, tables and notes behind the sentences that they interrupt."""
    texts = sentences_first([page["text"] for page in pages])
    return [_with_text(page, text) for page, text in zip(pages, texts, strict=True)]


def mend_spacing(pages: list[Page]) -> list[Page]:
    """Part words that were run together, close words that were spread. The document says which are words."""
    texts = mend_spaces([page["text"] for page in pages])
    return [_with_text(page, text) for page, text in zip(pages, texts, strict=True)]


def join_hyphenation(pages: list[Page]) -> list[Page]:
    """Join words that were cut at the end of a line or page."""
    texts = join_syllables(join_hyphens(move_to_first_page([page["text"] for page in pages])))
    return [_with_text(page, text) for page, text in zip(pages, texts, strict=True)]


def join_paragraphs(pages: list[Page]) -> list[Page]:
    """One line per paragraph, heading, list item and table row."""
    return _map(pages, reflow)


def _map(pages: list[Page], change: Callable[[str], str]) -> list[Page]:
    return [_with_text(page, change(page["text"])) if page["text"] else page for page in pages]


def _with_text(page: Page, text: str) -> Page:
    return Page(number=page["number"], label=page["label"], text=text, status=page["status"])
