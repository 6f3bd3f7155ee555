"""Finds page headers and footers: lines that repeat at the top and bottom of pages.

The k-th line from an edge is compared with the k-th line of the two pages before and after (left and right
pages have headers of their own), with digits masked, until the first line that has no twin.
"""

import re
from collections.abc import Iterator

from graph.documents.clean.page_numbers import has_number, is_number

_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b(?=\W*$)|(?<=^)[ivxlc]+\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?:\S+\s+){3,}\S*[.,;:!?]")  # a number in it that differs is the sentence's own
_ROW = re.compile(r"(?:[^\w#]*#){2,}[^\w#]*")  # a row of a table of numbers: no header, however alike pages are
_NEIGHBOURS = (-2, -1, 1, 2)
_DEEPEST = 8  # lines from an edge that are looked at
_EDGE = 3  # lines from an edge among which a page number stands


def page_header_lines(pages: list[list[str]], numbers: list[str]) -> list[set[int]]:
    """For each page, the indices of its lines that are page headers, footers or numbers. Blank lines are skipped.

    `numbers` are those printed on the pages. Nothing at all is marked when more than half of the document would
    go: then it repeats by nature.
    """
    filled = [[index for index, line in enumerate(lines) if line.strip()] for lines in pages]
    found = [[" ".join(pages[p][index].split()) for index in indices] for p, indices in enumerate(filled)]
    upturned = [lines[::-1] for lines in found]
    marked: list[set[int]] = []
    for p, indices in enumerate(filled):
        repeated = set(indices[: _run(found, p)]) | set(indices[len(indices) - _run(upturned, p) :])
        marked.append(repeated | set(_numbered(pages[p], indices, numbers[p])))
    gone = sum(len(pages[p][index]) for p, indices in enumerate(marked) for index in indices)
    return marked if 2 * gone <= sum(len(line) for lines in pages for line in lines) else [set() for _ in pages]


def _numbered(lines: list[str], indices: list[int], number: str) -> Iterator[int]:
    """Lines near an edge that are the page's number, and the outermost, set apart, that has it at one end."""
    for index in {*indices[:_EDGE], *indices[-_EDGE:]}:
        if is_number(lines[index], number):
            yield index
    if indices and has_number(lines[indices[0]], number) and not "".join(lines[indices[0] + 1 : indices[0] + 2]):
        yield indices[0]
    if indices and has_number(lines[indices[-1]], number) and not lines[max(0, indices[-1] - 1)]:
        yield indices[-1]


def _run(pages: list[list[str]], position: int) -> int:
    """How many lines from the top of a page have twins on neighbouring pages."""
    twins = [pages[n] for n in (position + step for step in _NEIGHBOURS) if 0 <= n < len(pages)]
    lines = pages[position]
    depth = 0
    while depth < min(len(lines), _DEEPEST) and any(
        depth < len(twin) and _are_twins(lines[depth], twin[depth]) for twin in twins
    ):
        depth += 1
    return depth


def _are_twins(line: str, other: str) -> bool:
    if line == other:
        return True
    masked = _NUMBER.sub("#", line).casefold()
    if masked != _NUMBER.sub("#", other).casefold():
        return False
    return not _ROW.fullmatch(masked) and not _SENTENCE.fullmatch(line)
