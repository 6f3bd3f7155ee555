"""A page as pdfium sees it -> lines of print with their places."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from ctypes import c_double
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any
from unicodedata import normalize

from graph.documents.characters import plain
from graph.documents.line import Box, Line, lines_of
from graph.documents.pdf.indices import indices_of
from graph.documents.pdf.layout.columns import Gutter, find_gutters, in_columns
from graph.documents.pdf.layout.page_text import arranged
from graph.documents.pdf.layout.printed_line import PrintedLine

Span = tuple[int, int]  # of characters of the page's text

_HYPHENS = "\x02\ufffe"  # what pdfium leaves of a hyphen at a line end, with no line break after it
_PIECE = re.compile(rf"[^\r\n{_HYPHENS}]*[^\r\n{_HYPHENS}\s][^\r\n{_HYPHENS}]*[{_HYPHENS}]?")
_RUN = re.compile(rf"[^\s{_HYPHENS}]+")
_DIGITS = re.compile(r"\d+[−–-]?\d+")
_BLANKS = re.compile(r" {2,}")
_ACCENTS = {
    "´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "ˇ": "\u030c", "˚": "\u030a",
    "¸": "\u0327", "˘": "\u0306", "¯": "\u0304", "˙": "\u0307", "˝": "\u030b", "˛": "\u0328",
}  # fmt: skip
_ACCENT = re.compile(f"[{''.join(_ACCENTS)}]")
_CELL_GAP = 1.5  # times the height of the line, between the cells of a row
_COVERED = 0.6  # share of a gutter that a gap between words has to cover


def page_lines(raw: Any, page: Any, textpage: Any, text: str, shown: str) -> list[Line]:
    """The lines of a page in the order they are read; as they are when the page is turned.

    `raw` is pypdfium2.raw, `text` all that `textpage` has, and `shown` the same with spaces in place of words that
    are not to be in the lines.
    """
    printed = _Print(raw, textpage, text, shown)
    spans = list(printed.spans())
    lines = [printed.line(span) for span in spans]
    if 2 * sum(line.is_upright for line in lines) < len(lines):
        return lines_of(plain(shown))
    gutters = find_gutters([textpage.get_rect(index) for index in range(textpage.count_rects())])
    if gutters:
        lines = in_columns([list(printed.cut(span, gutters)) for span in spans], gutters) or lines
    return arranged(lines, page.get_bbox())


class _Print:
    """The characters of a page and where they stand."""

    def __init__(self, raw: Any, textpage: Any, text: str, shown: str) -> None:
        self._raw, self._textpage, self._text = raw, textpage, shown
        self._has_blanks = shown != text
        self._x, self._y = c_double(), c_double()
        self._indices = indices_of(raw, textpage, text)
        self._known: dict[int, Box] = {}  # by pdfium's index

    def spans(self) -> Iterator[Span]:
        """The printed lines. pdfium may give several in one, with a space between them."""
        for match in _PIECE.finditer(self._text):
            start, end = match.span()
            visible = self._visible((start, end))
            if self._is_elsewhere(visible[0], visible[-1]):
                for before, word in pairwise(self._words((start, end))):
                    if self._is_elsewhere(before, word):
                        yield start, word
                        start = word
            yield start, end

    def cut(self, span: Span, gutters: list[Gutter]) -> Iterator[PrintedLine]:
        """The line, or the parts of it that stand on the two sides of a gutter."""
        start, end = span
        words = self._words(span)
        middles = [(left + right) / 2 for left, right in gutters]
        columns = [bisect_left(middles, self._box(word)[0]) for word in words]
        for (before, column), word in zip(pairwise(columns), words[1:], strict=True):
            if column < before or (column > before and self._is_behind(word, gutters[column - 1])):
                yield self._part((start, word))
                start = word
        yield self._part((start, end))

    def _part(self, span: Span) -> PrintedLine:
        line = self.line(span)
        gaps = (self._box(word)[0] - self._end_before(word) for word in self._words(span)[1:])
        return replace(line, has_gap=any(gap > _CELL_GAP * line.height for gap in gaps))

    def line(self, span: Span) -> PrintedLine:
        """A line of print, by its ends and three letters between them."""
        visible = self._visible(span)
        letters = [place for place in visible if self._text[place].isalpha()] or visible
        told = [letters[len(letters) * part // 4] for part in (1, 2, 3)]
        boxes = [self._box(place) for place in told]
        around = [self._box(visible[0]), self._box(visible[-1]), *boxes]
        heights = [box[3] - box[1] for box in boxes]
        tallest = boxes[heights.index(max(heights))]
        weights = [self._raw.FPDFText_GetFontWeight(self._textpage, self._index(place)) for place in told[::2]]
        text = self._text[span[0] : span[1]]
        if _ACCENT.search(text):
            text = self._with_accents(span)
        if len(text) == span[1] - span[0]:
            text = _DIGITS.sub(self._with_power(span[0]), text)
        return PrintedLine(
            _BLANKS.sub(" ", text) if self._has_blanks else text,
            (min(box[0] for box in around), tallest[1], max(box[2] for box in around), tallest[3]),
            (min(heights), max(heights)),
            min(weights),
            self._angle(told[1]),
            median(self._base(place) for place in told),
        )

    def _with_accents(self, span: Span) -> str:
        """Puts accents that were drawn by themselves on the letters below them; leaves out those over nothing."""
        characters = list(self._text[span[0] : span[1]])
        for match in _ACCENT.finditer(self._text, *span):
            accent, place = self._box(match.start()), match.start() - span[0]
            over = {
                letter: min(accent[2], box[2]) - max(accent[0], box[0])
                for letter, character in enumerate(characters)
                if character.isalpha() and (box := self._box(span[0] + letter))
            }
            letter = max(over, key=lambda letter: over[letter], default=None)
            if letter is not None and over[letter] > 0.5 * (accent[2] - accent[0]):
                base = characters[letter].replace("ı", "i").replace("ȷ", "j")
                whole = normalize("NFC", base + _ACCENTS[match[0]])
                if len(whole) == 1:
                    characters[letter], characters[place] = whole, ""
            elif not "".join(characters[place - 1 : place] + characters[place + 1 : place + 2]).strip():
                characters[place] = ""
        return "".join(characters)

    def _with_power(self, start: int) -> Callable[[re.Match[str]], str]:
        """Writes raised digits behind others as a power, for 10^6 is not 106. The text starts at `start`."""

        def write(match: re.Match[str]) -> str:
            first, last = start + match.start(), start + match.end() - 1
            one, other = self._box(first), self._box(last)
            if other[3] - other[1] > 0.85 * (one[3] - one[1]) or self._base(last) <= self._base(first):
                return match[0]
            base = self._base(first)
            raised = next(place for place in range(first, last + 1) if self._base(place) > base)
            return f"{match[0][: raised - first]}^{match[0][raised - first :]}"

        return write

    def _visible(self, span: Span) -> list[int]:
        text = self._text
        return [place for place in range(*span) if not text[place].isspace() and text[place] not in _HYPHENS]

    def _words(self, span: Span) -> list[int]:
        """The first character of each word."""
        return [match.start() for match in _RUN.finditer(self._text, *span)]

    def _is_behind(self, word: int, gutter: Gutter) -> bool:
        """Whether the gap before a word is the gutter, rather than one between words that lies over it."""
        end = self._end_before(word)
        return min(self._box(word)[0], gutter[1]) - max(end, gutter[0]) >= _COVERED * (gutter[1] - gutter[0])

    def _end_before(self, word: int) -> float:
        """Where the word before this one ends, in points from the left."""
        last = word - 1
        while self._text[last].isspace():
            last -= 1
        return self._box(last)[2]

    def _index(self, place: int) -> int:
        return self._indices[place]

    def _is_elsewhere(self, before: int, place: int) -> bool:
        """Whether a character stands on a line below that of another, not just a little lower, or is turned."""
        box = self._box(before)
        if self._base(before) - self._base(place) > 0.6 * (box[3] - box[1]):
            return True
        return abs(self._angle(before) - self._angle(place)) > 0.1

    def _angle(self, place: int) -> float:
        return float(self._raw.FPDFText_GetCharAngle(self._textpage, self._index(place)))

    def _base(self, place: int) -> float:
        self._raw.FPDFText_GetCharOrigin(self._textpage, self._index(place), self._x, self._y)
        return float(self._y.value)

    def _box(self, place: int) -> Box:
        index = self._index(place)
        if index not in self._known:
            self._known[index] = self._textpage.get_charbox(index, loose=True)
        return self._known[index]
