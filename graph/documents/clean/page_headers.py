"""Page headers and footers: what a page says at its edge because the pages around it say it there too.

Only lines that say the same thing are twins, at the same place and in the same print; nothing but the page's
own number may differ. The figures of record sheets, the votes of decisions and the rows of a table that goes on
differ in other numbers, so they stay. So does the first of all twins, and whatever thin evidence would take.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

from graph.documents.clean.page_numbers import PAGE_WORD
from graph.documents.line import Line

_FEWEST = 3  # pages that say the same
_SHARE = 0.4  # of the pages from the first to the last of them: left and right pages take turns
_HEIGHT = 4.0  # points by which the place may differ
_SIZE = 0.1  # share by which the print may differ
_MOST_WORDS = 0.2  # of a page's words; what would take more is no header
_OUTERMOST = 2  # lines from an edge that are looked at where places are not known
_OF_PAGE = re.compile(rf"\b{PAGE_WORD}\s*(\d{{1,5}})\b|\b(\d{{1,5}})\s*(?:쪽|페이지|ページ|頁|页)", re.IGNORECASE)
_ENDED = re.compile(r"[.!?。！？…؟۔।][\"'”’»」』)\]]{0,3}$")
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"\w+")

Place = tuple[int, int, Line]  # page, rank from the edge, and the line


def label_page_headers(pages: Sequence[Sequence[Line]], numbers: Sequence[str]) -> None:
    """Label headers and footers. `numbers` are those printed on the pages, "" where none is known."""
    candidates = {id(line) for lines in pages for edge in ("top", "bottom") for line in _at_edge(lines, edge)}
    body = [line for lines in pages for line in lines if line.is_text and id(line) not in candidates]
    spoken = {_said(line, "") for line in body}
    for edge in ("top", "bottom"):
        twins: defaultdict[str, list[Place]] = defaultdict(list)
        for index, lines in enumerate(pages):
            for rank, line in enumerate(_at_edge(lines, edge)):
                if said := _said(line, numbers[index]):
                    twins[said].append((index, rank, line))
        for said, places in twins.items():
            for group in _same_place(places):
                if _is_usual(group):
                    _label(pages, group, edge, keep_first=said not in spoken)


def _at_edge(lines: Sequence[Line], edge: str) -> list[Line]:
    """The lines in the margin, the outermost first."""
    filled = [line for line in lines if line.is_text]
    if any(line.box for line in filled):
        found = [line for line in filled if line.edge == edge]
        return found if edge == "top" else found[::-1]
    outermost = filled[:_OUTERMOST] if edge == "top" else filled[::-1][:_OUTERMOST]
    return outermost if len(filled) > 2 * _OUTERMOST else []


def _said(line: Line, number: str) -> str:
    """What a line says on any page: its words and numbers, but for the number of its page."""
    text = _OF_PAGE.sub("#", line.text) if _DIGIT.search(line.text) else line.text
    words = text.casefold().split()
    return " ".join("#" if number and word.strip("-–—|[]().,·") == number.casefold() else word for word in words)


def _same_place(places: list[Place]) -> list[list[Place]]:
    """Twins by place and print. Where places are not known it is their rank from the edge."""
    groups: list[list[Place]] = []
    for place in places:
        for group in groups:
            if _are_alike(group[0], place):
                group.append(place)
                break
        else:
            groups.append([place])
    return groups


def _are_alike(one: Place, other: Place) -> bool:
    a, b = one[2], other[2]
    if a.box is None or b.box is None:
        return a.box is b.box and one[1] == other[1]
    near = abs(a.box[1] - b.box[1]) <= _HEIGHT or abs(a.box[3] - b.box[3]) <= _HEIGHT
    return near and abs(a.size - b.size) <= _SIZE * max(a.size, b.size) and a.bold == b.bold


def _is_usual(group: list[Place]) -> bool:
    pages = sorted({page for page, _, _ in group})
    return len(pages) >= _FEWEST and len(pages) >= _SHARE * (pages[-1] - pages[0] + 1)


def _label(pages: Sequence[Sequence[Line]], group: list[Place], edge: str, *, keep_first: bool) -> None:
    kept = not keep_first
    for index, _, line in group:
        if not kept and any(map(str.isalpha, line.text)):
            kept = True
        elif not _is_needed(pages[index], line):
            line.label = "page_header" if edge == "top" else "page_footer"


def _is_needed(lines: Sequence[Line], line: Line) -> bool:
    """Whether a line holds much of what its page says, or ends a sentence that begins above it."""
    words = [len(_WORD.findall(other.text)) for other in lines if other.is_text]
    if len(_WORD.findall(line.text)) > _MOST_WORDS * sum(words):
        return True
    before = next(
        (other for other in reversed(lines[: list(map(id, lines)).index(id(line))]) if other.is_text), None
    )
    if line.edge == "top" or before is None or not _ENDED.search(line.text.rstrip()):
        return False
    return line.text.lstrip()[:1].islower() and not _ENDED.search(before.text.rstrip())
