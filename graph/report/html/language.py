"""The language of a text as BCP 47 has it, where that can be known. Knows nothing of results."""

from __future__ import annotations

from llm.language.detect import detect_language

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


def language_of(text: str, asked: str = "") -> str:
    """Its tag, such as "ko"; "" if it cannot be known.

    The letters of the text count more than the language that was asked for: a model may not have listened.
    """
    code = _CODES.get(asked.strip().casefold(), "")
    return detect_language(text, fallback="") or (code if code != "en" else "")
