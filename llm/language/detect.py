"""The language of a text: by its script where that decides, by statistics where several share one."""

from __future__ import annotations

import math
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING

import regex

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

_FALLBACK = "en"
_SAMPLE = 700  # characters from the start, the middle and the end
_FEWEST_LETTERS = 60  # below this, statistics guess
_MOST = 0.6  # of all letters, in one script; else the text is mixed
_ANOTHER = 0.3  # how much likelier, per letter, a language is that the text is in after all; dialects stay below
_WINDOWS, _WINDOW = 12, 700  # samples of a long text, and their characters
_SCRIPTS = {
    "Hangul": "ko", "Thai": "th", "Lao": "lo", "Khmer": "km", "Myanmar": "my", "Armenian": "hy", "Ethiopic": "am",
    "Devanagari": "hi", "Greek": "el", "Hebrew": "he", "Georgian": "ka", "Bengali": "bn", "Tamil": "ta",
    "Telugu": "te", "Gujarati": "gu", "Gurmukhi": "pa", "Kannada": "kn", "Malayalam": "ml", "Sinhala": "si",
}  # fmt: skip
_SHARED = {  # languages that a script is told apart into, the likeliest first; rarer ones are more often noise
    "Latin": ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "cs", "sk", "sl", "hr", "hu", "ro", "sv", "da", "no",
              "fi", "et", "lv", "lt", "tr", "id", "vi", "ca", "is"],
    "Cyrillic": ["ru", "uk", "be", "bg", "sr", "mk", "kk"],
    "Arabic": ["ar", "fa", "ur", "ps"],
}  # fmt: skip
_KANA = 0.1  # of the letters of a Japanese text, at least
_SCRIPT = {name: regex.compile(rf"\p{{Script={name}}}") for name in [*_SCRIPTS, *_SHARED, "Han"]}
_JAPANESE = regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]")
_LETTER = regex.compile(r"\p{L}")
_WORD = regex.compile(r"\p{L}+")
_ENGLISH = frozenset(["the", "of", "and", "to", "in", "is", "that", "for", "with", "are", "was", "this"])
_ENGLISH_SHARE = 0.15  # of the words; and the statistics need not be loaded


def detect_language(text: str, fallback: str = _FALLBACK) -> str:
    """The ISO 639-1 code of the language of `text`; `fallback` where scripts are mixed, or Latin letters few.

    Little of another script that several languages share has the first of them in `_SHARED`.
    """
    sample = _sample(text)
    letters = len(_LETTER.findall(sample))
    if not letters:
        return fallback
    if not (sample.isascii() or len(_SCRIPT["Latin"].findall(sample)) > _MOST * letters):
        kana, han = len(_JAPANESE.findall(sample)), len(_SCRIPT["Han"].findall(sample))
        if kana + han > _MOST * letters:
            return "ja" if kana > _KANA * letters else "zh"
        for script, language in _SCRIPTS.items():
            if len(_SCRIPT[script].findall(sample)) > _MOST * letters:
                return language
    for script, languages in _SHARED.items():
        if len(_SCRIPT[script].findall(sample)) <= _MOST * letters:
            continue
        if script == "Latin" and _is_english(sample):
            return "en"
        if letters >= _FEWEST_LETTERS:
            return _by_statistics(sample, tuple(languages))
        return fallback if script == "Latin" else languages[0]
    return fallback


def dominant_language(text: str) -> str:
    """The language of most of a long text, by samples of all of it; "" where there is none that is known here.

    A text may be in several, or in a language that shares its script with those in `_SHARED` and is none of them.
    """
    step = max(_WINDOW, len(text) // _WINDOWS)
    windows = [text[start : start + _WINDOW] for start in range(0, len(text), step)]
    found = [detect_language(window, "") for window in windows if len(_LETTER.findall(window)) >= _FEWEST_LETTERS]
    if not found:
        return detect_language(text, "")
    language = max(found, key=found.count)
    if found.count(language) <= _MOST * len(found):
        return ""
    return language if _is_known(text, language) else ""


def _is_known(text: str, language: str) -> bool:
    """Whether no language that is not told apart here fits the text much better, in letters that many share."""
    shared = next((languages for languages in _SHARED.values() if language in languages), None)
    sample = _sample(text)
    if shared is None or (language == "en" and _is_english(sample)):
        return True
    ranks = dict(_all_languages().rank(sample))
    lead = float(max(ranks.values()) - ranks[language])
    return lead < _ANOTHER * len(_LETTER.findall(sample))


def likelihood_ratio(text: str, language: str, other: str) -> float:
    """How much likelier `language` is than `other`: the logarithm, per letter. Lists of names stay below 1.

    Infinite for two languages that no script shares.
    """
    languages = next((shared for shared in _SHARED.values() if {language, other} <= {*shared}), None)
    if languages is None:
        return math.inf
    sample = _sample(text)
    ranks = dict(_identifier(tuple(languages)).rank(sample))
    return float(ranks[language] - ranks[other]) / max(1, len(_LETTER.findall(sample)))


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return " ".join((text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))


def _is_english(sample: str) -> bool:
    words = _WORD.findall(sample.casefold())
    return sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words) and "the" in words


def _by_statistics(sample: str, languages: tuple[str, ...]) -> str:
    language, _ = _identifier(languages).classify(sample)
    return str(language)


@lru_cache
def _identifier(languages: tuple[str, ...]) -> LanguageIdentifier:
    identifier = copy(_all_languages())  # they share the model, which takes 100 MB
    identifier.set_languages(list(languages))
    return identifier


@lru_cache
def _all_languages() -> LanguageIdentifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE)
