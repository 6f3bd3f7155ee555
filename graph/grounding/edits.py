"""A text with a sentence exchanged or taken out: its headings, lists, paragraphs and emphasis stay as they are."""

from __future__ import annotations

import re

from graph.grounding.statements import MARKER

_WORD = re.compile(r"[^\W_]")
_MARK = re.compile(r"\*{1,3}|_{1,3}")


def exchanged(text: str, start: int, end: int, sentence: str) -> str:
    """The text with `sentence` where text[start:end] was. Emphasis around that stays; so does a half of one."""
    before, after = _emphasis(text[start:end])
    return f"{text[:start]}{before}{sentence}{after}{text[end:]}"


def without(text: str, start: int, end: int) -> str:
    """The text without the sentence text[start:end], and without its line or paragraph if that is all of it."""
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", end) if "\n" in text[end:] else len(text)
    if not _WORD.search(_unmarked(text[line_start:start])) and not _WORD.search(text[end:line_end]):
        return _without_line(text, line_start, line_end)
    before, after = _emphasis(text[start:end])
    whole = bool(before and after)  # then it goes with the sentence
    opening, closing = ("", "") if whole else (before, after)
    left, right = text[:start] + opening, text[end:]
    if closing or not _WORD.search(right.partition("\n")[0]):
        left = left.rstrip(" ")  # it was the last sentence of its line
    else:
        right = right.lstrip(" ")
    return left + closing + right


def _without_line(text: str, start: int, end: int) -> str:
    """Of the blank lines around a line that is a paragraph of its own, one pair goes with it."""
    left, right = text[:start], text[end:].removeprefix("\n")
    if not right.strip():
        return left.rstrip()
    if not left.strip():
        return right.lstrip("\n")
    if left.endswith("\n\n") and right.startswith("\n"):
        right = right.removeprefix("\n")
    return left + right


def _unmarked(line_start: str) -> str:
    """What stands before a sentence in its line, without the markers of a list or a quotation."""
    position = 0
    while (marker := MARKER.match(line_start, position)) and marker.end() > position:
        position = marker.end()
    return line_start[position:]


def _emphasis(sentence: str) -> tuple[str, str]:
    """The marks around the whole sentence; or one of them, the other half of which is in another sentence."""
    opening, closing = _MARK.match(sentence), re.search(r"(?:\*{1,3}|_{1,3})$", sentence)
    if opening and closing and opening[0] == closing[0] and sentence.count(opening[0]) == 2:
        return opening[0], closing[0]
    if opening and sentence.count(opening[0]) == 1:
        return opening[0], ""
    if closing and sentence.count(closing[0]) == 1:
        return "", closing[0]
    return "", ""
