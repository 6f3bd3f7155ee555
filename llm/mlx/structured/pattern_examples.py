"""Short texts that a regular expression matches: where any text may come first, no search finds one by itself."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable
from functools import lru_cache
from re import _parser  # type: ignore[attr-defined]  # what `re` itself reads patterns with
from typing import Any

# Alternatives that are followed, and characters of one text.
_MOST, _LONGEST = 12, 10_000

# What stands for a class of characters, the most ordinary first.
_CHARACTERS = "a0A -_.,/:@é가あ中я€+\n"

# What other dialects write, and Python does not read: Unicode and POSIX classes, names of groups, the end.
_CLASS = re.compile(r"\\([pP])(\{\^?[^}]*\}|[A-Z])|\[:(\w+):\]")
_POSIX = {"digit": "0", "xdigit": "0", "upper": "A", "space": " ", "blank": " ", "punct": "-"}


@lru_cache(maxsize=256)
def pattern_examples(pattern: str) -> tuple[str, ...]:
    """Texts that `pattern` matches as a whole, about the shortest first, one or more for each alternative.

    None if the pattern cannot be read. That a text does match is for the caller to try.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = _parser.parse(_as_python(pattern))
        found = _sequence(parsed)
    except (re.error, OverflowError, RecursionError, ValueError):
        return ()
    return tuple(sorted(dict.fromkeys(found), key=len)[:_MOST])


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern` is found in `text`, as far as can be told."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.search(_as_python(pattern), text) is not None
    except (re.error, RecursionError):
        return True


def _as_python(pattern: str) -> str:
    text = _CLASS.sub(_member, pattern).replace(r"\z", r"\Z")
    return text.replace("(?<", "(?P<").replace("(?P<=", "(?<=").replace("(?P<!", "(?<!")


def _member(found: re.Match[str]) -> str:
    """One character of a class that Python has no name for."""
    if found[3]:
        return _POSIX.get(found[3], "a")
    name = found[2].strip("{}^")
    inside = (found[1] == "p") == ("^" not in found[2])
    for character in _CHARACTERS:
        if unicodedata.category(character).startswith(name) == inside:
            return re.escape(character)
    return "a" if inside else re.escape("-")


def _sequence(items: Iterable[tuple[Any, Any]]) -> list[str]:
    """Texts for one thing after another: one for each choice anywhere, the other choices being the first."""
    texts = [""]
    for operation, value in items:
        choices = _item(str(operation), value)
        if len(texts[0]) + len(choices[0]) > _LONGEST:
            raise ValueError("too long")
        texts = [text + choices[0] for text in texts] + [texts[0] + choice for choice in choices[1:]]
        texts = texts[:_MOST]
    return texts


def _item(operation: str, value: Any) -> list[str]:
    match operation:
        case "LITERAL":
            return [chr(value)]
        case "ANY":
            return ["a"]
        case "NOT_LITERAL":
            return [next(character for character in _CHARACTERS if ord(character) != value)]
        case "IN":
            return [_one_of(value)]
        case "AT":
            return [""]
        case "BRANCH":
            return sorted((text for tree in value[1] for text in _sequence(tree)), key=len)
        case "SUBPATTERN":
            return _sequence(value[3])
        case "ATOMIC_GROUP":
            return _sequence(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, tree = value
            texts = _sequence(tree)
            if least * len(texts[0]) > _LONGEST:
                raise ValueError("too long")
            repeated = [text * int(least) for text in texts]
            return list(dict.fromkeys([*repeated, *(texts if least == 0 and most > 0 else ())]))
    raise ValueError(operation)


def _one_of(members: list[tuple[Any, Any]]) -> str:
    negated = str(members[0][0]) == "NEGATE"
    likely = [chr(value) for operation, value in members if str(operation) == "LITERAL"]
    for operation, value in members:
        if str(operation) == "RANGE":
            likely += [chr(value[0]), chr(value[1])]
    for character in [*likely, *_CHARACTERS]:
        if any(_is_member(character, str(operation), value) for operation, value in members) != negated:
            return str(character)
    raise ValueError("no character")


def _is_member(character: str, operation: str, value: Any) -> bool:
    match operation:
        case "LITERAL":
            return bool(ord(character) == value)
        case "RANGE":
            return bool(value[0] <= ord(character) <= value[1])
        case "CATEGORY":
            digit, space = character in "0123456789", character.isspace()
            word = character == "_" or character.isalnum()
            is_kind = {"DIGIT": digit, "SPACE": space, "WORD": word}
            name = str(value).removeprefix("CATEGORY_").removeprefix("UNI_")
            return not is_kind[name[4:]] if name.startswith("NOT_") else is_kind[name]
    return False
