"""Numbers in a text, as values: 1,000 is 1000 is "1 000". Knows nothing of sentences or pages."""

from __future__ import annotations

import re
from typing import NamedTuple

from llm.language.numbers import HAN_SCALES, SCALES, spelled_in, with_ones

_GAP = r"[,.'’ \u00a0\u2009\u202f]"
_GROUPS = rf"\d{{1,3}}(?P<gap>{_GAP})\d{{3}}(?:(?P=gap)\d{{3}})*(?!\d)(?:[.,]\d+)?"
DIGITS = rf"{_GROUPS}|\d{{1,2}}(?:,\d\d)+,\d{{3}}(?![\d,])|\d+(?:[.,]\d+)*|(?<![^\W_])\.\d+"

_GROUPED = re.compile(_GROUPS)
_INDIAN = re.compile(r"\d{1,2}(?:,\d\d)+,\d{3}")
# What makes a number negative: a minus that nothing stands before, or a word. "2019-5", "COVID-19", "- 5", "5 -7"
# and "10^-5" have none.
_CURRENCY = r"[$€£¥₩₹]?"
_MINUS = re.compile(rf"(?<![^\s(\[{{\"'“‘«=<>≤≥≈~:|/])(?<!\d\s)[-−]{_CURRENCY}$|[$€£¥₩₹]\s?[-−(]$")
_MINUS_WORD = re.compile(
    r"(?<!\d\s)(?:\b(?:minus|moins|menos|meno|минус)\s|(?:마이너스|영하)\s?|(?:零下|マイナス|氷点下|负|負)\s?)$",
    re.I,
)
# And what may: an en dash, brackets, "negative".
_PERHAPS_MINUS = re.compile(
    rf"(?<![^\s(\[])(?<!\d\s)–{_CURRENCY}$|\({_CURRENCY}$|\bnegative\s$|\d\s?minus\s$", re.I
)
_BELOW = re.compile(
    r"\s?(?:°\s?[CF]?\s|degrees\s(?:Celsius\s|Fahrenheit\s)?|Grad\s)?(?:below zero|unter null)", re.I
)
_FALL = re.compile(
    r"\b(?:f[ae]ll|declin|decreas|drop|los[st]|down|shr[aiu]nk|below|deficit|lower|negative|reduc|contract"
    r"|sank|sunk|slump|outflow|debit|gesunken|sank|rückgang|verlust|abnahme|gefallen|fiel"
    r"|baiss|perte|recul|diminu|chute|caíd|cayó|pérdid|baj[óa]|disminu|déficit|perdit|calo)"
    r"|감소|하락|적자|손실|줄[어었]|낮|하회|축소|下降|下落|减少|減少|低下|赤字|亏损|損失|縮小",
    re.IGNORECASE,
)
# "19 백신" is no 1,900.
_HAN_SCALE = r"[십백천]?[만억조]|(?<=\d)[십백천]|[십백천](?![가-힣]{2})|[十百千]?[万萬億亿兆]|[十百千]"
_SCALE = re.compile(
    rf"[\s-]?(?P<name>{'|'.join(sorted(SCALES, key=len, reverse=True))})(?![^\W_가-힣])"
    rf"|(?P<letter>bn|tn|[kmb]|(?-i:T))(?![^\W_])"
    rf"|\s?(?P<han>{_HAN_SCALE})",
    re.IGNORECASE,
)
_HAN_REST = re.compile(rf"\s?(\d[\d,]*)\s?({_HAN_SCALE})?")
_PERCENT = re.compile(r"\s?(?:[%％]|per\s?cent|pct\b|퍼센트|프로(?![가-힣]))", re.IGNORECASE)
_CENTURY = re.compile(r"(?P<first>\d\d)\d\d\s?[-–—/]$|['‘’]$")
# "’24.6월" and "2024.8" are a year and a month, where "24.6" alone is a number.
_YEAR_MONTH = re.compile(r"((?:19|20)\d\d|(?<=['‘’])\d\d|\d\d(?=\.\d\d?월))\.(0?[1-9]|1[0-2])(?!\d)")
_POWERS = {name: SCALES[name] for name in ("thousand", "million", "billion", "trillion")}
_LETTERS = {"k": 1e3, "m": 1e6, "b": 1e9, "bn": 1e9, "t": 1e12, "tn": 1e12}
_ONES = re.findall(
    "[a-z]+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen",
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_WORTH = {
    **{word: float(value) for value, word in enumerate(_ONES)},
    **{word: 10.0 * value for value, word in enumerate(_TENS, start=2)},
}
_TIMES = {"dozen": 12.0, "hundred": 100.0, **_POWERS}
SPELLED = frozenset([*_WORTH, *_TIMES])
_WORDS = "|".join([*_WORTH, *_TIMES])
_SPELLED = re.compile(rf"(?:-|\s|\sand\s)?({_WORDS})(?![^\W_가-힣])", re.IGNORECASE)
_HALF = re.compile(r"\bhalf an?\s$", re.IGNORECASE)  # "half a million"
_MONTHS = re.findall(
    r"\w+", "January February March April May June July August September October November December"
)
_LETTERS_ONLY = re.compile(r"[^\W\d_]{3,}")
_KOREAN = ["한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟", "아홉", "열"]
_NAMED = {
    **{word: float(value) for value, word in enumerate(_MONTHS, start=1)},
    **{word: float(value) for value, word in enumerate(_KOREAN, start=1)},
}
_NAMES = re.compile(rf"\b(?:{'|'.join(_MONTHS)})\b|(?<![가-힣])(?:{'|'.join(_KOREAN)})(?![가-힣]{{3}})")


class Number(NamedTuple):
    """Where a number ends in its text, and its values, the likeliest first.

    "58%" is 58 or 0.58, "1.000" is 1 or 1000, "5m" is 5 or 5,000,000, "6T" is 6,000,000,000,000.
    """

    end: int
    values: tuple[float, ...]


def read_digits(text: str, start: int, end: int) -> Number:
    """The number whose digits are text[start:end], a match of DIGITS; its scale and percent sign may follow."""
    values = _values(text[start:end])
    if (date := _YEAR_MONTH.match(text, start)) and date.end() == end:
        values += (_year(float(date[1])), float(date[2]))
    scale = _SCALE.match(text, end)
    if (scale or _PERCENT.match(text, end)) and re.search("[, ]", text[start:end]):
        values = values[:1]  # "3,5 %" is no list
    if scale:
        end = scale.end()
        if scale["letter"]:
            large = tuple(value * _LETTERS[scale["letter"].lower()] for value in values)
            # "5 m" and "5m" may be metres; "6T" and "7B" are nothing else.
            values = large if scale[0].isupper() else values + large
        elif scale["name"]:
            values = tuple(value * SCALES[scale["name"].lower()] for value in values)
        else:
            end, values = _han(text, end, values, scale["han"])
    elif end - start == 2 and (before := _CENTURY.search(text, max(0, start - 6), start)):
        values += (100 * float(before["first"]) + values[0] if before["first"] else _year(values[0]),)
    if percent := _PERCENT.match(text, end):
        end = percent.end()
        values += tuple(value / 100 for value in values if value < 100)
    return Number(end, _signed(text, start, end, values))


def speaks_of_a_fall(text: str) -> bool:
    """Whether a text says that something fell or is missing: "fell by 5%" is what a table has as -5%."""
    return bool(_FALL.search(text))


def _signed(text: str, start: int, end: int, values: tuple[float, ...]) -> tuple[float, ...]:
    before = text[max(0, start - 12) : start]
    negative = tuple(-value for value in values)
    if _MINUS.search(before) or _MINUS_WORD.search(before):
        return negative
    if _PERHAPS_MINUS.search(before) or _BELOW.match(text, end):
        return values + negative
    return values


def read_spelled(text: str, start: int) -> Number | None:
    """The number that is spelled out in English at `start`, where a word begins; "one" alone is none."""
    total, current, end = 0.0, 0.0, start
    while word := _SPELLED.match(text, end):
        name = word[1].lower()
        if name in _POWERS:
            total, current = total + (current or 1) * _POWERS[name], 0.0
        elif name in _TIMES:
            current = (current or 1) * _TIMES[name]
        elif end > start and current % (10 if _WORTH[name] < 10 else 100):
            break  # "two, three" and "two and three" are two numbers
        else:
            current += _WORTH[name]
        end = word.end()
    if _HALF.search(text, max(0, start - 8), start):
        total, current = total / 2, current / 2
    return (
        Number(end, _signed(text, start, end, (total + current,)))
        if end > start and text[start:end].lower() != "one"
        else None
    )


def read_word(text: str, start: int, end: int, language: str) -> Number | None:
    """The number that text[start:end], a word of this language, spells out; the name of a scale may follow."""
    value = spelled_in(language).get(text[start:end].casefold())
    if value is None:
        return None
    end, value = with_ones(text, start, end, value)
    if (scale := _SCALE.match(text, end)) and scale["name"]:
        value, end = value * SCALES[scale["name"].lower()], scale.end()
    return Number(end, _signed(text, start, end, (value,)))


def named_values(text: str) -> set[float]:
    """What words in `text` may count as, whatever its language: "March" is 3, so is "세 가지", and "elf" is 11."""
    named = {_NAMED[name] for name in _NAMES.findall(text)}
    spelled = (read_word(text, *word.span(), "") for word in _LETTERS_ONLY.finditer(text))
    return named | {value for number in spelled if number for value in number.values}


def _values(digits: str) -> tuple[float, ...]:
    parts = re.split(_GAP, digits)
    numbers = tuple(float(part) for part in parts if part)
    if _INDIAN.fullmatch(digits):
        return float(digits.replace(",", "")), *numbers
    if grouped := _GROUPED.fullmatch(digits):
        gap = grouped["gap"]
        whole, _, decimals = digits.replace(gap, "").replace(",", ".").partition(".")
        value = float(f"{whole}.{decimals or 0}")
        if gap == " ":  # "350 000", or two numbers side by side
            return (value,) if any(part.startswith("0") for part in parts[1:]) else (value, *numbers)
        return (float(digits), value) if gap == "." and len(parts) == 2 else (value,)
    if len(parts) == 2:
        decimal = float(f"{parts[0] or 0}.{parts[1]}")
        return (decimal, *numbers) if "," in digits else (decimal,)
    return numbers


def _year(number: float) -> float:
    """The year of '98 or '24."""
    return number + (0 if number >= 100 else 1900 if number > 50 else 2000)


def _han(text: str, end: int, values: tuple[float, ...], scale: str) -> tuple[int, tuple[float, ...]]:
    """The end and the values of "1억 2,000만": a number with an East Asian scale, and what it is followed by."""
    power = _power(scale)
    value = values[0] * power
    if (
        (rest := _HAN_REST.match(text, end))
        and (more := _value(rest)) < power
        and (rest[2] or text[end].isdigit())
    ):
        return rest.end(), (value + more,)
    # 조 is a trillion, and an article of a law.
    return end, (value, *values) if scale == "조" else (value,)


def _value(match: re.Match[str]) -> float:
    return float(match[1].replace(",", "") or 0) * _power(match[2] or "")


def _power(scale: str) -> float:
    power = 1.0
    for character in scale:
        power *= HAN_SCALES[character]
    return power
