"""The words of a page that do not count as its text: nobody sees them, they are struck out, or they are noise."""

import contextlib
from itertools import groupby
from typing import Any

from graph.documents.line import Box, Label, Line
from graph.documents.pdf.garbled import garbled_words
from graph.documents.pdf.page_objects import objects_of
from graph.documents.pdf.strikes import struck_words, words_within
from graph.documents.pdf.visibility import hidden_words
from graph.documents.pdf.words import PageWords, Word


def without_unseen(
    raw: Any, page: Any, textpage: Any, text: str, struck_places: list[Box]
) -> tuple[str, list[Line], list[str]]:
    """The text with spaces in place of such words, these as lines of their own, and the fonts of what is garbled.

    What cannot be looked at is taken for seen.
    """
    labels: dict[int, Label] = {}  # by the place of the word
    try:
        page_words = PageWords(raw, textpage, text)
        objects = objects_of(raw, page)
    except Exception:
        return text, [], []
    fonts: list[str] = []
    words = page_words.words
    with contextlib.suppress(Exception):
        noise, fonts = garbled_words(page_words)
        labels |= {word.start: "garbled" for word in noise}
    with contextlib.suppress(Exception):
        labels |= {word.start: "struck" for word in struck_words(page_words, objects.bars)}
    with contextlib.suppress(Exception):
        labels |= {word.start: "struck" for word in words_within(page_words, struck_places)}
    with contextlib.suppress(Exception):
        labels |= {word.start: "hidden" for word in hidden_words(raw, page, page_words, objects)}
    if not labels:
        return text, [], []
    labels |= _between(words, text, labels)
    return (
        _blanked(text, [word for word in words if word.start in labels]),
        _lines(page_words, text, labels),
        fonts,
    )


def _between(words: list[Word], text: str, labels: dict[int, Label]) -> dict[int, Label]:
    """Labels for words too short to be judged, where all judged words beside them on the line have the same."""
    found: dict[int, Label] = {}
    for line in _by_line(words, text):
        judged = [index for index, word in enumerate(line) if word.letters > 1 or word.start in labels]
        for index, word in enumerate(line):
            if not judged or index in judged:
                continue
            before = max((at for at in judged if at < index), default=judged[0])
            behind = min((at for at in judged if at > index), default=judged[-1])
            label = labels.get(line[before].start)
            if label and label == labels.get(line[behind].start):
                found[word.start] = label
    return found


def _by_line(words: list[Word], text: str) -> list[list[Word]]:
    lines: list[list[Word]] = []
    end = 0
    for word in words:
        if not lines or "\n" in text[end : word.start] or "\r" in text[end : word.start]:
            lines.append([])
        lines[-1].append(word)
        end = word.start + len(word.text)
    return lines


def _blanked(text: str, words: list[Word]) -> str:
    characters = list(text)
    for word in words:
        characters[word.start : word.start + len(word.text)] = " " * len(word.text)
    return "".join(characters)


def _lines(words: PageWords, text: str, labels: dict[int, Label]) -> list[Line]:
    lines: list[Line] = []
    for line in _by_line(words.words, text):
        for label, run in groupby(line, key=lambda word: labels.get(word.start)):
            if label:
                group = list(run)
                lefts, bottoms, rights, tops = zip(*map(words.box, group), strict=True)
                box = (min(lefts), min(bottoms), max(rights), max(tops))
                lines.append(Line(" ".join(word.text for word in group), box, starts=True, label=label))
    return lines
