"""Text -> the words that carry its meaning, each with what it is matched by. Knows nothing of pages."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from graph.grounding.numerals import DIGITS, SPELLED, read_digits, read_spelled

_HANGUL = r"\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3"
# Scripts without spaces between words: Han, kana, Thai, Lao, Burmese, Khmer.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々"
_MARKS = r"\u0300-\u036f\u0590-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0dff"
_TOKEN = re.compile(
    rf"(?P<digits>{DIGITS})|(?P<hangul>[{_HANGUL}]+)|(?P<unspaced>[{_UNSPACED}]+)"
    rf"|(?P<word>[^\W_{_HANGUL}{_UNSPACED}](?:[^\W_{_HANGUL}{_UNSPACED}]|[{_MARKS}])*)"
)
_STOP = frozenset(
    re.findall(
        "[a-z]+",
        """
        a about above after again all also although am among an and any are as at be because been before
        being below between both but by can cannot could did do does doing don done down during each
        either else few for from further had has have having he her here hers him his how however i if in
        into is isn it its itself just least less may me might more most much must my nor of off on once
        only or other our out over own per same shall she should since so some such t than that the their
        them then there these they this those through thus to too under until up upon us very via was we
        were what when where whether which while who whom whose why will with within would yet you your s
        d ll re ve one
        """,
    )
)
# English endings, what stands in their place, and the letters that must be left before them.
_ENDINGS = (
    ("ational", "", 3), ("isation", "", 3), ("ization", "", 3), ("ations", "", 3), ("ation", "", 3),
    ("ments", "", 4), ("ment", "", 4), ("ness", "", 4), ("ally", "", 4), ("ings", "", 3), ("ing", "", 3),
    ("edly", "", 3), ("able", "", 4), ("ible", "", 4), ("ions", "", 3), ("ion", "", 3), ("ives", "", 3),
    ("ive", "", 3), ("ised", "", 3), ("ized", "", 3), ("ises", "", 3), ("izes", "", 3), ("ise", "", 3),
    ("ize", "", 3), ("ers", "", 4), ("ors", "", 4), ("er", "", 4), ("or", "", 4), ("ies", "y", 2), ("ied", "y", 2),
    ("ates", "", 3), ("ated", "", 3), ("ate", "", 3), ("ed", "", 3), ("ly", "", 3), ("al", "", 4), ("es", "", 3),
    ("e", "", 3), ("s", "", 3),
)  # fmt: skip
_DOUBLED = re.compile(r"([bdfgklmnprt])\1$")
# What Korean words end in: particles, and verbs made of nouns.
_PARTICLE = re.compile(
    r"(?<=..)(?:에서는|에서도|으로는|으로서|으로써|에서|에게|으로|까지|부터|보다|처럼|이나|이며|이고|이다|들은|들이|들을"
    r"|은|는|이|가|을|를|의|에|와|과|도|만|로|나|들)$"
)
_VERBAL = re.compile(r"(?<=..)(?:하|했|한|할|함|합|해|되|됐|된|될|됨|됩|돼|시키|시켰|시킨|이었|였|입니)[가-힣]*$")


class Word(NamedTuple):
    """A word at text[start:end], and the terms it shares with its like; all of one weight.

    A number has a term for each of its values, of which any will do; other words must share all their terms.
    """

    start: int
    end: int
    terms: tuple[str, ...]
    values: tuple[float, ...] = ()


def words_of(text: str) -> list[Word]:
    """The words of `text` in order, without those that any text has."""
    words = []
    position = 0
    while token := _TOKEN.search(text, position):
        kind, (start, position) = token.lastgroup, token.span()
        values: tuple[float, ...] = ()
        if token["digits"]:
            position, values = read_digits(text, start, position)
        elif token["word"] and (spelled := _spelled(text, start, token["word"])):
            position, values = spelled
        terms = tuple(number_term(value) for value in values) or _terms(token[0], str(kind))
        if terms:
            words.append(Word(start, position, terms, values))
    return words


def terms_of(text: str) -> list[str]:
    """The terms of all words of `text`, in order."""
    return [term for word in words_of(text) for term in word.terms]


def is_korean(text: str) -> bool:
    """Whether most letters of `text` are Hangul."""
    letters = sum(map(str.isalpha, text))
    return sum("가" <= character <= "힣" for character in text) > letters / 2


def number_term(value: float) -> str:
    """The term of a number."""
    return f"#{value:.9g}"


def _spelled(text: str, start: int, word: str) -> tuple[int, tuple[float, ...]] | None:
    number = read_spelled(text, start) if word.lower() in SPELLED else None
    return (number.end, number.values) if number else None


@lru_cache(maxsize=100_000)
def _terms(token: str, kind: str) -> tuple[str, ...]:
    word = unicodedata.normalize("NFKC", token).casefold()
    if kind == "hangul":
        return _pairs(_PARTICLE.sub("", _VERBAL.sub("", word)))
    if kind == "unspaced":
        return _pairs(word)
    if word in _STOP:
        return ()
    return (stem(word),)


def _pairs(run: str) -> tuple[str, ...]:
    return tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)


def stem(word: str) -> str:
    """An English word without its endings."""
    if len(word) < 4 or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)] + instead
            break
    return _DOUBLED.sub(r"\1", word)
