"""Which words of a page are struck out: a thin bar through them, from their first to their last letter.

An underline lies below the letters, a fraction's bar and a table's rule between lines, and a rule across the page
goes on where the words end.
"""

from bisect import bisect_left, bisect_right

from graph.documents.line import Box
from graph.documents.pdf.words import PageWords, Word

_MOST_BARS = 400  # a drawing, or a page of tables
_TALLEST = 60  # points, of a struck word
_LOWEST, _HIGHEST = 0.08, 0.42  # times the font's height, that a bar is above the line the word stands on
_OVER = 0.6  # share of the word's width that the bar covers
_BEYOND = 0.6  # times the font's height, that a bar may go on before and behind the words
_FEWEST_LETTERS = 3


def struck_words(words: PageWords, bars: list[Box]) -> list[Word]:
    """The words that a bar goes through."""
    bars = _merged(bars) if len(bars) <= 10 * _MOST_BARS else []
    if not bars or len(bars) > _MOST_BARS:
        return []
    standing = sorted((word for word in words.words if word.box[0] < word.box[2]), key=lambda word: word.box[1])
    bottoms = [word.box[1] for word in standing]
    found: list[Word] = []
    for bar in bars:
        height = (bar[1] + bar[3]) / 2
        near = standing[bisect_left(bottoms, height - _TALLEST) : bisect_right(bottoms, height + 1)]
        found += _run(words, bar, [word for word in near if word.box[0] < bar[2]])
    return found


def words_within(words: PageWords, boxes: list[Box]) -> list[Word]:
    """The words whose middle is in one of the boxes: those that a strike-out annotation names."""
    if not boxes:
        return []
    around = [(words.box(word), word) for word in words.words]
    middles = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2, word) for box, word in around]
    return [
        word
        for x, y, word in middles
        if any(left <= x <= right and bottom <= y <= top for left, bottom, right, top in boxes)
    ]


def _merged(bars: list[Box]) -> list[Box]:
    """Bars that go on in one another as one: word processors draw them word by word."""
    merged: list[Box] = []
    for bar in sorted(bars, key=lambda bar: (round(bar[1] + bar[3]), bar[0])):
        last = merged[-1] if merged else None
        if last and abs(last[1] + last[3] - bar[1] - bar[3]) <= 1 and bar[0] <= last[2] + 4:
            merged[-1] = (last[0], last[1], max(last[2], bar[2]), last[3])
        else:
            merged.append(bar)
    return merged


def _run(words: PageWords, bar: Box, near: list[Word]) -> list[Word]:
    """Of the words near a bar, those that it strikes."""
    struck, tallest = list[Word](), 0.0
    first, last = bar[2], bar[0]
    middle, thickness = (bar[1] + bar[3]) / 2, bar[3] - bar[1]
    for word in near:
        height = words.height(word)
        if height <= 0 or thickness > 0.18 * height + 1:
            continue
        if not _LOWEST * height <= middle - words.base(word) <= _HIGHEST * height:
            continue
        left, bottom, right, top = words.box(word)
        if top - bottom <= 1.3 * height and min(bar[2], right) - max(bar[0], left) >= _OVER * (right - left):
            struck.append(word)
            tallest = max(tallest, height)
            first, last = min(first, left), max(last, right)
    if sum(word.letters for word in struck) < _FEWEST_LETTERS:
        return []
    return struck if max(first - bar[0], bar[2] - last) <= _BEYOND * tallest else []
