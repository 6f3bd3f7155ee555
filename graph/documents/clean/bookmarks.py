"""A file's bookmarks -> headings, if they are any good: word processors and scanners write some that say nothing.

They are of use when their titles stand on the pages that they lead to. A title that does not, among others that
do, begins at the place its bookmark names, or with its page.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from graph.documents.characters import letters_of
from graph.documents.clean.contents import is_contents_heading
from graph.documents.clean.levels import Heading
from graph.documents.clean.numbering import numbering
from graph.documents.line import Line
from graph.documents.types import Bookmark

_JUNK = re.compile(
    r"(?:untitled|unbenannt|sans titre|sin título|제목 ?없음|無題|title|title page"
    r"|(?:front |back )?cover|blank(?: page)?"
    r"|page (?:vierge|blanche)|leere seite|document|book ?marks?|contents?|toc|start|top|end|home)[\s\d.]*"
    r"|(?:page|seite|pagina|página|p|slide|folie|diapositive?|diapositiva|sheet|scan|image|img|dsc|쪽|페이지)[\s._-]*[\divxlc]*"
    r"|_.*|\S+\.(?:docx?|wpd|pdf|tex|dvi|ps|rtf|hwpx?|indd|qxd"
    r"|pptx?|xlsx?|fm|html?|txt|jpe?g|png|tiff?|dwg)(?: \d+)?"
    r"|(?:https?:|file:|www\.)\S*|[0-9a-f-]{8,}|\S*(?:_|\d{3})\S*|[\W\d_]*",
    re.IGNORECASE,
)
_LONGEST = 150  # characters of a title; a longer one is a sentence
_MASKED = re.compile(r"\d+")
_FEWEST = 3  # of those that nothing bears out
_MATCHED = 0.5  # of the titles have to stand on their pages
_ORDERED = 0.8  # of the steps do not lead back
_DISTINCT = 0.6
_MOST_LINES = 4  # of a heading
_SHORTEST = 5  # letters of a title that is found at the beginning of a longer line


def trusted_bookmarks(bookmarks: Sequence[Sequence[Bookmark]], pages: Sequence[Sequence[Line]]) -> list[Heading]:
    """The bookmarks of each page as headings in the order of the file; none, if the pages do not bear them out."""
    every = [(index, bookmark) for index, own in enumerate(bookmarks) for bookmark in own]
    named = [
        (index, bookmark)
        for index, bookmark in every
        if not (
            len(bookmark["title"]) > _LONGEST
            or _JUNK.fullmatch(bookmark["title"])
            or is_contents_heading(bookmark["title"])
        )
    ]
    titles = {letters_of(bookmark["title"]) for _, bookmark in named}
    if len(titles) < 2 or 2 * len(named) < len(every) or len(titles) < _DISTINCT * len(named):
        return []
    order = [bookmark["place"] for _, bookmark in named]
    if sum(before <= after for before, after in pairwise(order)) < _ORDERED * (len(order) - 1):
        return []
    found, matched, readable = list[Heading](), 0, 0
    taken: set[int] = set()
    for index, bookmark in named:
        place, lines = index, _heading(bookmark["title"], pages[index], taken)
        if not lines and index + 1 < len(pages):  # it led to the foot of the page, and the print went on
            place, lines = index + 1, _heading(bookmark["title"], pages[index + 1], taken)
        taken.update(map(id, lines[:1]))
        matched += bool(lines)
        readable += any(line.is_text for line in pages[index])
        if not lines:
            place, lines = index, _from(bookmark.get("top", 0.0), pages[index])
        if lines or not any(heading.page == index for heading in found):
            found.append(Heading(place, lines, bookmark["title"], "bookmark", bookmark["level"], 0.0))
    is_borne_out = matched and matched >= _MATCHED * readable
    one_page = len({index for index, _ in named}) == 1
    if not is_borne_out or (one_page and any(heading.page != named[0][0] for heading in found)):
        return []
    places = {id(line): place for place, line in enumerate(line for page in pages for line in page)}
    found.sort(key=lambda heading: (heading.page, places[id(heading.lines[0])] if heading.lines else -1))
    return _without_jumps(found)


def lone_bookmarks(bookmarks: Sequence[Sequence[Bookmark]]) -> list[Heading]:
    """Bookmarks whose titles stand nowhere, of a file that shows no headings: if each names a page of its own."""
    every = sorted(
        ((bookmark["place"], index, bookmark) for index, own in enumerate(bookmarks) for bookmark in own),
        key=lambda one: one[0],
    )
    titles = {_MASKED.sub("", letters_of(bookmark["title"])) for _, _, bookmark in every}
    is_order = all(before[1] < after[1] for before, after in pairwise(every))
    is_junk = any(_JUNK.fullmatch(one["title"]) or len(one["title"]) > _LONGEST for _, _, one in every)
    if len(every) < _FEWEST or len(titles) < len(every) or is_junk or not is_order:
        return []
    return _without_jumps([Heading(at, [], one["title"], "bookmark", one["level"], 0.0) for _, at, one in every])


def _heading(title: str, lines: Sequence[Line], taken: set[int]) -> list[Line]:
    """The lines of a page that say the title, with their number or without."""
    target = _key(title)
    usable = [line for line in lines if line.is_text or line.label in ("reference", "page_header")]
    partial: list[Line] = []
    for first, line in enumerate(usable):
        if id(line) in taken:
            continue
        for last in range(first, min(first + _MOST_LINES, len(usable))):
            text = " ".join(one.text for one in usable[first : last + 1])
            key = _key(text)
            if key == target or letters_of(text) == letters_of(title):
                return usable[first : last + 1]
            if len(key) > len(target):
                break
        begins = len(target) >= _SHORTEST and line.starts and _key(line.text).startswith(target)
        if begins and not partial and len(line.text) < 2 * len(title) + 20:
            partial = [line]
    return partial


def _key(text: str) -> str:
    """The letters of a title without its number."""
    number = numbering(text)
    return letters_of(number.title if number and number.title else text)


def _from(top: float, lines: Sequence[Line]) -> list[Line]:
    """The first line below a height; none stands for the whole page."""
    if not top:
        return []
    text = [line for line in lines if line.is_text and line.box and line.starts]
    below = [line for line in text if line.box and line.box[1] < top]
    return below[:1] if below and below[0] is not text[0] else []


def _without_jumps(headings: list[Heading]) -> list[Heading]:
    """Levels from 1 on, each at most one below the one before it: what was between is gone."""
    stack: list[int] = []
    for heading in headings:
        while stack and stack[-1] >= heading.level:
            stack.pop()
        stack.append(heading.level)
        heading.level = len(stack)
    return headings
