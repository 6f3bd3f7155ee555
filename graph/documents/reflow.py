"""Joins the lines of a page into paragraphs. Works on text alone and knows nothing about files or pages.

A printed line ends because it was full or because something ended. It was full when the first word of the
next line would not have fitted: widths are compared with the widest lines nearby, so any column works.
"""

import re
import unicodedata
from functools import lru_cache

_TERMINAL = re.compile(r"[.!?:;。！？：；…؟۔।][\"'”’»」』)\]\d*†‡]{0,4}$")
_OPEN = re.compile(
    r"[,(\[{‘“–—/&+=，、]$|\w[-‐]$|\b(?:the|a|an|of|and|or|to|in|for|with|by|from|that|which|as|on|at|is|are"
    r"|de|du|des|la|le|les|et|der|die|das|und|el|los|y)$",
    re.IGNORECASE,
)
_ITEM = re.compile(
    r"(?:[-–—*•·‣▪▫◦●○■□◆◇▶▷►→※◎☐☑✓❍➢➤ㅇ∙⦁]\s+\S"  # bullets
    r"|[•‣▪◦●○■□◆◇▶▷►※◎➢➤]\S"
    r"|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivx]{1,5}|[IVX]{1,5}|[가-하])[.)]\s?(?=\D)\S"
    r"|\d{1,2}(?:\.\d{1,2})+\.?\s+\S"
    r"|\[\d{1,3}\]\s|[①-⑳⑴-⒇㉠-㉻]|[Ⅰ-Ⅻ][.\s]|제\s?\d+\s?[조장절항]"
    r"|[<〈《【\[]\s?[가-힣\w ]+\s?[>〉》】\]]\s*$"  # <요약>
    r"|(?:Figure|Fig\.|Table|Algorithm|Theorem|Lemma|Definition|그림|표)\s*\d+[.:)]?\s"
    r"|#{1,6}\s|\||>\s|```|~~~)"
)
_LEADERS = re.compile(r"(?:[.·․…⋯]\s?){4,}")
_NUMERIC = re.compile(r"[^\w]*[-+±~]?[$€£₩]?\d[\d.,:/%()*+–-]*[^\w]*")
_HYPHENATED = re.compile(r"\w[-‐–]$")
_NEVER_FIRST = ",;.)]}”’»」』、。，"
_NARROWEST = 20  # columns of letters; what is narrower are labels of a figure or cells of a table
_NEARBY = 8  # lines on each side that say how wide the column is


def reflow(text: str) -> str:
    """Text with one line per paragraph, heading, list item or table row; paragraphs end with a blank line."""
    lines = [re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.split("\n")]
    raw = text.split("\n")
    widths = [_width(line) for line in lines]
    out: list[str] = []
    fenced = False
    joinable = False  # whether the last line of `out` may be continued
    for index, line in enumerate(lines):
        fence = line.startswith(("```", "~~~"))
        if not line:
            if fenced or (out and out[-1]):
                out.append("")
            joinable = False
            continue
        if (
            joinable
            and not fence
            and _continues(lines[index - 1], line, _room(widths, index - 1), widths[index - 1])
        ):
            out[-1] += line if _HYPHENATED.search(lines[index - 1]) else " " + line
        else:
            if joinable and _ends_paragraph(lines[index - 1]):
                out.append("")
            out.append(raw[index].rstrip() if fenced or fence else line)
        fenced ^= fence
        joinable = not fenced and not fence
    return "\n".join(out).strip("\n")


def _ends_paragraph(line: str) -> bool:
    return bool(_TERMINAL.search(line)) and not _is_row(line)


def _room(widths: list[int], index: int) -> int:
    """Width of the column around a line: the third widest of its neighbours; one outlier is no column."""
    near = sorted(widths[max(0, index - _NEARBY) : index + _NEARBY + 1], reverse=True)
    return near[2] if len(near) > 3 else max(near[0], 2 * _NARROWEST)  # too few to tell a column from labels


def _continues(line: str, following: str, room: int, width: int) -> bool:
    """Whether `following` is the rest of the paragraph that `line` belongs to."""
    if _is_row(line) or _is_row(following) or _ITEM.match(following) or _LEADERS.search(line):
        return False
    if line.startswith(("#", "|")):
        return False
    if following[0] in _NEVER_FIRST:
        return True
    if room < _NARROWEST:
        return False
    if _OPEN.search(line) or (following[0].islower() and not _TERMINAL.search(line)):
        return True
    first_word = following.split(" ", 1)[0]
    fits = width + 1 + _width(first_word) <= 0.86 * room
    return not fits and width >= 0.5 * room


@lru_cache(maxsize=4096)
def _is_row(line: str) -> bool:
    """Whether a line is a row of a table: mostly numbers, or cells between bars or wide gaps."""
    words = line.split()
    numbers = sum(len(word) < 40 and bool(_NUMERIC.fullmatch(word)) for word in words)
    return (len(words) >= 3 and numbers >= 0.5 * len(words)) or line.count("|") >= 2


def _width(line: str) -> int:
    """Columns on a terminal: Korean, Chinese and Japanese characters take two."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
