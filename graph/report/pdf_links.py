"""Links from a report to the pages of the PDFs that lie beside it, and go with it when it is passed on."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from graph.documents.characters import printable
from graph.results.types import Result

PageLinks = Mapping[int, str]
"""The address of a page's place in its PDF, by the page's number in the ledger."""


def page_links(result: Result, paths: Sequence[Path], report: Path | None) -> PageLinks:
    """Links to pages. `paths` are those of the result's files, and `report` is where the report will be.

    Only what is in the report's folder, or below it, has any: an address elsewhere would be wrong on other
    machines, and tell of this one.
    """
    links: dict[int, str] = {}
    pages = {page["number"] for page in result["pages"]}
    for path, file in zip(paths, result["files"], strict=False):
        is_meant = file["name"].endswith(printable(path.name)) and path.is_file()  # folders change during a run
        if report is None or not is_meant or not (address := _address(path, report)):
            continue
        for position in range(1, file["pages"] + 1):
            if (number := file["first_page"] + position - 1) in pages:
                links[number] = f"{address}#page={position}"
    return links


def _address(path: Path, report: Path) -> str:
    """The address of a PDF as seen from the report; "" for anything else."""
    if path.suffix.lower() != ".pdf":
        return ""
    try:
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(report.parent))
    except (OSError, ValueError):  # another drive
        return ""
    parts = Path(relative).parts
    return "" if parts[0] == ".." else "./" + "/".join(quote(part, safe="") for part in parts)
