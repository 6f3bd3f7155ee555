"""The numbers of lines that drafts, laws and poems have in their margin.

They stand in a column of their own left or right of all text, count the printed lines by ones or fives, and
begin at 1 or go on from the page before. Years, clauses, and the first column of a table are numbers too: they
stand where the text begins, and their lines say something of their own, while behind a line's number the
sentence of the line above goes on.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from graph.documents.line import CELL, Line

_NUMBER = re.compile(r"\s*(\d{1,4})\s*")
_LEADING = re.compile(rf"\s*(\d{{1,4}})(?:{CELL}|\s+)(?=\S)")
_TRAILING = re.compile(rf"{CELL}\s*(\d{{1,4}})\s*$")
_FEWEST = 5  # numbers in a row
_FEWEST_APART, _SPARSE = 3, 5  # or so many in a column of their own, beside every fifth line or fewer
_FEWEST_PLAIN = 8  # where no places are known
_STEPS = (1, 2, 5, 10)
_GOING_ON = 0.5  # of the numbered lines, at least so many go on with the sentence above
_NUMBERED = 0.85  # of the lines that are counted by ones
_FULL = 0.6  # of the widest line, and of all lines
_ENDED = re.compile(r"[.!?:;。！？…][\"'”’»)\]]{0,3}$")
_COLUMN = 4.0  # points by which the edges of numbers in one column may differ
_LEVEL = 2.5  # points by which a number may stand higher or lower than its line
_YEARS = range(1000, 2101)


class _Numbered:
    """A line with a number before or behind it, or of nothing else."""

    def __init__(self, line: Line, match: re.Match[str], *, is_alone: bool) -> None:
        self.line, self.is_alone = line, is_alone
        self.value = int(match[1])
        self.rest = "" if is_alone else line.text[: match.start()] + line.text[match.end() :]


def label_line_numbers(pages: list[list[Line]]) -> None:
    """Label the numbers; a line that has one before or behind its text becomes two lines."""
    last = 0
    for lines in pages:
        for run in _runs(lines):
            first = run[0].value
            goes_on = last > 0 and 0 < first - last <= max(_STEPS)
            if first != 1 and not goes_on and not _is_first_of_step(run):
                continue
            if first in _YEARS and last not in _YEARS and first - last not in _STEPS:
                continue
            if _is_margin(lines, run):
                last = run[-1].value
                _label(lines, run)


def _is_first_of_step(run: list[_Numbered]) -> bool:
    """Every fifth line is numbered from 5, every tenth from 10."""
    return run[0].value == run[1].value - run[0].value


def _runs(lines: Sequence[Line]) -> Iterator[list[_Numbered]]:
    """Lines whose numbers count on by a constant step; between them may stand lines without a number."""
    for find in (_alone, _leading, _trailing):
        found = [numbered for line in lines if line.is_text and (numbered := find(line))]
        run: list[_Numbered] = []
        for numbered in found:
            step = numbered.value - run[-1].value if run else 0
            if run and step in _STEPS and (len(run) < 2 or step == run[1].value - run[0].value):
                run.append(numbered)
            else:
                if _is_long(run):
                    yield run
                run = [numbered]
        if _is_long(run):
            yield run


def _is_long(run: Sequence[_Numbered]) -> bool:
    """Of every fifth line, a page has few numbers; their place tells."""
    if len(run) < _FEWEST_APART:
        return False
    is_sparse = run[0].is_alone and run[0].line.box is not None and run[1].value - run[0].value >= _SPARSE
    return is_sparse or len(run) >= _FEWEST


def _alone(line: Line) -> _Numbered | None:
    match = _NUMBER.fullmatch(line.text)
    return _Numbered(line, match, is_alone=True) if match else None


def _leading(line: Line) -> _Numbered | None:
    match = _LEADING.match(line.text)
    return _Numbered(line, match, is_alone=False) if match else None


def _trailing(line: Line) -> _Numbered | None:
    match = _TRAILING.search(line.text)
    return _Numbered(line, match, is_alone=False) if match and match.start() > 0 else None


def _is_margin(lines: Sequence[Line], run: list[_Numbered]) -> bool:
    texts = [line for line in lines if line.is_text and not _NUMBER.fullmatch(line.text)]
    if run[0].is_alone:
        return _is_column_of_its_own(texts, run) and _is_running([line.text for line in texts])
    if not run[0].line.box and len(run) < _FEWEST_PLAIN:
        return False
    numbered = {id(entry.line): entry.rest for entry in run}
    within = _from_first_to_last(texts, run)
    step = run[1].value - run[0].value
    if step == 1 and len(run) < _NUMBERED * len(within):
        return False  # the items of a list, each of several lines
    return _is_running([numbered.get(id(line), line.text) for line in within])


def _from_first_to_last(texts: Sequence[Line], run: list[_Numbered]) -> Sequence[Line]:
    """The lines that a run spans, those without a number included. A text file is one page: there may be many."""
    places = {id(line): place for place, line in enumerate(texts)}
    return texts[places[id(run[0].line)] : places[id(run[-1].line)] + 1]


def _is_column_of_its_own(texts: Sequence[Line], run: list[_Numbered]) -> bool:
    """Whether all numbers stand in one column beside the text, each beside a line of it."""
    boxes = [numbered.line.box for numbered in run]
    if any(box is None for box in boxes):
        return len(run) >= _FEWEST_PLAIN and run[0].value == 1
    known = [box for box in boxes if box]
    lefts, rights = [box[0] for box in known], [box[2] for box in known]
    if min(max(lefts) - min(lefts), max(rights) - min(rights)) > _COLUMN:
        return False
    beside = [line.box for line in texts if line.box and any(_beside(line.box, box) for box in known)]
    level = [box for box in known if any(abs(box[1] - other[1]) <= _LEVEL for other in beside)]
    if len(level) < _NUMBERED * len(known):
        return False  # the scale of a chart beside the text
    return all(box[0] >= max(rights) for box in beside) or all(box[2] <= min(lefts) for box in beside)


def _beside(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return min(one[3], other[3]) - max(one[1], other[1]) > 0.4 * min(one[3] - one[1], other[3] - other[1])


def _is_running(texts: Sequence[str]) -> bool:
    """Whether most lines are full and go on with the sentence of the line above: prose, not the rows of a list."""
    widths = [len(text.strip()) for text in texts]
    if sum(width >= _FULL * max(widths) for width in widths) < _FULL * len(widths):
        return False
    pairs = [(above.strip(), below.strip()) for above, below in pairwise(texts) if above.strip() and below.strip()]
    going = sum(
        not _ENDED.search(above) and not below[0].isupper() and not below[0].isdigit() for above, below in pairs
    )
    return bool(pairs) and going >= _GOING_ON * len(pairs)


def _label(lines: list[Line], run: list[_Numbered]) -> None:
    numbered = {id(entry.line): entry for entry in run}
    labelled: list[Line] = []
    for line in lines:
        entry = numbered.get(id(line))
        if entry is None:
            labelled.append(line)
        elif entry.is_alone:
            line.label = "line_number"
            labelled.append(line)
        else:
            labelled.append(Line(str(entry.value), line.box, line.size, label="line_number", edge=line.edge))
            line.text = entry.rest
            labelled.append(line)
    lines[:] = labelled
