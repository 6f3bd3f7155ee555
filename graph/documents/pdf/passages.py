"""Where a passage stands in the text of a page, which has it as it was before it was cleaned.

Hyphens and lines are joined in a passage, marks of notes left out, columns put in order. So letters and digits
alone are compared, stretch by stretch, and what lies between two stretches belongs to the passage if it is short.
"""

import re
import unicodedata
from itertools import takewhile

Span = tuple[int, int]  # [start, end), in characters
Stretch = tuple[int, int, int]  # a place in the passage, and where what is equal starts and ends on the page

# Letters of a stretch: fewer are equal by chance. Right behind another, a few are enough.
_SHORTEST, _SHORTEST_BEHIND = 12, 3
_PART, _TELLING = 0.4, 24  # of a passage, so much or so many letters must be on the page; the rest is on the next
_MISSING = 12  # letters between two stretches that the passage does not have: a mark of a note, a page number
_LONGEST = 4000  # letters of a passage that are looked for
_LAM_ALEF = re.compile("[\u0627\u0644]{2,}")  # one glyph, of which PDFium tells the letters in either order


class PageLetters:
    """The letters and digits of a page's text."""

    def __init__(self, text: str) -> None:
        self._letters, self._places = _letters(text)

    def find(self, passage: str) -> list[Span]:
        """Where in the page's text the passage is, or the part of it that is on this page; [] if nothing is."""
        wanted = _letters(passage)[0][:_LONGEST]
        stretches = self._stretches(wanted)
        found = sum(end - start for _, start, end in stretches)
        if not found or found < min(_PART * len(wanted), _TELLING):
            return []
        return [(self._places[start], self._places[end - 1] + 1) for start, end in _bridged(stretches)]

    def _stretches(self, wanted: str) -> list[Stretch]:
        """What of the passage is on the page, in its order; each stretch as long as it can be."""
        found: list[Stretch] = []
        place, behind = 0, 0
        while place < len(wanted):
            start, length = self._longest(wanted, place, behind)
            if not length and found:
                start, length = self._next(wanted, place, behind)
            if length:
                behind = start + length
                found.append((place, start, behind))
            place += length or 1
        return found

    def _longest(self, wanted: str, place: int, behind: int) -> tuple[int, int]:
        """Start and length of the longest stretch from `place` that the page has, if it can behind `behind`."""
        low, high = min(_SHORTEST, len(wanted)), len(wanted) - place
        if low > high or wanted[place : place + low] not in self._letters:
            return 0, 0
        while low < high:
            middle = (low + high + 1) // 2
            if wanted[place : place + middle] in self._letters:
                low = middle
            else:
                high = middle - 1
        stretch = wanted[place : place + low]
        start = self._letters.find(stretch, behind)
        return (start if start >= 0 else self._letters.find(stretch)), low

    def _next(self, wanted: str, place: int, behind: int) -> tuple[int, int]:
        """Start and length of a stretch from `place` that begins right behind another."""
        shortest = wanted[place : place + _SHORTEST_BEHIND]
        start = self._letters.find(shortest, behind, behind + _MISSING + len(shortest))
        if start < 0 or len(shortest) < _SHORTEST_BEHIND:
            return 0, 0
        pairs = zip(self._letters[start : start + len(wanted) - place], wanted[place:], strict=False)
        return start, sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _bridged(stretches: list[Stretch]) -> list[Span]:
    """Where they are, two of them in one if little lies between them."""
    spans: list[Span] = []
    passed = 0  # where the stretch before ends in the passage
    for place, start, end in stretches:
        if spans and 0 <= start - spans[-1][1] <= place - passed + _MISSING:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
        passed = place + end - start
    return spans


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits, whatever their case, width and accents, and the place of each in the text."""
    letters, places = list[str](), list[int]()
    for place, character in enumerate(text):
        plain = character if character.isascii() else unicodedata.normalize("NFKD", character)
        for letter in filter(str.isalnum, plain.casefold()):
            letters.append(letter)
            places.append(place)
    joined = "".join(letters)
    return _LAM_ALEF.sub(lambda run: "".join(sorted(run[0])), joined), places
