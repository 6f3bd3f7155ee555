"""Words that a file has run together -> words. Decides by the words of the whole document; knows nothing of pages.

Where a program set words so tightly that their spaces were lost, whole lines come as one word. Such a word is far
longer than any, and is made of words that stand by themselves elsewhere, small ones among them.
"""

import re
from collections import Counter
from math import log

_RUN = re.compile(r"[^\W\d_]+")
_LONG = 18  # letters that hardly any word has
_SMALL = 4  # letters of the words that join others: "of", "the", "with"
_COMMONEST = 60  # words that small ones must be among
_STRANGER = 12.0  # price of a part that is no word, beside that of its letters
_LETTER = 2.0
_SHARE = 0.5  # of the letters of a long word may be in such parts


def split_glued(texts: list[str]) -> list[str]:
    """The texts with spaces where lines have lost them; German compounds and the like stay as they are."""
    counts = Counter(run.casefold() for text in texts for run in _RUN.findall(text) if len(run) < _LONG)
    if not any(len(run) >= _LONG for text in texts for run in _RUN.findall(text)):
        return texts
    small = {word for word, _ in counts.most_common(_COMMONEST) if len(word) <= _SMALL}
    total = sum(counts.values())
    prices = {
        word: log(total / count)
        for word, count in counts.items()
        if count > 1 and (len(word) > 1 or word in small)
    }
    return ["\n".join(_split_line(line, prices, small) for line in text.split("\n")) for text in texts]


def _split_line(line: str, prices: dict[str, float], small: set[str]) -> str:
    """A line with one long glued word has shorter ones too."""
    long = [run for run in _RUN.findall(line) if len(run) >= _LONG]
    if not any(_parts(run, prices, small) for run in long):
        return line

    def split(match: re.Match[str]) -> str:
        run = match[0]
        return " ".join(_parts(run, prices, small) or [run]) if run.casefold() not in prices else run

    return re.sub(r"([,;:])(?=[^\W\d_]{2})", r"\1 ", _RUN.sub(split, line))


def _parts(run: str, prices: dict[str, float], small: set[str]) -> list[str]:
    """The words in a run of letters, a small one among them; [] when it is not glued."""
    low = run.casefold()
    if len(low) != len(run) or len(run) > 500:
        return []
    best: list[tuple[float, int, int]] = [(0.0, 0, 0)]  # price, start of the last part, letters in strangers
    for end in range(1, len(low) + 1):
        options = []
        for start in range(max(0, end - _LONG), end):
            price, _, strange = best[start]
            part = low[start:end]
            if part in prices:
                options.append((price + prices[part], start, strange))
            elif len(part) >= _SMALL:
                options.append((price + _STRANGER + _LETTER * len(part), start, strange + len(part)))
        best.append(min(options, default=(float("inf"), 0, len(low))))
    parts: list[str] = []
    end = len(low)
    while end:
        start = best[end][1]
        parts.insert(0, run[start:end])
        end = start
    strange = best[-1][2]
    allowed = _SHARE * len(low) if len(low) >= _LONG else 0
    is_glued = (
        len(parts) > 1 and strange <= allowed and (len(low) < _LONG or small & set(map(str.casefold, parts)))
    )
    return parts if is_glued else []
