"""A page as pdfium sees it -> lines of print with their places."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any
from unicodedata import normalize

from graph.documents.characters import plain
from graph.documents.line import Line, lines_of
from graph.documents.pdf.layout.columns import Gutter, find_gutters, in_columns
from graph.documents.pdf.layout.page_text import arranged
from graph.documents.pdf.layout.printed_line import PrintedLine
from graph.documents.pdf.page_characters import PageCharacters

Span = tuple[int, int]  # of characters of the page's text

_HYPHENS = "\x02\ufffe"  # what pdfium leaves of a hyphen at a line end, with no line break after it
_PIECE = re.compile(rf"[^\r\n{_HYPHENS}]*[^\r\n{_HYPHENS}\s][^\r\n{_HYPHENS}]*[{_HYPHENS}]?")
_WORD = re.compile(rf"[^\s{_HYPHENS}]+")
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
        self._text, self._has_blanks = shown, shown != text
        characters = PageCharacters(raw, textpage, text)
        self._box, self._base = characters.box, characters.base
        self._angle, self._weight = characters.angle, characters.weight

    def spans(self) -> Iterator[Span]:
        """The printed lines. pdfium may give several in one, with a space between them."""
        for match in _PIECE.finditer(self._text):
            start, end = match.span()
            words = self._words((start, end))
            if self._is_elsewhere(words[0][0], words[-1][1]):
                for (before, _), (word, _) in pairwise(words):
                    if self._is_elsewhere(before, word):
                        yield start, word
                        start = word
            yield start, end

    def cut(self, span: Span, gutters: list[Gutter]) -> Iterator[PrintedLine]:
        """The line, or the parts of it that stand on the two sides of a gutter."""
        start, end = span
        words = self._words(span)
        middles = [(left + right) / 2 for left, right in gutters]
        columns = [bisect_left(middles, self._box(word)[0]) for word, _ in words]
        for (before, column), (gap, word) in zip(pairwise(columns), self._gaps(words), strict=True):
            if column < before or (column > before and _lies_over(gap, gutters[column - 1])):
                yield self._part((start, word))
                start = word
        yield self._part((start, end))

    def _part(self, span: Span) -> PrintedLine:
        line = self.line(span)
        gaps = (right - left for (left, right), _ in self._gaps(self._words(span)))
        return replace(line, has_gap=any(gap > _CELL_GAP * line.height for gap in gaps))

    def line(self, span: Span) -> PrintedLine:
        """A line of print, by its ends and three letters between them."""
        words = self._words(span)
        letters = [place for place in range(*span) if self._text[place].isalpha()]
        letters = letters or [place for first, last in words for place in range(first, last + 1)]
        told = [letters[len(letters) * part // 4] for part in (1, 2, 3)]
        boxes = [self._box(place) for place in told]
        around = [self._box(words[0][0]), self._box(words[-1][1]), *boxes]
        heights = [box[3] - box[1] for box in boxes]
        tallest = boxes[heights.index(max(heights))]
        weights = map(self._weight, told[::2])
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

    def _words(self, span: Span) -> list[Span]:
        """The first and last character of each word."""
        return [(match.start(), match.end() - 1) for match in _WORD.finditer(self._text, *span)]

    def _gaps(self, words: list[Span]) -> Iterator[tuple[tuple[float, float], int]]:
        """Before each word but the first: where the one before it ends and it begins, and its first character."""
        for (_, last), (first, _) in pairwise(words):
            yield (self._box(last)[2], self._box(first)[0]), first

    def _is_elsewhere(self, before: int, place: int) -> bool:
        """Whether a character stands on a line below that of another, not just a little lower, or is turned."""
        box = self._box(before)
        if self._base(before) - self._base(place) > 0.6 * (box[3] - box[1]):
            return True
        return abs(self._angle(before) - self._angle(place)) > 0.1


def _lies_over(gap: tuple[float, float], gutter: Gutter) -> bool:
    """Whether a gap is the gutter, rather than one between words that lies over it."""
    return min(gap[1], gutter[1]) - max(gap[0], gutter[0]) >= _COVERED * (gutter[1] - gutter[0])
