"""Finds lines that repeat at the top and bottom of pages. Knows nothing about files.

The k-th line from an edge is compared with the k-th line of the two pages before and after (left and right
pages have heads of their own), with digits masked, until the first line that has no twin.
"""

import re

from graph.documents.page_numbers import is_number

_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b(?=\W*$)|(?<=^)[ivxlc]+\b", re.IGNORECASE)
_ROW = re.compile(r"(?:[^\w#]*#){2,}[^\w#]*")  # a row of a table of numbers: no head, however alike pages are
_NEIGHBOURS = (-2, -1, 1, 2)
_DEEPEST = 8  # lines from an edge that are looked at
_EDGE = 3  # lines from an edge among which a page number stands


def running_lines(pages: list[list[str]], numbers: list[str]) -> list[set[int]]:
    """For each page, the indices of its lines that are running heads or feet. Blank lines are passed over.

    `numbers` are those printed on the pages. Nothing at all is marked when more than half of the document would
    go: then it repeats by nature.
    """
    filled = [[index for index, line in enumerate(lines) if line.strip()] for lines in pages]
    masked = [[_mask(pages[p][index]) for index in indices] for p, indices in enumerate(filled)]
    upturned = [lines[::-1] for lines in masked]
    marked: list[set[int]] = []
    for p, indices in enumerate(filled):
        running = set(indices[: _run(masked, p)]) | set(indices[len(indices) - _run(upturned, p) :])
        edge = {*indices[:_EDGE], *indices[-_EDGE:]}
        marked.append(running | {index for index in edge if is_number(pages[p][index], numbers[p])})
    gone = sum(len(pages[p][index]) for p, indices in enumerate(marked) for index in indices)
    return marked if 2 * gone <= sum(len(line) for lines in pages for line in lines) else [set() for _ in pages]


def _run(masked: list[list[str]], position: int) -> int:
    """How many lines from the top of a page have twins on neighbouring pages."""
    twins = [masked[n] for n in (position + step for step in _NEIGHBOURS) if 0 <= n < len(masked)]
    lines = masked[position]
    depth = 0
    while depth < min(len(lines), _DEEPEST) and any(
        depth < len(twin) and twin[depth] == lines[depth] for twin in twins
    ):
        if _ROW.fullmatch(lines[depth]):
            break
        depth += 1
    return depth


def _mask(line: str) -> str:
    return _NUMBER.sub("#", " ".join(line.split())).casefold()
