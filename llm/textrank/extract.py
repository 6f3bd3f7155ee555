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
from llm.textrank.cues import cue_weights, headings, place_weights
from llm.textrank.masthead import masthead
from llm.textrank.rank import Candidates, TermMatrix, pick, rank, terms
from llm.textrank.sentences import SOUND, ProseSentence, ends_whole, leans, read_sentences
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
# At most this share of a summary is the head of the document.
_HEAD_SHARE = 0.1
# A longer sentence is none that anyone would quote.
_LONG_SENTENCE_TOKENS = 120


class Extract(NamedTuple):
    """An answer in the pieces it streams in."""

    pieces: list[str]
    finish_reason: Literal["stop", "length"]


def extract(text: str, max_tokens: int, focus: str = "") -> Extract:
    """The best sentences of `text` in its order, within `max_tokens` estimated tokens; before them, its head.

    What shares words with `focus` counts for more.
    """
    language = detect_language(text)
    sentences = read_sentences(text, language)
    if not sentences:
        return Extract([], "stop")
    best = _candidates(sentences)
    worth_saying = int(_LARGEST_SHARE * estimate_tokens(text)) if best else 0
    budget = min(max_tokens, max(_FEW_LINES_TOKENS, worth_saying))
    ranked = _Ranked(sentences, best or range(len(sentences)), language, focus, int(_HEAD_SHARE * budget))
    head = [sentences[i].text + "\n" for i in ranked.head]
    spent = estimate_tokens("".join(head)) + len(head)
    chosen = ranked.within(budget - spent) or ranked.within(max_tokens - spent)
    if not chosen:
        return Extract([_cut(max(ranked.sentences, key=lambda s: s.prose).text, max_tokens)], "length")
    return Extract([*head, *["\n"][: len(head)], *_join([ranked.sentences[i] for i in sorted(chosen)])], "stop")


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
    """The sentences at some `places` of a text, what each is worth, and the head of the text."""

    def __init__(
        self,
        text: Sequence[ProseSentence],
        places: Sequence[int],
        language: str,
        focus: str = "",
        head_tokens: int = 0,
    ) -> None:
        import numpy as np

        self.sentences = [text[i] for i in places]
        self.matrix = TermMatrix([s.text for s in self.sentences], language)
        self.head = masthead(text, self.matrix.heard, head_tokens, language)
        self.costs = [estimate_tokens(s.text) + (not ends_whole(s.text)) for s in self.sentences]
        cues = cue_weights(text)
        prior = np.array([max(text[i].prose, 0.05) * cues[i] for i in places]) * place_weights(len(places))
        titles = [text[i].text for i in self.head]
        for heard in ([s.text for s in text if s.heading], titles):
            prior *= 1 + self.matrix.share({term for line in heard for term in terms(line, language)})
        if asked := set(terms(focus, language)):
            prior *= 1 + _FOCUS * self.matrix.holds(asked) / len(asked)
        central = rank(self.matrix, prior)
        scores = (central >= _ASIDE) * central * prior / np.cbrt(self.costs)
        parts = [s.part for s in self.sentences]
        self.candidates = Candidates(scores, self.costs, parts, _borders(text, places), _support(text, places))

    def within(self, tokens: int) -> list[int]:
        """The sentences worth saying in so many tokens, in the order of choice."""
        return pick(self.matrix, self.candidates, tokens)

    def best(self, count: int) -> list[int]:
        """At most so many sentences, in the order of choice."""
        return pick(self.matrix, self.candidates._replace(costs=[1] * len(self.sentences)), count)


def _borders(text: Sequence[ProseSentence], places: Sequence[int]) -> list[int]:
    """Which of the sentences at the `places` are the first below a heading."""
    starts = {i for i in headings(text) if text[i].heading == 1}
    return [k for k, (i, j) in enumerate(pairwise(places), 1) if any(m in starts for m in range(i + 1, j))]


def _support(text: Sequence[ProseSentence], places: Sequence[int]) -> dict[int, int | None]:
    """Of those at the `places` that lean on the sentence before them: which of them it is, if it is one."""
    number = {place: k for k, place in enumerate(places)}
    return {
        k: number.get(i - 1) if i and text[i - 1].part == text[i].part else None
        for i, k in number.items()
        if leans(text[i].text)
    }


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
