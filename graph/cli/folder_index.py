"""A folder of reports: which of them still stand, and the index that leads to them.

The index is index.jsonl for programs, index.csv for spreadsheets, index.html to browse, sort and search, and
index.md where the reports are Markdown.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from graph.cli.output import choose_files, replacing
from graph.cli.row_file import ADVICE, Entry, RowFile
from graph.config import RunConfig
from graph.documents.find import short_names
from graph.errors import ConfigError
from graph.report.html.index import html_index
from graph.report.index import IndexRow, Origin, extracted_names, has_report, to_csv, to_markdown_index
from graph.shipped import version
from llm.errors import ModelError

TRIES = 3
"""How often in a row a document may have no summary before it is left."""

_ROWS = "index.jsonl"
_PIECE = 2**20
# What changes no report: where it comes from and goes to, and how many are made at once.
_NOT_SHAPING = {
    "llm": {
        "api_key",
        "batch_size",
        "max_concurrency",
        "timeout_seconds",
        "max_retries",
        "kv_cache_gb",
        "speculate",
    },
    "load": {"source"},
    "prompts": {"file"},  # but what it holds
    "summarize": {"on_error", "retries", "retry_seconds", "together"},
    "output": {"path"},
    "cache": True,
    "service": True,
    "cluster": True,
}

Standing = Literal["to do", "up to date", "left"]


@dataclass(frozen=True)
class Planned:
    """A document, where its report goes, and whether there is anything to do. `left` was tried often enough."""

    source: Path
    name: str
    """As people tell it from the others."""
    place: str
    file: Path
    standing: Standing
    origin: Origin | None
    """As it is before the run; None if it cannot be looked at."""


class FolderIndex:
    """The index of a folder. Raises ConfigError if files of its names are somebody else's."""

    def __init__(self, folder: Path, form: str, made_by: str) -> None:
        self.folder, self._form, self._made_by = folder, form, made_by
        self._pages = ["index.html", "index.csv", *(["index.md"] if form == "md" else [])]
        has_rows = (folder / _ROWS).is_file()
        for page in self._pages:
            # Before there were tables, a folder had one page.
            if (folder / page).exists() and not has_rows:
                raise ConfigError(
                    f"output.path: {folder / page} was there before, and is kept; {folder} has no index of the "
                    "summaries."
                )
        self._rows = RowFile(folder / _ROWS)
        self._since, self._written = 0, False

    def plan(
        self,
        sources: Sequence[Path],
        *,
        again: bool = False,
        retry: bool = False,
        shown: Callable[[Path], Path] = Path,
    ) -> list[Planned]:
        """What is to be done of `sources`: with `again` all, with `retry` what failed too often, too.

        `shown` says how people know a file, and where it stays the same from run to run.
        """
        places = [_place(shown(source)) for source in sources]
        reports = _files_in(self.folder)
        entries = [self._rows.entries.get(place) for place in places]
        suffix = f".{self._form}"
        kept = {
            source: self.folder / _file_name(entry.report)
            for source, entry in zip(sources, entries, strict=True)
            if entry and entry.report.endswith(suffix)
        }
        taken = [Path(_file_name(entry.report)) for entry in self._rows.entries.values() if entry.origin]
        files = choose_files(self.folder, sources, suffix, kept=kept, taken=taken)
        planned = []
        names = short_names([shown(source) for source in sources])
        for source, name, place, entry, file in zip(sources, names, places, entries, files, strict=True):
            origin = self._origin(source, place, entry)
            standing: Standing = "to do"
            if entry and origin and entry.origin and not again and _is_same(origin, entry.origin):
                if entry.fate == "done" and file.name in reports and source in kept:
                    standing = "up to date"
                elif origin["failures"] >= TRIES and not retry:
                    standing = "left"
            planned.append(Planned(source, name, place, file, standing, origin))
        self._forget_the_gone(reports, set(places))
        return planned

    def add(self, planned: Planned, row: IndexRow) -> None:
        """A document has come to its end. What is not finished keeps the row it had."""
        if row["fate"] in ("unfinished", "not begun") and planned.place in self._rows.entries:
            return
        if origin := self._origin_after(planned):
            failures = 0 if has_report(row) else origin["failures"] + (row["fate"] in ("refused", "failed"))
            row["origin"] = Origin(**{**origin, "failures": failures})
        self._rows.add(row)
        self._since += 1
        if self._written and self._since >= max(100, len(self._rows.entries) // 10):
            self.write()  # somebody may look at it while the night's work goes on

    def write(self) -> Path:
        """Put the rows in order, and write the pages, if anything has changed. Returns the one to look at."""
        main = self.folder / (f"index.{self._form}" if self._form == "md" else "index.html")
        changed = self._rows.put_in_order()
        if changed or not all((self.folder / page).exists() for page in self._pages):
            for page in self._pages:
                with replacing(self.folder / page, ADVICE) as file:
                    file.writelines(self._lines(page))
        self._since, self._written = 0, True
        return main

    def _lines(self, page: str) -> Iterable[str]:
        if page == "index.csv":
            return map(_encodable, to_csv(self._rows, extracted_names(self._rows)))
        if page == "index.html":
            return map(_encodable, html_index(self._rows))
        return [_encodable(to_markdown_index(list(self._rows)))]

    def _forget_the_gone(self, reports: set[str], current: set[str]) -> None:
        """Rows of documents that this run does not know, and whose reports are no longer there."""
        for key, entry in list(self._rows.entries.items()):
            if key not in current and entry.fate == "done" and _file_name(entry.report) not in reports:
                self._rows.forget(key)

    def _origin(self, source: Path, place: str, entry: Entry | None) -> Origin | None:
        try:
            status = source.stat()
        except (OSError, ValueError):
            return None
        size, modified = status.st_size, status.st_mtime_ns
        before = entry.origin if entry else None
        content = ""  # read once, behind the run, unless it decides whether there is one
        if before and before["size"] == size:
            content = before["content"] if before["modified"] == modified else _content(source)
        made_by = self._made_by
        failures = before["failures"] if before and content == before["content"] else 0
        failures = failures if before and before["made_by"] == made_by else 0
        return Origin(
            place=place, size=size, modified=modified, content=content, made_by=made_by, failures=failures
        )

    def _origin_after(self, planned: Planned) -> Origin | None:
        """The origin with its content; None if the document was changed while it was read."""
        if not (origin := planned.origin):
            return None
        with suppress(OSError, ValueError):
            status = planned.source.stat()
            if (status.st_size, status.st_mtime_ns) == (origin["size"], origin["modified"]):
                return Origin(**{**origin, "content": origin["content"] or _content(planned.source)})
        return None


def has_index(folder: Path) -> bool:
    """Whether an earlier run has left an index here."""
    return (folder / _ROWS).is_file()


def report_link(file: Path) -> str:
    """A report as a link from the index beside it. A file's name may hold anything, even what is no text."""
    return "./" + quote(os.fsencode(file.name), safe="")


def made_by(config: RunConfig) -> str:
    """SHA-256, in hex, of all that shapes a report: the program, the weights, the settings, the prompts."""
    shaping = config.model_dump(mode="json", exclude=_NOT_SHAPING)  # type: ignore[arg-type] # pydantic's own type
    prompts = Path(os.path.expanduser(config.prompts.file)) if config.prompts.file else None
    weights = ""
    if config.llm.provider == "mlx" and config.llm.model:
        from llm.mlx.fingerprint import fingerprint, here

        with suppress(ModelError, OSError):
            weights = fingerprint(here(config.llm.model), here(config.llm.adapter))
    text = prompts.read_text("utf-8") if prompts else ""
    made = json.dumps([version(), shaping, text, weights], sort_keys=True)
    return hashlib.sha256(made.encode("utf-8", "replace")).hexdigest()


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _is_same(now: Origin, before: Origin) -> bool:
    return bool(now["content"]) and (now["content"], now["made_by"]) == (before["content"], before["made_by"])


def _place(source: Path) -> str:
    return hashlib.sha256(os.fsencode(os.path.abspath(source))).hexdigest()


def _content(source: Path) -> str:
    digest = hashlib.sha256()
    try:
        with source.open("rb") as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()


def _files_in(folder: Path) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries}


def _file_name(report: str) -> str:
    return os.fsdecode(unquote_to_bytes(report.removeprefix("./")))
