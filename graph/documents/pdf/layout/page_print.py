"""The characters of a page, where they stand, and the lines that they are printed in."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from ctypes import byref, c_double
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any
from unicodedata import normalize

from graph.documents.line import Box, Line
from graph.documents.pdf.indices import indices_of
from graph.documents.pdf.layout.cells import Figure, is_figure
from graph.documents.pdf.layout.columns import Gutter
from graph.documents.pdf.layout.printed_line import PrintedLine, raised
from graph.documents.pdf.layout.vertical import Glyph
from llm.language.marks import BULLETS

Span = tuple[int, int]  # of characters of the page's text

_HYPHENS = "\x02\ufffe"  # what pdfium leaves of a hyphen at a line end, with no line break after it
PIECE = re.compile(rf"[^\r\n{_HYPHENS}]*[^\r\n{_HYPHENS}\s][^\r\n{_HYPHENS}]*[{_HYPHENS}]?")
# Between two sentences, what may be raised behind a word or a mark, and digits that may be a number and its power.
# The first character decides, for lines are many.
_BEHIND = r"(?:(?<=[^\W\d_].)|(?<=[^\d\s][.,].)|(?<=[;:!?)\]\"”’»%‰€$£¥°].))"
_LOOKED_AT = (
    r"(?:(?P<seam>(?<=[^\W\d_]{2}[.!?])(?=[A-ZÀ-ÞΑ-ΩА-Я“\"]))"
    rf"|(?<=\d){_BEHIND}\d{{0,2}}(?:[,–-]\d{{1,3}})*(?![\w.])|(?<=[abc])(?:{_BEHIND}|(?<=\d.))(?!\w)"
    r"|(?<=[\w.,;:!?)\]\"”’»][*†‡§¶])[*†‡§¶]*|(?P<number>(?<![^\W\d_]\d)(?<=\d)\d*[−–-]?\d+(?:,\d{1,3}(?!\d))*))"
)
_LOOK = re.compile(rf"[.!?\d*†‡§¶]{_LOOKED_AT}")
_LOOK_AT_LETTERS = re.compile(rf"[.!?\d*†‡§¶abc]{_LOOKED_AT}")
_LETTERED = re.compile(r"(?m)^[ \t]*[abc][.)]?\s*[A-Z]")  # a note, perhaps, that a letter calls for
_RUN = re.compile(rf"[^\s{_HYPHENS}]+")
_VISIBLE = re.compile(rf"[^\s{_HYPHENS}]")
_BLANKS = re.compile(r" {2,}")
_ACCENTS = {
    "´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "ˇ": "\u030c", "˚": "\u030a",
    "¸": "\u0327", "˘": "\u0306", "¯": "\u0304", "˙": "\u0307", "˝": "\u030b", "˛": "\u0328",
}  # fmt: skip
_ACCENT = re.compile(f"[{''.join(_ACCENTS)}]")
_CELL_GAP = 1.5  # times the height of the line, between the cells of a row
_FIGURE_GAP = 0.7  # where a figure stands beside it: the columns of figures are set closely
_NEXT_GAP = 0.45  # between two figures
_WORD = re.compile(r"\S+")
_MARKER = re.compile(rf"[-–—*{BULLETS}]|\(?\w{{1,3}}[.)]|\(\w{{1,3}}\)")  # of an item
_LED = re.compile(r"(?:[.·․…_]\s?){4,}\s*$")  # dots that lead to a figure
_STOP_GAP = 0.08  # times the height of the line, between a full stop and the next sentence
_COVERED = 0.6  # share of a gutter that a gap between words has to cover
_LEVEL, _COVERED_APART = 0.15, 0.3  # of the height, by which words of one line differ; and where they differ more


class PagePrint:
    """The characters of a page and where they stand."""

    def __init__(self, raw: Any, textpage: Any, text: str, shown: str) -> None:
        self._raw, self._textpage, self._text = raw, textpage, shown
        self._handle = textpage.raw  # of which ctypes need not ask for what it stands for, some thousand times
        self._has_blanks = shown != text
        self._x, self._y = c_double(), c_double()
        self._look = _LOOK_AT_LETTERS if _LETTERED.search(shown) else _LOOK
        self._indices = indices_of(raw, textpage, text)
        self._known: dict[int, Box] = {}  # by pdfium's index
        self._all_visible = [match.start() for match in _VISIBLE.finditer(shown)]
        self._all_letters = [place for place in self._all_visible if shown[place].isalpha()]
        self._rect = raw.FS_RECTF()
        taken = (place for place in range(len(text)) if text[place] != shown[place]) if self._has_blanks else ()
        self._taken_out = [self._box(place) for place in taken]

    def turned(self, box: Box) -> Box:
        """A place on the page as it is looked at, for what is known of lines that run to the right."""
        return box

    def turned_back(self, lines: list[Line]) -> list[Line]:
        """The lines with their places on the page itself."""
        return lines

    def runs(self) -> list[Box]:
        """The places of runs of print."""
        return [self._textpage.get_rect(index) for index in range(self._textpage.count_rects())]

    def taken_out(self) -> list[Box]:
        """The places of the characters that are not to be in the lines."""
        return [self.turned(box) for box in self._taken_out]

    def glyphs(self) -> list[Glyph]:
        """All that is not white space."""
        return [Glyph(self._text[place], place, self._box(place)) for place in self._visible((0, len(self._text)))]

    def spans(self) -> Iterator[Span]:
        """The printed lines. pdfium may give several in one, with a space between them."""
        for match in PIECE.finditer(self._text):
            start, end = match.span()
            visible = self._visible((start, end))
            if self._is_elsewhere(visible[0], visible[-1]):
                for before, word in pairwise(self._words((start, end))):
                    if self._is_elsewhere(before, word):
                        yield start, word
                        start = word
            yield start, end

    def cut(self, span: Span, line: PrintedLine, gutters: list[Gutter]) -> Iterator[PrintedLine]:
        """The line, or the parts of it that stand on the two sides of a gutter."""
        start, end = span
        words = self._words(span)
        middles = [(left + right) / 2 for left, right in gutters]
        columns = [bisect_left(middles, self._box(word)[0]) for word in words]
        for (before, column), word in zip(pairwise(columns), words[1:], strict=True):
            if column < before or (column > before and self._is_behind(word, gutters[column - 1])):
                yield self._part((start, word), self.line((start, word)))
                start = word
        yield self._part((start, end), line if start == span[0] else self.line((start, end)))

    def figures(self, span: Span, line: PrintedLine) -> Iterator[Figure]:
        """The figures that stand by themselves in the line, as in a column."""
        text = self._text
        if is_figure(text[span[0] : span[1]]):
            yield line.box[0], line.box[2], True
            return
        gap = _FIGURE_GAP * line.height
        words = [match.span() for match in _WORD.finditer(text, *span)]
        for index, (start, end) in enumerate(words):
            if not any(map(str.isdigit, text[start:end])):
                continue
            if index and not self._is_gap(words[index - 1][1] - 1, start, gap):
                continue
            if index == len(words) - 1 or self._is_gap(end - 1, words[index + 1][0], gap):
                yield self._box(start)[0], self._box(end - 1)[2], False

    def cells(self, span: Span, line: PrintedLine) -> Iterator[Span]:
        """The line, cut at its wide gaps and where dots lead to a figure."""
        text = self._text
        words = [match.span() for match in _WORD.finditer(text, *span)]
        gap, start = _FIGURE_GAP * line.height, span[0]
        for (first, end), (word, behind) in pairwise(words):
            is_marker = first == words[0][0] and _MARKER.fullmatch(text, first, end)
            are_figures = is_figure(text[first:end]) and is_figure(text[word:behind])
            if not is_marker and self._is_gap(end - 1, word, _NEXT_GAP * line.height if are_figures else gap):
                yield start, word
                start = word
        yield start, span[1]

    def _is_gap(self, last: int, word: int, gap: float) -> bool:
        if self._text[last] in ".·․…_" and _LED.search(self._text, max(0, last - 12), last + 1):
            return self._text[word] not in ".·․…_"
        before, behind = self._box(last), self._box(word)
        return max(behind[0] - before[2], before[0] - behind[2]) > gap  # or back, to what stands further left

    def _part(self, span: Span, line: PrintedLine) -> PrintedLine:
        gaps = (self._box(word)[0] - self._end_before(word) for word in self._words(span)[1:])
        return replace(line, has_gap=any(gap > _CELL_GAP * line.height for gap in gaps))

    def line(self, span: Span) -> PrintedLine:
        """A line of print, by its ends and three letters between them."""
        visible = self._visible(span)
        letters = _within(self._all_letters, span) or visible
        told = [letters[len(letters) * part // 4] for part in (1, 2, 3)]
        boxes = [self._box(place) for place in told]
        around = [self._box(visible[0]), self._box(visible[-1]), *boxes]
        heights = [box[3] - box[1] for box in boxes]
        tallest = boxes[heights.index(max(heights))]
        weights = [self._raw.FPDFText_GetFontWeight(self._handle, self._index(place)) for place in told[::2]]
        text = self._text[span[0] : span[1]]
        if _ACCENT.search(text):
            text = self._with_accents(span)
        if len(text) == span[1] - span[0]:
            text = self._look.sub(self._looked_at(span[0]), text)
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

    def _looked_at(self, start: int) -> Callable[[re.Match[str]], str]:
        """Marks what is raised behind a word or a number: 10 and a raised 6 are not 106. Parts sentences.

        The text starts at `start`.
        """

        def write(match: re.Match[str]) -> str:
            found, first, last = match[0], start + match.start(), start + match.end() - 1
            if match["seam"] is not None:
                return f"{found} " if self._is_parted(last + 1) else found
            if match["number"] is None and self._is_raised(first - 1, first, last):
                return raised(found)
            if not found[:1].isdecimal() or not self._is_raised(first, last, last):
                return found
            base = self._base(first)
            at = next(place for place in range(first, last + 1) if self._base(place) > base) - first
            return found[:at] + raised(found[at:])

        return write

    def _is_parted(self, place: int) -> bool:
        """Whether a gap too small for pdfium stands before a character, wider than that before its neighbour."""
        one, stop, other = (self._box(place + step) for step in (-2, -1, 0))
        gap = other[0] - stop[2]
        return gap > _STOP_GAP * (other[3] - other[1]) and gap > 2 * (stop[0] - one[2])

    def _is_raised(self, before: int, first: int, last: int) -> bool:
        one, other = self._box(before), self._box(last)
        return other[3] - other[1] <= 0.85 * (one[3] - one[1]) and self._base(first) > self._base(before)

    def _visible(self, span: Span) -> list[int]:
        return _within(self._all_visible, span)

    def _words(self, span: Span) -> list[int]:
        """The first character of each word."""
        return [match.start() for match in _RUN.finditer(self._text, *span)]

    def _is_behind(self, word: int, gutter: Gutter) -> bool:
        """Whether the gap before a word is the gutter, rather than one between words that lies over it."""
        last, box = self._before(word), self._box(word)
        covered = min(box[0], gutter[1]) - max(self._box(last)[2], gutter[0])
        is_level = abs(self._base(last) - self._base(word)) <= _LEVEL * (box[3] - box[1])
        return covered >= (_COVERED if is_level else _COVERED_APART) * (gutter[1] - gutter[0])

    def _end_before(self, word: int) -> float:
        """Where the word before this one ends, in points from the left."""
        return self._box(self._before(word))[2]

    def _before(self, word: int) -> int:
        """The last character of the word before this one."""
        last = word - 1
        while self._text[last].isspace():
            last -= 1
        return last

    def _index(self, place: int) -> int:
        return self._indices[place]

    def _is_elsewhere(self, before: int, place: int) -> bool:
        """Whether a character stands on a line below that of another, not just a little lower, or is turned."""
        box = self._box(before)
        if self._base(before) - self._base(place) > 0.6 * (box[3] - box[1]):
            return True
        return abs(self._angle(before) - self._angle(place)) > 0.1

    def _angle(self, place: int) -> float:
        return float(self._raw.FPDFText_GetCharAngle(self._handle, self._index(place)))

    def _base(self, place: int) -> float:
        self._raw.FPDFText_GetCharOrigin(self._handle, self._index(place), self._x, self._y)
        return float(self._y.value)

    def _box(self, place: int) -> Box:
        index = self._indices[place]
        if index not in self._known:
            rect = self._rect
            if not self._raw.FPDFText_GetLooseCharBox(self._handle, index, byref(rect)):
                raise ValueError(f"no place of character {index}")
            self._known[index] = (rect.left, rect.bottom, rect.right, rect.top)
        return self._known[index]


def _within(places: list[int], span: Span) -> list[int]:
    """Those of some rising places that are in a span."""
    return places[bisect_left(places, span[0]) : bisect_left(places, span[1])]
