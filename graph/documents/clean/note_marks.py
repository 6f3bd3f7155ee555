"""Raised numbers and signs: marks of notes, powers, or neither. Sees all pages, for notes may stand at the end.

The reader says what is raised, between RAISED and LOWERED. Where a note begins with the same number, on the page
or among the notes of the document, it is a mark: it is taken out of the text, for `3,500` with a mark 12 is not
350012, and is counted as left out. Behind ten, a unit, a variable, or beside an operator it is a power, whatever
notes there are.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from graph.documents.line import LOWERED, RAISED, Line

_RAISED = re.compile(rf"{RAISED}([^{LOWERED}]*){LOWERED}(\)?)")  # Korean marks are often "1)"
_FRACTION = re.compile(r"\s?[/⁄]\s?\d")
_MARK = re.compile(r"\d{1,3}(?:\s?[,–-]\s?\d{1,3})*|[a-z](?:,[a-z])*|[*†‡§¶#]{1,3}")
_BEGINS = re.compile(
    rf"\W{{0,2}}{RAISED}\s*(\d{{1,3}}|[a-z]|[*†‡§¶#]{{1,3}})\s*{LOWERED}|(\d{{1,3}})[.)]?\s+[^\W\d_]|([*†‡§¶])"
)
_PARTS = re.compile(r"\d+|[^\W\d_]|[*†‡§¶#]+")
_TEN = re.compile(r"(?:^|[^\d.,])10$")
_UNIT = re.compile(  # a unit, a variable, or what is in brackets and is calculated
    r"(?<![^\W\d_])(?:[^\W\d_]|[kcmdµμn]m|ft|in|yd|mi|sec|min|kg|Hz|mol|Å|°C)$"
    r"|[(\[|][^()\[\]|]{0,20}[-+×·*/−^][^()\[\]|]{0,20}[)\]|]$|°$",
    re.IGNORECASE,
)
_OPERATOR_BEFORE = re.compile(r"[=+×·<>≤≥−^√∑]\s?[\w.,]*$")
_OPERATOR_BEHIND = re.compile(r"\s?[=+×·<>≤≥−^√∑]")
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|o|a|º|ª)$")
_DIGIT = re.compile(r"\d$")
_SMALL = 0.93  # times the size of the text: how notes are printed
_LOWER_HALF = 0.5  # of the page, where a note stands that nothing else tells


def resolve_raised(pages: list[list[Line]]) -> list[list[Line]]:
    """The pages with what is raised written out. What was taken out of a page is a line of its own, labelled."""
    if not any(RAISED in line.text for page in pages for line in page):
        return pages
    notes = [_notes(page) for page in pages]
    everywhere = set[str]().union(*notes)
    return [_resolved(page, own, everywhere) for page, own in zip(pages, notes, strict=True)]


def without_raised(text: str) -> str:
    """A title without marks; a power in it stays."""
    return _RAISED.sub(lambda match: _written(match, text, set()) if _is_power(match, text) else "", text)


def _notes(page: Sequence[Line]) -> set[str]:
    """The numbers and signs that notes of a page begin with: small or low on the page, or raised themselves."""
    placed = [line for line in page if line.box]
    lowest = min((line.box[1] for line in placed if line.box), default=0.0)
    highest = max((line.box[3] for line in placed if line.box), default=0.0)
    half = lowest + _LOWER_HALF * (highest - lowest)
    sizes = Counter[float]()
    for line in placed:
        sizes[round(line.size, 1)] += len(line.text)
    small = _SMALL * sizes.most_common(1)[0][0] if sizes else 0.0
    found: set[str] = set()
    for line in page:
        match = _BEGINS.match(line.text.lstrip())
        is_low = line.box and line.box[1] <= half and (line.starts or line.size <= small)
        if match and (match[1] or is_low):
            found.add((match[1] or match[2] or match[3]).strip())
    return found


def _resolved(page: list[Line], own: set[str], everywhere: set[str]) -> list[Line]:
    marks: list[str] = []
    lines = [
        replace(line, text=_RAISED.sub(_writer(line.text, own, everywhere, marks), line.text))
        if RAISED in line.text else line
        for line in page
    ]  # fmt: skip
    return [*lines, Line(" ".join(marks), label="note_mark")] if marks else lines


def _writer(text: str, own: set[str], everywhere: set[str], marks: list[str]) -> Callable[[re.Match[str]], str]:
    def write(match: re.Match[str]) -> str:
        notes = (
            everywhere if match[1].strip().isdecimal() else own
        )  # letters and signs are used again on each page
        return _written(match, text, notes, marks)

    return write


def _written(match: re.Match[str], text: str, notes: set[str], marks: list[str] | None = None) -> str:
    before, behind, raised = text[: match.start()], text[match.end() :], match[1]
    if not before.strip():
        return raised + match[2] + ("" if behind[:1].isspace() else " ")  # the note itself
    is_mark = bool(_MARK.fullmatch(raised.strip())) and all(part in notes for part in _PARTS.findall(raised))
    if is_mark and not _is_power(match, text) and marks is not None:
        marks.append(raised.strip())
        return match[2] if before.count("(") > before.count(")") else ""
    if not (_DIGIT.search(before) and raised.lstrip("−–-")[:1].isdecimal()):
        return raised + match[2]
    return (" " if _FRACTION.match(behind) else "^") + raised + match[2]


def _is_power(match: re.Match[str], text: str) -> bool:
    before, behind, raised = text[: match.start()], text[match.end() :], match[1].strip()
    if not raised.lstrip("−–-").isdecimal():
        return bool(_ORDINAL.fullmatch(raised)) and bool(_DIGIT.search(before))
    if _TEN.search(before) or raised[0] in "−–-" or _FRACTION.match(behind):
        return True
    if _OPERATOR_BEFORE.search(before) or _OPERATOR_BEHIND.match(behind):
        return True
    return not _DIGIT.search(before) and len(raised) == 1 and raised in "23456789" and bool(_UNIT.search(before))
