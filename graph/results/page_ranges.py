"""Pages as people write them: "1–3, 7", "pages 1–3", "pp. iii–v, 12". The one home of page ranges."""

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

_PAGE, _NAMED = "page", "named"  # kinds of what is cited, beside those of units
# So many ranges say where pages are; of more, the first are named and the others counted. Likewise of documents.
_MOST = 8


class CiteWords(NamedTuple):
    """What stands around page numbers: for one and for several that are printed, or go by their position."""

    page: str = "p. {pages}"
    pages: str = "pp. {pages}"
    position: str = "PDF p. {pages}"
    positions: str = "PDF pp. {pages}"
    more: str = "{pages} and {count} more"


ENGLISH = CiteWords()


def page_ranges(numbers: Iterable[int]) -> str:
    """Page numbers, in order: [1, 2, 3, 7] is "1–3, 7"; of very many ranges, the last are counted."""
    runs = _runs(sorted(set(numbers)), lambda number, following: following == number + 1)
    shown = _first(runs)
    named = ", ".join(_span(str(run[0]), str(run[-1])) for run in shown)
    return _with_rest(named, sum(map(len, runs[len(shown) :])), ENGLISH.more)


def in_pages(numbers: Iterable[int], files: Sequence[FileRecord] = ()) -> str:
    """ "page 3" or "pages 3–5"; of several files "a.pdf page 3, b.pdf pages 1–2"."""
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


def cite(names: Iterable[PageName], words: CiteWords = ENGLISH) -> str:
    """ "p. 3", "pp. iii–v, 12", "PDF p. 2, pp. 1–3"; of several documents "a.pdf p. 3; b.pdf PDF p. 1"."""
    documents = [(document, list(inside)) for document, inside in groupby(names, key=lambda name: name.document)]
    shown = _first(documents)
    named = "; ".join(f"{document} {_cite_one(inside, words)}".strip() for document, inside in shown)
    return _with_rest(named, sum(len(inside) for _, inside in documents[len(shown) :]), words.more)


def _cite_one(names: Sequence[PageName], words: CiteWords) -> str:
    """Pages of one document. What goes by its position says so, whatever is printed on other pages."""
    runs = _runs(names, _follows)
    shown, said = _first(runs), []
    for kind, group in groupby(shown, key=lambda run: _kind(run[0])):
        alike = list(group)
        if kind and kind != _PAGE:
            said.append(_cite_units(kind, alike))
            continue
        ranges = ", ".join(_span(_text(run[0]), _text(run[-1])) for run in alike)
        one, several = (words.page, words.pages) if kind else (words.position, words.positions)
        said.append((one if sum(map(len, alike)) == 1 else several).format(pages=ranges))
    return _with_rest(", ".join(said), sum(map(len, runs[len(shown) :])), words.more)


def _kind(name: PageName) -> str:
    """ "ch.", "slide" and so on, what has a name, a printed page, or "" for what goes by its position."""
    if not is_unit(name.label):
        return _PAGE if name.label else ""
    return (counted(name.label) or (_NAMED, 0))[0]


def _cite_units(kind: str, runs: Sequence[Sequence[PageName]]) -> str:
    """What is no page, by its name: "ch. 2–4, 7", "slide 3", "slides 3–5", "sheet Costs, sheet Plan"."""
    labels = [(run[0].label, run[-1].label) for run in runs]
    if kind == _NAMED:
        return ", ".join(_span(*ends) for ends in labels)
    ranges = ", ".join(_span(*(label.removeprefix(f"{kind} ") for label in ends)) for ends in labels)
    several = kind != "ch." and sum(map(len, runs)) > 1
    return f"{kind}{'s' if several else ''} {ranges}"


def _first(items: Sequence[T]) -> Sequence[T]:
    """As many as are named."""
    return items if len(items) <= _MOST else items[: _MOST - 1]


def _with_rest(named: str, rest: int, more: str) -> str:
    """Pages by name, and how many there are besides."""
    return more.format(pages=named, count=rest) if rest else named


def _text(name: PageName) -> str:
    return name.label or str(name.position)


def _follows(name: PageName, following: PageName) -> bool:
    """Neighbours are joined where what they are called counts on: iv and v, A-1 and A-2, 3 and 4."""
    number, after = _number(name), _number(following)
    counts_on = number and after and number[0] == after[0] and after[1] == number[1] + 1
    are_alike = bool(name.label) == bool(following.label)
    return following.number == name.number + 1 and are_alike and bool(counts_on)


def _number(name: PageName) -> tuple[str, int] | None:
    return counted(name.label) if is_unit(name.label) else parse_number(_text(name).casefold())


def _printed(page: PageRecord) -> str:
    return " ".join((page["label"] or "").split())


def _runs(items: Sequence[T], follows: Callable[[T, T], bool]) -> list[Sequence[T]]:
    """The items, cut where one does not follow the one before it."""
    cuts = [index for index, pair in enumerate(pairwise(items), start=1) if not follows(*pair)]
    return [items[start:end] for start, end in pairwise([0, *cuts, len(items)]) if start < end]


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _by_file(numbers: Iterable[int], files: Sequence[FileRecord]) -> Iterator[tuple[FileRecord, list[int]]]:
    """The files that have any of the pages, with the numbers these pages have in them."""
    ordered = sorted(set(numbers))
    for file in files:
        first = file["first_page"]
        inside = ordered[bisect_left(ordered, first) : bisect_left(ordered, first + file["pages"])]
        if inside:
            yield file, [number - first + 1 for number in inside]
