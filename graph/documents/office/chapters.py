"""Lines of a document without pages -> its chapters, each a page with a name that can be cited."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from graph.documents.line import Line
from graph.documents.office.protocol import Draft
from graph.documents.office.tree import Tree
from graph.documents.office.unseen import taken_out

_OPENING = 400  # characters before the first chapter that are a page of their own; fewer belong to it
_NUMBER = re.compile(
    r"(?:(?:chapter|kapitel|chapitre|cap[ií]tulo|capitolo|section|제)\s*)?(\d{1,3})(?:\s?장|[.:)]?(?=\s)|$)(?!\.\d)",
    re.IGNORECASE,
)
_LONGEST = 30  # characters of a title that is the name of a chapter
_PART, _WITHOUT = 6000, 12_000  # characters of a part where nothing has a heading, and of a text that is cut so


def chapters_of(tree: Tree, most: int) -> Iterator[Draft]:
    """The pages: "ch. 1", what comes before it as "opening"; without chapters parts, or all as "1".

    A page of more than `most` characters goes on in another.
    """
    lines = tree.lines
    starts = _starts(tree)
    if len(starts) < 2:
        starts = [start for start in dict.fromkeys(tree.files) if start < len(lines)]
    if len(starts) < 2:
        yield from _parts(lines, most)
        return
    if starts[0] and _size(lines[: starts[0]]) < _OPENING:
        starts[0] = 0
    if starts[0]:
        yield from _cut("opening", lines[: starts[0]], most)
    for name, start, end in zip(_names(lines, starts), starts, [*starts[1:], len(lines)], strict=True):
        yield from _cut(f"ch. {name}", lines[start:end], most)


def _names(lines: Sequence[Line], starts: Sequence[int]) -> list[str]:
    """What chapters are called: by their count, or, where their headings are numbered, by that or their title."""
    titles = [next((line.text.lstrip("# ") for line in lines[start:] if line.text), "") for start in starts]
    numbers = [match[1] if (match := _NUMBER.match(title)) else "" for title in titles]
    given = [int(number) for number in numbers if number]
    if 2 * len(given) < len(titles) or given != sorted(set(given)):
        return [str(number) for number in range(1, len(starts) + 1)]
    shown = [title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…" for title in titles]
    names = [number or title for number, title in zip(numbers, shown, strict=True)]
    return names if len(set(names)) == len(names) else [str(number) for number in range(1, len(starts) + 1)]


def _starts(tree: Tree) -> list[int]:
    """Where chapters begin: at headings of the highest level that has several, with those right above them."""
    headings = [(index, level) for index, line in enumerate(tree.lines) if (level := tree.levels.get(id(line)))]
    levels = Counter(level for _, level in headings)
    top = min((level for level, count in levels.items() if count > 1), default=0)
    starts: list[int] = []
    for index, level in headings:
        between = tree.lines[starts[-1] : index] if starts else []
        is_bare = bool(starts) and all(tree.levels.get(id(line)) or not line.text for line in between)
        # A heading right below one that stands above it is of the same chapter, as is one below the title.
        if is_bare and (len(starts) == 1 or level > tree.levels[id(tree.lines[starts[-1]])]):
            continue
        if level <= top:
            starts.append(index)
    return starts


def _parts(lines: Sequence[Line], most: int) -> Iterator[Draft]:
    """A text without chapters: whole, or cut where something new begins."""
    if _size(lines) <= _WITHOUT:
        yield from _cut("1", lines, most)
        return
    parts: list[list[Line]] = [[]]
    size = 0
    for line in lines:
        if line.starts and line.text and size >= _PART and line.label not in ("table", "footnote", "annotation"):
            parts.append([])
            size = 0
        parts[-1].append(line)
        size += len(line.text)
    for number, part in enumerate(parts, start=1):
        yield from _cut(f"part {number}" if len(parts) > 1 else "1", part, most)


def _cut(label: str, lines: Sequence[Line], most: int) -> Iterator[Draft]:
    """A page of the lines, or several where they are too many; unseen text is taken out."""
    draft, size, count = Draft(label), 0, 1
    starts = False
    for line in lines:
        starts = starts or line.starts
        text = taken_out(line.text, draft.left_out)
        if not text.strip() or (not any(map(str.isalnum, text)) and line.label in ("list_item", "section_header")):
            continue
        for begin in range(0, len(text), most):
            piece = text[begin : begin + most]
            if draft.lines and size + len(piece) > most:
                yield draft
                count += 1
                draft, size = Draft(f"{label}, part {count}"), 0
            draft.lines.append(Line(piece, starts=starts and not begin, label=line.label))
            size += len(piece)
        starts = False
    if draft.lines or draft.left_out:
        yield draft


def _size(lines: Sequence[Line]) -> int:
    return sum(len(line.text) for line in lines)
