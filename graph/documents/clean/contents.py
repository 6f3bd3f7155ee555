"""Tables of contents, lists of figures, and indexes: what points to pages says nothing itself.

Their rows end in page numbers. A table of contents counts upwards, under a heading or behind dots that lead to
the numbers; an index has its heading, and several numbers in many of its rows. A price list has dots too: its
figures go up and down, are amounts, or lead beyond the last page. What a table of contents without numbers lists,
and an agenda with them, comes again in the text; else it is all there is, and stays.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from graph.documents.characters import letters_of
from graph.documents.clean.numbering import numbering
from graph.documents.line import CELL, Line

_HEADING = re.compile(
    r"\s*#*\s*(?:(?:table of )?contents|brief contents|contents in (?:brief|detail)"
    r"|(?:list|table) of (?:figures|tables|illustrations|boxes|maps)|figures|illustrations"
    r"|inhalt(?:sverzeichnis|sübersicht)?|(?:abbildungs|tabellen)verzeichnis|table des matières|sommaire"
    r"|(?:liste|table) des (?:figures|tableaux|illustrations)|índice(?: general)?|indice(?: generale)?|contenido"
    r"|tabla de contenidos?|sumário|sommario|inhoud(?:sopgave)?|innehåll(?:sförteckning)?|spis treści|obsah"
    r"|tartalom|içindekiler|содержание|оглавление|зміст|περιεχόμενα|目\s*次|目\s*录|目\s*錄|차\s*례|목\s*차|[표그]림?\s*(?:목\s*)?차례"
    r"|[表図]目次|فهرس(?: المحتويات)?|المحتويات)\s*(?:\(\w+\.?\))?\s*[:.]?\s*",
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
_AMOUNT = re.compile(
    r"[$€£¥₩]|\b(?:eur|usd|gbp|chf|krw)\b|\d[.,]\d{2,3}\s*$|^\W*(?:sub)?(?:total|sum|summe|gesamt|somme|suma|합계|총계|合计|合計)\b",
    re.IGNORECASE,
)
_AGENDA = re.compile(
    r"\b(?:agenda|tagesordnung|ordre du jour|orden del d[ií]a|ordem do dia|ordine del giorno"
    r"|program(?:me?)?|programm)\b"
    r"|의사\s*일정|안건|식순|议程|議程|議事日程|次第",
    re.IGNORECASE,
)
_FEWEST_HEADED = 4  # rows under a heading
_FEWEST_LED = 6  # rows with dots, without a heading
_FEWEST_INDEX = 12
_MOST_BETWEEN = 2  # lines of long titles between two rows
_MOST_BETWEEN_INDEX = 8  # and of entries that go on, or say "see" another
_ASCENDING = 0.85  # of the steps from row to row do not count back
_AGAIN = 0.6  # of the titles of a table without page numbers come again, each in a line of its own
_BEYOND = 40  # pages that the last number may lie beyond the last page of the file: roman ones, and extracts
_NEAR = 3  # lines above a list that say what it is
_LONGEST = 160  # characters of a row


def label_contents(pages: Sequence[Sequence[Line]]) -> None:
    """Label tables of contents, lists of figures and indexes, with their headings."""
    lines = [line for page in pages for line in page if line.is_text]
    texts = [line.text for line in lines]
    last_page = len(pages) + _BEYOND if len(pages) > 1 else 10_000
    index = 0
    while index < len(lines):
        text = texts[index]
        rows: list[int] = []
        if len(text) < 60 and (_HEADING.fullmatch(text) or _INDEX.fullmatch(text)):
            rows = _headed(texts, index, last_page)
        elif _LEADERS.search(text) and _ROW.fullmatch(text):
            rows = _led(texts, index, last_page)
        for line in lines[index : rows[-1] + 1] if rows else ():
            line.label = "contents"
        index = rows[-1] + 1 if rows else index + 1


def _headed(texts: Sequence[str], heading: int, last_page: int) -> list[int]:
    """The rows of a list below its heading; [] if they are none."""
    if _INDEX.fullmatch(texts[heading]):
        rows = _rows(texts, heading + 1, _INDEX_ROW, _MOST_BETWEEN_INDEX)
        return rows if len(rows) >= _FEWEST_INDEX else []
    rows = _rows(texts, heading + 1, _ROW, _MOST_BETWEEN)
    if len(rows) >= _FEWEST_HEADED and _counts_up(texts, rows, last_page):
        return rows
    return _without_numbers(texts, heading + 1)


def _led(texts: Sequence[str], start: int, last_page: int) -> list[int]:
    """The rows of a list without a heading, whose dots lead to page numbers."""
    rows = _rows(texts, start, _ROW, _MOST_BETWEEN)
    led = [row for row in rows if _LEADERS.search(texts[row])]
    around = texts[max(0, start - _NEAR) : rows[-1] + 2]
    if len(led) < max(_FEWEST_LED, len(rows) / 2) or not _counts_up(texts, rows, last_page):
        return []
    if any(map(_AMOUNT.search, around)):
        return []
    if any(map(_AGENDA.search, texts[max(0, start - _NEAR) : start])):
        later = letters_of(" ".join(texts[rows[-1] + 1 :]))
        again = sum(letters_of(_title(texts[row])) in later for row in rows)
        return rows if again >= _AGAIN * len(rows) else []
    return rows


def _without_numbers(texts: Sequence[str], start: int) -> list[int]:
    """The rows of a table of contents without page numbers: short lines that come again, in their order."""
    later: dict[str, list[int]] = {}
    for index in range(start, len(texts)):
        if len(texts[index]) < _LONGEST:
            later.setdefault(_key(texts[index]), []).append(index)
    rows: list[int] = []
    again: list[int] = []
    for index in range(start, len(texts)):
        places = later.get(_key(texts[index]), [])
        if index in again[:1] or not places:
            break  # the first of the titles, come again; or something long
        rows.append(index)
        again += [place for place in places if place > max([index, *again[-1:]])][:1]
        if len(rows) - len(again) > _MOST_BETWEEN and len(again) < _AGAIN * len(rows):
            return []
    apart = sum(after > before + 1 for before, after in pairwise(again))  # not a list that stands on every page
    is_list = len(again) >= max(_FEWEST_HEADED, _AGAIN * len(rows)) and apart >= _AGAIN * (len(again) - 1)
    return rows if is_list else []


def _key(text: str) -> str:
    """The letters of a title, without its number."""
    number = numbering(text)
    return letters_of(number.title if number and number.title else text)


def is_contents_heading(text: str) -> bool:
    """Whether a title is that of a table of contents, in any of the languages known."""
    return bool(_HEADING.fullmatch(text))


def listed_titles(pages: Sequence[Sequence[Line]]) -> list[str]:
    """The titles that labelled tables of contents list, without their page numbers."""
    titles: list[str] = []
    for lines in pages:
        before = ""  # the beginning of a title that goes on in the next line
        for line in lines:
            if line.label != "contents" or is_contents_heading(line.text):
                before = ""
                continue
            is_row = bool(_ROW.fullmatch(line.text.strip()))
            title = _title(line.text)
            titles += [title, f"{before} {title}"] if before and is_row else [title]
            before = "" if is_row else title
    return titles


def _title(text: str) -> str:
    """What a row says, without dots and page number."""
    row = _ROW.fullmatch(text.strip())
    return _LEADERS.sub(" ", row[1] if row else text).strip(" .·…⋯_\t")


def _rows(texts: Sequence[str], start: int, form: re.Pattern[str], most_between: int) -> list[int]:
    """The rows from a line on, as far as hardly anything else stands between them."""
    rows: list[int] = []
    between = 0
    for index in range(start, len(texts)):
        if form.fullmatch(texts[index].strip()):
            rows.append(index)
            between = 0
        elif any(map(str.isalnum, texts[index])) and not is_contents_heading(texts[index]):
            between += 1
            if between > most_between or len(texts[index]) > _LONGEST:
                break
    return rows


def _counts_up(texts: Sequence[str], rows: Sequence[int], last_page: int) -> bool:
    """Whether the numbers at the ends of rows go up, roman ones first, to a page that there is."""
    numbers = [
        int(match[2]) for row in rows if (match := _ROW.fullmatch(texts[row].strip())) and match[2].isdecimal()
    ]
    if len(numbers) < max(3, len(rows) / 2) or sorted(numbers)[-2] > last_page:
        return False
    steps = [after - before for before, after in pairwise(numbers)]
    return numbers[-1] > numbers[0] and sum(step >= 0 for step in steps) >= _ASCENDING * len(steps)
