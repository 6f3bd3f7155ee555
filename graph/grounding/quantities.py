"""What a number counts, and whether it is a bound: months or years, 60 or at most 60. Knows nothing of sources."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Literal, NamedTuple

from graph.grounding.words import Word

Bound = Literal["", "more", "less"]

# Names of units by dimension: within one, other names are other units. "^" marks what stands before the number.
_UNITS = {
    "share": {
        "percent": r"%(?!\s?(?:p\b|포인트|points?))|％|per\s?cent(?!age)|pct\b|퍼센트(?!\s?포인트)|"
        r"Prozent(?!punkt)|pour\scent|por\sciento|百分之",
        "points": r"%\s?p\b|%?\s?포인트|퍼센트\s?포인트|percentage\spoints?|%\s?points?|Prozentpunkte?n?"
        r"|points?\sde\spourcentage|puntos\sporcentuales|百分点",
        "basis points": r"bps?\b|basis\spoints?|베이시스\s?포인트",
        "times": r"times\b|-?fold\b|x\b|×|배(?![가-힣]{2})|-?fach\w*|-?mal\b|fois\b|veces\b|倍",
    },
    "currency": {
        "dollar": r"\$|USD\b|(?:US\s)?dollars?\b|달러|美元|ドル|dólares",
        "euro": r"€|EUR\b|euros?\b|유로|欧元|ユーロ",
        "pound": r"£|GBP\b|pounds?\ssterling|파운드",
        "yen": r"¥|JPY\b|yen\b|엔(?![가-힣])|円|日元",
        "won": r"₩|KRW\b|won\b(?=[\s.,;])|원(?![가-힣]{2})",
        "yuan": r"CNY\b|RMB\b|yuan\b|위안|人民币|元(?!素)",
        "rupee": r"₹|INR\b|rupees?\b|루피",
        "franc": r"CHF\b|francs?\b|Franken\b|프랑",
    },
    "time": {
        "second": r"secs?\b|seconds?\b|초(?![가-힣]{2})|Sekunden?\b|secondes?\b|segundos?\b|秒",
        "minute": r"mins?\b|minutes?\b|분(?=[\s이간에.,]|$)|Minuten?\b|minutos?\b|分钟|分間",
        "hour": r"hrs?\b|hours?\b|시간|Stunden?\b|heures?\b|horas?\b|小时|時間",
        "day": r"days?\b|일(?=[\s간.,]|$)|Tagen?\b|Tage?\b|jours?\b|días?\b|天|日間",
        "week": r"weeks?\b|주(?=[\s간.,]|$)|Wochen?\b|semaines?\b|semanas?\b|周|週",
        "month": r"months?\b|개월|달(?=[\s간.,]|$)|Monat(?:en|e)?\b|mois\b|mes(?:es)?\b|个月|か月|ヶ月",
        "year": r"years?\b|yrs?\b|년(?=[\s간.,]|$)|Jahren?\b|Jahre?\b|ans?\b|années?\b|años?\b|年間",
    },
    "data": {
        "byte": r"bytes?\b", "KB": r"Ki?B\b|kilobytes?\b", "MB": r"Mi?B\b|megabytes?\b",
        "GB": r"Gi?B\b|gigabytes?\b", "TB": r"Ti?B\b|terabytes?\b",
    },
    "length": {
        "mm": r"mm\b|millimet(?:er|re)s?\b", "cm": r"cm\b|centimet(?:er|re)s?\b|센티미터",
        "km": r"km\b|kilomet(?:er|re)s?\b|킬로미터|Kilometern?\b|kilómetros?\b|公里",
        "mile": r"miles?\b|마일", "foot": r"feet\b|foot\b|피트", "inch": r"inch(?:es)?\b|인치",
        "m": r"met(?:er|re)s?\b|미터|Metern?\b|mètres?\b|metros?\b",
    },
    "mass": {
        "mg": r"mg\b|milligrams?\b", "kg": r"kg\b|kilograms?\b|kilos?\b|킬로그램", "g": r"grams?\b|Gramm\b|그램",
        "ton": r"tons?\b|tonnes?\b|톤(?![가-힣]{2})|Tonnen?\b|toneladas?\b",
        "pound": r"lbs?\b|pounds?\b(?!\ssterling)",
    },
    "temperature": {
        "C": r"°\s?C\b|℃|degrees?\sCelsius|Grad\sCelsius", "F": r"°\s?F\b|℉|degrees?\sFahrenheit",
    },
}  # fmt: skip
_BEFORE = {
    "dollar": r"\$\s?|USD\s?|달러\s?", "euro": r"€\s?|EUR\s?", "pound": r"£\s?|GBP\s?", "yen": r"¥\s?|JPY\s?",
    "won": r"₩\s?|KRW\s?", "yuan": r"CNY\s?|RMB\s?", "rupee": r"₹\s?|INR\s?|Rs\.?\s?", "franc": r"CHF\s?",
    "percent": r"百分之", "times": r"factor\sof\s|Faktor\s|facteur\s(?:de\s)?|factor\sde\s",
}  # fmt: skip
_FILLER = r"[\s\u00a0\u202f-]?(?:(?:thousand|million|billion|trillion|hundred|dozen)\s|of\sa\s)?(?:US\s?)?"

# What says that a number is a bound: before it, and behind it.
_MORE = (
    r"(?<!no\s)(?<!not\s)(?:more|greater|higher|larger|longer|better|older)\sthan|no(?:t)?\s(?:less|fewer)\sthan"
    r"|at\sleast|exceed(?:s|ed|ing)?"
    r"|over|above|upwards\sof|a\sminimum\sof|>=?|≥|≧|최소(?:한)?|적어도|mehr\sals|mindestens|über"
    r"|plus\sde|au\smoins|supérieure?s?\sà|más\sde|al\smenos|por\slo\smenos|superior(?:es)?\sa|至少|超过|超過"
)
_LESS = (
    r"(?<!no\s)(?<!not\s)(?:less|fewer|lower|smaller|shorter|younger)\sthan|no(?:t)?\s(?:more|greater"
    r"|higher)\sthan|at\smost|up\sto|as\s(?:much|many|high)\sas"
    r"|under|below|a\smaximum\sof|<=?|≤|≦|최대(?:한)?|많아야|weniger\sals|höchstens|maximal|unter|bis\szu"
    r"|moins\sde|au\splus|au\smaximum|jusqu['’]à|inférieure?s?\sà|menos\sde|como\smáximo|hasta"
    r"|inferior(?:es)?\sa|最多|不到"
)
_BEHIND = {
    "more": r"\+|or\s(?:more|higher|above|over|longer)|and\s(?:above|more|over|up)|at\sleast"
    r"|\w{0,4}\s?(?:이상|초과|넘)|oder\smehr|ou\splus|o\smás|以上|を超え",
    "less": r"or\s(?:less|fewer|lower|below|under)|and\s(?:below|under)|at\s(?:the\s)?most"
    r"|\w{0,4}\s?(?:이하|미만|이내)|oder\sweniger|ou\smoins|o\smenos|以下|未満|未满|以内",
}  # fmt: skip
_ARTICLES = r"\s?(?:(?:an?|the|about|around|approximately|roughly|un|une|des|ein|eine)\s)?[$€£¥₩₹]?\s?"
_LOOK_BACK = 40
_PERCENT = re.compile(r"(?:[%％]|per\s?cent|pct|퍼센트|프로)$", re.IGNORECASE)
_POINTS = re.compile(r"(?:age)?\s?(?:p\b|포인트|points?\b)", re.IGNORECASE)
_BOUNDS: tuple[Bound, Bound] = ("more", "less")


class Unit(NamedTuple):
    """What is counted: "month" of the dimension "time"."""

    dimension: str
    name: str


_ALL_UNITS = [Unit(dimension, name) for dimension, names in _UNITS.items() for name in names]
_UNITS_BEFORE = [unit for unit in _ALL_UNITS if unit.name in _BEFORE and unit.dimension in ("share", "currency")]


class Quantity(NamedTuple):
    """A number, its unit, if any is known, and whether it is said to be a bound."""

    word: Word
    unit: Unit | None
    bound: Bound

    def counts_other(self, other: Quantity) -> bool:
        """Whether both have units and these are not the same: months and years, dollars and euros."""
        if self.unit is None or other.unit is None or self.unit == other.unit:
            return False
        return self.unit.dimension == other.unit.dimension


def quantities(text: str, words: Iterable[Word]) -> list[Quantity]:
    """The numbers among the `words` of `text`."""
    return [Quantity(word, _unit(text, word), _bound(text, word)) for word in words if word.values]


def _unit(text: str, word: Word) -> Unit | None:
    if _PERCENT.search(text, word.start, word.end):
        return Unit("share", "points" if _POINTS.match(text, word.end) else "percent")
    if before := _before().search(text, max(0, word.start - _LOOK_BACK), word.start):
        return next(unit for unit in _UNITS_BEFORE if before[unit.name])
    if after := _behind().match(text, word.end):
        return _ALL_UNITS[int(str(after.lastgroup)[1:])]
    return None


def _bound(text: str, word: Word) -> Bound:
    for bound in _BOUNDS:
        before, behind = _bounds(bound)
        if before.search(text, max(0, word.start - _LOOK_BACK), word.start) or behind.match(text, word.end):
            return bound
    return ""


@cache
def _before() -> re.Pattern[str]:
    patterns = "|".join(f"(?P<{unit.name}>{_BEFORE[unit.name]})" for unit in _UNITS_BEFORE)
    return re.compile(rf"(?:{patterns})$")


@cache
def _behind() -> re.Pattern[str]:
    patterns = (f"(?P<u{i}>{_UNITS[unit.dimension][unit.name]})" for i, unit in enumerate(_ALL_UNITS))
    return re.compile(rf"{_FILLER}(?:{'|'.join(patterns)})", re.IGNORECASE)


@cache
def _bounds(bound: Bound) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What says so before a number, and behind it; a unit may stand between."""
    before, behind = (_MORE if bound == "more" else _LESS), _BEHIND[bound]
    return (
        re.compile(rf"(?:\b|(?=[<>≥≤≧≦]))(?:{before}){_ARTICLES}$", re.IGNORECASE),
        re.compile(rf"\s?(?:\w{{1,8}}\s)?(?:{behind})", re.IGNORECASE),
    )
