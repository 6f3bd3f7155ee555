"""Pages as people write them: "1-3, 7", "pages 1-3", "pp. iii–v, 12". The one home of page ranges."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar

from graph.documents.clean.page_numbers import parse_number
from graph.documents.types import FileRecord
from graph.documents.units import counted, is_unit
from graph.results.types import PageRecord

T = TypeVar("T")


# Of pages that are far apart, so many ranges say where they are; more are counted.
_MOST_RANGES = 8


def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers, in order: [1, 2, 3, 7] is "1-3, 7"; of very many ranges, the last are counted."""
    runs = _runs(sorted(set(numbers)), lambda number, following: following == number + 1)
    return _listed(runs, lambda run: _span(str(run[0]), str(run[-1]), "-"), "and {count} more")


def in_pages(numbers: Iterable[int], files: Sequence[FileRecord] = ()) -> str:
    """ "page 3" or "pages 3-5"; of several files "a.pdf page 3, b.pdf pages 1-2"."""
    if len(files) > 1:
        return ", ".join(f"{file['name']} {in_pages(inside)}" for file, inside in _by_file(numbers, files))
    numbers = set(numbers)
    return f"{'page' if len(numbers) == 1 else 'pages'} {page_ranges(numbers)}"


class PageName(NamedTuple):
    """What a page is called: as printed, or, where that is nothing, by its position."""

    number: int
    """Its number in the ledger."""
    document: str
    """Which of several documents it belongs to; "" if there is one."""
    position: int
    """Its position in that document, from 1."""
    label: str
    """What is printed on it; "" if that is nothing, or no name for one page alone."""


def page_names(ledger: Sequence[PageRecord]) -> dict[int, PageName]:
    """The names of all pages of a ledger, by number. A document that prints a label twice goes by positions."""
    several = len({page.get("document") for page in ledger}) > 1
    printed = Counter((page.get("document"), _printed(page).casefold()) for page in ledger if _printed(page))
    unclear = {document for (document, _), count in printed.items() if count > 1}
    names = {}
    for page in ledger:
        document, position = page.get("document"), page.get("document_page", page["number"])
        label = "" if document in unclear else _printed(page)
        shown = " ".join((document or "").split()) if several else ""
        names[page["number"]] = PageName(page["number"], shown, position, label)
    return names


def are_printed(names: Iterable[PageName]) -> bool:
    """Whether pages are called otherwise than they are counted in the file."""
    return any(name.label not in ("", str(name.position)) and not is_unit(name.label) for name in names)


class CiteWords(NamedTuple):
    """What stands around page numbers: for one and for several that are printed, or go by their position."""

    page: str = "p. {pages}"
    pages: str = "pp. {pages}"
    position: str = "PDF p. {pages}"
    positions: str = "PDF pp. {pages}"
    more: str = "and {count} more"


def cite(names: Iterable[PageName], words: CiteWords | None = None) -> str:
    """ "p. 3", "pp. iii–v, 12", "PDF p. 2, pp. 1–3"; of several documents "a.pdf p. 3; b.pdf PDF p. 1"."""
    documents = groupby(names, key=lambda name: name.document)
    words = words or CiteWords()
    return "; ".join(f"{document} {_cite_one(list(inside), words)}".strip() for document, inside in documents)


def _cite_one(names: Sequence[PageName], words: CiteWords) -> str:
    """Pages of one document. What goes by its position says so, whatever is printed on other pages."""
    said = []
    for kind, group in groupby(names, key=lambda name: "unit" if is_unit(name.label) else bool(name.label)):
        pages = list(group)
        if kind == "unit":
            said.append(_cite_units(pages, words))
            continue
        ranges = _listed(_runs(pages, _follows), lambda run: _span(_text(run[0]), _text(run[-1]), "–"), words.more)
        one, several = (words.page, words.pages) if kind else (words.position, words.positions)
        said.append((one if len(pages) == 1 else several).format(pages=ranges))
    return ", ".join(said)


def _cite_units(names: Sequence[PageName], words: CiteWords) -> str:
    """What is no page, by its name: "ch. 2–4, 7", "slide 3", "slides 3–5", "sheet Costs, sheet Plan"."""
    said = []
    for what, group in groupby(names, key=lambda name: (counted(name.label) or ("", 0))[0]):
        units = list(group)
        if not what:
            said.append(", ".join(name.label for name in units))
            continue
        numbers = [number for name in units if (known := counted(name.label)) for number in known[1:]]
        runs = _runs(numbers, lambda number, following: following == number + 1)
        ranges = _listed(runs, lambda run: _span(str(run[0]), str(run[-1]), "–"), words.more)
        said.append(f"{what if len(units) == 1 or what == 'ch.' else f'{what}s'} {ranges}")
    return ", ".join(said)


def _listed(runs: Sequence[Sequence[T]], name: Callable[[Sequence[T]], str], more: str) -> str:
    """The runs by name; of many, the first, and how many pages the others have."""
    if len(runs) <= _MOST_RANGES:
        return ", ".join(map(name, runs))
    shown = runs[: _MOST_RANGES - 1]
    rest = sum(len(run) for run in runs[len(shown) :])
    return f"{', '.join(map(name, shown))} {more.format(count=rest)}"


def _text(name: PageName) -> str:
    return name.label or str(name.position)


def _follows(name: PageName, following: PageName) -> bool:
    """Neighbours are joined where what they are called counts on: iv and v, A-1 and A-2, 3 and 4."""
    number, after = parse_number(_text(name).casefold()), parse_number(_text(following).casefold())
    counts_on = number and after and number[0] == after[0] and after[1] == number[1] + 1
    return following.number == name.number + 1 and bool(counts_on)


def _printed(page: PageRecord) -> str:
    return " ".join((page["label"] or "").split())


def _runs(items: Sequence[T], follows: Callable[[T, T], bool]) -> list[Sequence[T]]:
    """The items, cut where one does not follow the one before it."""
    cuts = [index for index, pair in enumerate(pairwise(items), start=1) if not follows(*pair)]
    return [items[start:end] for start, end in pairwise([0, *cuts, len(items)]) if start < end]


def _span(first: str, last: str, dash: str) -> str:
    return first if first == last else f"{first}{dash}{last}"


def _by_file(numbers: Iterable[int], files: Sequence[FileRecord]) -> Iterator[tuple[FileRecord, list[int]]]:
    """The files that have any of the pages, with the numbers these pages have in them."""
    ordered = sorted(set(numbers))
    for file in files:
        first = file["first_page"]
        inside = ordered[bisect_left(ordered, first) : bisect_left(ordered, first + file["pages"])]
        if inside:
            yield file, [number - first + 1 for number in inside]
