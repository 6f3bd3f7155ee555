"""A summary -> its sentences without Markdown, and which are headings. Knows nothing of sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from graph.documents.characters import without_surrogates
from llm.language.detect import detect_language
from llm.language.marks import BULLETS, CLOSERS, ENDS, UNSPACED
from llm.language.sentences import pieces, split_sentences

_HEADING = re.compile(r"\s{0,3}(?:#{1,6}\s|(?:\*\*|__)[^*_\n]+(?:\*\*|__):?\s*$)")
MARKER = re.compile(
    rf"\s*(?:[-*+–—{BULLETS}]\s+"
    rf"|(?:\(?(?:\d{{1,3}}|[a-z가-하]|[ivx]{{1,5}})[.)]|\(?[A-Z]\))\s+|\[[ xX]\]\s+|#{{1,6}}\s"
    r"|>\s?|\|)"
)
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})")
_EMPHASIS = re.compile(r"(?<![\w*_`])(\*{1,3}|_{1,3}|`{1,3})(?=\S)(.{1,1000}?)(?<![\s*_`])\1(?![*_`])")
_HALF = re.compile(r"^(?:\*{1,3}|_{1,3})(?=\S)|(?<=[^\w\s])(?:\*{1,3}|_{1,3})$")  # the rest is in another sentence
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
ENDED = re.compile(rf"[{ENDS}][{re.escape(CLOSERS)}*_]*$")
# What no sentence ends with: articles, prepositions, a comma.
_OPEN = re.compile(
    r"(?:[,(\[]|\s(?:an?|the|of|to|for|with|and|or|from|which|as|is|are|was|were|its|their|such"
    r"|der|die|das|ein|eine|einen|und|oder|von|für|le|la|les|une?|des|du|de|et|à|que|el|los|las|una|y|con|para))$",
    re.IGNORECASE,
)
_ROW = " | "  # between cells, in a row that is not Markdown
_DIGIT = re.compile(r"\d")
_CLOSING = re.compile(r"(?:\*{1,3}|_{1,3})(?:\s+|$)")
_RUN_IN = re.compile(r"(\*\*|__)(?:[^\W\d]+[\s.:-]*){1,4}\1")  # "**Costs.** They rose."
_WORD = re.compile(r"[^\W_]")
_OUTSIDE = " \t\r\n|"
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_THAI = re.compile(r"[\u0e00-\u0eff]")  # Thai and Lao, whose sentences have no mark at their end
_UNSPACED_TITLE, _THAI_TITLE = 40, 20  # letters of a title
_TITLE_WORDS, _ANNOUNCING_WORDS = 4, 12


# What stands under a heading that the document says nothing about: "None.", or "Deadlines: none stated".
_ABSENCE = re.compile(
    r"(?:[^:：]{1,40}[:：]\s*)?"
    r"(?:(?:there (?:are|is) )?(?:none|nothing)(?: (?:is |are )?(?:stated|mentioned|named|given|specified))?"
    r"|n/a|not (?:stated|mentioned|specified|applicable)|the document does not say"
    r"|(?:해당 (?:사항 )?|(?:문서에 )?(?:언급|내용)(?:된 (?:내용|사항))?[은이]? )?없(?:음|습니다|다)"
    r"|keine?s?|aucune?|nichts|ning[uú]n[oa]?|nessun[oa]?)[.。]?",
    re.IGNORECASE,
)


class Statement(NamedTuple):
    """A sentence at summary[start:end], and how it reads without its Markdown."""

    start: int
    end: int
    text: str
    is_heading: bool
    is_scrap: bool = False
    """Whether it is a heading over nothing, or broken off."""
    is_absence: bool = False
    """Whether it says that there is nothing to be said here."""

    @property
    def is_claim(self) -> bool:
        """Whether it says something that a source can support."""
        return not self.is_heading and not self.is_absence


def statements(summary: str) -> list[Statement]:
    """What the summary says, in order. Rules, fences and lines of symbols say nothing."""
    found = list(_statements(summary))
    sentences = [each for each in found if not each.is_heading]
    is_prose = 2 * sum(map(_is_ended, sentences)) > len(sentences)
    following = [*found[1:], None][: len(found)]
    return [
        each._replace(is_scrap=_is_scrap(summary, each, after, is_prose=is_prose))
        for each, after in zip(found, following, strict=True)
    ]


def _is_ended(statement: Statement) -> bool:
    return bool(ENDED.search(statement.text))


def _is_scrap(summary: str, statement: Statement, after: Statement | None, *, is_prose: bool) -> bool:
    if statement.is_absence:
        return False
    line_start = summary.rfind("\n", 0, statement.start) + 1
    is_item = MARKER.match(summary, line_start, statement.start)
    if _ROW in statement.text and not is_item and not _is_ended(statement):
        return True
    rest = summary[statement.end :].partition("\n")[0]
    if rest.strip(_OUTSIDE + "*_") or _is_ended(statement) or statement.text.endswith((":", "：")):
        return False
    if _OPEN.search(statement.text):
        return True
    if statement.is_heading:
        is_marked = _HEADING.match(summary[line_start : statement.end])
        return not is_marked and (after is None or after.is_heading)
    return is_prose and (after is None or not is_item) and not _UNSPACED.search(statement.text)


def _statements(summary: str) -> Iterator[Statement]:
    position = 0
    language = detect_language(summary)
    for line in without_surrogates(summary).splitlines(keepends=True):
        if not _FENCE.match(line):
            yield from _of_line(line, position, language)
        position += len(line)


def _of_line(line: str, offset: int, language: str) -> Iterator[Statement]:
    inside = 0
    while marker := MARKER.match(line, inside):
        inside = marker.end()
    is_heading = _is_heading(line, line[inside:].strip(_OUTSIDE), is_item=inside > 0)
    start = offset + inside
    sentences = [line[inside:]] if is_heading else _sentences(line[inside:], language)
    for sentence in chain.from_iterable(map(pieces, sentences)):
        begin = start + len(sentence) - len(sentence.lstrip(_OUTSIDE))
        start += len(sentence)
        marked = sentence.strip(_OUTSIDE)
        text = _HALF.sub("", _EMPHASIS.sub(r"\2", _LINK.sub(r"\1", marked))).strip()
        if _WORD.search(text):
            is_absence = bool(_ABSENCE.fullmatch(text))
            is_title = not is_absence and (is_heading or bool(_RUN_IN.fullmatch(marked)))
            yield Statement(begin, begin + len(marked), text, is_title, is_absence=is_absence)


def _sentences(text: str, language: str) -> list[str]:
    """Sentences with the emphasis that closes after their end: "**So.** He went." is "**So.** ", "He went."."""
    parts: list[str] = []
    for part in split_sentences(text, language):
        closing = _CLOSING.match(part) if parts else None
        if closing:
            parts[-1] += closing[0]
        parts.append(part[closing.end() :] if closing else part)
    return parts


def _is_heading(line: str, text: str, *, is_item: bool) -> bool:
    """A line that is marked as one, that announces others, or that is a few words without an end."""
    if _HEADING.match(line):
        return True
    if _DIGIT.search(text) or ENDED.search(text):
        return False
    if len(_UNSPACED.findall(text)) > (_THAI_TITLE if _THAI.match(text) else _UNSPACED_TITLE):
        return False
    words = len(text.split())
    announces = text.rstrip("*_ ").endswith((":", "："))
    return words <= _ANNOUNCING_WORDS if announces else not is_item and words <= _TITLE_WORDS
