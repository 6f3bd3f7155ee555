"""The language of a text as BCP 47 has it, where that can be known. Knows nothing of results."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# Languages that people ask for by name, in English or by their own name.
_CODES = {
    "arabic": "ar", "العربية": "ar", "bengali": "bn", "chinese": "zh", "中文": "zh", "czech": "cs",
    "danish": "da", "dansk": "da", "dutch": "nl", "nederlands": "nl", "english": "en", "finnish":
    "fi", "suomi": "fi", "french": "fr", "français": "fr", "german": "de", "deutsch": "de", "greek":
    "el", "ελληνικά": "el", "hebrew": "he", "עברית": "he", "hindi": "hi", "हिन्दी": "hi",
    "hungarian": "hu", "magyar": "hu", "indonesian": "id", "italian": "it", "italiano": "it",
    "japanese": "ja", "日本語": "ja", "korean": "ko", "한국어": "ko", "norwegian": "no", "norsk": "no",
    "persian": "fa", "فارسی": "fa", "polish": "pl", "polski": "pl", "portuguese": "pt", "português":
    "pt", "romanian": "ro", "russian": "ru", "русский": "ru", "spanish": "es", "español": "es",
    "swedish": "sv", "svenska": "sv", "thai": "th", "ไทย": "th", "turkish": "tr", "türkçe": "tr",
    "ukrainian": "uk", "українська": "uk", "vietnamese": "vi", "tiếng việt": "vi",
}  # fmt: skip

# Scripts that, as a rule, write one language. Han alone may be Chinese; with kana it is Japanese.
_SCRIPTS = {"HANGUL": "ko", "HIRAGANA": "ja", "KATAKANA": "ja", "THAI": "th", "GREEK": "el", "HEBREW": "he"}

_ENGLISH = re.compile(r"\b(?:the|of|and|to|in|is|that|for|with|are|was|by|which|from|it)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_LETTERS = 5_000


def language_of(text: str, asked: str = "") -> str:
    """Its tag, such as "ko"; "" if it cannot be known.

    The letters of the text count more than the language that was asked for: a model may not have listened.
    """
    letters = [letter for letter in text[:_LETTERS] if letter.isalpha()]
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)
    for script, code in _SCRIPTS.items():
        if scripts[script] > len(letters) / 4:
            return code
    if letters and scripts["LATIN"] > len(letters) / 2 and _is_english(text[:_LETTERS]):
        return "en"
    code = _CODES.get(asked.strip().casefold(), "")
    return "" if code == "en" or code in _SCRIPTS.values() else code


def _is_english(text: str) -> bool:
    """Small words make up two fifths of English prose, and these alone a quarter."""
    words = len(_WORD.findall(text))
    return words > 0 and len(_ENGLISH.findall(text)) > words / 8
