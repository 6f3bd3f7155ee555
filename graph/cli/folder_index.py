"""The index of a folder of reports, kept up to date: index.html or index.md, and index.jsonl for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from pydantic import TypeAdapter, ValidationError

from graph.cli.output import write_file
from graph.errors import ConfigError
from graph.report.html.index import to_html_index
from graph.report.index import IndexRow, has_report, in_order, to_markdown_index

_PAGES = {"html": to_html_index, "md": to_markdown_index}
_ROWS = "index.jsonl"
_ADVICE = "the summaries themselves are saved"

_row = TypeAdapter(IndexRow)


def index_page(folder: Path, form: str) -> Path | None:
    """The file of the index; None for a format that has none."""
    return folder / f"index.{form}" if form in _PAGES else None


def has_index(folder: Path) -> bool:
    """Whether an earlier run has left an index here."""
    return (folder / _ROWS).is_file()


def update_index(folder: Path, form: str, rows: Iterable[IndexRow]) -> Path:
    """Write the index: the rows of this run, and of earlier ones those whose reports are still there.

    What is not finished keeps the row it had. Raises ConfigError if files of these names are somebody else's.
    """
    page = folder / f"index.{form}"
    if page.exists() and not has_index(folder):
        raise ConfigError(
            f"output.path: {page} was there before, and is kept; {folder} has no index of the summaries."
        )
    kept = {row["report"]: row for row in _read(folder / _ROWS) if _is_there(folder, row)}
    for row in rows:
        if row["fate"] in ("unfinished", "not begun"):
            kept.setdefault(row["report"], row)
        else:
            kept[row["report"]] = row
    ordered = in_order(kept.values())
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in ordered)
    for path, text in ((folder / _ROWS, "".join(lines)), (page, _PAGES[form](ordered))):
        write_file(path, text.encode("utf-8", "replace").decode(), _ADVICE)
    return page


def report_link(file: Path) -> str:
    """A report as a link from the index beside it. A file's name may hold anything, even what is no text."""
    return "./" + quote(os.fsencode(file.name), safe="")


def _is_there(folder: Path, row: IndexRow) -> bool:
    name = os.fsdecode(unquote_to_bytes(row["report"].removeprefix("./")))
    return not has_report(row) or (folder / name).is_file()


def _read(path: Path) -> list[IndexRow]:
    if not path.exists():
        return []
    try:
        return [_row.validate_json(line) for line in path.read_text("utf-8").split("\n") if line]
    except (OSError, UnicodeDecodeError, ValidationError):
        raise ConfigError(
            f"output.path: {path} is not an index of summaries; move it away, and run the same command again."
        ) from None
