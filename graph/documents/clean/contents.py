"""Tables of contents, lists of figures, and indexes: what points to pages says nothing itself.

Their rows end in page numbers. A table of contents counts upwards, under a heading or behind dots that lead to
the numbers; an index has its heading, and several numbers in many of its rows. A price list has dots too, and
its figures go up and down.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from graph.documents.line import CELL, Line

_HEADING = re.compile(
    r"\s*#*\s*(?:(?:table of )?contents|brief contents|contents in (?:brief|detail)"
    r"|(?:list|table) of (?:figures|tables|illustrations|boxes|maps)|figures|illustrations"
    r"|inhalt(?:sverzeichnis|sübersicht)?|(?:abbildungs|tabellen)verzeichnis|table des matières|sommaire"
    r"|(?:liste|table) des (?:figures|tableaux|illustrations)|índice(?: general)?|indice(?: generale)?|contenido"
    r"|tabla de contenidos?|sumário|sommario|inhoud(?:sopgave)?|innehåll(?:sförteckning)?|spis treści|obsah"
    r"|tartalom|içindekiler|содержание|оглавление|зміст|περιεχόμενα|目\s*次|目\s*录|目\s*錄|차\s*례|목\s*차|[표그]림?\s*(?:목\s*)?차례"
    r"|[表図]目次|فهرس(?: المحتويات)?|المحتويات)\s*[:.]?\s*",
    re.IGNORECASE,
)
_INDEX = re.compile(
    r"\s*#*\s*(?:(?:subject|name|author|general) )?index(?: of (?:names|subjects|authors|terms))?"
    r"|\s*(?:stich(?:wort)?|sach|namens?|personen|orts)(?:wort)?(?:register|verzeichnis)|register"
    r"|indice analitico|índice (?:analítico|alfabético)|skorowidz|索\s*引|찾아보기|색\s*인",
    re.IGNORECASE,
)
_LEADERS = re.compile(r"(?:[.·․…⋯_]\s?){4,}")
_NUMBER = r"(?:[A-Z]{1,2}[-–]?)?\d{1,4}|[ivxlc]{1,7}"
_ROW = re.compile(rf"(.*\S)(?:(?:[.·․…⋯_]\s?){{2,}}|{CELL}|\s)\s*({_NUMBER})\s*$")
_INDEX_ROW = re.compile(r".*\w.*?,?\s\d{1,4}(?:[-–]\d{1,4})?[nft]*(?:,\s*\d{1,4}(?:[-–]\d{1,4})?[nft]*)*\s*,?$")
_FEWEST_HEADED = 4  # rows under a heading
_FEWEST_LED = 6  # rows with dots, without a heading
_FEWEST_INDEX = 12
_MOST_BETWEEN = 2  # lines of long titles between two rows
_ASCENDING = 0.85  # of the steps from row to row do not count back


def label_contents(pages: Sequence[Sequence[Line]]) -> None:
    """Label tables of contents, lists of figures and indexes, with their headings."""
    lines = [line for page in pages for line in page if line.is_text]
    texts = [line.text for line in lines]
    index = 0
    while index < len(lines):
        text = texts[index]
        if len(text) < 60 and (_HEADING.fullmatch(text) or _INDEX.fullmatch(text)):
            rows = _rows(texts, index + 1, _INDEX_ROW if _INDEX.fullmatch(text) else _ROW)
            if _INDEX.fullmatch(text):
                is_list = len(rows) >= _FEWEST_INDEX
            else:
                is_list = len(rows) >= _FEWEST_HEADED and _counts_up(texts, rows)
            start = index
        else:
            rows = _rows(texts, index, _ROW) if _LEADERS.search(text) and _ROW.fullmatch(text) else []
            led = [row for row in rows if _LEADERS.search(texts[row])]
            is_list = len(led) >= max(_FEWEST_LED, len(rows) / 2) and _counts_up(texts, rows)
            start = index
        if is_list:
            for line in lines[start : rows[-1] + 1]:
                line.label = "contents"
        index = rows[-1] + 1 if rows else index + 1


def is_contents_heading(text: str) -> bool:
    """Whether a title is that of a table of contents, in any of the languages known."""
    return bool(_HEADING.fullmatch(text))


def listed_titles(pages: Sequence[Sequence[Line]]) -> list[str]:
    """The titles that labelled tables of contents list, without their page numbers."""
    titles: list[str] = []
    for lines in pages:
        before = ""  # the beginning of a title that goes on in the next line
        for line in lines:
            if line.label != "contents":
                before = ""
                continue
            row = _ROW.fullmatch(line.text.strip())
            title = _LEADERS.sub(" ", row[1] if row else line.text).strip(" .·…⋯_\t")
            titles += [title, f"{before} {title}"] if before and row else [title]
            before = "" if row else title
    return titles


def _rows(texts: Sequence[str], start: int, form: re.Pattern[str]) -> list[int]:
    """The rows from a line on, as far as hardly anything else stands between them."""
    rows: list[int] = []
    for index in range(start, len(texts)):
        if form.fullmatch(texts[index].strip()):
            rows.append(index)
        elif index - (rows[-1] if rows else start - 1) > _MOST_BETWEEN or len(texts[index]) > 160:
            break
    return rows


def _counts_up(texts: Sequence[str], rows: Sequence[int]) -> bool:
    """Whether the numbers at the ends of rows go up, roman ones first."""
    numbers = [
        int(match[2]) for row in rows if (match := _ROW.fullmatch(texts[row].strip())) and match[2].isdecimal()
    ]
    if len(numbers) < max(3, len(rows) / 2):
        return False
    steps = [after - before for before, after in pairwise(numbers)]
    return numbers[-1] > numbers[0] and sum(step >= 0 for step in steps) >= _ASCENDING * len(steps)
