"""A page as pdfium sees it -> its lines, in the order they are read."""

from typing import Any

from graph.documents.characters import plain
from graph.documents.line import Box, Line, lines_of
from graph.documents.pdf.layout.bidi import RIGHT_TO_LEFT
from graph.documents.pdf.layout.cells import are_figures
from graph.documents.pdf.layout.columns import find_gutters, in_columns
from graph.documents.pdf.layout.page_print import PagePrint, Span
from graph.documents.pdf.layout.page_text import arranged
from graph.documents.pdf.layout.printed_line import PrintedLine
from graph.documents.pdf.layout.tables import find_tables
from graph.documents.pdf.layout.turned_print import LeftwardPrint, VerticalPrint
from graph.documents.pdf.layout.vertical import is_vertical, may_be_vertical


def page_lines(raw: Any, page: Any, textpage: Any, text: str, shown: str) -> list[Line]:
    """The lines of a page in the order they are read; as they are when the page is turned.

    `raw` is pypdfium2.raw, `text` all that `textpage` has, and `shown` the same with spaces in place of words that
    are not to be in the lines.
    """
    printed = _print_of(raw, page, textpage, text, shown)
    spans = list(printed.spans())
    lines = [printed.line(span) for span in spans]
    if 2 * sum(line.is_upright for line in lines) < len(lines):
        return lines_of(plain(shown))
    box = printed.turned(page.get_bbox())
    spans, lines = _with_tables(printed, spans, lines, box)
    gutters = find_gutters(printed.runs())
    if gutters:
        parts = [
            [line] if line.table else list(printed.cut(span, line, gutters))
            for span, line in zip(spans, lines, strict=True)
        ]
        lines = in_columns(parts, gutters) or lines
    return printed.turned_back(arranged(lines, box, printed.taken_out()))


def _print_of(raw: Any, page: Any, textpage: Any, text: str, shown: str) -> PagePrint:
    printed = PagePrint(raw, textpage, text, shown)
    if shown.isascii():
        return printed
    if RIGHT_TO_LEFT.search(shown):
        return LeftwardPrint(printed, page)
    if may_be_vertical(shown):
        glyphs = printed.glyphs()
        if is_vertical(glyphs):
            return VerticalPrint(printed, page, glyphs)
    return printed


def _with_tables(
    printed: PagePrint, spans: list[Span], lines: list[PrintedLine], page: Box
) -> tuple[list[Span], list[PrintedLine]]:
    """The lines, with the rows of each table where its first piece stands; a row has an empty span."""
    if not are_figures(
        [figure for span, line in zip(spans, lines, strict=True) for figure in printed.figures(span, line)]
    ):
        return spans, lines
    cut = [list(printed.cells(span, line)) for span, line in zip(spans, lines, strict=True)]
    parts = [(number, part) for number, own in enumerate(cut) for part in own]
    pieces = [lines[number] if len(cut[number]) == 1 else printed.line(part) for number, part in parts]
    tables = find_tables(pieces, page)
    if not tables:
        return spans, lines
    found: list[tuple[Span, PrintedLine]] = []
    taken = set().union(*(places for _, places in tables))
    begin = {min(places): rows for rows, places in tables}
    for place, (number, (start, end)) in enumerate(parts):
        found += [((0, 0), row) for row in begin.get(place, [])]
        if place in taken:
            continue
        is_rest = place and place - 1 not in taken and parts[place - 1][0] == number
        if is_rest:
            start = found.pop()[0][0]
        whole = (start, end) == spans[number]
        found.append(((start, end), lines[number] if whole else printed.line((start, end))))
    return [span for span, _ in found], [line for _, line in found]
