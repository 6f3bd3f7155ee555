"""What a question asks for: the words to look for, and what kind of thing would answer it. Calls no model."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
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
        무엇 무엇인가요 무엇입니까 뭐 뭔가요 누구 누구인가요 누구입니까 누가 언제 언제인가요 언제입니까 어디
        어디인가요 어디입니까 얼마 얼마나 얼마인가요 얼마입니까 몇 왜 어떻게 어느 어떤 무슨 인가요 입니까 나요 있나요
        있습니까 되나요 됩니까 했나요 했습니까 하나요 합니까 알려 알려줘 주세요 설명 이유 언급 나와
    """,
}
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
        framing, asking = framing_terms(index.language), _asking_terms(index.language)
        words = [word for word in words_of(text, index.language) if not asking.issuperset(word.terms)]
        own = [not framing.issuperset(word.terms) for word in words]
        self.words = words if not any(own) else [word for word, is_own in zip(words, own, strict=True) if is_own]
        self.is_general = not any(own)
        self.weights = _weights(self.words, index)
        unknown = [word for word in self.words if not any(term in index for term in word.terms)]
        self.unknown = [text[word.start : word.end] for word in unknown]
        self.kind = kind_of(text)

    @property
    def has_own_script(self) -> bool:
        """Whether its letters are none of Latin, so that its language is known for sure."""
        return not _is_latin(self.text)

    def is_given_in(self, text: str) -> bool:
        """Whether a text has the kind of thing that is asked for; any has, if no kind is."""
        return self.kind is None or bool(self.kind.search(text))

    def term_weights(self) -> dict[str, float]:
        """What a passage is worth for holding each term."""
        shares: dict[str, float] = {}
        for word, weight in zip(self.words, self.weights, strict=True):
            for term in word.terms:
                shares[term] = shares.get(term, 0.0) + weight / len(word.terms)
        return shares

    def covered(self, terms: set[str]) -> float:
        """Which share of what is looked for has these terms, 0 to 1."""
        return sum(
            weight * (any(term in terms for term in word.terms) if word.values else _held(word, terms))
            for word, weight in zip(self.words, self.weights, strict=True)
        )


def _held(word: Word, terms: set[str]) -> float:
    return sum(term in terms for term in word.terms) / len(word.terms)


def _weights(words: Sequence[Word], index: Index) -> list[float]:
    """By rarity. A word that the source lacks weighs as much as the rarest that it has."""
    rarities = [sum(map(index.rarity, word.terms)) / len(word.terms) for word in words]
    return [rarity / sum(rarities) for rarity in rarities]


@cache
def _asking_terms(language: str) -> frozenset[str]:
    return frozenset(term for words in _ASKING.values() for term in terms_of(words, language))


def _language(text: str, source: str) -> str:
    if _BEGINS_IN_ENGLISH.match(text.strip()):
        return "en"
    return detect_language(text, source if _is_latin(text) else "en")


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(character < "\u0250" for character in letters) >= len(letters)


def _are_apart(text: str, language: str, source: str) -> bool:
    return language != source and (language == "en" or math.isinf(likelihood_ratio(text, language, source)))
