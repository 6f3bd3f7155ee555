"""Sets what stands in the margins of pages apart from their sentences.

A head that varies from page to page stays in the text, but a sentence that goes on over the page break must not
run into it: there the head stands behind the page's first sentence, and a foot before its last.
"""

import re
from collections.abc import Sequence

from graph.documents.clean.captions import is_prose
from graph.documents.clean.paragraphs import is_item, reflow
from graph.documents.line import Line, text_of
from llm.language.marks import LINE_ENDED
from llm.language.sentences import split_sentences

_ENDED = re.compile(LINE_ENDED)
_LONGEST_HEADING = 60  # characters; a longer paragraph without an end breaks off


def body_of(lines: Sequence[Line]) -> list[Line]:
    """The lines of a page's text that are not in its margins, and those there that end its last sentence."""
    body = [line for line in lines if line.edge is None]
    feet = [line for line in lines if line.edge == "bottom"]
    return body + feet[:1] if body and feet and _ends_sentence(body[-1], feet[0]) else body


def with_margins(texts: Sequence[str], pages: Sequence[Sequence[Line]]) -> list[str]:
    """Texts of pages, composed of `body_of` them, with the lines in their margins as paragraphs of their own."""
    found: list[str] = []
    for index, (text, lines) in enumerate(zip(texts, pages, strict=True)):
        body = {id(line) for line in body_of(lines)}
        aside = [line for line in lines if id(line) not in body]
        head = reflow(text_of(line for line in aside if line.edge == "top"))
        foot = reflow(text_of(line for line in aside if line.edge == "bottom"))
        if foot:
            goes_on = index + 1 < len(texts) and _goes_on(text, texts[index + 1])
            text = _before_last(text, foot) if goes_on else _stacked(text, foot)
        if head:
            goes_on = index > 0 and _goes_on(texts[index - 1], texts[index])
            text = _behind_first(text, head) if goes_on else _stacked(head, text)
        found.append(text)
    return found


def _ends_sentence(last: Line, foot: Line) -> bool:
    if _ENDED.search(last.text.rstrip()) or not _ENDED.search(foot.text.rstrip()):
        return False
    return foot.text.lstrip()[:1].islower()


def _goes_on(text: str, following: str) -> bool:
    """Whether a sentence goes on from the end of one page to the next."""
    last, first = text.rsplit("\n", 1)[-1], following.split("\n", 1)[0]
    if not first or len(last) < _LONGEST_HEADING or _ENDED.search(last) or not is_prose([last]):
        return False
    return first[0].islower() or (is_prose([first]) and not is_item(first))


def _behind_first(text: str, aside: str) -> str:
    first = text.split("\n", 1)[0]
    sentences = split_sentences(first)
    end = first.find(sentences[0]) + len(sentences[0]) if len(sentences) > 1 else len(first)
    rest = text[end:].strip()
    return _stacked(text[:end].strip(), aside, rest) if rest else _stacked(aside, text)


def _before_last(text: str, aside: str) -> str:
    start = text.rfind("\n") + 1
    sentences = split_sentences(text[start:])
    if len(sentences) > 1:
        start += text[start:].rfind(sentences[-1])
    return _stacked(text[:start].strip(), aside, text[start:])


def _stacked(*paragraphs: str) -> str:
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
