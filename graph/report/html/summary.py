"""A summary -> blocks of HTML in which every sentence is followed by its chip. Knows a little Markdown.

Headings, lists, quotations, rules, code and emphasis; anything else stands as it was written, links among them.
Sentences are found by their position in the text, which a Markdown library would not tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from graph.grounding.types import Sentence
from graph.report.html.markup import tag, together
from llm.language.marks import BULLETS

# Makes what follows a sentence: given its index, from 0.
Chip = Callable[[int], Markup]

_RULE = re.compile(r"\s*([-*_])(?:[ \t]*\1){2,}\s*$")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*[A-Za-z0-9+#.-]*\s*$")  # what follows it is a language, such as json
_HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(?=\S)")
_ITEM = re.compile(rf"([ \t]*)(?:[-*+{BULLETS}]|(\d{{1,3}})[.)])[ \t]+(?=\S)")
_QUOTE = re.compile(r"\s{0,3}>[ \t]?")

_STRONG, _EMPHASIS, _CODE, _DROPPED = 1, 2, 4, 8
_TAGS = ((_CODE, "code"), (_EMPHASIS, "em"), (_STRONG, "strong"))
# Bounded, so that a line of asterisks takes no more than its length times that.
_SPANS = (
    (_CODE, re.compile(r"(?<!`)(`{1,3})([^`\n]{1,500})(\1)(?!`)")),
    (_STRONG | _EMPHASIS, re.compile(r"(?<![\w*])(\*{3}|_{3})(?=\S)([^\n]{1,1000}?)(?<=\S)(\1)")),
    (_STRONG, re.compile(r"(?<![\w*])(\*\*|__)(?=\S)([^\n]{1,1000}?)(?<=\S)(\1)")),
    (_EMPHASIS, re.compile(r"(?<![\w*])(\*)(?=[^\s*])([^\n*]{1,1000}?)(?<=\S)(\*)(?![\w*])")),
    (_EMPHASIS, re.compile(r"(?<![\w_])(_)(?=[^\s_])([^\n_]{1,1000}?)(?<=\S)(_)(?![\w_])")),
)
_DEEPEST = 5


class _Block(NamedTuple):
    """Lines that belong together: the spans of the text they are, and for headings and items how deep."""

    kind: str  # p, h, li, blockquote, pre, hr
    lines: list[tuple[int, int]]
    depth: int = 0
    number: str = ""  # of an item in a numbered list


def to_blocks(summary: str, sentences: Sequence[Sentence], chip: Chip, before: int = 0) -> Markup:
    """The summary as HTML. `sentences` have `start` and `end`, in its characters, and do not overlap.

    `before` is how many sentences of the page are numbered before them.
    """
    blocks = list(_blocks(summary))
    writer = _Writer(summary, sentences, blocks, chip, before)
    shallowest = min((block.depth for block in blocks if block.kind == "h"), default=1)
    parts = []
    for is_list, run in groupby(blocks, key=lambda block: block.kind == "li"):
        if is_list:
            parts.append(_list([(block, writer.lines(block)) for block in run]))
        else:
            parts += [_block(block, writer.lines(block), shallowest) for block in run]
    return together(*parts)


def _block(block: _Block, inside: Markup, shallowest: int) -> Markup:
    match block.kind:
        case "hr":
            return tag("hr")
        case "h":
            return tag(f"h{min(3 + block.depth - shallowest, 6)}", inside, dir="auto")
        case "blockquote":
            return tag("blockquote", tag("p", inside, dir="auto"))
        case kind:
            return tag(kind, inside, dir="auto")


def _list(items: Sequence[tuple[_Block, Markup]]) -> Markup:
    """A list, with the items that are deeper than the one before them as lists of their own."""
    entries, position = [], 0
    while position < len(items):
        block, inside = items[position]
        end = position + 1
        while end < len(items) and items[end][0].depth > block.depth:
            end += 1
        below = _list(items[position + 1 : end]) if end > position + 1 else ""
        entries.append(tag("li", inside, below, dir="auto", value=block.number or None))
        position = end
    return tag("ol" if items[0][0].number else "ul", *entries)


def _blocks(summary: str) -> Iterator[_Block]:
    """Blocks in order. Lines without a blank one between them are one paragraph; a fence holds what is in it."""
    current: _Block | None = None
    start, in_fence = 0, False
    for line in summary.splitlines(keepends=True):
        end = start + len(line.rstrip())
        if _FENCE.match(line):
            if current:
                yield current
            in_fence = not in_fence
            current = _Block("pre", []) if in_fence else None
        elif in_fence and current:
            current.lines.append((start, end))
        else:
            block = _opened(line, start, end)
            if block and current and _continues(current, block, line):
                current.lines.extend(block.lines)
            else:
                if current:
                    yield current
                current = block
        start += len(line)
    if current:
        yield current


def _opened(line: str, start: int, end: int) -> _Block | None:
    """The block that a line would begin; None for a blank one."""
    if not line.strip():
        return None
    if _RULE.match(line):
        return _Block("hr", [])
    if match := _HEADING.match(line):
        return _Block("h", [(start + match.end(), end)], len(match[1]))
    if match := _ITEM.match(line):
        depth = min(len(match[1].expandtabs(4)) // 2, _DEEPEST)
        return _Block("li", [(start + match.end(), end)], depth, str(int(match[2])) if match[2] else "")
    if match := _QUOTE.match(line):
        return _Block("blockquote", [(min(start + match.end(), end), end)])
    return _Block("p", [(start + len(line) - len(line.lstrip()), end)])


def _continues(current: _Block, block: _Block, line: str) -> bool:
    if block.kind == "p":
        return current.kind == "p" or (current.kind == "li" and line[:1].isspace())
    return block.kind == current.kind == "blockquote"


class _Writer:
    """Writes spans of a summary: emphasis as elements, sentences as spans, and the chip of each behind it."""

    def __init__(
        self, summary: str, sentences: Sequence[Sentence], blocks: Sequence[_Block], chip: Chip, before: int
    ) -> None:
        self._text, self._chip, self._before = summary, chip, before
        self._styles = _styles(summary, blocks)
        self._owners = [-1] * len(summary)
        for index, sentence in enumerate(sentences):
            for position in range(sentence["start"], sentence["end"]):
                self._owners[position] = index
        spans = [span for block in blocks for span in block.lines]
        self._first = {
            self._owners[position]: position for span in reversed(spans) for position in reversed(range(*span))
        }
        self._last = {self._owners[position]: position for span in spans for position in range(*span)}

    def lines(self, block: _Block) -> Markup:
        """The block's lines, each on its own."""
        lines = [self._line(*span) for span in block.lines]
        return (Markup("\n") if block.kind == "pre" else tag("br")).join(lines)

    def _line(self, start: int, end: int) -> Markup:
        parts = []
        for owner, run in groupby(range(start, end), key=self._owners.__getitem__):
            positions = list(run)
            inside = self._styled(positions)
            if owner < 0:
                parts.append(inside)
                continue
            number = self._before + owner + 1
            name = f"s{number}" if positions[0] == self._first[owner] else None
            parts.append(tag("span", inside, id=name, class_="sentence", data_sentence=number))
            if positions[-1] == self._last[owner]:
                parts.append(self._chip(owner))
        return together(*parts)

    def _styled(self, positions: Sequence[int]) -> Markup:
        parts: list[object] = []
        for style, run in groupby(positions, key=self._styles.__getitem__):
            if style & _DROPPED:
                continue
            piece: object = "".join(self._text[position] for position in run)
            for bit, name in _TAGS:
                if style & bit:
                    piece = tag(name, piece)
            parts.append(piece)
        return together(*parts)


def _styles(summary: str, blocks: Sequence[_Block]) -> bytearray:
    """How each character is written, in bits: emphasis, and whether it is a mark that says so and is dropped."""
    styles = bytearray(len(summary))
    for block in blocks:
        for start, end in block.lines if block.kind != "pre" else ():
            for bits, pattern in _SPANS:
                for match in pattern.finditer(summary, start, end):
                    marks = [*range(*match.span(1)), *range(*match.span(3))]
                    if any(styles[position] & (_CODE | _DROPPED) for position in marks):
                        continue
                    for position in marks:
                        styles[position] |= _DROPPED
                    for position in range(*match.span(2)):
                        styles[position] |= bits
    return styles
