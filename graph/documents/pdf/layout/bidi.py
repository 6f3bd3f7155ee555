"""A printed line with right-to-left script -> the order in which it is read. Works on characters alone.

The bidirectional algorithm (UAX 9) takes text in the order of reading to the order of print; a page has only the
print. This is its inverse, as far as there is one: libraries such as python-bidi have the algorithm itself, which
is not enough, for it looks at what is read before a number, and here that is what is being looked for. Where two
texts print alike, the one that people write is taken: "Harbour 12", "-5", "15%".
"""

import re
from unicodedata import bidirectional, mirrored

Order = list[tuple[int, bool]]  # index of a character, and whether it is read from right to left

# Arabic letters are R, digits of any script N, signs +, separators of digits a comma; then percent and currency.
_CLASSES = {"L": "L", "R": "R", "AL": "R", "EN": "N", "AN": "N", "ES": "+", "CS": ",", "ET": "%", "NSM": "_"}
_SIGN = r"(?:(?<![LRN+,%])\+)?"
_HEBREW = re.compile(rf"L[L_]*|{_SIGN}%*N+(?:[+,]N+)*%*")
_ARABIC = re.compile(r"L[L_]*|" + rf"{_SIGN}N+(?:,N+)*")  # neither a sign nor a percent joins its numbers (W2, W4)
_PERCENT = "%٪‰"
_LATIN_ALONE = re.compile(r"[^R]+")
_RIGHT_TO_LEFT = re.compile(r"R(?:[^L]*R)?")
_READ_LEFTWARDS = re.compile(r"\s[,.;:!?،؛]+$")  # a mark that stands right before what is printed after it
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_ADDRESS = re.compile(r"(?<![\w.@-])([\w-]+(?:\.[\w-]+)*\.[a-z]{2,})@([\w-]+)(?![\w@-]|\.\w)", re.ASCII)
_OPENING, _CLOSING = "([{", ")]}"
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


def reading_order(visual: str, *, right_to_left: bool, ends: frozenset[int] = frozenset()) -> Order:
    """The order of the characters of a line that are given as printed, from left to right.

    `right_to_left` is the direction of its paragraph. `ends` are places of spaces over which nothing is read to
    the right, not even Latin.
    """
    classes = "".join(_CLASSES.get(bidirectional(character), "O") for character in visual)
    if right_to_left:
        return _leftwards(visual, classes, (0, len(visual)), ends)
    order: Order = []
    start = 0
    for run in _RIGHT_TO_LEFT.finditer(classes):
        order += [(index, False) for index in range(start, run.start())]
        order += _leftwards(visual, classes, run.span(), ends)
        start = run.end()
    return order + [(index, False) for index in range(start, len(visual))]


def _leftwards(visual: str, classes: str, span: tuple[int, int], ends: frozenset[int]) -> Order:
    """From the right to the left, but for what is read from left to right: numbers, names, addresses."""
    order: Order = []
    start, position = span
    for first, last in reversed(_rightwards(visual, classes, span, ends)):
        order += [(index, True) for index in range(position - 1, last - 1, -1)]
        order += [(index, False) for index in range(first, last)]
        position = first
    return order + [(index, True) for index in range(position - 1, start - 1, -1)]


def _rightwards(visual: str, classes: str, span: tuple[int, int], ends: frozenset[int]) -> list[tuple[int, int]]:
    """What is read from left to right: each number, and Latin words with all that stands between them."""
    is_arabic = any(bidirectional(character) == "AL" for character in visual)
    found: list[tuple[int, int]] = []
    for stretch in _LATIN_ALONE.finditer(classes, *span):
        is_latin = "L" in stretch[0]
        before = len(found)
        for atom in (_ARABIC if is_arabic and not is_latin else _HEBREW).finditer(classes, *stretch.span()):
            first, last = atom.span()
            if is_arabic and visual[last : last + 1] and visual[last] in _PERCENT and classes[last - 1] == "N":
                last += 1
            goes_on = is_latin and len(found) > before and ends.isdisjoint(range(found[-1][1], first))
            if goes_on and not _READ_LEFTWARDS.search(visual[found[-1][1] : first]):
                found[-1] = (found[-1][0], last)
            else:
                found.append((first, last))
    return found


def with_brackets(line: str, leftwards: list[bool]) -> str:
    """A line that is read, its brackets turned as they are read.

    Files give them as they are drawn or as they are meant, and some one so and the other so. Those that are read
    from right to left are turned where that makes pairs of them.
    """
    places = [place for place, turned in enumerate(leftwards) if turned and mirrored(line[place])]
    if not places or _pairs(line) == len(places) / 2:
        return line
    turned = list(line)
    for place in places:
        turned[place] = line[place].translate(_MIRRORED)
    if _pairs("".join(turned)) > _pairs(line):
        return "".join(turned)
    kinds = [{line[place], line[place].translate(_MIRRORED)} for place in places]
    if len(places) == 2 and kinds[0] == kinds[1]:
        first, second = sorted(kinds[0])  # an opening bracket has the smaller code
        turned = list(line)
        turned[places[0]], turned[places[1]] = first, second
        return "".join(turned)
    return line


def with_addresses(line: str, leftwards: list[bool]) -> str:
    """A line that is read, with the two halves of an e-mail address in their places.

    Programs that know words and no addresses turn the sign between them like any other.
    """

    def write(match: re.Match[str]) -> str:
        return match[0] if any(leftwards[slice(*match.span())]) else f"{match[2]}@{match[1]}"

    return _ADDRESS.sub(write, line)


def _pairs(line: str) -> int:
    waiting: list[str] = []
    found = 0
    for character in line:
        if character in _OPENING:
            waiting.append(_CLOSING[_OPENING.index(character)])
        elif character in _CLOSING and waiting and waiting[-1] == character:
            waiting.pop()
            found += 1
    return found
