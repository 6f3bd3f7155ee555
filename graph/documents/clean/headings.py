"""Headings by print, by numbers and by what the contents page lists: which lines begin a section, and its level.

One sign is thin evidence: a bold line may be a lead-in, a name or the head of a table, and a numbered one an item
of a list. So a print has to be kept for headings all through the file, numbers have to count on, and text has to
follow.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from graph.documents.characters import letters_of
from graph.documents.clean.levels import Heading, levelled
from graph.documents.clean.numbering import Numbering, counting_on, numbering
from graph.documents.clean.paragraphs import is_item
from graph.documents.clean.references import is_reference_heading
from graph.documents.line import CELL, Line
from graph.documents.markdown import without_marks
from llm.language.joins import join
from llm.language.marks import BULLETS, LINE_ENDED
from llm.language.sentences import split_sentences

_LARGE, _LARGER = 1.08, 1.15  # times the size of the text; in the margin, where page headers are
_SAME = 0.04  # share by which sizes of one print differ
_WIDEST = 160  # columns of a title; letters of wide scripts take two
_MOST_LINES = 4
_PROSE = 90  # columns of a block of text, or half as many of one that ends as a sentence does
_OFTEN = 3  # times that a line comes in a file before it is no title: a name, "Note"
_COUNTED = 0.6  # of what is numbered 1, 2, 3 in the print of the text has to count on; more are lists
_NUMBERED = 4  # headings that count on: the file numbers its sections
_KEPT, _STRICTLY = 0.5, 0.8  # of what is in a print has to be titles
_FEWEST, _FEWEST_COUNTED = 3, 2  # headings of a file by print alone, and those that are numbered or listed
_LISTED = 0.4  # of the titles on a contents page that have to be found behind it
_APART = 250  # columns of text for each heading, on average
_ENDED = re.compile(LINE_ENDED)
_HANGS = re.compile(r"[,;:、，；：=+&(–—-]$|\b(?:the|a|an|of|and|or|to|in|for|with|by|from|und|oder|et|de|la|le)$")
_NO_TITLE = re.compile(
    rf"[{re.escape(BULLETS)}①-⑳*!]|\(|[-–—]\s|.*(?:@|://|www\.)|.*{CELL}"
    r"|(?:fig(?:ure|ura)?|tab(?:le|elle|leau|la)?|abb(?:ildung)?|algorithm|listing|chart|exhibit|plate|scheme|graph"
    r"|equation|theorem|lemma|proof|definition|example|exercise|box|그림|표|図|表|图|圖)s?\b\.?\s*[A-Z]?\d"
    r"|(?:dear|sehr geehrte|liebe|cher|chère|estimad|querid|re|betreff|betrifft|subject|from|to|cc"
    r"|date)\b[^.]*[:,]",
    re.IGNORECASE,
)
_DATE_WORD = re.compile(
    r"\d{1,4}(?:st|nd|rd|th|[.,年月日년월일/])*|(?:mon|tues|wednes|thurs|fri|satur|sun)day,?|(?:mon|diens|donners|frei|sams|sonn)tag,?"
    r"|mittwoch,?|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|okt|nov|dec|dez|mai|juni|juli|märz|avr|juin|juil|déc|ene|abr|ago|dic)"
    r"(?:\w{0,7})[.,]?|de|of|the|le|den|am|at|bis|to|[ap]\.?m\.?|uhr|o'clock|[-–—|]|\d{1,2}[:.]\d\d",
    re.IGNORECASE,
)  # fmt: skip
_USUAL = re.compile(
    r"abstract|summary|executive summary|introduction|conclusions?|discussion|acknowledge?ments?|appendix"
    r"|preface|foreword"
    r"|einleitung|zusammenfassung|résumé|introducción|conclusion(?:es)?|요약|서론|결론|머리말|摘要|结论|要約",
    re.IGNORECASE,
)
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE = re.compile(r" {0,3}(?:```|~~~)")

_MAY_END = re.compile(r"[.!?。！？][\"'”’)]?\s+\S|[。！？].")
_TELLING = re.compile(r"[^\W\d_]{3}|[\u1100-\uffdc]{2}")

Style = tuple[float, bool]  # size in points, and whether it is bold


@dataclass(slots=True, eq=False)
class _Block:
    """Lines of one print between two places where something new begins."""

    page: int
    lines: list[Line]
    style: Style
    text: str = ""
    key: str = ""
    width: int = 0
    number: Numbering | None = None
    is_title: bool = False  # by its form
    leads: bool = False  # text comes next
    stands_out: bool = False
    is_listed: bool = False  # on a contents page
    is_usual: bool = False  # a word that is a heading in most documents that have it


def find_headings(pages: Sequence[Sequence[Line]], listed: Sequence[str]) -> list[Heading]:
    """The headings in the order of the file; none, if evidence is thin. `listed` are titles on contents pages."""
    written = _written(pages)
    if written is not None:
        return written
    blocks, body = _blocks(pages)
    if not blocks:
        return []
    _look(blocks, body, _furniture(pages), {letters_of(title) for title in listed} - {""})
    titles = [block for block in blocks if block.is_title]
    counted = _counted(titles)
    confirmed = _confirmed(titles, len(set(listed)))
    printed = _printed(blocks, counted | confirmed, is_numbered=len(counted) >= _NUMBERED)
    found = counted | confirmed | printed
    if len(counted | confirmed) >= _FEWEST_COUNTED:
        found |= {block for block in titles if block.leads and block.is_usual}
    found -= _of_title_page(blocks, found, counted | confirmed)
    total = sum(block.width for block in blocks)
    needed = _FEWEST_COUNTED if len(counted | confirmed) >= _FEWEST_COUNTED else _FEWEST
    if len(found) < needed or (not confirmed and len(found) * _APART > total + _APART):
        return []
    chosen = [block for block in blocks if block in found or _is_references(block)]
    main = next((block.number.scheme for block in chosen if block.number and len(block.number.path) == 1), "")
    return levelled([_heading(block, main) for block in _with_titles(chosen, blocks)])


def _written(pages: Sequence[Sequence[Line]]) -> list[Heading] | None:
    """Headings that are marked as such: "# Title". None where there are none."""
    found: list[Heading] = []
    marked = lone = told = 0
    is_code = False
    for index, lines in enumerate(pages):
        before = False
        for line in lines:
            if line.box is None and _FENCE.match(line.text):
                is_code = not is_code
            match = None if is_code or line.box else _ATX.match(line.text)
            if match and any(map(str.isalnum, match[2])):
                found.append(Heading(index, [line], without_marks(match[2]), "#", len(match[1]), 0))
                marked, told = marked + 1, told + (line.label == "section_header")
                lone += not before
            before = match is not None
    if not found or (2 * lone < marked and not told):  # comments of a program stand one below another
        return None
    top = min(heading.level for heading in found)
    for heading in found:
        heading.level -= top - 1
    return found


def _blocks(pages: Sequence[Sequence[Line]]) -> tuple[list[_Block], Style]:
    """The text in blocks, and its usual print."""
    shown = [[line for line in lines if _may_head(line)] for lines in pages]
    usual = Counter[Style]()
    for line in (line for lines in shown for line in lines):
        usual[_style(line)] += len(line.text)
    body = usual.most_common(1)[0][0] if usual else (0.0, False)
    blocks: list[_Block] = []
    for index, lines in enumerate(shown):
        before: Line | None = None
        for line in lines:
            if before and _is_same(line, before) and (not line.starts or _goes_on(before, line, body[0])):
                blocks[-1].lines.append(line)
            else:
                blocks.append(_Block(index, [line], _style(line)))
            before = line
    return blocks, body


def _may_head(line: Line) -> bool:
    is_print = line.label not in ("form_field", "annotation") and line.edge != "bottom"
    return is_print and (line.is_text or line.label == "reference")


def _style(line: Line) -> Style:
    return (round(2 * line.size) / 2, line.bold)


def _goes_on(before: Line, line: Line, body: float) -> bool:
    """Whether a line in large print belongs to the one above it: large lines stand further apart."""
    if not (before.box and line.box) or line.size < _LARGE * body or numbering(line.text):
        return False
    return 0 <= before.box[1] - line.box[3] + line.size < 1.6 * line.size and not _ENDED.search(
        before.text.rstrip()
    )


def _is_same(line: Line, other: Line) -> bool:
    near = abs(line.size - other.size) <= _SAME * max(line.size, other.size)
    return near and (line.bold, line.edge, line.label) == (other.bold, other.edge, other.label)


def _furniture(pages: Sequence[Sequence[Line]]) -> set[str]:
    return {
        letters_of(line.text) for lines in pages for line in lines if line.label in ("page_header", "page_footer")
    }


def _look(blocks: list[_Block], body: Style, furniture: set[str], listed: set[str]) -> None:
    """Fill in what the blocks look like."""
    for block in blocks:
        block.text = _joined(block.lines[: _MOST_LINES + 1])
        block.width = sum(_width(line.text) for line in block.lines)
        if block.width <= _WIDEST and len(block.lines) <= _MOST_LINES:
            block.key = letters_of(block.text)
            block.number = numbering(block.text)
        size, bold = block.style
        block.stands_out = size >= _LARGE * body[0] > 0 or (bold and not body[1] and size >= 0.9 * body[0])
    repeated = Counter(block.key for block in blocks if block.lines[0].edge is None)
    for block in blocks:
        block.is_usual = bool(_USUAL.fullmatch(block.text.strip(" .:")))
        title = letters_of(block.number.title) if block.number else ""
        block.is_listed = bool(block.key) and (block.key in listed or (len(title) > 3 and title in listed))
        is_heading = block.is_listed or block.style[0] >= _LARGER * body[0] > 0
        is_heading = is_heading or (block.stands_out and block.number is not None)
        is_head = block.lines[0].edge is not None and (block.key in furniture or not is_heading)
        block.is_title = _is_title(block) and repeated[block.key] < _OFTEN and not is_head
    following: list[_Block] = []
    for block in reversed(blocks):
        block.leads = bool(following) and _leads(block, following)
        if block.lines[0].edge is None:
            following = [block, *following[:1]]


def _is_title(block: _Block) -> bool:
    """Whether a block has the form of a title."""
    text, number = block.text.strip(), block.number
    if not block.key or block.lines[0].label == "reference" or _NO_TITLE.match(text) or _HANGS.search(text):
        return False
    title = number.title if number else text
    if number and not title:
        return number.scheme not in ("decimal", "roman", "letter")
    if _MAY_END.search(title) and not title.isupper() and len(split_sentences(title, "en")) > 1:
        return False  # what leads into its paragraph
    is_plain = number is None or number.scheme in ("decimal", "roman", "letter")
    letters = sum(map(str.isalpha, title))
    if (
        letters < 0.5 * len(title.replace(" ", ""))
        or title[0].islower()
        or (is_plain and not _TELLING.search(title))
    ):
        return False
    if text[-1] in ".。" and not (number and len(text) < 80 and ". " not in title):
        return False
    return not all(map(_DATE_WORD.fullmatch, text.split()))


def _leads(block: _Block, later: Sequence[_Block]) -> bool:
    """Whether a title is followed by text, or by another title below it. `later` are the next two blocks."""
    following = later[0]
    if following.page > block.page + 1 or following.text[:1].islower():
        return False
    if following.is_title and following.leads:
        if block.number and following.number and block.number.scheme == following.number.scheme:
            return len(following.number.path) > len(block.number.path)
        if block.number and not block.number.title:
            return True
        is_smaller = following.style[0] < (1 - _SAME) * block.style[0]
        return is_smaller or (block.number is None) != (following.number is None)
    if is_item(following.text) and not following.stands_out:
        return following.number is None
    smaller = (1 - _SAME) * block.style[0]
    is_text = all(not one.stands_out or one.style[0] < smaller for one in later)
    return _is_prose(later[:1]) or (is_text and _is_prose(later))


def _is_prose(blocks: Sequence[_Block]) -> bool:
    text = " ".join(block.text for block in blocks)
    width = sum(block.width for block in blocks)
    letters = sum(map(str.isalpha, text))
    if letters < 0.6 * len(text.replace(" ", "")):
        return False
    return width >= _PROSE or (width >= _PROSE / 2 and bool(_ENDED.search(text.rstrip())))


def _counted(titles: list[_Block]) -> set[_Block]:
    """Titles whose numbers count on through the file."""
    schemes: defaultdict[str, list[_Block]] = defaultdict(list)
    for block in titles:
        if block.number:
            schemes[block.number.scheme].append(block)
    found: set[_Block] = set()
    for scheme, members in schemes.items():
        numbered = [(block.number, _weight(block)) for block in members if block.number]
        chain = [members[index] for index in sorted(counting_on(numbered))]
        if scheme in ("decimal", "roman", "letter"):
            chain = _trusted(chain, members, scheme)
        else:
            chain = [block for block in members if block.leads or block.stands_out]
            firsts = [block.number.path for block in chain if block.number]
            if len(firsts) < _FEWEST_COUNTED or sum(a < b for a, b in pairwise(firsts)) < 0.7 * (len(firsts) - 1):
                chain = []
        found.update(chain)
    return found


def _weight(block: _Block) -> float:
    return (
        0.3
        + block.leads
        + (block.lines[0].edge is None)
        + 2 * (block.stands_out and block.leads)
        + 3 * block.is_listed
    )


def _trusted(chain: list[_Block], members: list[_Block], scheme: str) -> list[_Block]:
    """A chain without what is printed otherwise; none of it, if it may as well be a list."""
    out = [block for block in chain if block.stands_out and block.number]
    if len(out) >= 0.6 * len(chain) and len(out) >= _FEWEST_COUNTED:
        shallow = any(block.number and len(block.number.path) == 1 for block in out)
        chain = [
            block
            for block in chain
            if block.stands_out
            or block.is_listed
            or (block.number and (block.leads if len(block.number.path) > 1 else not shallow))
        ]
        return [block for block in chain if block.leads or block.is_listed or len(block.lines) == 1]
    if scheme == "letter":
        return []
    styles = {(len(block.number.path), block.style) for block in chain if block.leads and block.number}
    chain = [
        block
        for block in chain
        if block.leads
        or block.is_listed
        or (block.number and len(block.number.path) > 1 and (len(block.number.path), block.style) in styles)
    ]
    firsts = [block for block in chain if block.number and len(block.number.path) == 1]
    others = [block for block in members if block.number and len(block.number.path) == 1 and not block.stands_out]
    is_list = len(firsts) < _COUNTED * len(others) or any(block.text.rstrip()[-1] in ".。" for block in chain)
    return chain if len(firsts) >= _FEWEST and not is_list else []


def _confirmed(titles: list[_Block], listed: int) -> set[_Block]:
    """Titles that a contents page lists, if enough of it are found."""
    by_key: defaultdict[str, list[_Block]] = defaultdict(list)
    for block in titles:
        if block.is_listed:
            by_key[block.key].append(block)
    if len(by_key) < max(_FEWEST, _LISTED * listed):
        return set()
    return {max(blocks, key=lambda block: (block.leads, block.stands_out)) for blocks in by_key.values()}


def _printed(blocks: list[_Block], known: set[_Block], *, is_numbered: bool) -> set[_Block]:
    """Titles in print that is kept for them. Where others have numbers, it has to be theirs, or kept strictly."""
    prints: defaultdict[Style, list[_Block]] = defaultdict(list)
    for block in blocks:
        if block.stands_out and block.lines[0].label != "reference":
            prints[block.style].append(block)
    found: set[_Block] = set()
    for members in prints.values():
        good = [block for block in members if block in known or (block.is_title and block.leads)]
        if len({block.key for block in good}) < _FEWEST_COUNTED:
            continue
        is_shared = any(block in known for block in good)
        kept = sum(block.width for block in good) / max(1, sum(block.width for block in members))
        if kept >= _KEPT and (is_shared or not is_numbered or (len(good) >= _NUMBERED and kept >= _STRICTLY)):
            found.update(good)
    return found


def _of_title_page(blocks: list[_Block], found: set[_Block], sure: set[_Block]) -> set[_Block]:
    """What stands before the first sure heading of the first page: the title and its authors."""
    first = [block for block in blocks if block.page == blocks[0].page]
    ends = [index for index, block in enumerate(first) if block in found and (block in sure or block.is_usual)]
    return {block for block in first[: ends[0]] if block in found} if ends else set()


def _is_references(block: _Block) -> bool:
    return block.lines[0].label == "reference" and len(block.lines) == 1 and is_reference_heading(block.text)


def _with_titles(chosen: list[_Block], blocks: list[_Block]) -> list[_Block]:
    """A title below its number, "Chapter 1", is one heading with it."""
    following = {id(block): after for block, after in pairwise(blocks)}
    sure = set(chosen)
    found: list[_Block] = []
    taken: set[_Block] = set()
    for block in chosen:
        if block in taken:
            continue
        found.append(block)
        after = following.get(id(block))
        if not (block.number and not block.number.title and after and after.page == block.page):
            continue
        is_short = after in sure or after.stands_out or after.width < _PROSE / 2
        if after.is_title and not after.number and is_short:
            taken.add(after)
            block.lines = block.lines + after.lines
            block.text = f"{block.text.strip()} {after.text.strip()}"
    return found


def _heading(block: _Block, main: str) -> Heading:
    number, title = block.number, block.text.strip()
    if number is None and main and (block.is_usual or _is_references(block)):
        return Heading(block.page, block.lines, title, main, 1, block.style[0])
    form, depth = (number.scheme, len(number.path)) if number else ("", 0)
    return Heading(block.page, block.lines, title, form, depth, block.style[0])


def _joined(lines: Sequence[Line]) -> str:
    text = ""
    for line in lines:
        text = join(text, line.text.strip()) if text else line.text.strip()
    return text


def _width(text: str) -> int:
    return len(text) if text.isascii() else sum(2 if letter > "\u1100" else 1 for letter in text)
