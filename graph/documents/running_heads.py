"""Finds lines that repeat at the top and bottom of pages. Knows nothing about files.

The k-th line from an edge is compared with the k-th line of the two pages before and after (left and right
pages have heads of their own), with digits masked, until the first line that has no twin.
"""

import re

_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b(?=\W*$)|(?<=^)[ivxlc]+\b", re.IGNORECASE)
_NEIGHBOURS = (-2, -1, 1, 2)
DEEPEST = 60  # lines from an edge that are looked at; line numbers down the margin make long runs


def running_lines(pages: list[list[str]]) -> list[set[int]]:
    """For each page, the indices of its lines that are running heads or feet. Blank lines are passed over.

    Nothing at all is marked when more than half of the document would go: then it repeats by nature.
    """
    filled = [[index for index, line in enumerate(lines) if line.strip()] for lines in pages]
    masked = [[_mask(pages[p][index]) for index in indices] for p, indices in enumerate(filled)]
    marked = [
        {filled[p][k] for k in _run(masked, p)}
        | {filled[p][len(masked[p]) - 1 - k] for k in _run([lines[::-1] for lines in _near(masked, p)], min(p, 2))}
        for p in range(len(pages))
    ]
    gone = sum(len(pages[p][index]) for p, indices in enumerate(marked) for index in indices)
    return marked if 2 * gone <= sum(len(line) for lines in pages for line in lines) else [set() for _ in pages]


def _near(masked: list[list[str]], position: int) -> list[list[str]]:
    """The page with up to two neighbours on each side; it is the third, or as near the front as it stood."""
    return masked[max(0, position - 2) : position + 3]


def _run(masked: list[list[str]], position: int) -> range:
    """How many lines from the top of a page have twins on neighbouring pages."""
    twins = [masked[n] for n in (position + step for step in _NEIGHBOURS) if 0 <= n < len(masked)]
    lines = masked[position]
    depth = 0
    while depth < min(len(lines), DEEPEST) and any(
        depth < len(twin) and twin[depth] == lines[depth] for twin in twins
    ):
        depth += 1
    return range(depth)


def _mask(line: str) -> str:
    return _NUMBER.sub("#", " ".join(line.split())).casefold()
