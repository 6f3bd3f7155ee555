"""Numbers of headings: 2.1, IV., Chapter 3, § 12, 제1장, 第一章, Appendix B, and which of them count on."""

import re
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import normalize

Path = tuple[int, ...]

_KEYWORDS = {
    "part": r"part|teil|partie|parte|część|часть|deel",
    "chapter": r"chapter|kapitel|chapitre|cap[ií]tulo|capitolo|hoofdstuk|rozdział|глава",
    "section": r"section|abschnitt|secci[oó]n|se[cç][cç][aã]o|sezione|раздел",
    "article": r"article|artikel|art[ií]culo|artigo|articolo|§",
    "appendix": r"appendix|annex|anhang|annexe|anexo|ap[eé]ndice|appendice|приложение|부록|별첨|付録|附录|附錄",
}
_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
]
_HAN = "〇一二三四五六七八九"
_COUNT = rf"\d{{1,3}}(?:\.\d{{1,2}})*|[IVXLC]{{1,7}}|[A-Z]|{'|'.join(_WORDS)}"
_KEYWORD = {
    scheme: re.compile(rf"(?:{words})\s*({_COUNT})(?![\w.]*\w)\s*[.:)–—-]*\s*(.*)", re.IGNORECASE | re.DOTALL)
    for scheme, words in _KEYWORDS.items()
}
_HAN_COUNT = rf"[\d{_HAN}十百]{{1,5}}"
_SIGNS = {
    "part": ("편부", "編编部篇"),
    "chapter": ("장", "章"),
    "section": ("절", "節节"),
    "article": ("조", "条條"),
}
_ORDERED = {
    scheme: re.compile(rf"(?:제\s?(\d{{1,3}})\s?[{korean}]|第\s?({_HAN_COUNT})\s?[{han}])\s*(.*)", re.DOTALL)
    for scheme, (korean, han) in _SIGNS.items()
}
_HAS_WORD = re.compile(rf"(?:{'|'.join(_KEYWORDS.values())}|[제第])\s*\S", re.IGNORECASE)
_DECIMAL = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,4})(?:[.)]\s*|\s+)(?=[^\W\d_]|[\"“‘«(「『<《])(.*)", re.DOTALL)
_ROMAN = re.compile(r"([IVX]{1,6})(?:[.)]\s*|\s+)(?=\S)(.*)", re.DOTALL)
_LETTER = re.compile(r"([A-H](?:\.\d{1,2}){0,3})(?:[.)]?\s+)(?=[A-ZÀ-Þ])(.*)", re.DOTALL)
_LOST = 0.7  # weight of a number that is missing
_NEAR = 60  # numbers before one that it may count on from


class Numbering(NamedTuple):
    """What a heading is counted with, and the title behind it."""

    scheme: str  # "decimal", "roman", "letter", or what the word before the number means
    path: Path
    title: str


def numbering(text: str) -> Numbering | None:
    """How a heading is numbered, if it is."""
    text = (text if text.isascii() else normalize("NFKC", text)).strip()
    if _HAS_WORD.match(text):
        for scheme, form in _KEYWORD.items():
            if (match := form.fullmatch(text)) and (path := _path(match[1])):
                return Numbering(scheme, path, match[2].strip())
        for scheme, form in _ORDERED.items():
            if match := form.fullmatch(text):
                return Numbering(scheme, (_value(match[1] or match[2]),), match[3].strip())
    for scheme, form in (("decimal", _DECIMAL), ("roman", _ROMAN), ("letter", _LETTER)):
        if (match := form.fullmatch(text)) and (path := _path(match[1], roman=scheme == "roman")):
            return Numbering(scheme, path, match[2].strip())
    return None


def counting_on(found: Sequence[tuple[Numbering, float]]) -> set[int]:
    """Indices of the numbers of one scheme that count on, one from another, with the most weight together.

    From 2.3 a document goes on with 2.4, 3 or 2.3.1. Articles count on through all chapters, or begin anew.
    """
    best: list[tuple[float, int]] = []  # weight of the chain that ends here, and what is before it
    for index, (number, weight) in enumerate(found):
        chains = [
            (best[before][0] + weight - _LOST * (lost - 1), before)
            for before in range(max(0, index - _NEAR), index)
            if (lost := _follows(found[before][0].path, number.path))
        ]
        alone = weight if number.path[-1] <= 1 and len(number.path) == 1 else 0.5 * weight
        best.append(max([*chains, (alone, -1)], key=lambda chain: chain[0]))
    chosen: set[int] = set()
    last = max(range(len(best)), key=lambda index: best[index][0], default=-1)
    while last >= 0:
        chosen.add(last)
        last = best[last][1]
    return chosen


def _follows(before: Path, path: Path) -> int:
    """By how much a number counts on from another: 1, or 2 where one between is lost; 0 if it does not."""
    if path[:-1] == before and path[-1] <= 2:
        return path[-1]
    depth = len(path)
    if depth > len(before) or path[:-1] != before[: depth - 1]:
        return 0
    step = path[-1] - before[depth - 1]
    return step if step in (1, 2) else 0


def _path(count: str, *, roman: bool = False) -> Path:
    """The numbers of "2.1", "IV", "B.3" or "three"; () where it is none."""
    first, *others = count.split(".")
    value: int | None
    if first.isdecimal():
        value = int(first)
    elif first.lower() in _WORDS:
        value = _WORDS.index(first.lower()) + 1
    elif len(first) == 1 and not roman and first.upper() not in "IVX":
        value = ord(first.upper()) - 64
    else:
        value = _roman(first.upper())
    return (value, *map(int, others)) if value is not None else ()


def _roman(letters: str) -> int | None:
    values = ["IVXLC".find(letter) for letter in letters]
    if -1 in values:
        return None
    numbers = [(1, 5, 10, 50, 100)[value] for value in values]
    after = [*numbers[1:], 0]
    return sum(-number if number < following else number for number, following in zip(numbers, after, strict=True))


def _value(number: str) -> int:
    """The value of figures, of this country or of China."""
    if number.isdecimal():
        return int(number)
    total = digit = 0
    for sign in number:
        if sign in "十百":
            total += (digit or 1) * (10 if sign == "十" else 100)
            digit = 0
        else:
            digit = int(sign) if sign.isdecimal() else _HAN.index(sign)
    return total + digit
