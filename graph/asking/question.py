"""What a question asks for: the words to look for, and what kind of thing would answer it. Calls no model."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache

from graph.asking.kinds import kind_of
from graph.grounding.index import Index
from graph.grounding.words import Word, framing_terms, terms_of, words_of
from llm.language.detect import detect_language, likelihood_ratio

# Words that ask, and those of what they ask for: no document need have them.
_ASKING = {
    "en": """
        tell describe list explain much many long old far big large high tall often soon expensive cost costs price
        date dates amount total happen happens happened called person people thing place time kind type reason does
        according stated mentioned said
    """,
    "ko": """
        무엇 무엇인가요 무엇입니까 뭐 뭔가요 누구 누구인가요 누구입니까 누가 언제 언제인가요 언제입니까
        어디 어디인가요 어디입니까 얼마 얼마나 얼마인가요 얼마입니까 몇 왜 어떻게 어느 어떤 무슨 인가요
        입니까 나요 있나요 있습니까 되나요 됩니까 했나요 했습니까 하나요 합니까 알려 알려줘 주세요 설명
        이유 언급 나와 퍼센트 퍼센트입니까 이 그 저 보인 때문
    """,
}
# And words of what may be asked of any document.
_OF_DOCUMENTS = {
    "en": """
        wrote written author published publisher issued released dated title titled purpose called named
        book manual guide handbook letter minutes contract thesis
    """,
    "ko": "작성 작성자 작성했나요 작성했습니까 발행 발표 제목 목적 저자 썼나요 쓴 이름 책 자료 회의록 계약서",
}
_TELLING = 0.3  # what a word weighs that any document may speak of itself with, against others
_ALIKE = 0.8  # what one counts that differs in its ending
_BEGINS_IN_ENGLISH = re.compile(
    r"(?:what|when|where|who|whom|whose|which|why|how|is|are|was|were|do|does|did|can|could|has|have|had|will)\b",
    re.IGNORECASE,
)


class Question:
    """A question to a source: its words, each with its share of what is looked for, and what would answer it.

    `language` is its own, as far as so few words tell, and `crosses` whether the source's is another one, so that
    words tell nothing.
    """

    def __init__(self, text: str, index: Index) -> None:
        self.text = text
        self.language = _language(text, index.language)
        self.crosses = _are_apart(text, self.language, index.language)
        asking, framing = _terms_of(_ASKING, index.language), framing_terms(index.language)
        framing |= _terms_of(_OF_DOCUMENTS, index.language)
        self.words = [word for word in words_of(text, index.language) if not asking.issuperset(word.terms)]
        telling = [_TELLING if framing.issuperset(word.terms) else 1.0 for word in self.words]
        self.is_general = 1.0 not in telling
        self._terms = [_credits(word, index) for word in self.words]
        self.weights = _weights(self.words, telling, index)
        unknown = [
            word
            for word, terms in zip(self.words, self._terms, strict=True)
            if not any(term in index for term in terms)
        ]
        self.unknown = [text[word.start : word.end] for word in unknown]
        self.kind = kind_of(text)

    @property
    def has_own_script(self) -> bool:
        """Whether its letters are none of Latin, so that its language is known for sure."""
        return not _is_latin(self.text)

    def is_given_in(self, text: str) -> bool:
        """Whether a text has the kind of thing that is asked for; any has, if no kind is."""
        return self.kind is None or bool(self.kind.given.search(text))

    def term_weights(self) -> dict[str, float]:
        """What a passage is worth for holding each term."""
        worth: dict[str, float] = {}
        for terms, weight in zip(self._terms, self.weights, strict=True):
            for term, credit in terms.items():
                worth[term] = max(worth.get(term, 0.0), weight * credit)
        return worth

    def covered(self, terms: set[str]) -> float:
        """Which share of what is looked for has these terms, 0 to 1."""
        return sum(
            weight * min(1.0, sum(credit for term, credit in wanted.items() if term in terms))
            for wanted, weight in zip(self._terms, self.weights, strict=True)
        )


def _credits(word: Word, index: Index) -> dict[str, float]:
    """By what a word is found, and how much of it each term is."""
    if word.values:
        return dict.fromkeys(word.terms, 1.0)
    share = 1 / len(word.terms)
    alike = dict.fromkeys(index.alike(word.terms[0]), _ALIKE) if len(word.terms) == 1 else {}
    return alike | dict.fromkeys(word.terms, share)


def _weights(words: Sequence[Word], telling: Sequence[float], index: Index) -> list[float]:
    """By rarity. A word that the source lacks weighs as much as the rarest that it has."""
    rarities = [
        share * sum(map(index.rarity, word.terms)) / len(word.terms)
        for share, word in zip(telling, words, strict=True)
    ]
    return [rarity / sum(rarities) for rarity in rarities]


def _terms_of(words: Mapping[str, str], language: str) -> frozenset[str]:
    return frozenset(term for text in words.values() for term in _terms(text, language))


@cache
def _terms(text: str, language: str) -> tuple[str, ...]:
    return tuple(terms_of(text, language))


def _language(text: str, source: str) -> str:
    if _BEGINS_IN_ENGLISH.match(text.strip()):
        return "en"
    return detect_language(text, source if _is_latin(text) else "en")


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(character < "\u0250" for character in letters) >= len(letters)


def _are_apart(text: str, language: str, source: str) -> bool:
    return language != source and (language == "en" or math.isinf(likelihood_ratio(text, language, source)))
