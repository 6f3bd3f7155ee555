"""Lists of references: headed so in many languages, made of entries from their first lines, and nothing else.

A chapter may be called "References" or "Quellen" and be about letters of reference or springs; a list is told
by its entries: names with initials, years, page ranges, addresses.
"""

import re
from collections.abc import Sequence

from graph.documents.line import CELL, Line

_TITLES = (
    r"references?(?: and notes| cited| list)?|list of references|(?:selected )?bibliography"
    r"|(?:works|literature|sources) cited"
    r"|참\s*고\s*문\s*헌|인용\s*문헌|参考文献|引用文献|參考文獻"
    r"|(?:références|references)(?: bibliographiques)?|bibliographie"
    r"|literatur(?:verzeichnis|hinweise|angaben)?|quellen(?:verzeichnis)?"
    r"|referencias(?: bibliográficas)?|bibliografía|referências(?: bibliográficas)?|bibliografia"
    r"|riferimenti bibliografici|literatuur|список литературы|литература|المراجع"
)
_NUMBERING = r"(?:(?:\d+(?:\.\d+)*|[IVX]+|[A-Z])[.)]?\s+|[<\[【■□○●]\s*)?"
_HEADING = re.compile(rf"\s*#*\s*{_NUMBERING}(?:{_TITLES})\s*[:.>\]】]?\s*", re.IGNORECASE)
_GLUED = re.compile(r"[.!?)](?:References|REFERENCES|Bibliography|참고문헌)\s*")  # to the line before it
_APPENDIX = re.compile(
    r"\s*#*\s*(?:[A-Z\d]+[.:]?\s+)?(?:appendix|appendices|annex(?:es)?"
    r"|supplement(?:ary|al)? (?:material|information)s?"
    r"|부\s*록|별\s*첨|付録|附录|附錄|annexes?|anhang|anexos?|apéndice|appendice|apêndice)\b.{0,70}",
    re.IGNORECASE,
)
_LETTERED = re.compile(r"A(?:\.1)?[.:]?\s+[A-Z][\w-]+(?:\s[\w–-]+){0,9}")  # "A Proofs": an appendix all the same
# What a list of references is full of: years, page ranges, arXiv and DOI numbers, names with initials.
_NAMES = (
    r"\b(?-i:[A-Z]\.[ -]?){1,3}(?-i:[A-Z])[\w'’-]+(?:[,.]| and\b)"
    r"|(?-i:[A-Z])[\w'’-]+, (?-i:[A-Z]\.(?!\s(?!and\b|und\b)[a-z]{3}))"  # not "Smith, A. asked"
)
_CITATION = re.compile(
    r"\b(?:1[6-9]|20)\d\d[a-z]?\b|\bpp?\.\s?\d|\bdoi\b|arxiv|https?://|\bvol(?:ume)?\b|\d{1,5}\s?[-–]\s?\d{1,5}"
    rf"|{_NAMES}",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(\d{1,2})([.)]?)\s+\S")
# What begins an entry, and what is in entries and hardly in a chapter that happens to be called so.
_ENTRY = re.compile(
    r"\[\w{1,12}\]|\[[^\W\d_][^\]\d]{1,40}\d{2,4}[a-z]?\]?\s"
    rf"|\d{{1,3}}\.?\s|[A-Z][\w'’-]+, [A-Z]|[가-힣]{{2,4}}(?:[,·]|\s?\()|{_NAMES}"
)
_TELLING = re.compile(
    rf"{_NAMES}|\bdoi\b|arxiv|https?://|\bpp?\.\s?\d|\bvol\b|\bet al\b|\bproc(?:eedings|\.)|\bjournal\b|\beds?\."
    r"|\b(?:university|press|verlag|publish(?:ers|ing))\b|\((?:1[6-9]|20)\d\d[a-z]?\)|\d\(\d{1,3}\)|학회|논문",
    re.IGNORECASE,
)
_DATED = re.compile(r"\w\w[.,] (?:1[6-9]|20)\d\d[a-z]?\. [A-Z“\"]|\w\w\. (?:1[6-9]|20)\d\d[a-z]?\.$")
_EARLIEST = 0.4  # share of the text before which a heading of this name is a table of contents, or a chapter's
_LONGEST_GAP = 12  # lines without any trace of a citation after which the list is over
_WINDOW, _DENSE = 20, 4  # of so many lines of a chapter's list, at least these have; text with citations has fewer
_FIRST = 20  # lines after the heading: a third has such a trace, a sixth is telling, and two begin an entry
_FEWEST_DATED = 3  # entries of long names: "Name and Name. 1997. Title"
_PRINT = 1.05  # times as large as the entries, or bold: how headings are printed
_LONGEST_HEADING = 90  # characters
_SHORT, _HEADED = 50, 4  # characters of a heading without any print of its own, and lines of text below it


def label_references(pages: Sequence[Sequence[Line]]) -> None:
    """Label the lines of all lists of references, headings included.

    The last list begins at the last such heading past 40 % of the text, the lists of chapters at any. Each looks
    like one from its first lines, and ends with an appendix, at the next heading of its own kind, where citations
    cease, or at the end.
    """
    lines = [line for page in pages for line in page if line.is_text]
    texts = [line.text.replace(CELL, " ") for line in lines]
    for index in _reference_lines(texts, lines):
        lines[index].label = "reference"


def _reference_lines(texts: list[str], lines: Sequence[Line]) -> set[int]:
    total = sum(map(len, texts))
    passed, last = 0, None
    headings: list[int] = []
    for index, text in enumerate(texts):
        if _starts_list(text):
            headings.append(index)
            last = index if passed >= _EARLIEST * total else last
        passed += len(text)
    found: set[int] = set()
    for start in headings:
        if start in found or not _is_followed_by_citations(texts, start):
            continue
        end = _end(texts, lines, start, least=_DENSE if start != last else 1)
        if end > start + 1:
            found.update(range(start + bool(_GLUED.search(texts[start])), end))
    return found


def is_reference_heading(line: str) -> bool:
    """Whether a line is the heading of a list of references, in any of the languages known."""
    spaced = re.fullmatch(r"(?:\S )+\S", line.strip())  # "R E F E R E N C E S"
    return bool(_HEADING.fullmatch(line.replace(" ", "") if spaced else line))


def _starts_list(line: str) -> bool:
    if len(line) < 60 and is_reference_heading(line):
        return True
    glued = _GLUED.search(line)
    return bool(glued and glued.end() == len(line))


def _is_followed_by_citations(texts: list[str], start: int) -> bool:
    first = [text.strip() for text in texts[start + 1 : start + 1 + _FIRST]]
    entries = [bool(_ENTRY.match(text) or _DATED.search(text)) for text in first]
    cited = [bool(_CITATION.search(text)) for text in first]
    telling = [bool(_TELLING.search(text)) for text in first]
    if first and all(entries[:2] + cited[:2] + telling[:2]):
        return True
    dated = sum(bool(_DATED.search(text)) for text in first)
    if dated >= _FEWEST_DATED and sum(telling) >= _FEWEST_DATED:
        return True
    return sum(entries) >= 2 and sum(cited) > len(first) / 3 and sum(telling) >= max(2, len(first) / 6)


def _end(texts: list[str], lines: Sequence[Line], start: int, least: int) -> int:
    """Index of the first line after the list, which has traces of citations in `least` lines of any window."""
    traces = [bool(_CITATION.search(text)) for text in texts[start + 1 :]]
    entries = lines[start + 1 : start + 1 + _FIRST]
    last, silent = start, 0
    for place, index in enumerate(range(start + 1, len(texts))):
        if not traces[place] and _is_appendix(texts, lines, index):
            return index
        if _is_next_heading(texts, lines, start, index, entries) or _heads_text(
            texts, lines, traces, index, start
        ):
            return index
        if traces[place]:
            last, silent = index, 0
        else:
            silent += 1
        window = traces[place : place + _WINDOW]
        if silent > _LONGEST_GAP or (silent and len(window) == _WINDOW and sum(window) < least):
            return _close(texts, last)
    return len(texts)


def _is_next_heading(
    texts: list[str], lines: Sequence[Line], start: int, index: int, entries: Sequence[Line]
) -> bool:
    """Whether a line is a heading like that of the list: the next number, or the same print."""
    text, heading = texts[index].strip(), texts[start].strip()
    if len(text) > _LONGEST_HEADING or _TELLING.search(text) or not any(map(str.isalpha, text)):
        return False
    if (number := _NUMBERED.match(heading)) and (other := _NUMBERED.match(text)):
        return int(other[1]) == int(number[1]) + 1 and other[2] == number[2]
    line, head = lines[index], lines[start]
    if not (line.size and head.size and line.starts and entries):
        return False
    usual = sorted(entry.size for entry in entries)[len(entries) // 2]
    alike = abs(line.size - head.size) <= (_PRINT - 1) * head.size and line.bold == head.bold
    stands_out = head.size >= _PRINT * usual or (head.bold and not any(entry.bold for entry in entries))
    return alike and stands_out


def _heads_text(texts: list[str], lines: Sequence[Line], traces: Sequence[bool], index: int, start: int) -> bool:
    """Whether a short line by itself, behind the end of an entry, is followed by a text without any trace."""
    text, last = texts[index].strip(), texts[index - 1].rstrip()
    following = range(index + 1, min(index + 1 + _HEADED, len(texts)))
    if index == start + 1 or not lines[index].starts or len(text) > _SHORT or not text[:1].isupper():
        return False
    if last[-1:] not in ".]" or text[-1] in ".,;:" or traces[index - start - 1] or len(following) < 2:
        return False
    is_text = texts[following[0]][:1].isupper() and len(texts[following[0]]) > _SHORT
    return is_text and not any(traces[place - start - 1] or _ENTRY.match(texts[place]) for place in following)


def _is_appendix(texts: list[str], lines: Sequence[Line], index: int) -> bool:
    if _APPENDIX.fullmatch(texts[index]):
        return True
    following = lines[index + 1 : index + 2]
    apart = lines[index].starts and (not following or following[0].starts)
    return apart and bool(_LETTERED.fullmatch(texts[index].strip()))


def _close(texts: list[str], last: int) -> int:
    """The line after the entry that the line `last` belongs to: it ends with a full stop, soon."""
    for index in range(last, min(last + 3, len(texts))):
        if texts[index].rstrip().endswith("."):
            return index + 1
    return last + 1
