"""Puts what interrupts a sentence behind it: figures, tables and notes between columns. Knows nothing about files.

Works on blocks of printed lines with blank lines between them. A sentence is interrupted when a block breaks off
at the end of a full line, and a later one begins in the middle of a sentence.
"""

import re

from graph.documents.clean.paragraphs import is_item
from graph.documents.line import ROW
from llm.language.marks import LINE_ENDED

_ENDED = re.compile(LINE_ENDED)
_HUNG = re.compile(r"[,(–—-]$|\b(?:the|a|an|of|and|or|to|in|for|with|by|from|that|which|as|on|at|is|are|be|its)$")
_NAME = r"(?:fig(?:ure|ura)?|tab(?:le|elle|leau|la)?|abb(?:ildung)?|algorithm|listing|scheme|chart|exhibit|plate)"
_NUMBER = r"\b\.?\s*(?:[A-Z]?\d{1,3}(?:[.-]\d{1,3})?|[IVX]{1,5})\b"
_CAPTION = re.compile(rf"{_NAME}{_NUMBER}|.*\b{_NAME}{_NUMBER}[.:|] ?[A-Z\"“(]", re.IGNORECASE)
_NOTE = re.compile(r"(?:\d{1,3}|[*∗†‡§¶♯]{1,3}|[a-z](?=[A-Z][a-z]))\s?(?=[A-Z\"“‘(]|https?:|www\.)")
_FEWEST = 40  # letters of a block of prose
_FULL = 0.8  # of the widest line of its block: a line that ended because the column did
_MOST = 40  # blocks between the two halves of a sentence

Block = list[str]


def sentences_first(texts: list[str]) -> list[str]:
    """The texts of pages, with each interrupted sentence in one piece; its halves stay on their pages."""
    pages = [_blocks(text) for text in texts]
    for number, blocks in enumerate(pages):
        index = 0
        while index < len(blocks):
            if _breaks_off(blocks[index]):
                _join(pages, number, index)
            index += 1
    return ["\n\n".join("\n".join(block) for block in blocks) for blocks in pages]


def _blocks(text: str) -> list[Block]:
    blocks: list[Block] = [[]]
    for line in text.split("\n"):
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    return [block for block in blocks if block]


def _join(pages: list[list[Block]], number: int, index: int) -> None:
    """Bring a block that breaks off and the rest of its sentence together, on its page or at the page break."""
    blocks = pages[number]
    later = _rest(blocks[index], blocks[index + 1 :], on_page=True)
    if later is not None:
        between = blocks[index + 1 : index + 1 + later]
        if not between or any(map(_is_aside, between)):  # not a formula
            blocks[index : index + 2 + later] = [blocks[index] + blocks[index + 1 + later], *between]
        return
    following = next((page for page in pages[number + 1 :] if page), [])
    if all(map(_may_interrupt, blocks[index + 1 :])):
        later = _rest(blocks[index], following, on_page=False)
        if later is not None:
            blocks.append(blocks.pop(index))
            following.insert(0, following.pop(later))


def _rest(block: Block, following: list[Block], *, on_page: bool) -> int | None:
    """Index of the block that goes on with the sentence; None when something else comes first."""
    for index, later in enumerate(following[:_MOST]):
        if _goes_on(block, later, is_next=index == 0 or not on_page):
            return index
        if not _may_interrupt(later):
            return None
    return None


def is_prose(block: Block) -> bool:
    """Whether a block is text rather than rows, labels, figures or a heading."""
    text = " ".join(block)
    if ROW in text:
        return False
    letters = sum(map(str.isalpha, text))
    return letters >= _FEWEST and letters >= 0.65 * len(text)


def _is_aside(block: Block) -> bool:
    return bool(ROW in block[0] or _CAPTION.match(block[0]) or _NOTE.match(block[0]))


def _may_interrupt(block: Block) -> bool:
    """Whether a block can stand in the middle of a sentence: labels, a table, a caption, a note, a foot."""
    return len(block) == 1 or not is_prose(block) or _is_aside(block)


def _breaks_off(block: Block) -> bool:
    last = block[-1].rstrip()
    if not is_prose(block) or _is_aside(block) or _ENDED.search(last):
        return False
    is_long = len(block) > 1 or len(last) >= 60  # not a heading
    return is_long and len(last) >= _FULL * max(map(len, block))


def _goes_on(block: Block, later: Block, *, is_next: bool) -> bool:
    """Whether a later block is the rest of one that breaks off."""
    if _is_aside(later):
        return False
    if later[0][0].islower():
        return is_prose(later) or (len(later[0]) >= 10 and bool(_ENDED.search(later[-1])))
    if not is_prose(later) or is_item(later[0]):
        return False
    return bool(_HUNG.search(block[-1].rstrip())) or (is_next and len(later) > 1)
