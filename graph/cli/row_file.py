"""index.jsonl: a row for each document, a line each. Grows while a run goes on, and is put in order at its end.

Of a folder of a hundred thousand documents only what tells them apart is in memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from graph.cli.output import replacing
from graph.errors import ConfigError
from graph.report.index import IndexRow, Origin
from graph.results.types import Fate

ADVICE = "the summaries themselves are saved"

_row = TypeAdapter(IndexRow)

_BEGINNING = b'{"report": '


class Entry(NamedTuple):
    """What is known of a row without reading it again."""

    report: str
    document: str
    fate: Fate
    origin: Origin | None
    offset: int  # bytes, where its line begins
    length: int


class RowFile:
    """The rows of a folder, each known by the place of its document, or by its report where that is not told.

    Raises ConfigError if the file is somebody else's. A line that was torn when a run was killed is left out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Entry] = {}
        self._end = 0
        self._is_ordered = True
        if path.exists():
            self._read()

    def add(self, row: IndexRow) -> None:
        """Write a row behind the others. It stands for an earlier one of the same document."""
        line = (json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8", "replace")
        try:
            with self.path.open("r+b" if self.path.exists() else "xb") as file:
                file.truncate(self._end)
                file.seek(self._end)
                file.write(line)
        except OSError as error:
            raise ConfigError(
                f"output.path: {self.path} could not be written ({error.strerror}); {ADVICE}."
            ) from None
        self._enter(row, len(line))
        self._is_ordered = False

    def forget(self, key: str) -> None:
        """Leave a row out of what is written at the end."""
        del self.entries[key]
        self._is_ordered = False

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, row: object) -> bool:
        return any(row == own for own in self)

    def __iter__(self) -> Iterator[IndexRow]:
        """All rows, by the names of their documents, whatever the case of these."""
        if not self.entries:
            return
        with self.path.open("rb") as file:
            for entry in self._ordered():
                file.seek(entry.offset)
                yield json.loads(file.read(entry.length))

    def put_in_order(self) -> bool:
        """Write the file anew, in order and each document once; False if nothing has changed."""
        if self._is_ordered:
            return False
        ordered, at = self._ordered(), 0
        keys = {id(entry): key for key, entry in self.entries.items()}
        with replacing(self.path, ADVICE) as new, self.path.open("rb") as file:
            for entry in ordered:
                file.seek(entry.offset)
                new.write(file.read(entry.length).decode())
                self.entries[keys[id(entry)]] = entry._replace(offset=at)
                at += entry.length
        self._end, self._is_ordered = at, True
        return True

    def _ordered(self) -> list[Entry]:
        return sorted(self.entries.values(), key=lambda entry: (entry.document.casefold(), entry.report))

    def _read(self) -> None:
        try:
            with self.path.open("rb") as file:
                for line in file:
                    if _BEGINNING.startswith(line[: len(_BEGINNING)]) and not line.endswith(b"\n"):
                        break
                    if line.strip():
                        self._enter(_row.validate_json(line), len(line))
        except (OSError, ValidationError):
            raise ConfigError(
                f"output.path: {self.path} is not an index of summaries; move it away, and run the same command "
                "again."
            ) from None

    def _enter(self, row: IndexRow, length: int) -> None:
        origin = row.get("origin")
        key = origin["place"] if origin else row["report"]
        if key in self.entries:
            self._is_ordered = False
        if origin and (older := self.entries.get(row["report"])) and older.origin is None:
            del self.entries[row["report"]]  # written before rows told the place
        self.entries[key] = Entry(row["report"], row["document"], row["fate"], origin, self._end, length)
        self._end += length
