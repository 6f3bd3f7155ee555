"""What kind of thing a question asks for, and how a sentence looks that may give it: dates, amounts, names."""

from __future__ import annotations

import re
from typing import NamedTuple

_HOURS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_SPELLED = f"{_HOURS}|dozen|hundred|thousand|million|billion|(?:twen|thir|for|fif|six|seven|eigh|nine)ty"
_DATE = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}|\b\d{1,2}:\d\d\b|\d\s?[년월일시]|o'clock"
    rf"|\b(?:at|by|past|until|till|before|after|from) (?:one|{_HOURS}|noon|midnight|dawn|dusk)\b"
    r"|\b(?:January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?\b|\bin (?:spring|summer|autumn|winter)\b"
)
_NUMBER = re.compile(rf"\d|\b(?:{_SPELLED})\b|[한두세네]\s?[개명번]", re.IGNORECASE)
_MEASURE = re.compile(
    rf"(?:\d|\b(?:{_SPELLED}))[\s-]?(?:[cmk]?m|(?:centi|milli|kilo)?met(?:re|er)s?|f(?:ee|oo)?t|inch(?:es)?|miles?"
    r"|seconds?|minutes?|hours?|days?|weeks?|months?|years?|pages?|words?|tokens?)\b",
    re.IGNORECASE,
)
_MONEY = re.compile(
    r"[$€£¥₩]\s?\d|\d[\d,.]*\s?(?:(?:million|billion|thousand|m|bn)\s?)?"
    r"(?:dollars?|euros?|pounds?|won|yen|francs?|cents?|USD|EUR|GBP|KRW)\b|\d\s?[만억조]?\s?(?:원|달러|유로)",
    re.IGNORECASE,
)
_TITLES = "씨|의원|교수|장관|차관|위원|위원장|대표|총재|국장|실장|과장|박사|기자|사장|회장"
_NAME = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof)\.?\s[A-Z]|(?:(?<=[a-z,] )|^)[A-Z][a-z]+ (?:[A-Z]\.? )?[A-Z][a-z]+\b"
    rf"|[가-힣]{{2,4}}\s?(?:{_TITLES})"
)


class Kind(NamedTuple):
    """A kind of thing: how a question asks for it, and how it looks.

    Whether nothing answers without a number (`is_amount`), and whether a sentence that is to be quoted must have
    such a thing (`is_needed`); else it only speaks for one.
    """

    asked: re.Pattern[str]
    given: re.Pattern[str]
    is_amount: bool = False
    is_needed: bool = True


# The first that fits decides.
_KINDS = (
    Kind(
        re.compile(
            r"^\W*(?:(?:and|by|since|until|from|on|in|at) )?(?:when|(?:what|which) (?:year|date|day|time|hours?))"
            r"\b|\bdeadline\b|언제|몇\s?(?:년|월|일|시)",
            re.IGNORECASE,
        ),
        _DATE,
    ),
    Kind(
        re.compile(
            r"\b(?:how expensive|(?:how much|what)\b.*\b(?:costs?|pay|paid|charged?|spen[dt])|price|fee|budget)\b"
            r"|비용|가격|금액|예산|연봉",
            re.IGNORECASE,
        ),
        _MONEY,
        is_amount=True,
    ),
    Kind(
        re.compile(r"\bhow (?:long|old|far|high|tall|wide|deep)\b", re.IGNORECASE),
        _MEASURE,
        is_amount=True,
    ),
    Kind(
        re.compile(r"\bhow (?:much|many|large|big|often|fast)\b|얼마|몇", re.IGNORECASE),
        _NUMBER,
        is_amount=True,
    ),
    Kind(
        re.compile(
            r"\b(?:percent\w*|number of|rate|share|size|amount|score|accuracy|age|at (?:most|least)|maximum"
            r"|minimum)\b|비율|퍼센트",
            re.IGNORECASE,
        ),
        _NUMBER,
    ),
    Kind(re.compile(r"\b(?:who|whom|whose)\b|누가|누구", re.IGNORECASE), _NAME, is_needed=False),
)


def kind_of(question: str) -> Kind | None:
    """What kind of thing a question asks for; None if it is no such kind."""
    return next((kind for kind in _KINDS if kind.asked.search(question)), None)


def has_number(text: str) -> bool:
    """Whether there is a number in it, in digits or in letters."""
    return bool(_NUMBER.search(text))
