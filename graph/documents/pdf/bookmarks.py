"""The bookmarks of a file, as PDFium gives them: whether they are of any use is for others to say."""

from itertools import islice
from typing import Any

from graph.documents.characters import plain
from graph.documents.pdf.protocol import PDFBookmark

_MOST = 5000  # what has more is an index, or made to keep its readers busy
_DEEPEST = 8
_LONGEST = 200  # characters of a title


def bookmarks_of(document: Any) -> list[PDFBookmark]:
    """Those of an open document of pypdfium2 that lead to one of its pages; [] of one that has too many."""
    entries = list(islice(document.get_toc(max_depth=_DEEPEST), _MOST + 1))
    if len(entries) > _MOST:
        return []
    found: list[PDFBookmark] = []
    for entry in entries:
        dest = entry.get_dest()
        page = dest.get_index() if dest else None
        if page is not None and 0 <= page < len(document):
            title = " ".join(plain(entry.get_title()[: 2 * _LONGEST]).split())[:_LONGEST]
            found.append(PDFBookmark(title, entry.level + 1, page + 1, _top(dest)))
    return found


def _top(dest: Any) -> float:
    """The height on the page that a destination names, in points; 0 where it names none."""
    from pypdfium2 import raw

    mode, numbers = dest.get_view()
    places = {
        raw.PDFDEST_VIEW_XYZ: 1,
        raw.PDFDEST_VIEW_FITH: 0,
        raw.PDFDEST_VIEW_FITBH: 0,
        raw.PDFDEST_VIEW_FITR: 3,
    }
    place = places.get(mode, len(numbers))
    return float(numbers[place]) if place < len(numbers) else 0.0
