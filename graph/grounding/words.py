"""Text -> the words that carry its meaning, each with what it is matched by. Knows nothing of pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import regex

from graph.grounding.numerals import DIGITS, SPELLED, read_digits, read_spelled, read_word
from llm.language.framing import FRAMING, LIGHT
from llm.language.numbers import HAN_NUMERAL, han_value
from llm.language.words import ASCII_WORDS, STOP_WORDS, WORDS, normal, pairs, stem

_BESIDE = 2
_TOKEN = regex.compile(rf"(?P<digits>{DIGITS})|{WORDS}")
_ASCII_TOKEN = re.compile(rf"(?P<digits>{DIGITS})|{ASCII_WORDS}")
# English endings, what stands in their place, and the letters that must be left before them. Snowball finds no
# more of what a summary shares with its source, and grounding would take half as long again (benchmarks/LOG.md).
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


def words_of(text: str, language: str) -> list[Word]:
    """The words of `text` in order, without those that any text has."""
    words = []
    position = 0
    search = (_ASCII_TOKEN if text.isascii() else _TOKEN).search
    while token := search(text, position):
        kind, (start, position) = token.lastgroup, token.span()
        values: tuple[float, ...] = ()
        if kind == "digits":
            position, values = read_digits(text, start, position)
        elif kind == "word" and (spelled := _spelled(text, start, token[0], language)):
            position, values = spelled
        elif kind == "unspaced" and (numeral := HAN_NUMERAL.search(text, start, position)):
            if numeral.start() == start:
                position, values = numeral.end(), (han_value(numeral[0]),)
            else:
                position = numeral.start()
        terms = tuple(number_term(value) for value in values) or _terms(text[start:position], str(kind), language)
        if terms:
            words.append(Word(start, position, terms, values))
    return words


def terms_of(text: str, language: str) -> list[str]:
    """The terms of all words of `text`, in order."""
    return [term for word in words_of(text, language) for term in word.terms]


def terms_beside(words: Sequence[Word], index: int) -> set[str]:
    """The terms of the words next to one, two on each side."""
    beside = [*words[max(0, index - _BESIDE) : index], *words[index + 1 : index + 1 + _BESIDE]]
    return {term for word in beside for term in word.terms}


@cache
def framing_terms(language: str) -> frozenset[str]:
    """The terms of words that any summary is spoken of with, in this language, English or Korean."""
    return frozenset(term for each in {language, "en", "ko"} for term in terms_of(FRAMING.get(each, ""), language))


@cache
def light_terms(language: str) -> frozenset[str]:
    """The terms of words that say little where a source lacks them: light verbs, and those of framing."""
    return framing_terms(language) | frozenset(terms_of(LIGHT.get(language, ""), language))


def is_korean(text: str) -> bool:
    """Whether most letters of `text` are Hangul."""
    letters = sum(map(str.isalpha, text))
    return sum("가" <= character <= "힣" for character in text) > letters / 2


def number_term(value: float) -> str:
    """The term of a number."""
    return f"#{value:.9g}"


def _spelled(text: str, start: int, word: str, language: str) -> tuple[int, tuple[float, ...]] | None:
    if word.lower() in SPELLED:
        number = read_spelled(text, start)
    else:  # a short text does not tell its language
        end = start + len(word)
        number = read_word(text, start, end, language) or read_word(text, start, end, "")
    return (number.end, number.values) if number else None


@lru_cache(maxsize=100_000)
def _terms(token: str, kind: str, language: str) -> tuple[str, ...]:
    word = normal(token)
    if kind == "hangul":
        return pairs(_PARTICLE.sub("", _VERBAL.sub("", word)))
    if kind == "unspaced":
        return pairs(word)
    if word in STOP_WORDS:
        return ()
    return (_english_stem(word) if language == "en" else stem(word, language),)


def _english_stem(word: str) -> str:
    if len(word) < 4 or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    for ending, instead, least in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= least:
            word = word[: -len(ending)] + instead
            break
    return _DOUBLED.sub(r"\1", word)
