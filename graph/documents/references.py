"""Finds the list of references of a paper. Knows nothing about files."""

import re

_TITLES = (
    r"references(?: and notes| cited)?|bibliography|(?:works|literature|sources) cited|selected bibliography"
    r"|참\s*고\s*문\s*헌|인용\s*문헌|参考文献|引用文献|參考文獻"
    r"|(?:références|references)(?: bibliographiques)?|bibliographie"
    r"|literatur(?:verzeichnis|hinweise|angaben)?|quellen(?:verzeichnis)?"
    r"|referencias(?: bibliográficas)?|bibliografía|referências(?: bibliográficas)?|bibliografia"
    r"|riferimenti bibliografici|literatuur|список литературы|литература|المراجع"
)
_NUMBERING = r"(?:(?:\d+(?:\.\d+)*|[IVX]+|[A-Z])[.)]?\s+|[<\[【■□○●]\s*)?"
_HEADING = re.compile(rf"\s*#*\s*{_NUMBERING}(?:{_TITLES})\s*[:.>\]】]?\s*", re.IGNORECASE)
_APPENDIX = re.compile(
    r"\s*#*\s*(?:[A-Z\d]+[.:]?\s+)?(?:appendix|appendices|annex(?:es)?"
    r"|supplement(?:ary|al)? (?:material|information)s?"
    r"|부\s*록|별\s*첨|付録|附录|附錄|annexes?|anhang|anexos?|apéndice|appendice|apêndice)\b.{0,70}",
    re.IGNORECASE,
)
# What a list of references is full of: years, page ranges, arXiv and DOI numbers.
_CITATION = re.compile(
    r"\b(?:1[6-9]|20)\d\d[a-z]?\b|\bpp?\.\s?\d|\bdoi\b|arxiv|https?://|\bvol(?:ume)?\b|\d{1,5}\s?[-–]\s?\d{1,5}",
    re.IGNORECASE,
)
_EARLIEST = 0.4  # share of the text before which a heading of this name is a table of contents
_LONGEST_GAP = 12  # lines without any trace of a citation after which the list is over


def reference_lines(lines: list[str]) -> range:
    """Indices of the lines, heading included, that are the list of references; empty when there is none.

    `lines` are those of the whole document. The list runs from the last such heading past 40 % of the text
    to an appendix, to the place where citations cease, or to the end.
    """
    total = sum(map(len, lines))
    passed, start = 0, None
    for index, line in enumerate(lines):
        if passed >= _EARLIEST * total and len(line) < 60 and is_reference_heading(line):
            start = index
        passed += len(line)
    if start is None:
        return range(0)
    end = _end(lines, start)
    return range(start, end) if end > start + 1 else range(0)


def is_reference_heading(line: str) -> bool:
    spaced = re.fullmatch(r"(?:\S )+\S", line.strip())  # "R E F E R E N C E S"
    return bool(_HEADING.fullmatch(line.replace(" ", "") if spaced else line))


def _end(lines: list[str], start: int) -> int:
    """Index of the first line after the list."""
    last, silent = start, 0
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if not line.strip():
            continue
        if _APPENDIX.fullmatch(line) and not _CITATION.search(line):
            return index
        if _CITATION.search(line):
            last, silent = index, 0
        else:
            silent += 1
            if silent > _LONGEST_GAP:
                return _close(lines, last)
    return len(lines)


def _close(lines: list[str], last: int) -> int:
    """The line after the entry that the line `last` belongs to: it ends with a full stop, soon."""
    for index in range(last, min(last + 3, len(lines))):
        if lines[index].rstrip().endswith("."):
            return index + 1
    return last + 1
