"""What speaks for a sentence besides the words it shares: where it stands, its section, how it begins.

After Edmundson (JACM 1969: cue phrases, titles, places) and HipoRank (arXiv 2005.00513: what stands near the two
ends of a text matters more). The weights are round numbers; benchmarks/LOG.md says what they were held against.
Knows nothing of models or prompts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from llm.textrank.sentences import ProseSentence

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# How much more a sentence weighs at the very start and end of a text, and how fast that fades towards the middle.
_START, _START_FADES = 0.5, 10
_END, _END_FADES = 0.5, 20
_CUE, _COURTEOUS, _QUOTED = 1.25, 0.6, 0.7
_MAIN_SECTION, _MINOR_SECTION = 1.5, 0.5

# Sentences that say what a text is about or comes to.
_CUES = re.compile(
    r"\b(?:in this (?:paper|article|report|work|study|chapter|section|book|document|manual)"
    r"|this (?:paper|article|report|work|study|thesis|chapter|book|document|manual)"
    r"|we (?:propose|present|show|introduce|describe|demonstrate|find|found|conclude|develop|argue|report"
    r"|investigate|explore|evaluate|compare|decided?|agreed?|recommend)"
    r"|(?:it was|they|(?:committee|council|board|group|team|members)) (?:have |has )?(?:decided|agreed|approved)"
    r"|(?:our|the) (?:results?|experiments?|findings|approach|method|goal|aim|purpose|conclusions?|contributions?"
    r"|main|decision|recommendations?)|in (?:summary|conclusion|short|sum)"
    r"|to (?:summarize|conclude|sum up)|overall|conclude[sd]?|significant(?:ly)?|important(?:ly)?|outperforms?)\b"
    r"|본\s?(?:연구|논문|보고서|사업)|이\s?(?:연구|논문|보고서)|결론적으로|요약하면|종합하면|결과적으로|전망|평가됨|의결|합의"
    r"|本(?:文|研究|报告|報告)|结果表明|結論|综上|总之|要するに",
    re.I,
)
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
_NUMBER = r"^\W*(?:(?:\d{1,2}|[IVX]{1,5}|[A-Z]|[Ⅰ-Ⅻ])[.):]?\s+)?(?:제?\s?\d+\s?[장절]\s+)?\W*"
_MAIN = re.compile(
    _NUMBER
    + r"(?:(?:(?:executive|concluding|general|brief) )?(?:introduction|conclusions?|concluding remarks|summary"
    r"|overview|abstract|discussion)|(?:key|main) (?:findings|points|results)|findings|outcomes?|decisions?"
    r"|purpose"
    r"|결론|요약|서론|개요|맺음말|머리말|들어가|나가며|나오며|주요|<\s?요\s?약|要約|摘要|结论|結論|引言|概要|はじめに|おわりに)",
    re.I,
)
_MINOR = re.compile(
    _NUMBER
    + r"(?:related work|previous work|prior work|acknowledg|appendi|references|bibliography|glossary|index\b"
    r"|(?:table of )?contents|legal|copyright|licen[sc]e|about the authors?"
    r"|부록|참고|감사의|목차|차\s?례|附录|謝辞|参考)",
    re.I,
)


def place_weights(count: int) -> NDArray[np.float64]:
    """The weight of each of `count` sentences by where it stands: more at the start and the end. (count,)"""
    import numpy as np

    place = np.linspace(0.0, 1.0, count)
    weights: NDArray[np.float64] = (
        1 + _START * np.exp(-_START_FADES * place) + _END * np.exp(-_END_FADES * (1 - place))
    )
    return weights


def cue_weights(sentences: Sequence[ProseSentence]) -> list[float]:
    """The weight of every sentence by its wording and by the section it stands in."""
    weights, section = [], 1.0
    for sentence in sentences:
        if sentence.heading:
            section = _section_weight(sentence, section)
        weights.append(section * _wording_weight(sentence.text))
    return weights


def _wording_weight(text: str) -> float:
    filler = len(_FILLER.findall(text)) / (1 + text.count(" "))
    return (
        (_CUE if _CUES.search(text) else 1.0)
        * (_COURTEOUS if _COURTESY.search(text) else 1.0)
        * (_QUOTED if _SPOKEN.match(text) else 1.0)
        * max(0.3, 1 - 3 * filler)
    )


def _section_weight(heading: ProseSentence, above: float) -> float:
    """The weight of a section. One within another has that one's, unless its own name says that it is minor."""
    if _MINOR.match(heading.text):
        return _MINOR_SECTION
    if heading.heading > 1:
        return above
    return _MAIN_SECTION if _MAIN.match(heading.text) else 1.0
