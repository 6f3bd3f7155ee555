"""Text for a terminal: lines end between words, also where the text comes in pieces."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable

from rich.cells import cell_len

# A word and the space behind it, or a space alone.
_WORD = re.compile(r"\S*\s")


class WordWrap:
    """Hands text to `write` a word at a time, with a line feed before a word that the line has no room for.

    A word that is longer than a line is left to the terminal, as are scripts that write no spaces.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._begun = ""  # a word whose end is yet to come
        self._gap = ""  # space that was not written yet
        self._column = 0

    def add(self, text: str) -> None:
        """Write what is whole of the text so far."""
        text = self._begun + text
        end = 0
        wrapped = []
        for match in _WORD.finditer(text):
            wrapped.append(self._placed(match[0]))
            end = match.end()
        self._begun = text[end:]
        if wrapped:
            self._write("".join(wrapped))

    def close(self) -> None:
        """Write the last word."""
        if self._begun:
            self._write(self._placed(self._begun))
            self._begun = ""

    def _placed(self, word: str) -> str:
        text, space, placed = word.rstrip(), word[len(word.rstrip()) :], ""
        if text:
            placed, width = self._gap, cell_len(text)
            if self._column and self._column + len(self._gap) + width > shutil.get_terminal_size().columns:
                placed, self._column = "\n", -1  # the line feed adds one
            self._column += len(placed) + width
            placed, self._gap = placed + text, ""
        if space in ("\n", "\r"):
            placed, self._column, self._gap = placed + space, 0, ""
        else:
            self._gap += space  # behind the last word of a line it would begin the next
        return placed
