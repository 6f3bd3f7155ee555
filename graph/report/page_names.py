"""What people call pages: "p. 3", "pp. 3–5, 8", "a.pdf p. 3", and what became of a page. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from graph.results.page_ranges import cite, page_names
from graph.results.types import PageRecord

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
        self._names = page_names(cast(Sequence[PageRecord], ledger))

    def __call__(self, pages: Iterable[int]) -> str:
        """ "p. 3", "pp. iii, 3–5", or "a.pdf p. 3; b.pdf pp. 1–2"; "" for none."""
        return cite(self._names[page] for page in sorted(set(pages)))

    def position(self, page: int) -> str:
        """Where the page stands in its file, if its name does not say it: "page 3 of the file"; else ""."""
        name = self._names[page]
        return f"page {name.position} of the file" if name.label else ""
