"""Text -> sentences in any language. Loses nothing: the parts joined are the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from llm.language.detect import detect_language
from llm.language.marks import (
    BEFORE_ORDINALS,
    BULLETS,
    CLOSERS,
    COUNTED,
    INSIDE,
    MONTHS,
    NAMES_IN,
    OPENERS,
    SMALL_IN,
    STARTERS,
    TITLES,
)

# "…" + 라고, 이라고, 고, 는, … or と, という, …: the sentence that quotes goes on after the quotation.
_QUOTATIVE = re.compile(
    r"(?:이?라[고는며]|이?라면서|하[고며]|[고는며]|면서|라|의|을|를|은|이|가|에|로|와|과|도|만)(?=[\s가-힣.,])"
    r"|(?:と|って|など|を|は|が|に|の|も|や|で)|[、，,;]"
)
_SPACED_QUOTATIVE = re.compile(r"(?:이?라[고는며]|이?라면서|하고|하며)(?=[\s.,])")
_SAYS = re.compile(r"[\u4e00-\u9fff]{0,4}[说說道问問答喊叫](?![：:])")  # “…。”他说。
_MARKER = re.compile(r"\s*[(\[]?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z가-하]|[ivxIVX]{1,5})[.)\]]+\s*")
# After these the segmenter takes the whole item for one sentence.
_ITEM = re.compile(rf"\s*(?:[{BULLETS}]\s*)+(?=\S)|\s*\((?:\d{{1,3}}|[a-z])\)\s+(?=\S)")
# "2024. 10. 11. 국회에서": a Korean date goes on with its month and day, and then the sentence does.
_DATE = re.compile(r"(?<!\d)(?:\d{4}|['’‘]\d\d)\.(\s?\d{1,2}\.){0,2}\s*$")
_MONTH_AND_DAY = re.compile(r"(?<![\d.])(?:1[0-2]|[1-9])\.\s(?:\d{1,2}\.\s)?$")  # "3. 1. 회의를"
_DATE_GOES_ON = re.compile(r"\d{1,2}\.")
_IN_KOREAN = re.compile(r"[(~∼]?[가-힣]")
_DAY = re.compile(r"(?<![\d.,])(?:\d{1,2}|1er)\.\s+$")
_NUMBER = re.compile(r"(?<![\d.,])(?:\d{1,4}|1er)\.\s+$")
_ROMAN = re.compile(r"[IVX]{1,6}")
_INITIAL = re.compile(r"[-–‐]?[^\W\d_]\.")  # glued to what is before it: "Dz.U.", "J.-C."
_MONTH = re.compile(rf"(?:{MONTHS})(?!\w)")
_ORDINAL = re.compile(rf"(?:^|\s)(?:{BEFORE_ORDINALS})\s\d{{1,3}}\.\s+$", re.IGNORECASE)
_LONG = 1000  # characters after which a quotation that never closes is taken for none
_ENDING = re.compile(
    r"(?<![.!?。！？])[.!?。！？]+[\"'”’」』)]*\s+(?=[A-Z\"“‘(가-힣])|(?<![。！？])[。！？]+[」』”’]*"
)
# Ends that the segmenter below does not know.
_MISSED = re.compile(r"[።፧]|፡፡|[។៕](?![។៕])|[。！？]）(?=[^」』”。！？、，）])")
_UNMARKED = frozenset({"th", "lo"})  # no mark ends a sentence; a space ends a clause
_CLAUSE_LENGTH = 60  # characters of such a language after which a space is taken for an end
_UNMARKED_SPACE = re.compile(r"(?<=[\u0e00-\u0eff])\s+(?=[\u0e00-\u0eff])(?!ๆ)")
_CLAUSE = re.compile(r"[,;:،；：，、]\s*|\s[–—-]\s")
_SPACE = re.compile(r"\s+")
_DOTTED = re.compile(r"(?:[^\W\d_]{1,2}\.-?)+[^\W\d_]{1,2}")  # "t.ex", "J.-C"
_LONGEST_MARKER = 16
_ENDLESS = 600  # characters; a table, a list of names, or a model that repeats itself may be one endless sentence
_LONGEST_ABBREVIATION = 8  # letters
_NONE: frozenset[str] = frozenset()
_TAIL = 24  # characters that tell whether an end is none


def split_sentences(text: str, language: str | None = None) -> list[str]:
    """The sentences of `text`, each with the white space after it: "".join of them is `text`.

    A newline ends a sentence: cleaned text has one only after a paragraph, heading, list item or table row.
    `language` is an ISO 639-1 code; without it, it is looked for in the text.
    """
    from sentencex import segment

    language = language or detect_language(text)
    sentences: list[str] = []
    for line in text.splitlines(keepends=True):
        if sentences and not (line.strip() and sentences[-1].strip()):
            sentences[-1] += line  # a blank line belongs to what is before it
        else:
            marker = item[0] if (item := _ITEM.match(line)) else ""
            pieces = [
                part for piece in segment(language, line[len(marker) :]) for part in _shorten(piece, language)
            ]
            sentences.extend(_merge([marker + pieces[0], *pieces[1:]], language))
    return sentences


def _shorten(piece: str, language: str) -> list[str]:
    """Split what holds ends that the segmenter does not see, or is too long to be one sentence."""
    if language in _UNMARKED:
        return _clauses(piece)
    if not piece.isascii() and (found := [match.end() for match in _MISSED.finditer(piece)]):
        return _slices(piece, found)
    return _slices(piece, (match.end() for match in _ENDING.finditer(piece))) if len(piece) > _LONG else [piece]


def _slices(piece: str, ends: Iterable[int]) -> list[str]:
    """The piece cut at `ends`; white space stays with what is before it."""
    moved = [end + len(piece[end:]) - len(piece[end:].lstrip()) for end in ends]
    return [piece[start:end] for start, end in pairwise([0, *moved, len(piece)]) if start < end]


def _clauses(piece: str) -> list[str]:
    """Thai and Lao: clauses, which spaces part, together until they are as long as a sentence."""
    ends, start = [], 0
    for space in _UNMARKED_SPACE.finditer(piece):
        if space.start() - start >= _CLAUSE_LENGTH:
            ends.append(space.end())
            start = space.end()
    return _slices(piece, ends)


def _merge(pieces: list[str], language: str) -> list[str]:
    """Put together what was cut inside a sentence: quotations, abbreviations, ordinals, list markers."""
    merged: list[str] = []
    for piece in pieces:
        if merged and _belongs(merged[-1], piece, language):
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _belongs(before: str, piece: str, language: str) -> bool:
    """Whether there is no end between the two. Nearly all are ends: what most are not is asked first."""
    bare = before.rstrip()
    if not bare or piece.isspace() or (len(bare) < _LONGEST_MARKER and _MARKER.fullmatch(before)):
        return True
    if bare[-1] in CLOSERS:
        return _goes_on_after_quotation(piece, spaced=before[-1].isspace())
    if bare[-1] != ".":
        return False
    if len(word := bare[-_LONGEST_ABBREVIATION - 2 : -1]) > _LONGEST_ABBREVIATION and word.isalpha():
        return False
    if before == bare and _INITIAL.match(piece):
        return True
    if bare[-2:-1].isdigit() or bare.endswith("1er."):
        return _goes_on_after_number(before[-_TAIL:], piece, language)
    return _goes_on_after_abbreviation(bare, piece, language)


def _goes_on_after_quotation(piece: str, *, spaced: bool) -> bool:
    if spaced:
        return bool(_SPACED_QUOTATIVE.match(piece))
    return bool(_QUOTATIVE.match(piece) or _SAYS.match(piece))


def _goes_on_after_number(tail: str, piece: str, language: str) -> bool:
    if (date := _DATE.search(tail)) and (_DATE_GOES_ON.match(piece) or (date[1] and _IN_KOREAN.match(piece))):
        return True
    if language == "ko" and (day := _MONTH_AND_DAY.search(tail)):
        return bool((_IN_KOREAN if day[0].count(".") > 1 else _DATE_GOES_ON).match(piece))
    if _DAY.search(tail) and _MONTH.match(piece):
        return True
    if _NUMBER.search(tail) and piece[0].islower():
        return True
    return language == "de" and bool(_ORDINAL.search(tail))


def _goes_on_after_abbreviation(bare: str, piece: str, language: str) -> bool:
    *others, word = bare[-_TAIL:].split()
    words = [word[:-1].lstrip(OPENERS).replace("’", "'").rpartition("'")[2]]  # "dell'art. 5"
    while others and len(others[-1]) <= 3 and others[-1][-1] == ".":
        words.append(others.pop().lstrip(OPENERS) + words[-1])  # "z. B." is "z.B."
    if piece[0].islower() and _DOTTED.fullmatch(words[0]):
        return True
    names = NAMES_IN.get(language, _NONE)
    if any(word in TITLES or word.casefold() in INSIDE or word in names for word in words):
        return True
    first = piece[0]
    if first.islower() and _ROMAN.fullmatch(words[0]):
        return True
    if first.isdigit() or first.islower() or first in "([":
        known = SMALL_IN.get(language, _NONE)
        return any((small := word.casefold()) in COUNTED or small in known for word in words)
    return _is_name(piece) and _is_initials(words[-1], alone=not others)


def _is_name(piece: str) -> bool:
    """Whether a piece that goes on after initials may begin with a name."""
    word = piece.split(None, 1)[0]
    return word[0].isupper() and len(word) > 1 and word not in STARTERS


def _is_initials(word: str, *, alone: bool) -> bool:
    """Whether they are the initials of a name: two or more, or one that the sentence begins with."""
    letters = word.replace("-", "").split(".")
    return all(len(letter) == 1 and letter.isupper() for letter in letters) and (alone or len(letters) > 1)


def pieces(sentence: str) -> Iterator[str]:
    """The sentence, or what it is cut into if it is endless. Joined, they are the sentence."""
    while len(sentence) > _ENDLESS:
        cut = cut_point(sentence, _ENDLESS)
        yield sentence[:cut]
        sentence = sentence[cut:]
    yield sentence


def cut_point(text: str, limit: int) -> int:
    """Where to cut a text that has no sentence end before `limit` characters (limit >= 1, < len(text)).

    After a clause, else after a word, in the second half of what fits; else between any two characters that
    do not combine.
    """
    half = limit // 2
    for boundary in (_CLAUSE, _SPACE):
        ends = [match.end() for match in boundary.finditer(text, half, limit) if match.end() <= limit]
        if ends:
            return int(ends[-1])
    return limit - 1 if limit > 1 and _combines(text[limit]) else limit


def _combines(character: str) -> bool:
    from unicodedata import combining

    return bool(combining(character)) or character in "\u200d\ufe0f"
