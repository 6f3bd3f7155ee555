"""Spaces that a file has lost between words, or put between letters. Decides by the words of the whole document.

Where a program set words so tightly that their spaces were lost, whole lines come as one word. Such a word is far
longer than any, and is made of words that stand by themselves elsewhere, small ones among them.
"""

import re
from collections import Counter
from math import log

from llm.language.marks import UNSPACED

_RUN = re.compile(r"[^\W\d_]+")
_SPREAD = re.compile(r"(?m)^[ \t]*((?:[^\W\d_] ){3,}[^\W\d_]|(?:[가-힣] ){2,}[가-힣])[ \t]*$")  # A B S T R A C T
_UNSPACED = re.compile(rf"[{UNSPACED}]")  # a line is one word of such letters, as it should be
_HANGUL = re.compile(r"[가-힣]")
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_LONG = 18  # letters that hardly any word has
_LONGEST = 500
_SMALL = 4  # letters of the words that join others: "of", "the", "with"
_COMMONEST = 60  # words that small ones must be among
_STRANGER = 12.0  # price of a part that is no word, beside that of its letters
_LETTER = 2.0
_SHARE = 0.5  # of the letters of a long word may be in such parts


def mend_spaces(texts: list[str]) -> list[str]:
    """The texts with spaces where lines have lost them; German compounds and the like stay as they are."""
    words = Words(texts)
    texts = [_SPREAD.sub(words.gathered, text) for text in texts]
    if not any(len(run) >= _LONG for text in texts for run in _RUN.findall(text)):
        return texts
    return ["\n".join(map(words.parted, text.split("\n"))) for text in texts]


class Words:
    """The words of a document, and what it costs to take a run of letters for one of them."""

    def __init__(self, texts: list[str]) -> None:
        counts = Counter(run.casefold() for text in texts for run in _RUN.findall(text) if len(run) < _LONG)
        self._small = {word for word, _ in counts.most_common(_COMMONEST) if len(word) <= _SMALL}
        total = sum(counts.values())
        self._prices = {
            word: log(total / count)
            for word, count in counts.items()
            if (count > 1 or len(word) > _SMALL) and (len(word) > 1 or word in self._small)
        }

    def gathered(self, spread: re.Match[str]) -> str:
        """Letters that were spread over a line, as words; those of a figure, which are no word, as they are."""
        run = spread[1].replace(" ", "")
        if run.casefold() in self._prices or _HANGUL.match(run):
            return run
        parts = self._parts(run, strange=0)
        is_word = len(set(run.casefold())) > 3 and _VOWEL.search(run)
        return " ".join(parts) if parts else run if is_word else spread[0]

    def parted(self, line: str) -> str:
        """A line with spaces between its words. One that has a long run of words has shorter ones too."""
        if not any(self._glued(run) for run in _RUN.findall(line) if len(run) >= _LONG):
            return line
        line = _RUN.sub(lambda match: " ".join(self._glued(match[0]) or [match[0]]), line)
        return re.sub(r"([,;:])(?=[^\W\d_]{2})", r"\1 ", line)

    def _glued(self, run: str) -> list[str]:
        """The words that a run is made of; [] when it is one word."""
        if run.casefold() in self._prices or _UNSPACED.search(run):
            return []
        if len(run) < _LONG:
            return self._parts(run, strange=0)
        parts = self._parts(run, strange=_SHARE * len(run))
        return parts if self._small & {part.casefold() for part in parts} else []

    def _parts(self, run: str, strange: float) -> list[str]:
        """The cheapest parts, two or more, with at most so many letters in parts that are no words; else []."""
        low = run.casefold()
        if len(low) != len(run) or len(run) > _LONGEST:
            return []
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)]  # price, start of the last part, letters of strangers
        for end in range(1, len(low) + 1):
            options = []
            for start in range(max(0, end - _LONG), end):
                price, _, strangers = best[start]
                length = end - start
                if (known := self._prices.get(low[start:end])) is not None:
                    options.append((price + known, start, strangers))
                elif length >= _SMALL:
                    options.append((price + _STRANGER + _LETTER * length, start, strangers + length))
            best.append(min(options, default=(float("inf"), 0, len(low))))
        parts: list[str] = []
        end = len(low)
        while end:
            start = best[end][1]
            parts.insert(0, run[start:end])
            end = start
        return parts if len(parts) > 1 and best[-1][2] <= strange else []
