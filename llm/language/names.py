"""The names of languages, in English and in the language itself, as people write them in a configuration."""

from __future__ import annotations

import regex

from llm.language.detect import detect_language, likelihood_ratio

_NAMES = {
    "ar": "Arabic العربية", "bg": "Bulgarian български", "ca": "Catalan català", "cs": "Czech čeština česky",
    "da": "Danish dansk", "de": "German Deutsch", "el": "Greek ελληνικά", "en": "English",
    "es": "Spanish español castellano",
    "et": "Estonian eesti", "fa": "Persian Farsi فارسی", "fi": "Finnish suomi", "fr": "French français",
    "he": "Hebrew עברית", "hi": "Hindi हिन्दी हिंदी", "hr": "Croatian hrvatski", "hu": "Hungarian magyar",
    "id": "Indonesian Indonesia", "it": "Italian italiano", "ja": "Japanese 日本語", "ko": "Korean 한국어 한국말",
    "lt": "Lithuanian lietuvių", "lv": "Latvian latviešu", "nl": "Dutch Nederlands",
    "no": "Norwegian norsk bokmål",
    "pl": "Polish polski", "pt": "Portuguese português", "ro": "Romanian română", "ru": "Russian русский",
    "sk": "Slovak slovenčina", "sl": "Slovenian slovenščina", "sr": "Serbian српски", "sv": "Swedish svenska",
    "th": "Thai ไทย ภาษาไทย", "tr": "Turkish Türkçe", "uk": "Ukrainian українська", "vi": "Vietnamese Việt",
    "zh": "Chinese Mandarin 中文 汉语 漢語 简体中文 繁體中文",
}  # fmt: skip
_CODES = {name.casefold(): code for code, names in _NAMES.items() for name in names.split()} | {
    c: c for c in _NAMES
}

# Languages that a short text does not tell apart for sure.
_ALIKE = [{"da", "no", "sv"}, {"hr", "sr", "sl"}, {"cs", "sk"}, {"es", "ca", "pt"}, {"ru", "uk", "bg", "sr"}]
_FEWEST = 80  # letters of an alphabet that say a language; half of it in scripts whose letters say more
_PLAINLY = 1.0
_WORD = regex.compile(r"[\p{L}\p{M}]+")


def language_code(name: str) -> str | None:
    """The ISO 639-1 code of the one language that `name` speaks of ("German", "plain English"); else None."""
    found = {_CODES[word] for word in _WORD.findall(name.casefold()) if word in _CODES}
    return found.pop() if len(found) == 1 else None


def language_name(code: str) -> str:
    """The English name of a language, by its ISO 639-1 code."""
    return _NAMES[code].split()[0] if code in _NAMES else code


def other_language(text: str, name: str) -> str | None:
    """The English name of the language of `text`, where that is plainly not the one that `name` speaks of."""
    wanted = language_code(name)
    letters = sum(len(word) for word in _WORD.findall(text))
    if wanted is None or letters < (_FEWEST if text.isascii() or _mostly_latin(text, letters) else _FEWEST // 2):
        return None
    found = detect_language(text, wanted)
    if found == wanted or any(wanted in group and found in group for group in _ALIKE):
        return None
    return language_name(found) if likelihood_ratio(text, found, wanted) > _PLAINLY else None


def _mostly_latin(text: str, letters: int) -> bool:
    return 2 * len(regex.findall(r"\p{Script=Latin}", text)) > letters
