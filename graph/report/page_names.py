"""What people call pages: "p. 3", "pp. 3-5, 8", "a.pdf p. 3", and what became of a page. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from graph.account import page_ranges

# What the ledger calls the fates of pages that are not in the summary.
FATES = {
    "empty": "without text",
    "failed": "could not be read",
    "skipped": "not selected",
    "references": "only references, left out",
    "unsummarized": "the model failed on it, or on a part of it",
}


class PageNames:
    """Names the pages of a ledger. Where it holds several documents, a name begins with the document."""

    def __init__(self, ledger: Sequence[Mapping[str, Any]]) -> None:
        self._records = {page["number"]: page for page in ledger}
        self._several = len({page.get("document") for page in ledger}) > 1

    def __call__(self, pages: Iterable[int]) -> str:
        """ "p. 3", "pp. 3-5, 8", or "a.pdf p. 3; b.pdf pp. 1-2"; "" for none."""
        runs = groupby(sorted(set(pages)), key=self._document)
        return "; ".join(f"{document} {_short(self._inside(run))}".strip() for document, run in runs)

    def printed(self, page: int) -> str:
        """The label that is printed on the page, if it says more than the name does; else ""."""
        record = self._records.get(page, {})
        label = " ".join(str(record.get("label") or "").split())
        return "" if label == str(record.get("document_page", page)) else label

    def _document(self, page: int) -> str:
        record = self._records.get(page, {})
        return " ".join(str(record.get("document", "")).split()) if self._several else ""

    def _inside(self, pages: Iterable[int]) -> list[int]:
        if not self._several:
            return list(pages)
        return [self._records.get(page, {}).get("document_page", page) for page in pages]


def _short(pages: Sequence[int]) -> str:
    return f"{'p.' if len(pages) == 1 else 'pp.'} {page_ranges(pages)}"
