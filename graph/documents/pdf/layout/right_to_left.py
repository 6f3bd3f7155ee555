"""Lines with right-to-left script, put in the order of reading by where their characters stand.

pdfium turns such lines as it sees fit: it leaves words of a Latin name in reverse, moves signs, and reverses what
one glyph stands for. The places of the characters are right, and they are all that is used.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from unicodedata import combining, normalize

from graph.documents.line import Box
from graph.documents.pdf.layout.bidi import RIGHT_TO_LEFT, reading_order, with_addresses, with_brackets

Characters = list[tuple[str, int]]  # of a line as it is read, each with its place in the page's text

_LINE = re.compile(r"[^\r\n]+")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_BETWEEN_LATIN = re.compile(r"(?=.[!-~] [!-~])")  # a space, two characters on
_FORMS = re.compile(r"[\ufb1d-\ufdff\ufe70-\ufefc]")  # letters as they look in a word
_LAM, _ALEFS = "\u0644", "\u0622\u0623\u0625\u0627\u0671"
_WHOLE_WORDS = frozenset(["الله", "ريال"])  # glyphs that pdfium takes apart itself, in order
_SPACE, _CELL = 0.15, 1.5  # times the height of the line: a gap between words; between cells, or columns


@dataclass(slots=True)
class _Glyph:
    """A letter with its marks, or what one glyph stands for, and the edges of its place."""

    characters: Characters
    left: float
    right: float
    height: float
    marks: Characters = field(default_factory=list)

    @property
    def place(self) -> int:
        return self.characters[0][1]

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def runs_leftwards(text: str) -> bool:
    """Whether most letters of a page are of a script that is read from right to left."""
    return len(RIGHT_TO_LEFT.findall(text)) > len(_LATIN.findall(text))


def in_reading_order(text: str, box: Callable[[int], Box], drawn: Callable[[int], int]) -> tuple[str, list[int]]:
    """The text with its lines as they are read, and for each character its place in `text`.

    `box` gives the place of a character on the page, and `drawn` which piece of text of the page it is drawn with.
    """
    spans = [match.span() for match in _LINE.finditer(text)]
    found: Characters = []
    position = 0
    for (start, end), leftwards in zip(spans, _directions([text[slice(*span)] for span in spans]), strict=True):
        found += [(text[place], place) for place in range(position, start)]
        if RIGHT_TO_LEFT.search(text, start, end):
            found += _read(text, _glyphs(text, start, end, box), leftwards, drawn)
        else:
            found += [(text[place], place) for place in range(start, end)]
        position = end
    found += [(text[place], place) for place in range(position, len(text))]
    return "".join(character for character, _ in found), [place for _, place in found]


def _directions(lines: list[str]) -> list[bool]:
    """Whether each line is of a paragraph that runs from right to left, as most words around it do."""
    words = [
        [word for word in line.split() if _LATIN.search(word) or RIGHT_TO_LEFT.search(word)] for line in lines
    ]
    counts = [sum(1 if RIGHT_TO_LEFT.search(word) else -1 for word in line) for line in words]
    return [sum(counts[max(0, index - 1) : index + 2]) > 0 for index in range(len(lines))]


def _glyphs(text: str, start: int, end: int, box: Callable[[int], Box]) -> list[_Glyph]:
    """The glyphs of a line, from the left."""
    glyphs: list[_Glyph] = []
    marks: list[tuple[float, str, int]] = []
    last: Box | None = None
    for place in range(start, end):
        character = text[place]
        if character.isspace():
            last = None
            continue
        left, bottom, right, top = here = box(place)
        if here == last and glyphs and left < right:
            glyphs[-1].characters.append((character, place))
        elif combining(character):
            marks.append(((left + right) / 2, character, place))
        else:
            glyphs.append(_Glyph([(character, place)], left, right, top - bottom))
        last = here
    for middle, character, place in marks:
        if glyphs:
            nearest = min(glyphs, key=lambda glyph: abs(glyph.middle - middle))
            nearest.marks.append((character, place))
    return sorted(glyphs, key=lambda glyph: glyph.middle)


def _read(text: str, glyphs: list[_Glyph], leftwards: bool, drawn: Callable[[int], int]) -> Characters:
    """The characters of a line in order, cell by cell, with spaces between words."""
    cells: list[list[_Glyph]] = []
    for glyph in glyphs:
        if cells and glyph.left - cells[-1][-1].right <= _CELL * glyph.height:
            cells[-1].append(glyph)
        else:
            cells.append([glyph])
    found: Characters = []
    for cell in reversed(cells) if leftwards else cells:
        read = _read_cell(text, cell, leftwards, drawn)
        found += [(" ", read[0][1]), *read] if found else read
    return found


def _read_cell(text: str, glyphs: list[_Glyph], leftwards: bool, drawn: Callable[[int], int]) -> Characters:
    visual: list[_Glyph | None] = [glyphs[0]]  # None is a space
    for before, behind in pairwise(glyphs):
        if behind.left - before.right > _SPACE * behind.height or _is_parted(text, before, behind):
            visual.append(None)
        visual.append(behind)
    printed = "".join(glyph.characters[0][0] if glyph else " " for glyph in visual)
    found: Characters = []
    turned: list[bool] = []
    for index, is_turned in reading_order(printed, right_to_left=leftwards, ends=_ends(printed, visual, drawn)):
        glyph = visual[index]
        is_behind_latin = is_turned and turned[-1:] == [False] and _LATIN.match(found[-1][0])
        if glyph and is_behind_latin and RIGHT_TO_LEFT.match(glyph.characters[0][0]):
            # Nothing is written right behind a Latin word; some programs put its space on the other side.
            found.append((" ", found[-1][1]))
            turned.append(True)
        characters = list(_written(glyph)) if glyph else [(" ", found[-1][1] if found else glyphs[0].place)]
        found += characters
        turned += [is_turned] * len(characters)
    line = with_brackets("".join(character for character, _ in found), turned)
    line = with_addresses(line, turned)
    return [(character, place) for character, (_, place) in zip(line, found, strict=True)]


def _ends(printed: str, visual: list[_Glyph | None], drawn: Callable[[int], int]) -> frozenset[int]:
    """The spaces between Latin words that were drawn one by one, from the right to the left.

    A program that places words and knows nothing of their scripts lays out a name so. One that places letters from
    the right to the left draws those of a word so, too.
    """
    found: set[int] = set()
    for space in _BETWEEN_LATIN.finditer(printed):
        one, before, behind = (visual[space.start() + place] for place in (0, 1, 3))
        is_word = before and (not one or drawn(one.place) <= drawn(before.place))
        if before and behind and is_word and drawn(before.place) > drawn(behind.place):
            found.add(space.start() + 2)
    return frozenset(found)


def _is_parted(text: str, before: _Glyph, glyph: _Glyph) -> bool:
    """Whether the text has a space between two glyphs that stand beside each other."""
    first, second = sorted((before.characters[-1][1], glyph.characters[0][1]))
    return second - first > 1 and text[first + 1 : second].isspace()


def _written(glyph: _Glyph) -> Iterator[tuple[str, int]]:
    """What a glyph stands for, in letters rather than their forms in a word."""
    characters = glyph.characters
    if len(characters) > 1 and _is_reversed([character for character, _ in characters]):
        characters = characters[::-1]
    for character, place in [*characters, *glyph.marks]:
        written = normalize("NFKC", character) if _FORMS.match(character) else character
        for letter in written:
            yield letter, place


def _is_reversed(characters: list[str]) -> bool:
    """Whether the letters of one glyph are in the order of print: pdfium reverses all of a line alike."""
    if not all(map(RIGHT_TO_LEFT.match, characters)) or "".join(characters) in _WHOLE_WORDS:
        return False
    if any(map(combining, characters)):
        return bool(combining(characters[0]))
    if len(characters) == 2 and _LAM in characters and any(alef in characters for alef in _ALEFS):
        return characters[1] == _LAM  # lam-alef is the only glyph of these two
    return True
