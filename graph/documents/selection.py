"""`load.pages` for files that are read whole: what is not selected is skipped."""

from pathlib import Path

from graph.documents.config import parse_pages
from graph.documents.errors import NothingSelectedError
from graph.documents.types import Page


def skip_unselected(path: Path, pages: list[Page], selection: str, warnings: list[str]) -> None:
    """Mark pages outside the selection as skipped. Raises NothingSelectedError."""
    ranges = [(first, last or max(len(pages), first)) for first, last in parse_pages(selection)]
    for page in pages:
        if not any(first <= page["number"] <= last for first, last in ranges):
            page["text"], page["status"] = "", "skipped"
            page.pop("lines", None)
            page.pop("left_out", None)
    if not any(page["status"] == "read" for page in pages):
        raise NothingSelectedError(
            f"load.pages {selection!r} selects no text of {path.name}, whose last page is {len(pages)}",
            f"choose pages from 1 to {len(pages)}, or leave load.pages out",
        )
    if any(last > len(pages) for _, last in ranges):
        warnings.append(
            f"Some pages of load.pages {selection!r} are not in the file, whose last page is {len(pages)}."
        )
