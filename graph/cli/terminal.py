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
        width = cell_len(word.rstrip())
        before = "\n" if self._column and self._column + width > shutil.get_terminal_size().columns else ""
        if before:
            self._column = 0
        self._column = 0 if word.endswith(("\n", "\r")) else self._column + cell_len(word)
        return before + word
