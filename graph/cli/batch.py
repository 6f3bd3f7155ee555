"""Several documents from the command line: a total bar, a place for each summary, and a closing table."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from graph.cli.arguments import STDIN_NAME
from graph.cli.bars import DocumentBars
from graph.cli.folder_index import has_index, index_page, report_link, update_index
from graph.cli.output import choose_files, make_folder, write_file
from graph.cli.streams import note, say
from graph.config import RunConfig
from graph.documents.characters import printable
from graph.documents.find import find_documents, short_names
from graph.errors import ConfigError, Interrupted, OutputError
from graph.pipeline import build_graph
from graph.report import render, to_json, to_markdown
from graph.report.index import IndexRow, row_of, row_without
from graph.report.pdf_links import page_links
from graph.report.pictures import Pictures, adraw_cited
from graph.results.types import Result
from graph.runs.cluster import summarize_on_cluster
from graph.runs.local import DocumentRun, summarize_each


def run_documents(config: RunConfig, paths: Sequence[str], *, quiet: bool, stdin: str | None = None) -> int:
    """Summarize each document, to stdout or into the folder output.path, and return the highest exit code.

    `stdin` is the one of `paths` that holds standard input.
    """
    folder = make_folder(config.output.path) if config.output.path is not None else None
    sources = find_documents(paths)
    runs = [
        DocumentRun(source, STDIN_NAME if str(source) == stdin else printable(str(source))) for source in sources
    ]
    files = choose_files(folder, sources, f".{config.output.format}") if folder else None
    desk, bars = _Desk(config, runs, files), DocumentBars(len(runs), quiet)

    async def end(run: DocumentRun) -> None:
        bars.done(run.name)
        pictures: Pictures = {}
        try:
            if run.result and config.shows_pages:
                pictures = await adraw_cited(run.result, [run.source], config.load)
        finally:
            desk.take(run, pictures)

    try:
        asyncio.run(_work(config, runs, bars, end, quiet=quiet))
    except KeyboardInterrupt:
        bars.stop()
        desk.close()
        done = sum(run.state == "done" for run in runs)
        counted = f"{done} of {len(runs)} summaries are finished"
        raise Interrupted(f"Interrupted; {counted}.{how_to_go_on(config, bars.answers + done)}") from None
    except Exception as error:
        bars.stop()
        if any(run.ended for run in runs) and not isinstance(error, OSError | OutputError):
            desk.close()
        raise
    bars.stop()
    desk.close(quiet=quiet)
    return max(run.exit_code for run in runs)


def _work(
    config: RunConfig,
    runs: Sequence[DocumentRun],
    bars: DocumentBars,
    end: Callable[[DocumentRun], Awaitable[None]],
    *,
    quiet: bool,
) -> Coroutine[Any, Any, None]:
    """Summarizing all documents, here or on a cluster."""
    if config.cluster.address:
        return summarize_on_cluster(config, runs, on_end=end, on_dashboard=None if quiet else note_dashboard)
    return summarize_each(
        build_graph(config),
        runs,
        concurrency=config.llm.concurrency,
        on_task=lambda run, event: bars.show(run.name, event),
        on_pages=lambda run, event: bars.show_pages(run.name, event),
        on_end=end,
    )


def note_dashboard(address: str) -> None:
    """Say where Dask shows what its workers do."""
    note(f"Dask's dashboard: {address}")


def how_to_go_on(config: RunConfig, answers: int) -> str:
    """What is left of a run that was interrupted after so many answers of the model."""
    if not answers:
        return ""
    if config.cache.enabled:
        return " Finished answers are kept: run the same command again to go on from here."
    return " Nothing is kept, because the cache is off."


class _Desk:
    """Takes results: into files at once, to standard output in the order of the documents."""

    def __init__(self, config: RunConfig, runs: Sequence[DocumentRun], files: Sequence[Path] | None) -> None:
        self._config = config
        self._runs = runs
        self._files = dict(zip((run.source for run in runs), files, strict=True)) if files else {}
        self._waiting = list(runs)
        self._said = False
        self._names = dict(
            zip((run.source for run in runs), short_names([run.source for run in runs]), strict=True)
        )
        self._rows: dict[Path, IndexRow] = {}

    def take(self, run: DocumentRun, pictures: Pictures) -> None:
        """A document has come to its end."""
        if file := self._files.get(run.source):
            if run.result:
                advice = "the summaries before it are saved; run the same command again to go on from here"
                links = page_links(run.result, [run.source], file)
                write_file(file, render(run.result, self._config.output.format, pictures, links), advice)
                if run.state == "done":
                    self._rows[file] = row_of(report_link(file), self._names[run.source], run.result, run.seconds)
            run.result = None  # a long row of documents must not fill the memory
            return
        while self._waiting and self._waiting[0].ended:
            self._say(self._waiting.pop(0))

    def close(self, *, quiet: bool = False) -> None:
        """Say what still waits for one before it, and what became of each document."""
        if not self._files:
            for run in self._waiting:
                self._say(run)
        self._write_index()
        if not quiet or any(run.state != "done" for run in self._runs):
            sys.stderr.write(self._table())

    def _write_index(self) -> None:
        """A page that leads to all reports in the folder; a single one needs none."""
        if not self._files:
            return
        form, folder = self._config.output.format, next(iter(self._files.values())).parent
        if index_page(folder, form) is None or (len(self._runs) == 1 and not has_index(folder)):
            return
        rows = [self._row(run, self._files[run.source]) for run in self._runs]
        try:
            update_index(folder, form, rows)
        except ConfigError as error:
            note(f"warning: {error}")

    def _row(self, run: DocumentRun, file: Path) -> IndexRow:
        name = self._names[run.source]
        error = run.error.replace(str(run.source), name)  # an index is passed on, without this machine's folders
        return self._rows.get(file) or row_without(report_link(file), name, run.fate, error, run.seconds)

    def _say(self, run: DocumentRun) -> None:
        if run.result is None:
            return
        result, run.result = run.result, None
        say(("\n\n" if self._said and self._config.output.format == "md" else "") + self._text(run, result))
        self._said = True

    def _text(self, run: DocumentRun, result: Result) -> str:
        form = self._config.output.format
        return to_json(result, indent=None) if form == "json" else to_markdown(result, run.name)

    def _table(self) -> str:
        if len(self._runs) == 1 and self._runs[0].error:
            return f"{' '.join(self._runs[0].error.split())}\n"
        width = max(len(run.name) for run in self._runs)
        lines = []
        for run in self._runs:
            words = " ".join(run.error.split())
            if run.state == "done":
                file = self._files.get(run.source)
                words = f"{run.seconds:.1f} s" + (f", {printable(str(file))}" if file else "")
            lines.append(f"{run.fate:<10} {run.name:<{width}}  {words}".rstrip())
        states = [run.fate for run in self._runs]
        counted = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(sorted(states)))
        total = f"{len(states)} document{'s' if len(states) != 1 else ''}"
        return "\n".join([*lines, f"{total}: {counted}."]) + "\n"
