"""Which passages of a document a question is answered from, within a budget. Calls no model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from graph.asking.question import Question
from graph.grounding.evidence import Tracer
from graph.grounding.words import Word
from llm.textrank.extract import key_sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEFT_OUT = "[…]"

# Sentences before and after one in which the rest of the question is looked for: a heading is before, what goes
# on is after.
_BEFORE, _AFTER = 3, 1
_CANDIDATES = 200  # sentences whose surroundings are looked at, those that share most with the question
_BY_ITSELF = 0.6  # what a sentence's own words count, against those that stand around it
_LONG, _LONG_WORDS = 0.2, 60  # what a sentence loses that has so many words, of which few may be the answer
_GIVEN = 1.5  # what a sentence with the kind of thing that is asked for counts, against others

# What goes to the model with each sentence that is chosen, so that it can be understood.
_LEAD, _REST = 2, 3
_WORTH_READING = 0.3  # of the best sentence's worth

_START_SHARE = 0.5  # of the room, for the beginning of a document that is asked about in general
_KEY_SENTENCES = 12

Span = tuple[int, int]
Count = Callable[[str], int]


class Found(NamedTuple):
    """What a question is answered from: passages [first, last] of the source, in order.

    `worth` is what each sentence of the source is worth for the question, 0 to 1.5.
    """

    spans: list[Span]
    worth: Floats
    is_everything: bool = False


class Finder:
    """Finds passages of one source, whose index is made once."""

    def __init__(self, tracer: Tracer) -> None:
        self.tracer = tracer
        self.source, self._aligner = tracer.source, tracer.aligner
        self._key_passages: list[int] | None = None

    def ask(self, text: str) -> Question:
        """A question to this source."""
        return Question(text, self._aligner.index)

    def find(self, question: Question, room: int, count: Count) -> Found:
        """Passages for a question, of at most `room` tokens as `count` counts, with `LEFT_OUT` between them.

        Those that share words with it, each with what stands around it; where words tell nothing, the beginning
        of the document and its key sentences.
        """
        worth = self.worth(question)
        chosen = _Chosen(self, room, count)
        if question.crosses or question.is_general:
            chosen.add_start(int(room * _START_SHARE))
        for passage in self.best(worth):
            chosen.add(passage)
        if question.crosses or question.is_general:
            for passage in self.keys():
                chosen.add(passage)
        spans = chosen.spans()
        return Found(spans, worth, is_everything=spans == [(0, len(self.source.passages) - 1)])

    def worth(self, question: Question) -> Floats:
        """What each passage is worth: the question's words in it and around it. (passages,)"""
        import numpy as np

        own = self._aligner.index.shared(question.term_weights())
        worth = np.zeros(len(own))
        for i in np.argsort(-own, kind="stable")[:_CANDIDATES].tolist():
            if own[i] > 0:
                around = self.covered(question, [i])
                worth[i] = _BY_ITSELF * own[i] + (1 - _BY_ITSELF) * around
                worth[i] *= 1 - _LONG * min(1.0, len(self.words(i)) / _LONG_WORDS)
                if question.kind and question.is_given_in(self.source.excerpt(i)):
                    worth[i] *= _GIVEN
        return worth

    def covered(self, question: Question, passages: Iterable[int]) -> float:
        """Which share of what is looked for stands in these passages and around them, 0 to 1."""
        near = {
            j for i in passages for j in range(max(0, i - _BEFORE), min(len(self.source.passages), i + _AFTER + 1))
        }
        return question.covered({term for j in near for word in self.words(j) for term in word.terms})

    def words(self, passage: int) -> list[Word]:
        """The words of a passage."""
        return self._aligner.words(passage)

    def best(self, worth: Floats) -> list[int]:
        """Passages worth reading, the best first."""
        import numpy as np

        order = np.argsort(-worth, kind="stable")[:_CANDIDATES].tolist()
        return [i for i in order if worth[i] > 0 and worth[i] >= _WORTH_READING * worth[order[0]]]

    def text(self, spans: Sequence[Span]) -> str:
        """Passages as one text, with `LEFT_OUT` where something is."""
        pieces = [self.between(first, last) for first, last in spans]
        if spans and spans[-1][1] < len(self.source.passages) - 1:
            pieces.append("")
        if spans and spans[0][0] > 0:
            pieces.insert(0, "")
        return f"\n{LEFT_OUT}\n".join(pieces).strip()

    def between(self, first: int, last: int) -> str:
        """The text from one passage to another, as it stands."""
        return self.source.text[self.source.passages[first].start : self.source.passages[last].end]

    def keys(self) -> list[int]:
        """The sentences that say most of what the document says, found once."""
        if self._key_passages is None:
            places = {self.source.excerpt(i).strip(): i for i in reversed(range(len(self.source.passages)))}
            sentences = key_sentences(self.source.text, _KEY_SENTENCES)
            self._key_passages = [places[text] for s in sentences if (text := s.strip()) in places]
        return self._key_passages


class _Chosen:
    """Passages that are chosen one after the other, as long as there is room."""

    def __init__(self, finder: Finder, room: int, count: Count) -> None:
        self._finder, self._room, self._count = finder, room, count
        self._taken: set[int] = set()
        self._mark = count(f"\n{LEFT_OUT}\n") + 1
        self._left = room - self._mark
        self._size = len(finder.source.passages)

    def add_start(self, tokens: int) -> None:
        """The beginning of the document, of about so many tokens."""
        floor = self._left - tokens
        for i in range(self._size):
            if self._left <= floor or not self._take(i):
                break

    def add(self, passage: int) -> None:
        """A passage, and what stands around it: what goes before it as far as it helps, and what follows."""
        if not self._take(passage):
            return
        for i in range(passage - 1, max(-1, passage - 1 - _LEAD), -1):
            if not self._take(i):
                break
        for i in range(passage + 1, min(self._size, passage + 1 + _REST)):
            if not self._take(i):
                break

    def spans(self) -> list[Span]:
        """What was chosen, in order, never more than there is room for as a whole."""
        taken = sorted(self._taken)
        breaks = [k for k, (a, b) in enumerate(pairwise(taken), start=1) if b > a + 1]
        bounds = pairwise([0, *breaks, len(taken)]) if taken else ()
        return [(taken[a], taken[b - 1]) for a, b in bounds]

    def _take(self, passage: int) -> bool:
        """Whether it is in, now or before."""
        if passage in self._taken:
            return True
        alone = not {passage - 1, passage + 1} & self._taken
        cost = self._count(self._finder.source.excerpt(passage)) + 1 + self._mark * alone
        if cost > self._left and self._taken:  # the first is cut where it is too long
            return False
        self._left -= cost
        self._taken.add(passage)
        return True
