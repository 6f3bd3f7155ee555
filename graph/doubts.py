"""Which sentences of a summary are doubtful, and why, in the words that a prompt says it with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graph.grounding.types import Flag, Sentence
from graph.grounding.words import is_korean
from llm.language.detect import detect_language

# Less support is doubtful though it is not flagged: most that say the same in other words have more.
_DOUBTFUL = 0.4
_DOUBTFUL_KOREAN = 0.29

_CELLS = " | "  # a row of a table is left alone

_ENGLISH: dict[Flag, str] = {
    "weak support": "the document hardly says it",
    "number not in source": "a number in it is not in the document",
    "unit not in source": "a number in it has another unit in the document",
    "comparison not in source": "the document does not say more than, less than or the like",
    "name not in source": "a name in it is not in the document",
    "opposite in source": "the document says the opposite",
    "roles differ from source": "in the document, somebody else does it",
    "stronger than source": "it says more than the document, or says it more surely",
    "said twice": "another sentence says it already",
    "says nothing": "it says nothing about the matter",
    "not a sentence": "it is not a whole sentence",
    "markup": "it has tags in it",
    "prompt text": "it repeats instructions",
}
_KOREAN: dict[Flag, str] = {
    "weak support": "문서에서 근거를 거의 찾을 수 없음",
    "number not in source": "문서에 없는 숫자가 있음",
    "unit not in source": "숫자의 단위가 문서와 다름",
    "comparison not in source": "문서에는 '이상', '미만' 같은 말이 없음",
    "name not in source": "문서에 없는 이름이 있음",
    "opposite in source": "문서의 내용과 반대임",
    "roles differ from source": "누가 무엇을 했는지가 문서와 다름",
    "stronger than source": "문서보다 지나치게 말하거나 단정함",
    "said twice": "다른 문장에서 이미 한 말임",
    "says nothing": "내용이 없음",
    "not a sentence": "온전한 문장이 아님",
    "markup": "태그가 섞여 있음",
    "prompt text": "지시문을 되풀이함",
}


def is_heading(sentence: Sentence) -> bool:
    """Whether it was not compared with the document, and is not to be touched."""
    return not sentence["evidence"] and sentence["support"] == 1


def is_doubtful(sentence: Sentence) -> bool:
    """Whether the model is asked to mend it."""
    if is_heading(sentence) or _CELLS in sentence["text"]:
        return False
    return bool(sentence["flags"]) or sentence["support"] < sure_support(sentence["text"])


def sure_support(text: str) -> float:
    """The support from which on a sentence without a flag is left as it is."""
    return _DOUBTFUL_KOREAN if is_korean(text) else _DOUBTFUL


def in_words(flags: Sequence[Flag], prompt: str) -> str:
    """What is wrong with a sentence, in the language of a prompt, if that is Korean, else in English."""
    words: Mapping[Flag, str] = _KOREAN if detect_language(prompt) == "ko" else _ENGLISH
    said = [words[flag] for flag in flags or ["weak support"]]
    return ", ".join(said)
