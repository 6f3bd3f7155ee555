"""Where the results of several documents go: to standard output, or into a folder with an index."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graph.cli.folder_index import FolderIndex, Planned, report_link
from graph.cli.output import write_file
from graph.cli.streams import note, say
from graph.config import RunConfig
from graph.errors import ConfigError
from graph.report import render, to_json, to_markdown
from graph.report.index import row_of, row_without
from graph.report.pdf_links import page_links
from graph.report.pictures import Pictures
from graph.results.types import Result
from graph.runs.local import DocumentRun

_ADVICE = "the summaries before it are saved; run the same command again to go on from here"


class StdoutDesk:
    """Says results in the order of the documents."""

    def __init__(self, config: RunConfig, runs: Sequence[DocumentRun]) -> None:
        self._form = config.output.format
        self._waiting = list(runs)
        self._said = False

    def take(self, run: DocumentRun, pictures: Pictures) -> None:
        """A document has come to its end."""
        while self._waiting and self._waiting[0].ended:
            self._say(self._waiting.pop(0))

    def close(self) -> None:
        """Say what still waits for one before it."""
        for run in self._waiting:
            self._say(run)

    def file_of(self, run: DocumentRun) -> Path | None:
        """No file."""
        return None

    def _say(self, run: DocumentRun) -> None:
        if run.result is None:
            return
        result, run.result = run.result, None
        say(("\n\n" if self._said and self._form == "md" else "") + self._text(run, result))
        self._said = True

    def _text(self, run: DocumentRun, result: Result) -> str:
        return to_json(result, indent=None) if self._form == "json" else to_markdown(result, run.name)


class FolderDesk:
    """Writes each result into a file at once, and keeps the index of the folder.

    `index` is None where its files are somebody else's.
    """

    def __init__(
        self, config: RunConfig, runs: Sequence[DocumentRun], planned: Sequence[Planned], index: FolderIndex | None
    ) -> None:
        self._form = config.output.format
        self._runs = runs
        self._planned = {id(run): one for run, one in zip(runs, planned, strict=True)}
        self._index = index

    def take(self, run: DocumentRun, pictures: Pictures) -> None:
        """A document has come to its end."""
        planned = self._planned[id(run)]
        result, run.result = run.result, None  # a long row of documents must not fill the memory
        if result:
            links = page_links(result, [run.source], planned.file)
            write_file(planned.file, render(result, self._form, pictures, links), _ADVICE)
        self._enter(run, result if run.state == "done" else None)

    def close(self) -> None:
        """Write the index."""
        for run in self._runs:
            if not run.ended:
                self._enter(run, None)
        try:
            if self._index:
                self._index.write()
        except ConfigError as error:
            note(f"warning: {error}")

    def file_of(self, run: DocumentRun) -> Path | None:
        """The file of a summary."""
        return self._planned[id(run)].file

    def _enter(self, run: DocumentRun, result: Result | None) -> None:
        if not self._index:
            return
        planned = self._planned[id(run)]
        name = planned.name
        error = run.error.replace(str(run.source), name)  # an index is passed on, without this machine's folders
        link = report_link(planned.file)
        if result:
            row = row_of(link, name, result, run.seconds)
        else:
            row = row_without(link, name, run.fate, error, run.seconds)
        try:
            self._index.add(planned, row)
        except ConfigError as error:
            note(f"warning: {error}")
            self._index = None
