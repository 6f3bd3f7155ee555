"""Finds the lists of references of a paper or book."""

import re

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
_NAMES = r"\b(?-i:[A-Z]\.[ -]?){1,3}(?-i:[A-Z])[\w'’-]+(?:,| and\b)|(?-i:[A-Z])[\w'’-]+, (?-i:[A-Z]\.)"
_CITATION = re.compile(
    r"\b(?:1[6-9]|20)\d\d[a-z]?\b|\bpp?\.\s?\d|\bdoi\b|arxiv|https?://|\bvol(?:ume)?\b|\d{1,5}\s?[-–]\s?\d{1,5}"
    rf"|{_NAMES}",
    re.IGNORECASE,
)
_ENTRY = re.compile(rf"\[\d{{1,3}}\]|\d{{1,3}}\.?\s|{_NAMES}")
_EARLIEST = 0.4  # share of the text before which a heading of this name is a table of contents, or a chapter's
_LONGEST_GAP = 12  # lines without any trace of a citation after which the list is over
_WINDOW, _DENSE = 20, 4  # of so many lines of a chapter's list, at least these have; text with citations has fewer
_FIRST = 6  # lines after the heading of a chapter's list: most have such a trace, and two begin an entry


def reference_lines(lines: list[str]) -> set[int]:
    """Indices of the lines, headings included, that are lists of references; empty when there is none.

    `lines` are those of the whole document. The last list runs from the last such heading past 40 % of the text,
    the lists of chapters from headings that citations follow. A list ends with an appendix, where citations
    cease, or at the end.
    """
    total = sum(map(len, lines))
    passed, last = 0, None
    headings: list[int] = []
    for index, line in enumerate(lines):
        if _starts_list(line):
            headings.append(index)
            last = index if passed >= _EARLIEST * total else last
        passed += len(line)
    found: set[int] = set()
    for start in headings:
        if start in found or (start != last and not _is_followed_by_citations(lines, start)):
            continue
        end = _end(lines, start, least=_DENSE if start != last else 0)
        if end > start + 1:
            found.update(range(start + bool(_GLUED.search(lines[start])), end))
    return found


def is_reference_heading(line: str) -> bool:
    spaced = re.fullmatch(r"(?:\S )+\S", line.strip())  # "R E F E R E N C E S"
    return bool(_HEADING.fullmatch(line.replace(" ", "") if spaced else line))


def _starts_list(line: str) -> bool:
    if len(line) < 60 and is_reference_heading(line):
        return True
    glued = _GLUED.search(line)
    return bool(glued and glued.end() == len(line))


def _is_followed_by_citations(lines: list[str], start: int) -> bool:
    first = [line for line in lines[start + 1 : start + 4 * _FIRST] if line.strip()][:_FIRST]
    entries = sum(bool(_ENTRY.match(line.strip())) for line in first)
    return entries >= 2 and sum(bool(_CITATION.search(line)) for line in first) > _FIRST / 2


def _end(lines: list[str], start: int, least: int) -> int:
    """Index of the first line after the list, which has traces of citations in `least` lines of any window."""
    filled = [index for index in range(start + 1, len(lines)) if lines[index].strip()]
    traces = [bool(_CITATION.search(lines[index])) for index in filled]
    last, silent = start, 0
    for place, index in enumerate(filled):
        if not traces[place] and _is_appendix(lines, index):
            return index
        if traces[place]:
            last, silent = index, 0
        else:
            silent += 1
        window = traces[place : place + _WINDOW]
        if silent > _LONGEST_GAP or (silent and len(window) == _WINDOW and sum(window) < least):
            return _close(lines, last)
    return len(lines)


def _is_appendix(lines: list[str], index: int) -> bool:
    if _APPENDIX.fullmatch(lines[index]):
        return True
    apart = not lines[index - 1].strip() and not "".join(lines[index + 1 : index + 2]).strip()
    return apart and bool(_LETTERED.fullmatch(lines[index].strip()))


def _close(lines: list[str], last: int) -> int:
    """The line after the entry that the line `last` belongs to: it ends with a full stop, soon."""
    for index in range(last, min(last + 3, len(lines))):
        if lines[index].rstrip().endswith("."):
            return index + 1
    return last + 1
