"""Numbers in words: the names of scales, the words of languages that write a number as one, and Han numerals."""

from __future__ import annotations

import re
from functools import cache
from itertools import product

# A name that stands for two numbers has the one of English: a German billion is "Billionen" in nearly all texts.
SCALES = {
    name: power
    for power, names in {
        1e3: "thousand tausend tsd mille mil mila tys тыс тысяч тысячи",
        1e5: "lakh lakhs",
        1e6: "million millions millionen millón millones milhão milhões milione milioni miljoen milyon mio mln"
        " miliony milionów млн миллион миллиона миллионов",
        1e7: "crore crores",
        1e9: "billion billions milliarde milliarden milliard milliards miliardo miliardi miljard milyar mrd mld"
        " miliard miliardów млрд миллиард миллиарда миллиардов",
        1e12: "trillion trillions billionen billón billones bilioni",
    }.items()
    for name in names.split()
}
HAN_SCALES = {
    **dict.fromkeys("십十", 1e1), **dict.fromkeys("백百", 1e2), **dict.fromkeys("천千", 1e3),
    **dict.fromkeys("만万萬", 1e4), **dict.fromkeys("억億亿", 1e8), **dict.fromkeys("조兆", 1e12),
}  # fmt: skip
_HAN_DIGITS = dict(zip("〇一二三四五六七八九零两兩", [*range(10), 0, 2, 2], strict=True))
# With a digit first and a scale, or ten and a digit before what is counted: 一般, 十分 and 万一 are words.
_HAN = "".join(_HAN_DIGITS)
HAN_NUMERAL = re.compile(
    rf"[两兩一二三四五六七八九][{_HAN}]*[十百千万萬億亿兆][{_HAN}十百千万萬億亿兆]*"
    r"|十[一二三四五六七八九](?=[个個か箇ヶケ月年日名人位円元圓歳岁天周週回次时時分条條章項项件台隻只戸])"
)

_FRENCH = "onze douze treize quatorze quinze seize vingt trente quarante cinquante soixante cent"
_SPANISH = (
    "once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós"
    " veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve treinta cuarenta cincuenta"
    " sesenta setenta ochenta noventa cien"
)
_GERMAN = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"]
_GERMAN_TEENS = (
    "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn".split()  # noqa: SIM905
)
_GERMAN_TENS = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]

# What stands behind twenty to ninety, in French and Spanish, and before: 80 is four times twenty.
_ONES_FR = "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
_ONES_ES = "uno dos tres cuatro cinco seis siete ocho nueve"
_ONES = {word: float(value) for ones in (_ONES_FR, _ONES_ES) for value, word in enumerate(ones.split(), start=1)}
_ONES |= {"une": 1.0, "una": 1.0, "dix-sept": 17.0, "dix-huit": 18.0, "dix-neuf": 19.0}
_BEHIND_TENS = re.compile(
    rf"(?:\sy\s|-et-|\set\s|-)({'|'.join(sorted(_ONES, key=len, reverse=True))})(?![^\W_])", re.IGNORECASE
)
_FOUR_TIMES = re.compile(r"(?<![^\W_])quatre-$", re.IGNORECASE)


def with_ones(text: str, start: int, end: int, tens: float) -> tuple[int, float]:
    """The end and the value of "vingt-trois" or "treinta y dos", whose tens are text[start:end]."""
    if tens == 20 and _FOUR_TIMES.search(text, max(0, start - 8), start):
        tens = 80
    if 20 <= tens < 100 and tens % 10 == 0 and (ones := _BEHIND_TENS.match(text, end)):
        return ones.end(), tens + _ONES[ones[1].lower()]
    return end, tens


@cache
def spelled_in(language: str) -> dict[str, float]:
    """What words are numbers in a language, and which; "" for all, but for words of English."""
    if not language:
        words = {word: value for known in ("es", "fr", "de") for word, value in spelled_in(known).items()}
        return {word: value for word, value in words.items() if word not in ("once", "cent", "seize")}
    if language == "de":
        return _german()
    if language == "fr":
        return dict(zip(_FRENCH.split(), [11.0, 12, 13, 14, 15, 16, 20, 30, 40, 50, 60, 100], strict=True))
    if language == "es":
        values = [*range(11, 30), *range(30, 101, 10)]
        return {word: float(value) for word, value in zip(_SPANISH.split(), values, strict=True)}
    return {}


def han_value(numeral: str) -> float:
    """The number that Han digits and scales write: 四億 is 400,000,000 and 三百二十 is 320."""
    total = group = digit = 0.0
    for character in numeral:
        scale = HAN_SCALES.get(character)
        if scale is None:
            digit = 10 * digit + _HAN_DIGITS[character]
        elif scale < 1e4:
            group, digit = group + (digit or 1) * scale, 0.0
        else:
            total, group, digit = total + (group + digit or 1) * scale, 0.0, 0.0
    return total + group + digit


def _german() -> dict[str, float]:
    """All numbers from two to 999, as German writes them together."""
    below = dict(zip([*_GERMAN[1:], *_GERMAN_TEENS], range(2, 20), strict=True)) | {
        ten: 10 * value for value, ten in enumerate(_GERMAN_TENS, start=2)
    }
    below |= {
        f"{one}und{ten}": 10 * y + x
        for (x, one), (y, ten) in product(enumerate(_GERMAN, 1), enumerate(_GERMAN_TENS, 2))
    }
    found = dict(below)
    for value, one in enumerate(["", *_GERMAN]):
        hundred, worth = f"{one}hundert", 100 * (value or 1)
        found |= {hundred: worth, f"{hundred}eins": worth + 1}
        found |= {f"{hundred}{und}{word}": worth + rest for word, rest in below.items() for und in ("", "und")}
    return {spelling: float(n) for word, n in found.items() for spelling in (word, word.replace("ß", "ss"))}
