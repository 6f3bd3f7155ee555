"""What speaks for a sentence besides the words it shares: where it stands, its section, its wording.

After Edmundson (JACM 1969: cue phrases, titles, places) and HipoRank (arXiv 2005.00513: what stands near the two
ends of a text matters more). The weights are round numbers; benchmarks/LOG.md says what they were held against.
Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llm.textrank.sentences import ProseSentence
from llm.textrank.vocabulary import CUES, HOUSEKEEPING, MAIN, MINOR, POINTING, SUMMARIES, pattern

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# How much more a sentence weighs at the very start and end of a text, and how fast that fades towards the middle.
_START, _START_FADES = 0.5, 10
_END, _END_FADES = 0.5, 20
_CUE, _FIGURED = 1.25, 1.15
_COURTEOUS, _QUOTED, _POINTING, _CODED, _CONTACTED, _CHORE = 0.6, 0.7, 0.5, 0.2, 0.7, 0.2
_SUMMARY_SECTION, _MAIN_SECTION, _MINOR_SECTION = 2.5, 1.5, 0.3
_OFTEN = 3  # a heading that comes so often heads pages

_CUES = re.compile(pattern(CUES), re.IGNORECASE)
_POINTERS = re.compile(pattern(POINTING), re.IGNORECASE)
_CHORES = re.compile(pattern(HOUSEKEEPING), re.IGNORECASE)
_CONTACT = re.compile(
    r"https?:|www\.|\S@\S+\.\w|\b\d{3,4}[- ]\d{3}[- ]\d{4}\b|\b(?:tel|fax|telephone|phone)\b[.:\s]*\+?\d", re.I
)
_CODE = re.compile(
    r"(?<!\S)--[a-z]|(?<![\w.])[a-z]{3,}[._][a-z]{3,}(?![\w.]*/)|[{}]|\w\(\)|::|==|</?[a-z]+>"
)  # and names in it
_FIGURE = re.compile(r"(?<![\w.])\d[\d,.]*(?![\w.])")  # how much, or when
# What is said in a meeting besides what it is about.
_FILLER = re.compile(r"\{\w+\}|\b(?:um+|uh+|hmm*|mm+|mm-?hmm|yeah|okay|ok|yep|you know|i mean)\b", re.I)
_COURTESY = re.compile(
    r"\b(?:thank(?:s| you)|welcome|good (?:morning|afternoon|evening)|any (?:other |more |further )?questions"
    r"|(?:call|come) to order|(?:meeting|session) (?:is|was|stands) (?:adjourned|closed|open)|have the floor"
    r"|let(?:'s|’s| us) (?:start|begin|move on|go on|get started))\b"
    r"|(?:주시기|주십시오|주세요|바랍니다|감사합니다|안녕하|마치겠습니다|개회|산회|(?:말씀|설명|소개|시작|진행)\S*\s?\S*겠습니다)",
    re.I,
)
_SPOKEN = re.compile(r"[\"“‘「『]")  # direct speech leans on who says it, and when
_NUMBER = (
    r"^\W*(?:(?:\d{1,2}|[IVX]{1,5}|[A-Z]|[Ⅰ-Ⅻ])[.):]?\s+)?(?:제?\s?\d+\s?[장절]\s+)?"
    r"(?:第[一二三四五六七八九十\d]+[章节節]\s*)?\W*"
)
_SECTIONS = [re.compile(_NUMBER + pattern(table), re.IGNORECASE) for table in (SUMMARIES, MINOR, MAIN)]
# A heading on the line of what it heads: "SUMMARY: The agency proposes".
_LABEL = re.compile(r"(?P<name>[^\W\d_][^:.;,—–]{2,40}?)\s?(?P<mark>[:：.—–])\s")


def place_weights(count: int) -> NDArray[np.float64]:
    """The weight of each of `count` sentences by where it stands: more at the start and the end. (count,)"""
    import numpy as np

    place = np.linspace(0.0, 1.0, count)
    weights: NDArray[np.float64] = (
        1 + _START * np.exp(-_START_FADES * place) + _END * np.exp(-_END_FADES * (1 - place))
    )
    return weights


def headings(sentences: Sequence[ProseSentence]) -> set[int]:
    """Where sections begin: the headings, without those of pages, which come again and again."""
    often = Counter(sentence.text for sentence in sentences if sentence.heading)
    return {i for i, sentence in enumerate(sentences) if sentence.heading and often[sentence.text] < _OFTEN}


def cue_weights(sentences: Sequence[ProseSentence]) -> list[float]:
    """The weight of every sentence by its wording and by the section it stands in."""
    begins = headings(sentences)
    weights, section, labelled, part = [], 1.0, None, -1
    for i, sentence in enumerate(sentences):
        if sentence.part != part:
            part, labelled = sentence.part, None
        if i in begins:
            section = _weight_below(sentence, section)
        elif (label := _label_weight(sentence.text)) is not None:
            labelled = label
        worded = _wording_weight(sentence.text) if sentence.prose else 1.0  # of rows and the like, in vain
        weights.append((labelled or section) * worded)
    return weights


def _wording_weight(text: str) -> float:
    filler = len(_FILLER.findall(text)) / (1 + text.count(" "))
    return (
        (_CUE if _CUES.search(text) else 1.0)
        * (_FIGURED if _FIGURE.search(text) else 1.0)
        * (_COURTEOUS if _COURTESY.search(text) else 1.0)
        * (_QUOTED if _SPOKEN.match(text) else 1.0)
        * (_POINTING if _POINTERS.search(text) else 1.0)
        * (_CODED if _CODE.search(text) else 1.0)
        * (_CHORE if _CHORES.search(text) else 1.0)
        * (_CONTACTED if _CONTACT.search(text) else 1.0)
        * max(0.3, 1 - 3 * filler)
    )


def _weight_below(heading: ProseSentence, above: float) -> float:
    """The weight of a section. One within another has that one's, unless its own name says that it is minor."""
    weight = section_weight(heading.text)
    if heading.heading > 1:
        return min(weight, above) if weight < 1 else above
    return weight


def _label_weight(text: str) -> float | None:
    """The weight of what a label heads; None without one."""
    if not (label := _LABEL.match(text)):
        return None
    weight = section_weight(label["name"])
    return weight if weight != 1 or (label["mark"] in ":：" and label["name"].isupper()) else None


def is_chore(text: str) -> bool:
    """Whether it speaks of the document as a thing, of rights in it, or of whom to call."""
    return bool(_CHORES.search(text))


def section_weight(name: str) -> float:
    """What a sentence weighs in a section of this name: 1 for most."""
    weights = (_SUMMARY_SECTION, _MINOR_SECTION, _MAIN_SECTION)
    return next((weight for section, weight in zip(_SECTIONS, weights, strict=True) if section.match(name)), 1.0)
