"""A text to its best sentences, within a budget: which may stand in a summary, which do, how they are joined.

The ranking is in rank.py, what speaks for a sentence besides its words in cues.py. Knows nothing of
models or prompts.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from llm.language.detect import detect_language
from llm.textrank.sentences import SOUND, ProseSentence, ends_whole, read_sentences
from llm.tokens import estimate_tokens

# A word ends before a space, or after any character of a script without spaces.
_WORD_END = re.compile(r"\s|(?<=[\u3040-\u30ff\u3400-\u9fff])")
# Stars that lead to a note: they are no emphasis, and the note stays behind. "10**6" has none.
_FOOTNOTE = re.compile(r"^\*{1,3}\s*|(?<=[^\W\d_]|[)\]」』”’%])\*{1,3}(?![A-Za-z0-9*])")
# A summary is shorter than what it sums up: at most this share of it, once it is longer than a few lines.
_LARGEST_SHARE = 0.5
_FEW_LINES_TOKENS = 64
# A text with less prose than this is made of notes: they are then its sentences.
_PROSE_SHARE = 0.2
# The mean rank is 1. What has less than this shares hardly a word with the rest: an aside, for want of better
# only. Restarts of the walk alone give any sentence about 0.15.
_ASIDE = 0.3
# What holds every word of the focus weighs so many times more again.
_FOCUS = 4.0
# A longer sentence is none that anyone would quote.
_LONG_SENTENCE_TOKENS = 120


class Extract(NamedTuple):
    """An answer in the pieces it streams in."""

    pieces: list[str]
    finish_reason: Literal["stop", "length"]


def extract(text: str, max_tokens: int, focus: str = "") -> Extract:
    """The best sentences of `text` in its order, within `max_tokens` estimated tokens.

    What shares words with `focus` counts for more.
    """
    language = detect_language(text)
    sentences = read_sentences(text, language)
    if not sentences:
        return Extract([], "stop")
    best = _candidates(sentences)
    worth_saying = int(_LARGEST_SHARE * estimate_tokens(text)) if best else 0
    budget = min(max_tokens, max(_FEW_LINES_TOKENS, worth_saying))
    ranked = _Ranked(sentences, best or range(len(sentences)), language, focus)
    chosen = ranked.within(budget) or ranked.within(max_tokens)
    if not chosen:
        return Extract([_cut(max(ranked.sentences, key=lambda s: s.prose).text, max_tokens)], "length")
    return Extract(_join([ranked.sentences[i] for i in sorted(chosen)]), "stop")


def key_sentences(text: str, count: int) -> list[str]:
    """At most `count` sentences that say most of what `text` says, the best first."""
    if count < 1:
        return []
    language = detect_language(text)
    sentences = read_sentences(text, language)
    best = [i for i in _candidates(sentences) if estimate_tokens(sentences[i].text) <= _LONG_SENTENCE_TOKENS]
    if not best:
        return []
    ranked = _Ranked(sentences, best, language)
    return [ranked.sentences[i].text for i in ranked.best(count)]


def _candidates(sentences: Sequence[ProseSentence]) -> list[int]:
    """The sound sentences; where they are few, as in slides and minutes, all that is not mere furniture."""
    some = [i for i, s in enumerate(sentences) if s.prose > 0]
    sound = [i for i in some if sentences[i].prose >= SOUND]
    length = sum(len(sentences[i].text) for i in some)
    prose_share = sum(len(sentences[i].text) for i in sound) / max(1, length)
    return sound if prose_share >= _PROSE_SHARE else some


class _Ranked:
    """The sentences at some `places` of a text, and what each is worth."""

    def __init__(
        self, text: Sequence[ProseSentence], places: Sequence[int], language: str, focus: str = ""
    ) -> None:
        import numpy as np

        from llm.textrank.cues import cue_weights, place_weights
        from llm.textrank.rank import TermMatrix, rank, terms

        self.sentences = [text[i] for i in places]
        self.matrix = TermMatrix([s.text for s in self.sentences], language)
        self.costs = [estimate_tokens(s.text) + (not ends_whole(s.text)) for s in self.sentences]
        cues = cue_weights(text)
        prior = np.array([max(text[i].prose, 0.05) * cues[i] for i in places]) * place_weights(len(places))
        prior *= 1 + self.matrix.share({term for s in text if s.heading for term in terms(s.text, language)})
        if asked := set(terms(focus, language)):
            prior *= 1 + _FOCUS * self.matrix.holds(asked) / len(asked)
        central = rank(self.matrix, prior)
        self.scores = (central >= _ASIDE) * central * prior / np.array(self.costs) ** 0.25

    def within(self, tokens: int) -> list[int]:
        """The sentences worth saying in so many tokens, in the order of choice."""
        from llm.textrank.rank import pick

        return pick(self.matrix, self.scores, self.costs, [s.part for s in self.sentences], tokens)

    def best(self, count: int) -> list[int]:
        """At most so many sentences, in the order of choice."""
        from llm.textrank.rank import pick

        one = [1] * len(self.sentences)
        return pick(self.matrix, self.scores, one, [s.part for s in self.sentences], count)


def _join(sentences: Sequence[ProseSentence]) -> list[str]:
    """The sentences as pieces of one text. What has no sentence mark ends its line, to stay apart."""
    pieces = [_FOOTNOTE.sub("", sentences[0].text)]
    for before, sentence in pairwise(sentences):
        gap = "" if sentence.glued else " " if ends_whole(before.text) else "\n"
        pieces.append(gap + _FOOTNOTE.sub("", sentence.text))
    return pieces


def _cut(sentence: str, budget: int) -> str:
    """The longest beginning of whole words within `budget` tokens; of letters if not one word fits."""

    def tokens(end: int) -> int:
        return estimate_tokens(sentence[:end])

    words = [match.start() for match in _WORD_END.finditer(sentence)]
    fitting = bisect_right(words, budget, key=tokens)
    if fitting:
        return sentence[: words[fitting - 1]]
    return sentence[: bisect_right(range(1, len(sentence) + 1), budget, key=tokens)]
