"""The words of a page and where they stand, for those who look at the page itself. Raises anything."""

import re
from collections.abc import Iterable, Iterator
from ctypes import c_double, create_string_buffer
from dataclasses import dataclass
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.indices import indices_of

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_LONGEST_NAME = 100  # bytes
_WORD = re.compile(r"[^\s\x02\ufffe\u00ad]+")


@dataclass(frozen=True)
class Word:
    """A run of characters without white space."""

    start: int  # in the page's text
    text: str
    first: int  # pdfium's index of the first character
    box: Box  # around the ink of its first character; empty where it has none

    @property
    def letters(self) -> int:
        return sum(map(str.isalnum, self.text))


class PageWords:
    """All words of a text page of pypdfium2, and what pdfium knows of them."""

    def __init__(self, raw: Any, textpage: Any, text: str) -> None:
        self._raw, self._textpage = raw, textpage
        self._handle = textpage.raw  # of which ctypes need not ask for what it stands for, some thousand times
        self._edges = [c_double() for _ in range(4)]
        self._x, self._y = c_double(), c_double()
        self._loose = raw.FS_RECTF()
        self._name = create_string_buffer(_LONGEST_NAME)
        self.text = text
        self.words = list(self._all(text))

    def box(self, word: Word) -> Box:
        """Around the ink of all its characters."""
        return self._around(range(word.first, word.first + len(word.text)))

    def height(self, word: Word) -> float:
        """Of the font, in points, from below its lowest to above its highest letters."""
        self._raw.FPDFText_GetLooseCharBox(self._handle, word.first, self._loose)
        return float(self._loose.top - self._loose.bottom)

    def base(self, word: Word) -> float:
        """Height above the page's foot that the word stands on, in points."""
        self._raw.FPDFText_GetCharOrigin(self._handle, word.first, self._x, self._y)
        return float(self._y.value)

    def font(self, word: Word) -> str:
        """The name of its font, without the letters that mark a part of one."""
        size = self._raw.FPDFText_GetFontInfo(self._handle, word.first, self._name, _LONGEST_NAME, None)
        name = self._name.raw[: max(0, min(size, _LONGEST_NAME) - 1)].decode("utf-8", "replace")
        return _SUBSET.sub("", name)

    def text_object(self, word: Word) -> Any:
        """The handle of what draws its first character; null where pdfium knows none."""
        return self._raw.FPDFText_GetTextObject(self._handle, word.first)

    def runs(self) -> list[Box]:
        """Around all characters, run by run, in the order of the file."""
        return [self._textpage.get_rect(index) for index in range(self._textpage.count_rects())]

    def is_invisible(self, word: Word) -> bool:
        """Whether its render mode leaves nothing on the page."""
        handle = self.text_object(word)
        mode = self._raw.FPDFTextObj_GetTextRenderMode(handle) if handle else None
        return bool(mode == self._raw.FPDF_TEXTRENDERMODE_INVISIBLE)

    def _all(self, text: str) -> Iterator[Word]:
        indices = indices_of(self._raw, self._textpage, text)
        for match in _WORD.finditer(text):
            first = indices[match.start()]
            if first >= 0:
                yield Word(match.start(), match[0], first, self._around((first,)))

    def _around(self, characters: Iterable[int]) -> Box:
        left, right, bottom, top = self._edges
        around: Box | None = None
        for index in characters:
            if not self._raw.FPDFText_GetCharBox(self._handle, index, left, right, bottom, top):
                continue
            box = (left.value, bottom.value, right.value, top.value)
            if not (box[0] < box[2] and box[1] < box[3]):
                continue
            around = box if around is None else (
                min(around[0], box[0]), min(around[1], box[1]), max(around[2], box[2]), max(around[3], box[3])
            )  # fmt: skip
        return around or (0, 0, 0, 0)
