"""Words: whole with their marks, and what two forms of one share."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import pytest
import regex

from llm.language.words import STOP_WORDS, WORDS, normal, pairs, stem

TOKEN = regex.compile(WORDS)


def found(text: str) -> list[tuple[str | None, str]]:
    return [(match.lastgroup, match[0]) for match in TOKEN.finditer(text)]


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("word", ["été", "Größe", "हिन्दी", "தமிழ்", "עִבְרִית", "العَرَبِيَّة", "Łódź", "GPT4", "Việt"])
def test_a_word_is_whole_with_its_marks(word: str, form: str) -> None:
    assert found(unicodedata.normalize(form, word)) == [("word", unicodedata.normalize(form, word))]


def test_each_script_is_a_run_of_its_own() -> None:
    assert found("AI는 工程师 ใหม่ x_y 35") == [
        ("word", "AI"),
        ("hangul", "는"),
        ("unspaced", "工程师"),
        ("unspaced", "ใหม่"),
        ("word", "x"),
        ("word", "y"),
    ]


def test_the_forms_of_a_word_are_one() -> None:
    assert normal("E\u0301te\u0301") == normal("ÉTÉ") == "été"
    assert normal("ＡＢＣ") == "abc"


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "running", "runs"),
        ("de", "häuser", "hauses"),
        ("fr", "continuellement", "continuelle"),
        ("ru", "портами", "порта"),
        ("es", "trabajadores", "trabajador"),
    ],
)
def test_two_forms_share_a_stem(language: str, one: str, other: str) -> None:
    assert stem(one, language) == stem(other, language)


def test_a_language_without_rules_keeps_its_words() -> None:
    assert stem("falochrony", "xx") == "falochrony"
    assert stem("häuser", "en") == "häuser"


def test_stems_are_the_same_from_many_threads() -> None:
    words = [f"{start}{end}" for start in ("haus", "strom", "hafen", "rat") for end in ("es", "en", "lich", "ung")]
    words = [f"{word}{i % 7 * 'x'}" for i in range(200) for word in words]
    stem.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        at_once = list(pool.map(lambda word: stem(word, "de"), words))
    stem.cache_clear()
    assert at_once == [stem(word, "de") for word in words]


def test_pairs() -> None:
    assert pairs("工程师") == ("工程", "程师")
    assert pairs("工") == ("工",)


def test_stop_words_are_in_their_normal_form() -> None:
    assert {normal(word) for word in STOP_WORDS} == STOP_WORDS
