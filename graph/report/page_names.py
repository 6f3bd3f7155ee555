"""What people call pages, as printed or by position: "p. iv", "PDF p. 14"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from graph.state import PageRecord


class _Name(NamedTuple):
    document: str  # "" unless there are several
    unit: str
    label: str
    number: int


class PageNames:
    """Names the pages of a ledger as printed, where that tells them apart; of several documents, with theirs.

    "p." is the printed number, or the position in a file that prints no other; "PDF p." is the position of a page
    without a printed number, or of any page where the document prints a number twice.
    """

    def __init__(self, ledger: Sequence[PageRecord]) -> None:
        several = len({page.get("document") for page in ledger}) > 1
        printed = Counter((page.get("document"), label) for page in ledger if (label := _printed(page)))
        repeated = {document for (document, _), count in printed.items() if count > 1}
        self.are_printed = any(document not in repeated for document, _ in printed)
        self._names: dict[int, _Name] = {}
        for page in ledger:
            document, label = page.get("document"), _printed(page)
            if document in repeated or (not label and (document, _position(page)) in printed):
                unit, label = "PDF p", _position(page)
            else:
                unit, label = "p", label or _position(page)
            title = " ".join((document or "").split()) if several else ""
            self._names[page["number"]] = _Name(title, unit, label, page["number"])
        self._positions = {page["number"]: _position(page) for page in ledger}

    def __call__(self, pages: Iterable[int]) -> str:
        """ "p. 3", "pp. iii, 3–5", or "a.pdf p. 3; b.pdf pp. 1–2"; "" for none."""
        names = [self._names[page] for page in sorted(set(pages))]
        documents = groupby(names, key=lambda name: name.document)
        return "; ".join(f"{document} {_ranges(list(run))}".strip() for document, run in documents)

    def position(self, page: int) -> str:
        """Where the page stands in its file, if its name does not say it: "PDF p. 3"; else ""."""
        position = self._positions[page]
        return "" if self._names[page].label == position else f"PDF p. {position}"


def _ranges(names: Sequence[_Name]) -> str:
    """ "pp. iv, 3–5, PDF p. 2": those with printed numbers before the others."""
    said = []
    for unit in ("p", "PDF p"):
        runs: list[list[_Name]] = []
        for name in (name for name in names if name.unit == unit):
            if runs and _follows(runs[-1][-1], name):
                runs[-1].append(name)
            else:
                runs.append([name])
        if runs:
            labels = ("–".join(dict.fromkeys([run[0].label, run[-1].label])) for run in runs)
            plural = len(runs) > 1 or len(runs[0]) > 1
            said.append(f"{unit}{'p' if plural else ''}. {', '.join(labels)}")
    return ", ".join(said)


def _follows(name: _Name, other: _Name) -> bool:
    """Whether the pages are neighbours, and their labels too where both are numbers."""
    if other.number != name.number + 1 or name.label.isdecimal() != other.label.isdecimal():
        return False
    return not name.label.isdecimal() or int(other.label) == int(name.label) + 1


def _printed(page: PageRecord) -> str:
    """The label, if it is more than a count of the pages."""
    label = " ".join(page["label"].split())
    return "" if label == _position(page) else label


def _position(page: PageRecord) -> str:
    """The position in the document, from 1."""
    return str(page.get("document_page", page["number"]))
