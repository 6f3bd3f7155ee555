"""Fonts whose characters are not what the page shows: a table in the file that maps them is wrong, or is missing.

The page looks right and its text is noise: letters shifted in the alphabet, or exchanged, or unknown. Words tell.
Exchanged letters stand in pairs that no language has, and yet some are far more frequent than others, as in every
language and unlike in keys, codes and encoded data. Judged are the words of one font on one page, many of them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from unicodedata import normalize

from graph.documents.pdf.words import PageWords, Word

# Pairs of letters that are rarer than 0.03 % in the words of each of 27 languages in Latin letters, accents aside,
# as people use them (counted in the lists of the Python package wordfreq, 3.1), without those that Welsh, Maltese,
# Albanian, Basque, pinyin, Nahuatl, Zulu and their like have. The first letter, and what follows it nowhere.
_ODD_PAIRS = (
    "ax bdfgkmpqvwxz cbdfgpqvwx dfqx fbcgkmpqvwxz gcfvwz hbfghpqz jcjpqrwxyz kfgpqz lrwz mcfqvwx np oqx"
    " pbcdgkqvwxz qbcdfghjklmnpqrstvwxyz rx sx tdq uq vbfghmqwx wbfgjmpqtvwx xbcdfgjklmnqrsvwz yqx zfq"
)
_ODD = re.compile("|".join(f"{row[0]}(?=[{row[1:]}])" for row in _ODD_PAIRS.split()))
_UNKNOWN = re.compile(r"[\ufffd\ue000-\uf8ff\x01\x03-\x08\x0e-\x1f\x80-\x9f]")
_WITH_UNKNOWN = re.compile(rf"(?:[^\W\d_]|{_UNKNOWN.pattern}){{3,}}")
_PLAIN = re.compile(r"(?<![A-Za-z])(?:[A-Z]?[a-z]{3,}|[A-Z]{6,})(?![A-Za-z])")  # no acronym, gene or formula
_CAPITALS = re.compile(r"(?<![A-Za-z])[A-Z]{3,}(?!\w)")
_NO_VOWEL = re.compile(r"(?<![a-z])[bcdfghj-np-tvxz]{3,}(?![a-z])")
# Brackets, commas, bars and operators stand inside the words of any formula.
_KINDS = [re.compile(kind) for kind in ("[a-z]", "[A-Z]", r"\d", r"[!-'*:-<>-@\\^`{}~]")]
_MIXED = re.compile(r"[a-z]\d+[a-z]|[^\W\d_][!-&*+/:-@\[-^`{-~][^\W_]")
_CODE = re.compile(
    r"[A-Za-z]{1,5}[-/.#:]?\d{1,8}(?:[-/.]\w{1,6}){0,3}|\d{1,8}[-/.]?[A-Z]{1,4}"
)  # AX-123: of a part
_ACCENTED = re.compile(r"[\u00c0-\u024f]")
_SIGNS = re.compile(r"[!-/:-@\[-`{-~]")

_SAMPLE = 60  # words of a page that are looked at first
_FEWEST_WORDS, _FEWEST_LETTERS = 20, 100  # of a font, by which it is judged
_FEWEST_DISTINCT = 5
_UNKNOWN_SHARE = 0.2  # of the letters of a word, and not just a sign before or behind it
_NOTHING_KNOWN = 0.8  # of the words, where no letter at all is known
_WITH_UNKNOWN_SHARE = 0.2  # of the words; symbols of formulas, bullets and icons are no words
_ODD_SHARE, _ODD_WORDS = 0.05, 0.2  # of the pairs, and of the words that have one; prose has 0.3 and 1.5 %
_UNEVEN = 1.35  # how often two letters are alike, against letters drawn by lot: prose 1.6 and more, codes 1
_NO_VOWEL_SHARE, _ACCENTED_SHARE, _SIGN_SHARE, _MIXED_SHARE, _DIGIT_SHARE = 0.6, 0.6, 0.5, 0.4, 0.4
_FEWEST_SIGNS = 12  # kinds of them
_LONGEST_WORD = 20
_ENOUGH = 400  # words, by which odd pairs are judged
_DIFFERENT = 0.3  # of so many


def garbled_words(words: PageWords) -> tuple[list[Word], list[str]]:
    """The words of a page that are in such fonts, and the names of these fonts."""
    step = len(words.words) // _SAMPLE + 1
    if not may_be_garbled(" ".join(word.text for word in words.words[::step])):
        return [], []
    by_font: dict[str, list[Word]] = {}
    for word in words.words:
        by_font.setdefault(words.font(word), []).append(word)
    fonts = [font for font, own in by_font.items() if is_garbled([word.text for word in own])]
    return [word for font in fonts for word in by_font[font]], fonts


def may_be_garbled(text: str) -> bool:
    """A quick look at some words of a page, of any font: whether it is worth a longer one."""
    if not text.isascii() and (_UNKNOWN.search(text) or len(_ACCENTED.findall(text)) > 0.2 * len(text)):
        return True
    low = text.lower()
    return bool(
        len(_ODD.findall(low)) > 0.01 * len(low)
        or len(_NO_VOWEL.findall(low)) > 8
        or len(_MIXED.findall(low)) > 3
        or len(_SIGNS.findall(low)) > 0.2 * len(low)
    )


def is_garbled(words: Sequence[str]) -> bool:
    """Whether the words of one font are none of any language."""
    return (
        _has_unknown(words)
        or _has_odd_pairs(words)
        or _lacks_vowels(words)
        or _is_mixed(words)
        or _is_accented(words)
        or _is_signs(words)
    )


def _has_unknown(words: Iterable[str]) -> bool:
    runs = [run for word in words for run in _WITH_UNKNOWN.findall(word)]
    nothing = sum(set(run) == {"\ufffd"} for run in runs)
    if nothing >= _FEWEST_WORDS and nothing >= _NOTHING_KNOWN * len(runs):
        return True  # no letter has a name; dots that lead to page numbers stand among words
    unknown = {
        run for run in runs
        if len(set(run)) > 2 and len(_UNKNOWN.findall(run)) > _UNKNOWN_SHARE * len(run)
    }  # fmt: skip
    kinds = set(_UNKNOWN.findall("".join(unknown)))
    if "\ufffd" not in kinds and len(kinds) < _FEWEST_DISTINCT:
        return False  # a sign or two between words: brackets, commas
    return len(unknown) >= _FEWEST_DISTINCT and (
        sum(run in unknown for run in runs) >= _WITH_UNKNOWN_SHARE * len(runs)
    )


def _has_odd_pairs(words: Iterable[str]) -> bool:
    texts = [_without_accents(text) for text in words]
    plain = [word.lower() for text in texts for word in _PLAIN.findall(text)][:_ENOUGH]
    found = set(plain)
    if len(found) < _DIFFERENT * len(plain):
        return False  # the commands of a processor, or the names in a table
    if 2 * len(found) < len(capitals := {word.lower() for text in texts for word in _CAPITALS.findall(text)}):
        found |= capitals  # not acronyms in a text: there is no other
    letters = "".join(found)
    if len(letters) < _FEWEST_LETTERS or _unevenness(letters) < _UNEVEN:
        return False
    odd = [len(_ODD.findall(word)) for word in found]
    pairs = len(letters) - len(found)
    return sum(odd) >= _ODD_SHARE * pairs and sum(map(bool, odd)) >= _ODD_WORDS * len(found)


def _lacks_vowels(words: Iterable[str]) -> bool:
    """The vowels are gone without a trace. Different words, for the commands of a processor are few."""
    found = {word for text in words for word in _PLAIN.findall(text) if word[1:].islower()}
    if len(found) < _FEWEST_WORDS:
        return False
    return sum(bool(_NO_VOWEL.fullmatch(word.lower())) for word in found) >= _NO_VOWEL_SHARE * len(found)


def _is_mixed(words: Iterable[str]) -> bool:
    """Digits, signs and capitals stand for small letters, and so within words, as long as words are."""
    found = {
        word for word in words if 4 <= len(word) <= _LONGEST_WORD and word.isascii() and not _CODE.fullmatch(word)
    }
    mixed = [word for word in found if sum(bool(kind.search(word[:-1])) for kind in _KINDS) > 2]
    digits = [word for word in found if _MIXED.search(word) and sum(map(str.islower, word)) > len(word) / 3]
    for some, share in ((mixed, _MIXED_SHARE), (digits, _DIGIT_SHARE)):
        if len(some) >= max(_FEWEST_WORDS, share * len(found)) and _unevenness("".join(some)) >= _UNEVEN:
            return True
    return False


def _is_accented(words: Iterable[str]) -> bool:
    letters = [letter for word in words for letter in word if letter.isalpha()]
    accented = sum(bool(_ACCENTED.match(letter)) for letter in letters)
    return len(letters) >= _FEWEST_LETTERS and accented >= _ACCENTED_SHARE * len(letters)


def _is_signs(words: Iterable[str]) -> bool:
    """Signs stand for letters: many kinds of them, most of all characters, in words."""
    found = {word for word in words if len(word) > 2 and len(set(word)) > 2 and word.isascii()}
    written = "".join(found)
    signs = "".join(_SIGNS.findall(written))
    if len(found) < _FEWEST_WORDS or len(signs) < _SIGN_SHARE * len(written) or len(set(signs)) < _FEWEST_SIGNS:
        return False
    return _unevenness(written) >= _UNEVEN


def _unevenness(letters: str) -> float:
    """The index of coincidence (Friedman 1922), times the number of different letters."""
    counts = Counter(letters)
    return len(counts) * sum((count / len(letters)) ** 2 for count in counts.values())


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    decomposed = normalize("NFD", text.replace("đ", "d").replace("ł", "l").replace("ø", "o").replace("ı", "i"))
    return "".join(character for character in decomposed if not "\u0300" <= character <= "\u036f")
