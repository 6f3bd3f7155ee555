"""The words of a page and where they stand, for those who look at the page itself. Raises anything."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graph.documents.line import Box
from graph.documents.pdf.page_characters import PageCharacters

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
        self._raw, self._textpage, self.text = raw, textpage, text
        self._characters = PageCharacters(raw, textpage, text)
        self.words = list(self._all(text))

    def box(self, word: Word) -> Box:
        """Around the ink of all its characters."""
        all_ink = map(self._characters.ink, range(word.start, word.start + len(word.text)))
        boxes = [box for box in all_ink if not _is_empty(box)]
        if not boxes:
            return (0, 0, 0, 0)
        lefts, bottoms, rights, tops = zip(*boxes, strict=True)
        return (min(lefts), min(bottoms), max(rights), max(tops))

    def runs(self) -> list[Box]:
        """Around all characters, run by run, in the order of the file."""
        return [self._textpage.get_rect(index) for index in range(self._textpage.count_rects())]

    def height(self, word: Word) -> float:
        """Of the font, in points, from below its lowest to above its highest letters."""
        _, bottom, _, top = self._characters.box(word.start)
        return top - bottom

    def base(self, word: Word) -> float:
        """Height above the page's foot that the word stands on, in points."""
        return self._characters.base(word.start)

    def text_object(self, word: Word) -> Any:
        """The handle of what draws its first character; null where pdfium knows none."""
        return self._raw.FPDFText_GetTextObject(self._textpage, word.first)

    def is_invisible(self, word: Word) -> bool:
        """Whether its render mode leaves nothing on the page."""
        handle = self.text_object(word)
        mode = self._raw.FPDFTextObj_GetTextRenderMode(handle) if handle else None
        return bool(mode == self._raw.FPDF_TEXTRENDERMODE_INVISIBLE)

    def _all(self, text: str) -> Iterator[Word]:
        for match in _WORD.finditer(text):
            start = match.start()
            first = self._characters.indices[start]
            if first >= 0:
                box = self._characters.ink(start)
                yield Word(start, match[0], first, (0, 0, 0, 0) if _is_empty(box) else box)


def _is_empty(box: Box) -> bool:
    return not (box[0] < box[2] and box[1] < box[3])
