"""A page as pdfium sees it -> lines of print with their places."""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from ctypes import c_double, c_void_p, cast
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Any
from unicodedata import normalize

from graph.documents.characters import plain
from graph.documents.line import Box, Line, lines_of
from graph.documents.pdf.indices import indices_of
from graph.documents.pdf.layout import vertical
from graph.documents.pdf.layout.bidi import RIGHT_TO_LEFT
from graph.documents.pdf.layout.columns import Gutter, find_gutters, in_columns
from graph.documents.pdf.layout.page_text import arranged
from graph.documents.pdf.layout.printed_line import PrintedLine, raised
from graph.documents.pdf.layout.right_to_left import in_reading_order, runs_leftwards
from graph.documents.pdf.layout.vertical import Glyph, is_vertical, may_be_vertical

Span = tuple[int, int]  # of characters of the page's text

_HYPHENS = "\x02\ufffe"  # what pdfium leaves of a hyphen at a line end, with no line break after it
_PIECE = re.compile(rf"[^\r\n{_HYPHENS}]*[^\r\n{_HYPHENS}\s][^\r\n{_HYPHENS}]*[{_HYPHENS}]?")
# Between two sentences, what may be raised behind a word or a mark, and digits that may be a number and its power.
# The first character decides, for lines are many.
_BEHIND = r"(?:(?<=[^\W\d_].)|(?<=[^\d\s][.,].)|(?<=[;:!?)\]\"”’»].))"
_LOOKED_AT = (
    r"(?:(?P<seam>(?<=[^\W\d_]{2}[.!?])(?=[A-ZÀ-ÞΑ-ΩА-Я“\"]))"
    rf"|(?<=\d){_BEHIND}\d{{0,2}}(?:[,–-]\d{{1,3}})*(?![\w.])|(?<=[abc])(?:{_BEHIND}|(?<=\d.))(?!\w)"
    r"|(?<=[\w.,;:!?)\]\"”’»][*†‡§¶])[*†‡§¶]*|(?P<number>(?<![^\W\d_]\d)(?<=\d)\d*[−–-]?\d+))"
)
_LOOK = re.compile(rf"[.!?\d*†‡§¶]{_LOOKED_AT}")
_LOOK_AT_LETTERS = re.compile(rf"[.!?\d*†‡§¶abc]{_LOOKED_AT}")
_LETTERED = re.compile(r"(?m)^[ \t]*[abc][.)]?\s*[A-Z]")  # a note, perhaps, that a letter calls for
_RUN = re.compile(rf"[^\s{_HYPHENS}]+")
_BLANKS = re.compile(r" {2,}")
_ACCENTS = {
    "´": "\u0301", "`": "\u0300", "¨": "\u0308", "ˆ": "\u0302", "˜": "\u0303", "ˇ": "\u030c", "˚": "\u030a",
    "¸": "\u0327", "˘": "\u0306", "¯": "\u0304", "˙": "\u0307", "˝": "\u030b", "˛": "\u0328",
}  # fmt: skip
_ACCENT = re.compile(f"[{''.join(_ACCENTS)}]")
_CELL_GAP = 1.5  # times the height of the line, between the cells of a row
_STOP_GAP = 0.08  # times the height of the line, between a full stop and the next sentence
_COVERED = 0.6  # share of a gutter that a gap between words has to cover


def page_lines(raw: Any, page: Any, textpage: Any, text: str, shown: str) -> list[Line]:
    """The lines of a page in the order they are read; as they are when the page is turned.

    `raw` is pypdfium2.raw, `text` all that `textpage` has, and `shown` the same with spaces in place of words that
    are not to be in the lines.
    """
    printed = _print_of(raw, page, textpage, text, shown)
    spans = list(printed.spans())
    lines = [printed.line(span) for span in spans]
    if 2 * sum(line.is_upright for line in lines) < len(lines):
        return lines_of(plain(shown))
    gutters = find_gutters(printed.runs())
    if gutters:
        lines = in_columns([list(printed.cut(span, gutters)) for span in spans], gutters) or lines
    return printed.turned_back(arranged(lines, printed.turned(page.get_bbox())))


def _print_of(raw: Any, page: Any, textpage: Any, text: str, shown: str) -> "_Print":
    printed = _Print(raw, textpage, text, shown)
    if shown.isascii():
        return printed
    if RIGHT_TO_LEFT.search(shown):
        return _LeftwardPrint(printed, page)
    if may_be_vertical(shown):
        glyphs = printed.glyphs()
        if is_vertical(glyphs):
            return _VerticalPrint(printed, page, glyphs)
    return printed


class _Print:
    """The characters of a page and where they stand."""

    def __init__(self, raw: Any, textpage: Any, text: str, shown: str) -> None:
        self._raw, self._textpage, self._text = raw, textpage, shown
        self._has_blanks = shown != text
        self._x, self._y = c_double(), c_double()
        self._look = _LOOK_AT_LETTERS if _LETTERED.search(shown) else _LOOK
        self._indices = indices_of(raw, textpage, text)
        self._known: dict[int, Box] = {}  # by pdfium's index

    def turned(self, box: Box) -> Box:
        """A place on the page as it is looked at, for what is known of lines that run to the right."""
        return box

    def turned_back(self, lines: list[Line]) -> list[Line]:
        """The lines with their places on the page itself."""
        return lines

    def runs(self) -> list[Box]:
        """The places of runs of print."""
        return [self._textpage.get_rect(index) for index in range(self._textpage.count_rects())]

    def glyphs(self) -> list[Glyph]:
        """All that is not white space."""
        return [Glyph(self._text[place], place, self._box(place)) for place in self._visible((0, len(self._text)))]

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


class _LeftwardPrint(_Print):
    """With script that is read from right to left; where that is most of it, places are of the mirror image."""

    def __init__(self, printed: _Print, page: Any) -> None:
        self.__dict__.update(printed.__dict__)
        shown = self._text
        self._mirror: float | None = None  # the sum of the two edges that change places
        self._text, places = in_reading_order(shown, self._box, self._drawn(page))
        self._indices = [self._indices[place] for place in places]
        if runs_leftwards(shown):
            left, _, right, _ = page.get_bbox()
            self._mirror = left + right

    def turned(self, box: Box) -> Box:
        if self._mirror is None:
            return box
        return (self._mirror - box[2], box[1], self._mirror - box[0], box[3])

    def turned_back(self, lines: list[Line]) -> list[Line]:
        return [replace(line, box=self.turned(line.box)) if line.box else line for line in lines]

    def runs(self) -> list[Box]:
        return [self.turned(box) for box in super().runs()]

    def _box(self, place: int) -> Box:
        return self.turned(super()._box(place))

    def _drawn(self, page: Any) -> Callable[[int], int]:
        """Which piece of text of the page a character is drawn with: those drawn later have higher numbers."""
        numbers: dict[int | None, int] = {}
        for number in range(self._raw.FPDFPage_CountObjects(page)):
            numbers[_address(self._raw.FPDFPage_GetObject(page, number))] = number

        def drawn(place: int) -> int:
            handle = self._raw.FPDFText_GetTextObject(self._textpage, self._index(place))
            return numbers.get(_address(handle), 0)

        return drawn


class _VerticalPrint(_Print):
    """Whose lines run down. Places are those of the page turned by a quarter."""

    def __init__(self, printed: _Print, page: Any, glyphs: list[Glyph]) -> None:
        self.__dict__.update(printed.__dict__)
        self._page: Box = page.get_bbox()
        pieces, self._rows = vertical.in_columns(glyphs)
        indices, self._indices = self._indices, []
        self._text, self._boxes = "", list[Box]()
        em = median(glyph.height for glyph in glyphs)
        for piece in pieces:
            middle = median(glyph.middle for glyph in piece)
            column = vertical.with_spaces(piece)
            for glyph in [*column, replace(column[-1], text="\n")]:
                _, bottom, _, top = glyph.box
                height = top - bottom
                half = (em if 0.8 * em < height < 1.25 * em else height) / 2
                self._text += glyph.text
                self._indices.append(indices[glyph.place])
                self._boxes.append(self.turned((middle - half, bottom, middle + half, top)))

    def turned(self, box: Box) -> Box:
        return vertical.turned(box, self._page)

    def turned_back(self, lines: list[Line]) -> list[Line]:
        placed = [
            replace(line, box=vertical.turned_back(line.box, self._page), edge=None)
            for line in lines if line.box
        ]  # fmt: skip
        if not placed:
            return placed
        highest = max(line.box[3] for line in placed if line.box)
        above, below = list[Line](), list[Line]()
        for row in self._rows:
            is_above = row[0].box[1] >= highest
            line = vertical.line_across(row, "top" if is_above else "bottom")
            (above if is_above else below).append(line)
        return above + placed + below

    def runs(self) -> list[Box]:
        ends = [match.span() for match in _PIECE.finditer(self._text)]
        return [
            (self._boxes[start][0], self._boxes[start][1], self._boxes[end - 1][2], self._boxes[start][3])
            for start, end in ends
        ]

    def _box(self, place: int) -> Box:
        return self._boxes[place]

    def _base(self, place: int) -> float:
        return self._boxes[place][1]

    def _angle(self, place: int) -> float:
        return 0


def _address(handle: Any) -> int | None:
    return cast(handle, c_void_p).value
