"""Texts made fit to be read: no endless sentence, no half of a character. Knows nothing of pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from llm.language.sentences import cut_point

_LONGEST = 600  # characters; a table, a list of names, or a model that repeats itself may be one endless sentence

_SURROGATE = re.compile("[\ud800-\udfff]")


def without_surrogates(text: str) -> str:
    """The text, as long as it was, with U+FFFD for every lone surrogate: nothing can be encoded with those."""
    return _SURROGATE.sub("\ufffd", text)


def pieces(sentence: str) -> Iterator[str]:
    """The sentence, or what it is cut into if it is endless. Joined, they are the sentence."""
    while len(sentence) > _LONGEST:
        cut = cut_point(sentence, _LONGEST)
        yield sentence[:cut]
        sentence = sentence[cut:]
    yield sentence
