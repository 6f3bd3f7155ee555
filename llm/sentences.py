"""Sentences of a plain text, and how much each looks like prose. Knows nothing of models or ranking."""

from __future__ import annotations

import re
from typing import NamedTuple


class Sentence(NamedTuple):
    """One sentence, word for word as it stands in the text, white space evened out."""

    text: str
    part: int  # which block between blank lines it stands in, from 0
    glued: bool  # nothing but the sentence mark stands between it and the sentence before
    prose: float  # 1 a sound sentence, 0 a table row, a heading, a reference, …


_ENDS = ".!?。！？…｡"
_CLOSERS = "\"'”’»›)]}」』）】》〉"
_QUOTES_END = "\"'”’»」』"
_MARKER = re.compile(
    r"(?:[-*+•‣·▪■□○●◦◇◆▶►※∙–—]|[oㅇ](?=\s)|#{1,6}(?=\s)|\(?(?:\d{1,2}|[ivxIVX]{1,4}|[a-zA-Z]|[가나다라마바사])[.)](?=\s)"
    r"|[①-⑳⑴-⒇]|>)\s*"
)
_TABLE_ROW = re.compile(r"\s*\|.*\|\s*$|.*\t.*\t")
_CAPTION = re.compile(r"(?:fig(?:ure|\.)?|table|tab\.|chart|표|그림|〈표|<표|図|表|图)\s*\d+", re.IGNORECASE)
_REFERENCE_SIGNS = re.compile(
    r"\bet al\b|\bpp?\. ?\d|\bvol(?:ume)?\.? ?\d|\bproceedings\b|\bIn Proc|\bdoi\b|https?://|\barXiv\b"
    r"|\b(?:19|20)\d\d[a-z]?\b|\b[A-Z]\.(?=[\s,]|[A-Z]\.)|\bPress\b|\beds?\.|\bJournal\b|\d+\(\d+\):\d+",
)
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[^\W\d_]+")
_SYMBOL = re.compile(r"[^\w\s.,;:!?'\"()“”‘’。、，·-]|\d")


def split_sentences(text: str) -> list[Sentence]:
    """Every sentence of `text` in order.

    A line break ends a sentence where it ends a paragraph, a heading, a list item or a table row, and
    does not where a page's width wrapped the line.
    """
    sentences: list[Sentence] = []
    for part, block in _blocks(text):
        for piece, glued in _segment(block):
            sentences.append(Sentence(piece, part, glued, _prose(piece)))
    return sentences


def _blocks(text: str) -> list[tuple[int, str]]:
    """Runs of lines that belong together, each on one line, with the number of blank gaps before it."""
    lines = [" ".join(line.split()) for line in re.split(r"\r\n|[\n\r\f\v\x85\u2028\u2029]", text)]
    width = _wrap_width(lines)
    blocks: list[tuple[int, str]] = []
    part, blank, last = -1, True, ""
    for line in lines:
        if not line:
            blank = True
            continue
        if blocks and _continues(last, line, width, blank):
            joint = "" if _CJK.match(last[-1]) and _CJK.match(line) else " "
            blocks[-1] = (part, blocks[-1][1] + joint + line)
        else:
            part += blank
            blocks.append((part, line))
        last, blank = line, False
    return blocks


def _wrap_width(lines: list[str]) -> int:
    """Characters in a full line: what three quarters of the lines do not exceed."""
    lengths = sorted(len(line) for line in lines if line)
    return lengths[3 * len(lengths) // 4] if lengths else 0


def _continues(last: str, line: str, width: int, blank: bool) -> bool:
    """Whether the break between two lines is only where the page ran out."""
    if _MARKER.match(line) or _TABLE_ROW.match(line) or _TABLE_ROW.match(last) or last.startswith("#"):
        return False
    ended = last.rstrip(_CLOSERS)[-1:] in (*_ENDS, ":")
    if line[0].islower() and not ended:
        return True
    return not blank and len(last) >= 0.7 * width


def _segment(block: str) -> list[tuple[str, bool]]:
    """Sentences of one block with whether each is glued to the one before."""
    import sentencex  # type: ignore[import-untyped]

    found: list[tuple[str, bool]] = []
    gap = True
    for raw in sentencex.segment("en", block):
        piece = raw.strip()
        if not piece:
            gap = True
            continue
        gap = gap or raw[0].isspace()
        if found and _belongs_to_last(found[-1][0], piece, gap):
            found[-1] = (found[-1][0] + " " * gap + piece, found[-1][1])
        else:
            found.append((piece, not gap))
        gap = raw[-1].isspace()
    return [
        (_MARKER.sub("", piece, count=1) if _MARKER.match(piece) else piece, glued) for piece, glued in found
    ]


def _belongs_to_last(last: str, piece: str, gap: bool) -> bool:
    """Whether the splitter cut too early: after a quotation that a Korean or Japanese verb goes on from."""
    return piece[0].islower() or (not gap and last[-1] in _QUOTES_END)


def _prose(text: str) -> float:
    """How sound a sentence this looks: 1, or less for each sign that it is none."""
    words = _WORD.findall(text)
    wide = len(_CJK.findall(text))
    if len(words) + wide / 3 < 4:
        return 0.0
    dense = len(text) - text.count(" ")
    if len(_SYMBOL.findall(text)) > 0.25 * dense:
        return 0.0
    if sum(len(word) == 1 and word.isascii() for word in words) > 0.3 * len(words):
        return 0.0
    if _CAPTION.match(text) or len(_REFERENCE_SIGNS.findall(text)) >= max(3, len(words) / 8):
        return 0.0
    score = 1.0
    if not ends_whole(text):
        score *= 0.3
    if text[0].islower():
        score *= 0.5
    if len(words) > 90:
        score *= 0.5
    return score


def ends_whole(text: str) -> bool:
    """Whether the text ends with a sentence mark, closing quotes and brackets aside."""
    return text.rstrip(_CLOSERS)[-1:] in tuple(_ENDS)
