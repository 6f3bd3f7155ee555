"""A text of comma-separated values -> rows of a table. Knows nothing of files."""

import csv
from io import StringIO

from graph.documents.line import CELL, Line

_SAMPLE = 20_000  # characters that the separator is told by
_SHARE = 0.8  # of the rows have as many cells as most


def rows_of(text: str) -> list[Line] | None:
    """The rows; None for a text that is none, whatever it is called."""
    try:
        dialect = csv.Sniffer().sniff(text[:_SAMPLE], delimiters=",;\t|")
        rows = [[" ".join(cell.split()) for cell in row] for row in csv.reader(StringIO(text), dialect)]
    except csv.Error:
        return None
    filled = [row for row in rows if any(row)]
    widths = [len(row) for row in filled]
    usual = max(set(widths), key=widths.count) if widths else 0
    if usual < 2 or widths.count(usual) < _SHARE * len(widths):
        return None
    return [Line(CELL.join(row), starts=not index, label="table") for index, row in enumerate(filled)]
