"""The lines at the head of a document that say what it is, who made it and when: its title page, in short.

They are no sentences, and no summary can do without them. Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from llm.language.marks import HANGUL, UNSPACED
from llm.textrank.cues import is_chore, section_weight
from llm.textrank.rank import terms
from llm.textrank.sentences import SOUND, ProseSentence
from llm.textrank.vocabulary import KINDS, MAKERS, MONTHS, pattern
from llm.tokens import estimate_tokens

_REACH = 80  # sentences and lines among which the head is
_LONGEST = 60  # tokens of a line
_BEGUN = 4  # sound sentences after which the text has begun
_MOST_LINES = 5
_WORTH = 1.0  # of a line that is taken
_OFTEN = 5  # sentences with a word after which the document is about it
_DATE = re.compile(
    rf"(?<!\d)(?:19|20)\d\d(?!\d)|\b(?:{MONTHS})\b\.?\s+\d|\b\d{{1,2}}[./-]\d{{1,2}}[./-]\d{{2,4}}\b",
    re.IGNORECASE,
)
_KIND = re.compile(pattern(KINDS), re.IGNORECASE)
_MAKER = re.compile(pattern(MAKERS) + r"|^by\s", re.IGNORECASE)
_TELLING = re.compile(rf"[^\W\d_]{{2}}|[{HANGUL}{UNSPACED}]|{_DATE.pattern}", re.IGNORECASE)  # not just signs
_NOT_OF_A_HEAD = re.compile(
    r"https?:|www\.|\||©|\.{4}|\bISBN\b|\bprinted\b|\brights reserved\b|\bcopyright (?:\(c\)|notice|\d)"
    r"|\bpermission\b|\breprinted\b|\bexcerpt\b|\bcontents\b|目\s?[录錄次]|목\s?차",
    re.IGNORECASE,
)


def masthead(text: Sequence[ProseSentence], heard: Mapping[str, int], budget: int, language: str) -> list[int]:
    """Where the lines of the head stand in `text`, within the budget: the title, then what tells most.

    None where no line says who made the document or when: it is then the heading of a part. `heard`: how many
    sentences of the document hold a term.
    """
    lines = {i: text[i].text for i in _head_lines(text)}
    if not any(_DATE.search(line) or _MAKER.search(line) for line in lines.values()):
        return []
    as_title = {i: _worth_as_title(line, at, heard, language) for at, (i, line) in enumerate(lines.items())}
    title = max(as_title, key=lambda i: as_title[i])
    worth = {
        i: as_title[i] + bool(_DATE.search(line)) + 0.7 * bool(_MAKER.search(line)) for i, line in lines.items()
    }
    taken: list[int] = []
    for i in sorted(lines, key=lambda i: (i != title, -worth[i], i)):
        if not taken and i != title:
            break  # a date or a name, and of what nobody knows
        cost = estimate_tokens(lines[i]) + 1
        if worth[i] < _WORTH or cost > budget or any(_is_same(lines[i], lines[k]) for k in taken):
            continue
        taken.append(i)
        budget -= cost
    return sorted(taken[:_MOST_LINES])


def _head_lines(text: Sequence[ProseSentence]) -> list[int]:
    """The lines before the text begins that are no sentences."""
    lines, prose = [], 0
    for i, sentence in enumerate(text[:_REACH]):
        if prose >= _BEGUN or (sentence.heading and i and section_weight(sentence.text) != 1):
            break
        if is_chore(sentence.text) or _NOT_OF_A_HEAD.search(sentence.text):
            continue
        if sentence.prose >= SOUND:
            prose += 1
        elif _TELLING.search(sentence.text) and estimate_tokens(sentence.text) <= _LONGEST:
            lines.append(i)
    return lines


def _worth_as_title(line: str, at: int, heard: Mapping[str, int], language: str) -> float:
    """A title has words that the document keeps to, tells what kind it is, and stands at the top."""
    words = {*terms(line, language)}
    kept = sum(min(1.0, heard.get(word, 0) / _OFTEN) for word in words) / max(2, len(words))
    return kept + 0.7 * bool(_KIND.search(line)) + 1 / (1 + at) - 0.01 * estimate_tokens(line)


def _is_same(line: str, other: str) -> bool:
    """Whether one of them says no more than the other."""
    one, two = ("".join(filter(str.isalnum, text.casefold())) for text in (line, other))
    return one in two or two in one
