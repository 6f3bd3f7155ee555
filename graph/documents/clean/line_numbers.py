"""Finds the numbers of lines that some pages have in their margin. Works on lines."""

import re

_NUMBERED = re.compile(r"\s*(\d{1,4})(?:\s+(?=\S)|\s*$)")
_LETTERS = re.compile(r"[^\W\d_]")
_FEWEST = 8  # lines numbered one after another


def without_line_numbers(pages: list[list[str]]) -> list[list[str]]:
    """Pages without the numbers of their lines.

    These are lines of nothing but a number, each one more than the last, and lines of prose that begin with one
    when two pages have such.
    """
    alone = [_without(lines, alone=True) for lines in pages]
    before = [_without(lines, alone=False) for lines in alone]
    return before if sum(one != other for one, other in zip(alone, before, strict=True)) > 1 else alone


def _without(lines: list[str], *, alone: bool) -> list[str]:
    filled = [index for index, line in enumerate(lines) if line.strip()]
    runs: list[list[tuple[int, int]]] = []  # of index and number
    for index in filled:
        match = _NUMBERED.match(lines[index])
        if not match or (not lines[index][match.end() :].strip()) != alone:
            runs.append([])
        elif runs and runs[-1] and int(match[1]) == runs[-1][-1][1] + 1:
            runs[-1].append((index, int(match[1])))
        else:
            runs.append([(index, int(match[1]))])
    numbered = {index for run in runs if len(run) >= _FEWEST for index, _ in run}
    if alone:
        return [line for index, line in enumerate(lines) if index not in numbered]
    rests = {index: _NUMBERED.sub("", lines[index], count=1) for index in numbered}
    prose = sum(
        len(_LETTERS.findall(rest)) > 0.65 * len(rest) and not rest.rstrip()[-1:].isdigit()
        for rest in rests.values()
    )
    if prose < 0.7 * len(rests):
        return lines
    return [rests.get(index, line) for index, line in enumerate(lines)]
