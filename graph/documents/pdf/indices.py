"""Where pdfium has the characters of a page's text: its count leaves out some, and has others besides."""

from bisect import bisect
from collections.abc import Callable
from typing import Any


def indices_of(raw: Any, textpage: Any, text: str) -> list[int]:
    """The index of each character of the text of a text page of pypdfium2; negative where it has none."""
    # Characters that are two of UTF-16, as pdfium counts in the text.
    wide = [place for place, character in enumerate(text) if character > "\uffff"]

    def ask(place: int) -> int:
        shifted = place + bisect(wide, place - 1)
        return int(raw.FPDFText_GetCharIndexFromTextIndex(textpage, shifted))

    return rising(ask, len(text))


def rising(ask: Callable[[int], int], count: int) -> list[int]:
    """What `ask` answers to 0, 1, ... `count` - 1. The answers rise: where the ends tell that it is by one each
    time, nothing between them is asked.
    """
    found: list[int] = []
    waiting = [(0, count - 1)] if count else []
    while waiting:
        first, last = waiting.pop()
        low, high = ask(first), ask(last)
        if high - low == last - first:
            found += range(low, high + 1)
        else:
            middle = (first + last) // 2
            waiting += [(middle + 1, last), (first, middle)]
    return found
