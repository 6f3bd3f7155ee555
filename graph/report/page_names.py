"""What people call pages: "p. 3", "p. 3–5, 8", "a.pdf p. 3", and what became of a page. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from graph.report.citations import by_number, cite
from graph.state import PageRecord

# What the ledger calls the fates of pages that are not in the summary.
FATES = {
    "empty": "without text",
    "failed": "could not be read",
    "skipped": "not selected",
    "references": "only references, left out",
    "unsummarized": "the model failed on it, or on a part of it",
}


class PageNames:
    """Names the pages of a ledger as printed, where that tells them apart; of several documents, with theirs."""

    def __init__(self, ledger: Sequence[Mapping[str, Any]]) -> None:
        self._records = by_number(cast(Sequence[PageRecord], ledger))
        self._several = len({page.get("document") for page in ledger}) > 1

    def __call__(self, pages: Iterable[int]) -> str:
        """ "p. 3", "p. iii, 3–5", or "a.pdf p. 3; b.pdf p. 1–2"; "" for none."""
        return cite([self._record(page) for page in sorted(set(pages))], several=self._several)

    def position(self, page: int) -> str:
        """Where the page stands in its file, if its name does not say it: "page 3 of the file"; else ""."""
        record = self._record(page)
        place = str(record.get("document_page", page))
        return "" if record["label"] in ("", place, str(page)) else f"page {place} of the file"

    def _record(self, page: int) -> PageRecord:
        return self._records.get(page) or PageRecord(number=page, label=str(page), status="read")
