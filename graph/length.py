"""How long a summary is to be, in words: what people write, and what that is in tokens."""

from __future__ import annotations

import re

LENGTHS = {"short": 100, "medium": 250, "long": 600}

_WORDS = re.compile(r"(\d{1,6})(?:\s+words?)?", re.IGNORECASE | re.ASCII)
_MOST = 100_000
_FEWEST = 10

# A summary that is a third too long fits, at 1.4 (English) to 2.3 (Korean, Russian) tokens a word.
_TOKENS = 3

# What is written without spaces is counted by characters.
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_CHARACTERS = 1.7  # of a word
_WORD = re.compile(r"\w+(?:['’.,\-]\w+)*")

# Times the wanted words, what a text has that a summary of that length can be made of.
_ENOUGH = 2

# A summary is too long or too short if it misses the wanted length by more than a third.
_TOLERANCE = 1 / 3


def parse_length(value: str) -> int:
    """Words: those of "short", "medium" or "long", or of "300 words". Raises ValueError with a sentence."""
    said = value.strip().lower()
    if said in LENGTHS:
        return LENGTHS[said]
    match = _WORDS.fullmatch(said)
    if not match or not _FEWEST <= int(match[1]) <= _MOST:
        raise ValueError(f'{value!r} is no length; write short, medium, long or a number such as "300 words"')
    return int(match[1])


def tokens_for(words: int) -> int:
    """Tokens that hold a summary of so many words, a little too long as it may be."""
    return _TOKENS * words


def words_in(text: str) -> int:
    """How many words a text has, as an office program counts them."""
    characters = len(_UNSPACED.findall(text))
    return round(characters / _CHARACTERS) + len(_WORD.findall(_UNSPACED.sub(" ", text)))


def misses(words: int, wanted: int) -> bool:
    """Whether a summary of so many words is not of the wanted length."""
    return abs(words - wanted) > _TOLERANCE * wanted


def could_be_mended(words: int, wanted: int, read: int) -> bool:
    """Whether a summary of so many words misses the wanted length, and the words that were read bear that."""
    return misses(words, wanted) and (words > wanted or read >= _ENOUGH * wanted)
