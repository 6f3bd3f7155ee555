"""Finds the numbers printed on pages. Works on lines.

A number at the edge of a page is its own when the pages around it are numbered from the same start: page 7 of a
file says "iii", page 8 says "iv". Roman and arabic numbers, and those with a letter ("A-3"), are told apart.
"""

import re
from collections import Counter

Number = tuple[str, int]  # prefix ("" for arabic, "roman", "A-"), and value

_NUMERAL = r"(?:[A-Z]{1,2}[-–.]?)?\d{1,5}|[ivxlc]{1,8}"
_ALONE = re.compile(
    rf"[-–—~\[(<|·•.\s]*(?:page|seite|p\.|pg\.?)?\s*({_NUMERAL})(?:\s*(?:of|/|von|de|sur)\s*\d+)?[-–—~\])>|·•.\s]*",
    re.IGNORECASE,
)
_FIRST = re.compile(rf"[-–—|\[]?\s?({_NUMERAL})\s?[-–—|\]]?(?:\s|$)")
_LAST = re.compile(rf"(?:^|\s)[-–—|\[]?\s?({_NUMERAL})\s?[-–—|\]]?$")
_NUMERALS = {"c": 100, "xc": 90, "l": 50, "xl": 40, "x": 10, "ix": 9, "v": 5, "iv": 4, "i": 1}
_EDGE = 3  # lines at the top and bottom among which the number is
_AROUND = 5  # pages on each side that may support it
_FEWEST = 3  # pages, this one included


def page_numbers(pages: list[list[str]]) -> list[str]:
    """For each page the number printed on it, as it is printed; "" where none is known.

    A page without one, between two of one run or before the first run, has the number that it would have.
    """
    found = [_candidates(lines) for lines in pages]
    starts = [
        Counter({(prefix, value - index): weight for (prefix, value), weight in numbers.items()})
        for index, numbers in enumerate(found)
    ]
    fewest = min(_FEWEST, max(2, len(pages) // 2))
    chosen: list[tuple[str, int] | None] = []
    for index, own in enumerate(starts):
        around = starts[max(0, index - _AROUND) : index + _AROUND + 1]
        votes = sum(around, Counter[tuple[str, int]]())
        best = max(own, key=lambda start: (votes[start], start[0] == ""), default=None)
        chosen.append(best if best and sum(best in near for near in around) >= fewest else None)
    _bridge(chosen)
    return [_written(start[0], start[1] + index) if start else "" for index, start in enumerate(chosen)]


def is_number(line: str, number: str) -> bool:
    """Whether a line is nothing but this page number."""
    match = _ALONE.fullmatch(line.strip())
    return bool(match and number and match[1] == number)


def has_number(line: str, number: str) -> bool:
    """Whether a short line begins or ends with this page number, as a page header does."""
    words = line.split()
    return bool(number and 1 < len(words) < 12 and number in (words[0].strip("-–—|[]"), words[-1].strip("-–—|[]")))


def _candidates(lines: list[str]) -> Counter[Number]:
    """Numbers at the edges of a page; those that stand alone count twice."""
    filled = [line.strip() for line in lines if line.strip()]
    found = Counter[Number]()
    for line in filled[:_EDGE] + filled[-_EDGE:]:
        for weight, match in ((2, _ALONE.fullmatch(line)), (1, _FIRST.match(line)), (1, _LAST.search(line))):
            if match and (number := _parsed(match[1])):
                found[number] = max(found[number], weight)
    return found


def _parsed(text: str) -> Number | None:
    if text.isdecimal():
        return "", int(text)
    if text[-1].isdecimal():
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


def _bridge(chosen: list[Number | None]) -> None:
    """Give pages between two of one run, and those before the first run, the numbers that they would have."""
    last: int | None = None
    for index, start in enumerate(chosen):
        if start is None:
            continue
        if last is None:
            unnumbered = max(0, 1 - start[1])  # pages before number 1
            chosen[unnumbered:index] = [start] * (index - unnumbered)
        elif chosen[last] == start:
            chosen[last + 1 : index] = [start] * (index - last - 1)
        last = index
