"""What models do wrong in an answer, and how to mend it: echoes and repetition."""

from __future__ import annotations

import re

from llm.language.marks import ENDS

# Shorter than this, the start of a prompt may well be how a good answer starts.
_ECHO = 20

# A text that ends in so many copies of one passage, together of so many characters, has fallen into a loop.
_COPIES = 3
_LOOP = 60

_SENTENCE_END = re.compile(f"[{ENDS}]")


def without_echo(answer: str, prompt: str, document: str) -> str:
    """The answer without the prompt that some models repeat before it, and the document in that prompt."""
    answer = answer.strip()
    before, _, after = prompt.partition(document)
    if len(before.strip()) < _ECHO or not answer.startswith(before.strip()):
        return answer
    for piece in (before, document, after):
        if answer.startswith(piece.strip()):
            answer = answer[len(piece.strip()) :].strip()
    return answer


def without_loop(answer: str, document: str) -> str:
    """The answer up to where it falls into saying the same again and again, as long as `document` does not.

    Of the passage that repeats the first copy stays, up to the end of a sentence where it has one; an answer
    without such a passage is unchanged. It is found as the period of the answer's end, with the Z-function of the
    answer read backwards (Gusfield, Algorithms on Strings, Trees and Sequences, 1997), in time linear in the
    answer's length.
    """
    matches = _z_function(answer[::-1])
    best, period = 0, 0
    for length in range(1, len(answer) // _COPIES + 1):
        looped = length + matches[length]
        if looped >= max(_COPIES * length, _LOOP) and looped > best:
            best, period = looped, length
    if not best or answer[-_COPIES * period :] in document:
        return answer
    end = len(answer) - best + period
    kept = answer[:end].rstrip()
    rest = _SENTENCE_END.search(answer, end, end + period)
    return kept if _SENTENCE_END.search(kept[-1:]) or rest is None else answer[: rest.end()]


def _z_function(text: str) -> list[int]:
    """For every index, how many characters from there on are those at the start."""
    matches = [0] * len(text)
    left = right = 0
    for index in range(1, len(text)):
        length = min(matches[index - left], right - index) if index < right else 0
        while index + length < len(text) and text[length] == text[index + length]:
            length += 1
        matches[index] = length
        if index + length > right:
            left, right = index, index + length
    return matches
