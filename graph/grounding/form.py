"""What of a summary is no statement at all: repetitions, markup, the prompt, scraps, words around a summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from graph.grounding.statements import ENDED, Statement
from graph.grounding.types import Flag
from graph.grounding.words import Word, framing_terms, terms_of
from llm.language.marks import HANGUL, UNSPACED

# A tag of HTML or of a prompt, a token of a chat template. "a<b and c>d" is none.
_TAG = re.compile(
    r"""</?[A-Za-z][\w:-]*(?:\s+[\w:-]+=(?:"[^"<>]*"|'[^'<>]*'|[^\s<>"']+))*\s*/?>"""
    r"|<(?:[A-Za-z]+\s+[\w:-]+=[^<>]*$|!--)|<\|\w+\|>|\[/?INST\]"
)
_UNSPACED = re.compile(rf"[{UNSPACED}{HANGUL}]")  # where few words, or none that spaces part, say a lot
_TOKEN = re.compile(r"\w+")
_RUN = 4  # words that stand together in the prompt, too
_MOSTLY_PROMPT = 0.6  # of a sentence's words in such runs
_TITLE_WORDS = 10  # of a heading, and of one that ends in a full stop
_LABEL_WORDS = 2
_LEAST_TAUTOLOGY = 4  # words, of which each is said again
_VAGUE = 2  # different words among more that any summary has
_LABEL = re.compile(r"\b(?:sections?|chapters?|tables?|figures?|fig\.|pages?|parts?|appendix)\s$", re.IGNORECASE)
_LONGEST_LABEL = 12
_TOLD = re.compile(r"\bnot\b|n['’]t\b|\bno\b")
_OF_ITSELF = 2  # different words of "the mill is a mill"
_LEAST_REPEATED = 2  # words that are not just how summaries are spoken of
_NEARLY_ALL = 0.6  # of the words of the sentence before


class Form:
    """Looks at how sentences are said, one after the other; knows the text of the source and of the prompts."""

    def __init__(self, source: str, language: str, instructions: Iterable[str]) -> None:
        self._source, self._language = source, language
        self._runs = {run for text in instructions for run in _runs(text)}
        self._said: list[frozenset[str]] = []
        self._texts: set[str] = set()
        self._titles: set[str] = set()

    def flags(self, statement: Statement, *, is_quoted: bool) -> list[Flag]:
        """What is wrong with the form of the next sentence; `is_quoted`: it stands in the source as it is."""
        text = statement.text
        if statement.is_heading and (title := " ".join(_tokens(text))) not in self._titles:
            self._titles.add(title)  # under another heading, a list may have the same once more
            self._said, self._texts = [], set()
        found: dict[Flag, bool] = {
            "said twice": statement.is_claim and self._is_said_twice(text),
            "not a sentence": statement.is_scrap or (is_quoted and self._is_heading(text)),
            "markup": any(tag[0] not in self._source for tag in _TAG.finditer(text)),
            "prompt text": not is_quoted and self._is_prompt(text),
        }
        return [flag for flag, holds in found.items() if holds]

    def _is_heading(self, text: str) -> bool:
        """Whether a line of the source is no more than these few words, or they are too few to say a thing."""
        if ENDED.search(text):
            return len(text.split()) <= _LABEL_WORDS and not _UNSPACED.search(text)
        if len(text.split()) > _TITLE_WORDS:
            return False
        return bool(re.search(rf"^\s*{re.escape(text)}\s*$", self._source, re.MULTILINE))

    def _is_said_twice(self, text: str) -> bool:
        """Whether one sentence before had its words and few others; how summaries are spoken of aside."""
        framing = framing_terms(self._language)
        terms = frozenset(term for term in terms_of(text, self._language) if term not in framing)
        words = " ".join(_tokens(text))
        is_repeated = words in self._texts or (
            len(terms) >= _LEAST_REPEATED
            and any(terms <= before and len(terms) >= _NEARLY_ALL * len(before) for before in self._said)
        )
        self._said.append(terms)
        self._texts.add(words)
        return is_repeated

    def _is_prompt(self, text: str) -> bool:
        tokens = _tokens(text)
        inside = [run in self._runs for run in _runs(text)]
        held = {place for start, is_run in enumerate(inside) if is_run for place in range(start, start + _RUN)}
        return bool(tokens) and len(held) >= _MOSTLY_PROMPT * len(tokens)


def says_nothing(text: str, words: Sequence[Word], language: str) -> bool:
    """Whether it could stand in any summary, or says a thing of itself.

    All words are those that any summary or chat is spoken of with; or most are, and the one or two others are
    neither names nor numbers; or each is said more than once.
    """
    framing = framing_terms(language)
    said = Counter(word.terms for word in words)
    others = [word for word in words if not framing.issuperset(word.terms) and not _is_label(text, word)]
    if not others or (len(words) >= _LEAST_TAUTOLOGY and min(said.values()) > 1):
        return True
    if len(said) <= _OF_ITSELF and all(said[word.terms] > 1 for word in others):
        return True
    if _TOLD.search(text) or any(word.values or text[word.start].isupper() for word in others):
        return False
    is_vague = len({word.terms for word in others}) <= _VAGUE and len(words) >= 2 * len(others) + 1
    return is_vague and language == "en"  # elsewhere, articles and prepositions are among the words


def _is_label(text: str, word: Word) -> bool:
    """Whether a number says which section or table is meant."""
    return bool(word.values) and bool(_LABEL.search(text, max(0, word.start - _LONGEST_LABEL), word.start))


def _tokens(text: str) -> list[str]:
    return [token.casefold() for token in _TOKEN.findall(text)]


def _runs(text: str) -> list[tuple[str, ...]]:
    tokens = _tokens(text)
    return [tuple(tokens[i : i + _RUN]) for i in range(len(tokens) - _RUN + 1)]
