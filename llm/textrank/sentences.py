"""Sentences of a plain text, and how much each looks like prose. Knows nothing of models or ranking."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import regex

from llm.language.detect import detect_language
from llm.language.joins import gap
from llm.language.marks import BULLETS, CLOSERS, CLOSING_QUOTES, ENDS, FIRM_BULLETS, UNSPACED
from llm.language.sentences import split_sentences
from llm.textrank.vocabulary import CUES, IMPRINT, LEANING, pattern


class ProseSentence(NamedTuple):
    """One sentence, word for word as it stands in the text, its white space evened out."""

    text: str
    part: int  # which block between blank lines it stands in, from 0
    glued: bool  # whether no white space parts it from the sentence before (Chinese, Japanese)
    prose: float  # from 1 for a sound sentence down to 0 for a table row, a heading, a reference, …
    heading: int = 0  # 1: it heads a section, 2: a part of one (as 3.1 does), 0: it is no heading


SOUND = 0.5  # `prose` from which a sentence may stand in a summary

_MARKER = re.compile(
    rf"(?:[-*+–—o{BULLETS}]\s+|\*{{1,3}}\s|[{FIRM_BULLETS}·∙①-⑳⑴-⒇]\s*|#{{1,6}}\s|>\s"
    r"|\(?(?:\d{1,2}(?:\.\d{1,2})*|[ivxIVX]{1,4}|[a-zA-Z가-하])[.)]\s+|\d{1,2}(?:\.\d{1,2})+\s+)"  # numbers
)
_BULLET = re.compile(rf"[-*+–—o{BULLETS}①-⑳⑴-⒇]")
# Of a table; a tag alone on its line. One bar may be that of a formula, unless a figure follows.
_ROW = re.compile(r"\|.*\||.*\t.*\t|.* \| .* \| |.* \| \W*\d[\d.,:%)]*$|```|</?\w+>$")
_CAPTION = re.compile(
    r"(?:fig(?:ure|\.)|table|tab\.|chart|algorithm|[〈<\[]?(?:표|그림)|図|表|图)\s*\d+(?P<label>\s?[:|.]\s?)?",
    re.I,
)
_REFERENCE_SIGN = re.compile(
    r"\bet al\b|\bpp?\. ?\d|\bpages \d|\bvol(?:ume)?\.? ?\d|\b[Pp]roceedings\b|\bIn Proc|\bdoi\b|https?://"
    r"|\barXiv\b|\b[A-Z]\.(?=[\s,]|[A-Z]\.)|\bPress\b|\beds?\.|\bJournal\b|\d\(\d+\):\d"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d[a-z]?\b")
_LONGEST_HEADING = 12  # words
_NUMBERED_WITHIN = re.compile(r"#{3,6}\s|\W*\d{1,2}\.\d")
_IMPRINT = re.compile(pattern(IMPRINT) + "|©", re.IGNORECASE)
_GLUED = re.compile(r"[A-Za-z]{31}")  # words whose spaces were lost on the way out of a PDF
_DATED = re.compile(r"[^\W\d], (?:19|20)\d\d[a-z]?\.$")  # a title in a list of references, not a day
_THANKS = re.compile(
    r"(?:we|i|the authors?)\b.{0,40}\b(?:thank|grateful|acknowledge)|this .{0,60}supported by", re.I
)
_LEANS = re.compile(pattern(LEANING), re.IGNORECASE)
_OF_ITSELF = re.compile(pattern(CUES), re.IGNORECASE)  # "This report" leans on nothing
_OPENED = "\"'“‘«„「『(["
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_START = re.compile(r"[\"'“‘«「『(\[$€£₩+~-]*([^\W_])")
_SESSION = re.compile(r"\$ [a-z]|>>> ")  # what is typed after a prompt of a shell, or of Python
_LEADERS = re.compile(r"\.{4}|(?:\. ){4}|…{2}")  # of a table of contents
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_UNSPACED = re.compile(rf"[{UNSPACED}]")
# With the signs that combine: they are vowels of Indic and other scripts.
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}\u200c\u200d]*")
_NUMBER = re.compile(r"\d[\d.,:/]*")
_SYMBOL = regex.compile(rf"[^\w\p{{M}}\s.,;:!?'\"()“”‘’「」、，·{ENDS}-]")
_LINE_BREAK = re.compile(r"\r\n|[\n\r\f\v\x85\u2028\u2029]")


def read_sentences(text: str, language: str | None = None) -> list[ProseSentence]:
    """Every sentence of `text` in order.

    A line break ends a sentence where it ends a paragraph, a heading, a list item or a table row, and
    does not where only the line was full. Markers of list items are left out.
    """
    language = language or detect_language(text)
    sentences: list[ProseSentence] = []
    blocks = _blocks(text)
    size = Counter(part for part, _ in blocks)
    code = _code(blocks)
    for i, (part, block) in enumerate(blocks):
        heading = _heading(block) if size[part] == 1 or block.startswith("#") else 0
        marker = _MARKER.match(block)
        listed = bool(marker and _BULLET.match(block))
        trust = 0.0 if i in code or _reference_signs(block) >= max(3, 0.17 * _words(block)) else 1.0
        for piece, glued in _segment(block[marker.end() :] if marker else block, language):
            sentences.append(ProseSentence(piece, part, glued, trust * prose(piece, listed=listed), heading))
    return sentences


def _code(blocks: Sequence[tuple[int, str]]) -> set[int]:
    """Which of the blocks are code, or what it printed: between fences, or in one part with a shell's prompt."""
    fences = [i for i, (_, block) in enumerate(blocks) if block.startswith("```")]
    # An odd one is that of code which began before the text, or ends behind it.
    pairs = zip(fences[::2], fences[1::2], strict=True) if len(fences) % 2 == 0 else ()
    sessions = {part for part, block in blocks if _SESSION.match(block)}
    return {
        *(i for start, end in pairs for i in range(start, end)),
        *(i for i, (part, _) in enumerate(blocks) if part in sessions),
    }


def _heading(block: str) -> int:
    """Whether a block that stands alone is a heading: `ProseSentence.heading`."""
    short = _words(block) <= _LONGEST_HEADING and any(
        len(word) > 1 or not word.isascii() for word in _WORD.findall(block)
    )
    if not short or ends_whole(block) or _CAPTION.match(block) or _BULLET.match(block):
        return 0
    return 2 if _NUMBERED_WITHIN.match(block) else 1


def _blocks(text: str) -> list[tuple[int, str]]:
    """Paragraphs and the like, each on one line, with the number of blank gaps before it."""
    lines = [" ".join(line.split()) for line in _LINE_BREAK.split(text)]
    width = _column_width(lines)
    blocks: list[tuple[int, list[str]]] = []
    part, blank, last = -1, True, ""
    for line in lines:
        if not line:
            blank = True
            continue
        if blocks and _continues(last, line, width, blank):
            blocks[-1][1].append(gap(last, line) + line)
        else:
            part += blank
            blocks.append((part, [line]))
        last, blank = line, False
    return [(part, "".join(pieces)) for part, pieces in blocks]


def _column_width(lines: list[str]) -> int:
    """Characters in a full line of a text that is printed in lines; 0 for one line per paragraph."""
    lengths = sorted(len(line) for line in lines if line)
    width = lengths[len(lengths) * 4 // 5] if lengths else 0
    return width if 25 <= width <= 160 else 0


def _continues(last: str, line: str, width: int, blank: bool) -> bool:
    """Whether the break between two lines is only where the line was full."""
    if _MARKER.match(line) or last.startswith("#") or any(_ROW.match(text) for text in (line, last)):
        return False
    ended = last.rstrip(CLOSERS)[-1:] in (*ENDS, ":", "")
    if line[0].islower() and not ended:
        return True
    if not blank and len(last) >= 15 and _HANGUL.match(last[-1]) and _HANGUL.match(line):
        return True  # Korean has no small letters; a heading of this length is rarer than a broken line
    first_word = line.split(" ", 1)[0] if " " in line else line[0]
    return width > 0 and not blank and len(last) + 1 + len(first_word) > 0.9 * width


def _segment(block: str, language: str) -> list[tuple[str, bool]]:
    """Sentences of one block, and whether each is glued to the one before."""
    found: list[tuple[str, bool]] = []
    gap = True
    for raw in split_sentences(block, language):
        piece = raw.strip()
        gap = gap or raw[:1].isspace()
        if not piece:
            gap = True
            continue
        if found and _belongs(found[-1][0], piece, gap):
            found[-1] = (found[-1][0] + " " * gap + piece, found[-1][1])
        else:
            found.append((piece, not gap))
        gap = raw[-1].isspace()
    return [(piece, glued) for piece, glued in found if not _MARKER.fullmatch(piece + " ")]


def _belongs(last: str, piece: str, gap: bool) -> bool:
    """Whether a sentence of print goes on: with a small letter, or right after a quotation."""
    return piece[0].islower() or (not gap and last[-1] in CLOSING_QUOTES)


def prose(text: str, *, listed: bool = False) -> float:
    """How sound a sentence `text` looks, in [0, 1]. `listed`: it is an item of a list."""
    size = _words(text)
    if size < 4 or _is_furniture(text):
        return 0.0
    signs = _reference_signs(text) / size
    if signs >= 0.2:
        return 0.0
    return (
        (1.0 if ends_whole(text) else 0.6 if _is_note(text, listed, size) else 0.3)
        * min(1.0, size / 10)  # the shortest sentences say little
        * (0.5 if size > 90 else 1.0)  # the longest are several, or a table
        * (0.5 if signs > 0.1 else 1.0)
        * (0.3 if _is_title(text) or _DATED.search(text) or _THANKS.match(text) else 1.0)
        * (1.0 if _starts_whole(text) else 0.5)
        * (0.3 if _GLUED.search(text) else 1.0)
        * (0.7 if text[-1] in "?？" else 1.0)
        * (0.7 if leans(text) else 1.0)
    )


def leans(text: str) -> bool:
    """Whether the sentence begins with what the one before it has said: "It", "These", "However"."""
    start = text.lstrip(_OPENED)
    return bool(_LEANS.match(start)) and not _OF_ITSELF.match(start)


def _is_note(text: str, listed: bool, size: float) -> bool:
    """Whether it is worth a sentence without its mark: an item of a list, or Korean that ends in a noun."""
    if listed:
        return size >= 6
    korean = 2 * len(_HANGUL.findall(text)) > len(text) - text.count(" ") and _HANGUL.match(text[-1])
    return size >= 12 and bool(korean) and text.count("(") == text.count(")")


def _starts_whole(text: str) -> bool:
    """Whether the text starts with a number or a letter that is not small, opening quotes aside."""
    start = _START.match(text)
    return bool(start and not start[1].islower())


def _words(text: str) -> float:
    """Words of a text: what stands between spaces, or half the characters where there are none."""
    wide = len(_CJK.findall(text))
    others = len(_UNSPACED.findall(text)) - wide  # Thai and its neighbours: vowels are letters of their own
    return len(_WORD.findall(text)) + len(_HANGUL.findall(text)) / 6 + wide / 2 + max(0, others) / 5


def _is_furniture(text: str) -> bool:
    """Whether it is a row of numbers or signs, a formula, a caption."""
    words = _WORD.findall(text)
    numbers = len(_NUMBER.findall(text))
    letters = sum(len(word) == 1 and word.isascii() for word in words)
    caption = _CAPTION.search(text)
    return bool(
        numbers > 0.5 * len(words)
        or len(_SYMBOL.findall(text)) > 0.2 * (len(text) - text.count(" "))
        or letters > 0.3 * len(words)
        or (caption and (caption["label"] or caption.start() == 0))
        or _ROW.match(text)
        or _LEADERS.search(text)
        or _IMPRINT.search(text)
    )


def _reference_signs(text: str) -> int:
    """How much in the text is usual in a list of references. A year alone is no such sign."""
    signs = len(_REFERENCE_SIGN.findall(text))
    return signs + len(_YEAR.findall(text)) if signs else 0


def _is_title(text: str) -> bool:
    """Whether it is Written Like This: a heading, a name, or the title of a reference."""
    long = [word for word in _WORD.findall(text) if len(word) >= 4 and word[0].isascii()]
    return len(long) >= 3 and sum(word[0].isupper() for word in long) > 0.6 * len(long)


def ends_whole(text: str) -> bool:
    """Whether the text ends with a sentence mark, closing quotes and brackets aside."""
    return text.rstrip(CLOSERS)[-1:] in tuple(ENDS)
