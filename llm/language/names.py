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
# Others that are told apart. Their codes are words of English, or nobody writes them.
_MORE = {
    "am": "Amharic", "be": "Belarusian", "bn": "Bengali", "gu": "Gujarati", "hy": "Armenian", "is": "Icelandic",
    "ka": "Georgian", "kk": "Kazakh", "km": "Khmer", "kn": "Kannada", "lo": "Lao", "mk": "Macedonian",
    "ml": "Malayalam", "my": "Burmese", "pa": "Punjabi", "ps": "Pashto", "si": "Sinhala", "ta": "Tamil",
    "te": "Telugu", "ur": "Urdu",
}  # fmt: skip
_KOREAN = {
    "ar": "아랍어", "bg": "불가리아어", "ca": "카탈루냐어", "cs": "체코어", "da": "덴마크어", "de": "독일어",
    "el": "그리스어", "en": "영어", "es": "스페인어", "et": "에스토니아어", "fa": "페르시아어",
    "fi": "핀란드어", "fr": "프랑스어", "he": "히브리어", "hi": "힌디어", "hr": "크로아티아어",
    "hu": "헝가리어", "id": "인도네시아어", "it": "이탈리아어", "ja": "일본어", "ko": "한국어",
    "lt": "리투아니아어", "lv": "라트비아어", "nl": "네덜란드어", "no": "노르웨이어", "pl": "폴란드어",
    "pt": "포르투갈어", "ro": "루마니아어", "ru": "러시아어", "sk": "슬로바키아어", "sl": "슬로베니아어",
    "sr": "세르비아어", "sv": "스웨덴어", "th": "태국어", "tr": "튀르키예어", "uk": "우크라이나어",
    "vi": "베트남어", "zh": "중국어", "am": "암하라어", "be": "벨라루스어", "bn": "벵골어", "gu": "구자라트어",
    "hy": "아르메니아어", "is": "아이슬란드어", "ka": "조지아어", "kk": "카자흐어", "km": "크메르어",
    "kn": "칸나다어", "lo": "라오어", "mk": "마케도니아어", "ml": "말라얄람어", "my": "버마어",
    "pa": "펀자브어", "ps": "파슈토어", "si": "싱할라어", "ta": "타밀어", "te": "텔루구어", "ur": "우르두어",
}  # fmt: skip
_CODES = (
    {name.casefold(): code for code, names in (_NAMES | _MORE).items() for name in names.split()}
    | {name: code for code, name in _KOREAN.items()}
    | {code: code for code in _NAMES}
)

# Languages that a short text does not tell apart for sure.
_ALIKE = [{"da", "no", "sv"}, {"hr", "sr", "sl"}, {"cs", "sk"}, {"es", "ca", "pt"}, {"ru", "uk", "bg", "sr"}]
_FEWEST = 80  # letters of an alphabet that say a language; half of it in scripts whose letters say more
_PLAINLY = 1.0
_WORD = regex.compile(r"[\p{L}\p{M}]+")


def language_code(name: str) -> str | None:
    """The ISO 639-1 code of the one language that `name` speaks of ("German", "plain English"); else None."""
    found = {_CODES[word] for word in _WORD.findall(name.casefold()) if word in _CODES}
    return found.pop() if len(found) == 1 else None


def language_name(code: str, *, in_korean: bool = False) -> str:
    """The English name, or the Korean one, of a language that is told apart, by its ISO 639-1 code."""
    return _KOREAN[code] if in_korean else (_NAMES | _MORE)[code].split()[0]


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
