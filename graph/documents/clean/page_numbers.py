"""The numbers printed on pages: which they are, and which lines are nothing else.

A number in the margin is its page's own when it stands alone there, or with a word for page, or behind a gap
beside words that repeat unchanged, or beside such words on the outer side of left and right pages; when it stands
at the same place on nearly all pages; and when it counts as the pages do. A word before it speaks against it:
"Case 41" on page 1 and "Case 42" on page 2 are no page numbers. Where most pages have none, none has.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from graph.documents.line import CELL, Line

_NUMERAL = r"(?:[A-Z]{1,2}[-–.]?)?\d{1,5}|[ivxlc]{1,8}"
PAGE_WORD = (
    r"(?:page|pages|pg|p|seite|s|página|pagina|pág|pag|strona|str|sida|sid|side|oldal|strana|сторінка|страница|стр|с"
    r"|trang|halaman|sayfa|σελίδα|σελ|제|第|ページ|頁|页|쪽|페이지)\.?"
)
_AFTER = r"(?:\s*(?:of|/|von|de|sur|di|av|van|из|от|中|の)\s*\d{1,5}|\s*(?:쪽|페이지|面|ページ|頁|页))?"
_DECORATION = r"[-–—~\[(<|·•.\s*_=]*"
_ALONE = re.compile(rf"{_DECORATION}(?:{PAGE_WORD}\s*)?({_NUMERAL}){_AFTER}[-–—~\])>|·•.\s*_=]*", re.IGNORECASE)
_GAP = rf"(?:{CELL}| {{3,}}|\s+[|·•–—]\s+)"
_FIRST = re.compile(rf"\s*[-–—|\[]?\s?(?:{PAGE_WORD}\s*)?({_NUMERAL}){_AFTER}\s?[-–—|\]]?{_GAP}(.*\S)", re.I)
_LAST = re.compile(rf"(.*\S){_GAP}[-–—|\[]?\s?(?:{PAGE_WORD}\s*)?({_NUMERAL}){_AFTER}\s?[-–—|\]]?\s*", re.I)
_BESIDE_FIRST = re.compile(rf"[-–—|\[]?\s?({_NUMERAL})\s?[-–—|\]]?\s+([^\W\d].*\S)", re.I)
_BESIDE_LAST = re.compile(rf"(.*\S)\s+[-–—|\[]?\s?({_NUMERAL})\s?[-–—|\]]?", re.I)
_NUMERALS = {"c": 100, "xc": 90, "l": 50, "xl": 40, "x": 10, "ix": 9, "v": 5, "iv": 4, "i": 1}
_OUTERMOST = 2  # lines from an edge of a page without places among which its number is
_AROUND = 5  # pages on each side that may support a number
_FEWEST = 3  # pages that support each other
_COVERED = 0.6  # of the pages with text that have a number, or none has
_LARGE = 1.2  # times the size of everything else on the page: the print of headings
_YEARS = range(1800, 2101)  # alone at the head of a page; the pages of a volume have its name beside them
_PLACE = 6.0  # points by which the place of a number may differ in height

Number = tuple[str, int]  # prefix ("" for arabic, "roman", "A-"), and value


@dataclass(frozen=True)
class _Candidate:
    line: Line
    number: Number
    written: str
    words: str  # what else stands on the line, which has to repeat
    side: str = ""  # "first" or "last" on its line, where only a space parts it from the words


def page_labels(named: Sequence[str | None], printed: Sequence[str]) -> list[str | None]:
    """What each page is called: as the file names its pages where the print agrees, else as printed, or nothing.

    `named` are the file's own names, `printed` the numbers found on the pages. A text file counts its pages, and
    goes by other numbers only if all of its pages have one.
    """
    if not any(named) or not any(printed):
        return [name or number or None for name, number in zip(named, printed, strict=True)]
    if all(name == str(number) for number, name in enumerate(named, start=1)):
        return [number or None for number in printed] if all(printed) else list(named)
    pairs = [
        (name.casefold(), number.casefold())
        for name, number in zip(named, printed, strict=True)
        if name and number
    ]
    agree = sum(name == number for name, number in pairs) > _COVERED * len(pairs)
    return [number or (name if agree else None) or None for name, number in zip(named, printed, strict=True)]


def page_numbers(pages: Sequence[Sequence[Line]]) -> list[str]:
    """For each page the number printed on it, as it is printed; "" for all where most pages have none.

    A page without one, between two of one run, has the number that it would have.
    """
    found = [_candidates(lines) for lines in pages]
    repeated = Counter(words for page in found for words in {candidate.words for candidate in page} if words)
    found = [
        [candidate for candidate in page if not candidate.words or repeated[candidate.words] >= _FEWEST]
        for page in found
    ]
    chosen = [_chosen(found, index) for index in range(len(pages))]
    filled = [index for index, lines in enumerate(pages) if lines]
    if sum(chosen[index] is not None for index in filled) < _COVERED * len(filled):
        return [""] * len(pages)
    _join(chosen, found)
    _bridge(chosen)
    return [_written(start[0], start[1] + index) if start else "" for index, start in enumerate(chosen)]


def label_page_numbers(pages: Sequence[Sequence[Line]], numbers: Sequence[str]) -> None:
    """Label the lines in the margins that are nothing but the number of their page."""
    for lines, number in zip(pages, numbers, strict=True):
        for line in _near_edges(lines):
            if number and line.is_text and is_number(line.text, number):
                line.label = "page_number"


def is_number(text: str, number: str) -> bool:
    """Whether a line is nothing but this page number."""
    match = _ALONE.fullmatch(text.strip())
    return bool(match and match[1].casefold() == number.casefold())


def _near_edges(lines: Sequence[Line]) -> list[Line]:
    """Where a page number may stand: in the margins, if the places of lines are known."""
    if any(line.box for line in lines):
        return [line for line in lines if line.edge]
    return list(lines[:_OUTERMOST]) + [line for line in lines[-_OUTERMOST:] if line not in lines[:_OUTERMOST]]


def _candidates(lines: Sequence[Line]) -> list[_Candidate]:
    found: list[_Candidate] = []
    for line in _near_edges(lines):
        text = line.text.strip()
        if match := _ALONE.fullmatch(text):
            if not _is_heading(line, match[1], lines):
                found += _candidate(line, match[1], "")
            continue
        if match := _FIRST.fullmatch(text):
            found += _candidate(line, match[1], match[2])
        elif match := _BESIDE_FIRST.fullmatch(text):
            found += _candidate(line, match[1], match[2], "first")
        if match := _LAST.fullmatch(text):
            found += _candidate(line, match[2], match[1])
        elif match := _BESIDE_LAST.fullmatch(text):
            found += _candidate(line, match[2], match[1], "last")
    return found


def _is_heading(line: Line, written: str, lines: Sequence[Line]) -> bool:
    """Whether a number at the head of a page is that of a chapter, in the largest print of all, or a year."""
    if line.edge != "top":
        return False
    smaller = [other for other in lines if other.size * _LARGE <= line.size]
    return len(lines) > 1 and (len(smaller) == len(lines) - 1 or (written.isdecimal() and int(written) in _YEARS))


def _candidate(line: Line, written: str, words: str, side: str = "") -> list[_Candidate]:
    number = parse_number(written)
    return [_Candidate(line, number, written, " ".join(words.casefold().split()), side)] if number else []


def _chosen(found: Sequence[Sequence[_Candidate]], index: int) -> Number | None:
    """Where the numbering that page `index` takes part in starts, told by the pages around it."""
    around = range(max(0, index - _AROUND), min(len(found), index + _AROUND + 1))
    fewest = min(_FEWEST, max(2, len(found) // 2))
    best: tuple[int, bool, Number] | None = None
    for own in found[index]:
        start = _start(own, index)
        counted = [(page, other) for page in around for other in found[page] if _supports(own, index, other, page)]
        if len({other.side for _, other in counted} - {""}) == 1:  # beside words, and never on the other side
            counted = [] if own.side else [(page, other) for page, other in counted if not other.side]
        support = len({page for page, _ in counted})
        if support >= fewest:
            best = max(best or (0, False, start), (support, start[0] == "", start))
    return best[2] if best else None


def _start(candidate: _Candidate, index: int) -> Number:
    return candidate.number[0], candidate.number[1] - index


def _supports(own: _Candidate, index: int, other: _Candidate, page: int) -> bool:
    """Whether another page counts on from this one, at the same height above its foot or below its head."""
    if _start(own, index) != _start(other, page) or own.line.edge != other.line.edge:
        return False
    if own.side and other.side and (own.side == other.side) != ((page - index) % 2 == 0):
        return False
    if own.line.box and other.line.box:
        return (
            abs(own.line.box[1] - other.line.box[1]) <= _PLACE
            or abs(own.line.box[3] - other.line.box[3]) <= _PLACE
        )
    return True


def parse_number(text: str) -> Number | None:
    """A page number in its parts: "12" is "" and 12, "A-3" is "A-" and 3, "iv" is "roman" and 4."""
    if text.isdecimal():
        return "", int(text)
    if text[-1:].isdecimal():
        digits = len(text) - len(text.rstrip("0123456789"))
        return text[:-digits], int(text[-digits:])
    if text != text.lower():
        return None
    value, rest = 0, text
    for numeral, worth in _NUMERALS.items():
        while rest.startswith(numeral):
            value, rest = value + worth, rest.removeprefix(numeral)
    return ("roman", value) if _written("roman", value) == text else None


def _written(prefix: str, value: int) -> str:
    if prefix != "roman":
        return f"{prefix}{value}"
    written = ""
    for numeral, worth in _NUMERALS.items():
        written += numeral * (value // worth)
        value %= worth
    return written


def _join(chosen: list[Number | None], found: Sequence[Sequence[_Candidate]]) -> None:
    """Give a page beside a run the number that it would have, if that stands alone anywhere in its margins."""
    for order in (range(1, len(chosen)), range(len(chosen) - 2, -1, -1)):
        for index in order:
            start = chosen[index - order.step]
            if chosen[index] is None and any(
                not own.words and _start(own, index) == start for own in found[index]
            ):
                chosen[index] = start


def _bridge(chosen: list[Number | None]) -> None:
    """Give pages between two of one run the numbers that they would have."""
    known = [index for index, start in enumerate(chosen) if start is not None]
    for last, index in pairwise(known):
        if chosen[last] == chosen[index]:
            chosen[last + 1 : index] = [chosen[last]] * (index - last - 1)
