"""Joins the lines of a page into paragraphs. Works on text alone and knows nothing about files or pages.

A printed line ends because it was full or because something ended. It was full when the first word of the
next line would not have fitted: widths are compared with the widest lines nearby, so any column works.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from graph.documents.line import BAR, ROW
from llm.language.joins import join
from llm.language.marks import BULLETS, FIRM_BULLETS, LINE_ENDED

_TERMINAL = re.compile(LINE_ENDED)
_CLOSED = re.compile(rf"{_TERMINAL.pattern}|[,;:]$|\b(?:and|or|und|oder|et|ou|y|o)$")
_OPEN = re.compile(
    r"[,(\[{‘“–—/&+=，、]$|\w[-‐]$|\b(?:the|a|an|of|and|or|to|in|for|with|by|from|that|which|as|on|at|is|are"
    r"|de|du|des|la|le|les|et|der|die|das|und|el|los|y)$",
    re.IGNORECASE,
)
_ITEM = re.compile(
    rf"(?:[-–—*{BULLETS}]\s+\S|[{FIRM_BULLETS}]\S"
    r"|\(?(?:\d{1,3}(?:\.\d{1,3})*|[a-zA-Z]|[ivx]{1,5}|[IVX]{1,5}|[가-하])(?:\)\s?|\.\s+)(?=\D)\S"
    r"|\d{1,3}\.(?=[^\W\d])|\d{1,2}(?:\.\d{1,2})+\.?\s+[A-ZÀ-Þ가-힣\"“‘(]"
    r"|\[\d{1,3}\]\s|[①-⑳⑴-⒇㉠-㉻]|[Ⅰ-Ⅻ][.\s]|제\s?\d+\s?[조장절항]"
    r"|[<〈《【\[]\s?[가-힣\w ]+\s?[>〉》】\]]\s*$"  # <요약>
    r"|(?:Figure|Fig\.|Table|Algorithm|Theorem|Lemma|Definition|그림|표)\s*\d+[.:)]?\s"
    r"|#{1,6}\s|\||>\s|```|~~~)"
)
_CAPTION = re.compile(r"(?:Figure|Fig\.|Table|Algorithm|Theorem|Lemma|Definition|그림|표)")  # or a mention of one
_COUNTED = re.compile(r"\(?(\d{1,3}|[a-zA-Z]|[가-하])[.)]")  # items that come one after another
_ENDS_IN_NUMBER = re.compile(r"(?:^|[\s,.·…–-])\d{1,4}[nf]?$")
_NUMBERED_HEADING = re.compile(r"\d{1,2}(?:\.\d{1,2})*\.?\s+[A-ZÀ-Þ가-힣]")
_LEADERS = re.compile(r"(?:[.·․…⋯]\s?){4,}[\divxlc]*$")
_SPACES = re.compile(r"[ \t\u00a0]+")
_NUMERIC = re.compile(r"[^\w]*[-+±~]?[$€£₩]?\d[\d.,:/%()*+–-]*[^\w]*")
_LETTER = re.compile(r"[^\W\d_]")
_IN_KOREAN = re.compile(r"[가-힣][,)’”]?\n[(‘“]?[가-힣]")
_MARKED = re.compile(r"[^\W\d_](?:[.,;:] \w|[.,;]$)")
_HYPHENATED = re.compile(r"\w[-‐–]$")
_NEVER_FIRST = ",;.)]}”’»」』、。，"
_NARROWEST = 20  # columns of letters; what is narrower are labels of a figure or cells of a table
_NEARBY = 8  # lines on each side that say how wide the column is


def reflow(text: str) -> str:
    """Text with one line per paragraph, heading, list item or table row; paragraphs end with a blank line."""
    raw = text.split("\n")
    lines = [_SPACES.sub(" ", line).strip() for line in raw]
    widths = [_width(line) for line in lines]
    items, rows = _items(lines), _rows(lines)
    out: list[str] = []
    last: int | None = None  # index of the line that the last of `out` ends with, unless it is closed
    fenced = False
    for index, line in enumerate(lines):
        fence = line.startswith(("```", "~~~"))
        if fenced or fence or not line:
            if line or fenced or (out and out[-1]):
                out.append(raw[index].rstrip() if line else "")
            last = None if line else last
            fenced ^= fence
        elif last is not None and not rows[last] and _continues(lines, widths, last, index, is_item=items[index]):
            while not out[-1]:
                out.pop()
            out[-1] = join(out[-1], line)
            last = index
        else:
            if last == index - 1 and _ends_paragraph(lines[last]):
                out.append("")
            out.append(line)
            last = index
    return "\n".join(map(_with_bars, out)).strip("\n")


def _with_bars(line: str) -> str:
    return _SPACES.sub(" ", line.replace(ROW, BAR)).strip() if ROW in line else line


def _items(lines: list[str]) -> list[bool]:
    """Which lines begin an item. After a line without an end a number has to be the first or next of its list, for
    a line may well begin with the "10)" of "(see chapter 10)".
    """
    found = [bool(_ITEM.match(line)) for line in lines]
    counted = ""
    for index, line in enumerate(lines):
        match = _COUNTED.match(line) if found[index] else None
        before = lines[index - 1] if index else ""
        if match is None:
            continue
        if before and not _CLOSED.search(before) and match[1] not in ("1", "a", "A", "가", _after(counted)):
            found[index] = False
        else:
            counted = match[1]
    return found


def _after(marker: str) -> str:
    if marker.isdecimal():
        return str(int(marker) + 1)
    return chr(ord(marker) + 1) if marker else ""


def _rows(lines: list[str]) -> list[bool]:
    """Which lines end in a number, as most lines around them do: a table of contents, an index, a table."""
    filled = [index for index, line in enumerate(lines) if line]
    ends = [bool(_ENDS_IN_NUMBER.search(lines[index])) for index in filled]
    found = [False] * len(lines)
    for place, index in enumerate(filled):
        found[index] = ends[place] and sum(ends[max(0, place - 3) : place + 4]) >= 4
    return found


def is_item(line: str) -> bool:
    """Whether a line begins a list item, a numbered heading, a caption or a row of Markdown."""
    return bool(_ITEM.match(line))


def _ends_paragraph(line: str) -> bool:
    return bool(_TERMINAL.search(line) and _LETTER.search(line)) and not _is_row(line)


def _room(widths: list[int], index: int) -> int:
    """Width of the column around a line: the upper quarter of its neighbours, or its own."""
    near = sorted(widths[max(0, index - _NEARBY) : index + _NEARBY + 1], reverse=True)
    if len(near) < 4:  # too few to tell a column of text from labels
        return max(near[0], 2 * _NARROWEST)
    return max(near[len(near) // 4], widths[index])


def _is_running(lines: list[str], index: int) -> bool:
    """Whether narrow lines are those of a text: they go on in small letters, and have marks inside or behind."""
    first = max(0, min(index, len(lines) - _NEARBY) - _NEARBY)
    near = [line for line in lines[first : first + 2 * _NEARBY + 1] if line]
    going = sum(below[0].islower() and not _TERMINAL.search(above) for above, below in pairwise(near))
    marked = sum(bool(_MARKED.search(line)) for line in near)
    return len(near) > _NEARBY and going >= 0.6 * (len(near) - 1) and marked >= 2


def _continues(lines: list[str], widths: list[int], last: int, index: int, *, is_item: bool) -> bool:
    """Whether a line is the rest of the paragraph that the line `last` belongs to."""
    line, following = lines[last], lines[index]
    if _is_row(line) or _is_row(following) or _LEADERS.search(line) or line.startswith(("#", "|")):
        return False
    room = _room(widths, last)
    if _NUMBERED_HEADING.match(line) and widths[last] < 0.6 * room and not _OPEN.search(line):
        return False  # whatever its paragraph begins with
    if index > last + 1:  # over a blank line only in the middle of a sentence: a formula may stand there
        is_middle = following[0].islower() and not _TERMINAL.search(line) and widths[last] >= _NARROWEST
        return is_middle or following[0] in _NEVER_FIRST
    if _HYPHENATED.search(line) or following[0] in _NEVER_FIRST:
        return True
    if (room < _NARROWEST and not _is_running(lines, last)) or (
        is_item and not (_OPEN.search(line) and _CAPTION.match(following))
    ):
        return False
    if _OPEN.search(line) or (following[0].islower() and not _TERMINAL.search(line)):
        return True
    first_word = following.split(" ", 1)[0]
    # Korean is set with narrow spaces and stretched: its lines vary more, and break anywhere.
    full = 0.7 if _IN_KOREAN.search(f"{line[-3:]}\n{following[:2]}") else 0.86
    fits = widths[last] + 1 + _width(first_word) <= full * room
    return not fits and widths[last] >= 0.5 * room


@lru_cache(maxsize=4096)
def _is_row(line: str) -> bool:
    """Whether a line is a row of a table: cells between bars, or mostly numbers and no punctuation of prose."""
    if ROW in line:
        return True
    words = line.split()
    if any(word[-1] in ",;:" for word in words):
        return False
    numbers = sum(len(word) < 40 and bool(_NUMERIC.fullmatch(word)) for word in words)
    return (len(words) >= 3 and numbers >= 0.5 * len(words)) or words.count("|") >= 2 or line.startswith("|")


def _width(line: str) -> int:
    """Columns on a terminal: Korean, Chinese and Japanese characters take two."""
    if line.isascii():
        return len(line)
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)
