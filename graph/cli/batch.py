"""Several documents from the command line: a total bar, a place for each summary, and a closing table."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langgraph.graph.state import CompiledStateGraph

from graph.cli.arguments import STDIN_NAME
from graph.cli.bars import DocumentBars
from graph.cli.desks import FolderDesk, StdoutDesk
from graph.cli.folder_index import TRIES, FolderIndex, Planned, made_by
from graph.cli.output import choose_files, make_folder
from graph.cli.streams import note
from graph.config import RunConfig
from graph.documents.characters import printable
from graph.documents.find import find_documents
from graph.errors import ConfigError, Interrupted, OutputError
from graph.pipeline import build_graph
from graph.report.pictures import Pictures, adraw_cited
from graph.runs.cluster import summarize_on_cluster
from graph.runs.local import DocumentRun, summarize_each

App = CompiledStateGraph[Any, Any, Any, Any]

_FEW = 20  # documents, of which each has a line in the closing table


@dataclass(frozen=True)
class Again:
    """What is done once more of what a folder of reports has: everything, or what failed too often."""

    all: bool = False
    failed: bool = False


def run_documents(
    config: RunConfig,
    paths: Sequence[str],
    *,
    quiet: bool,
    stdin: str | None = None,
    again: Again | None = None,
    app: App | None = None,
    shown: Callable[[Path], Path] = Path,
) -> int:
    """Summarize each document, to stdout or into the folder output.path, and return the highest exit code.

    In a folder, reports that still stand are left as they are. `stdin` is the one of `paths` that holds standard
    input, `app` is the graph of an earlier round, and `shown` says how people know a file.
    """
    sources = find_documents(paths)
    index, planned = _plan(config, sources, again or Again(), shown)
    todo = [one for one in planned if one.standing == "to do"]
    if config.output.path is not None and not quiet:
        _say_what_stands(planned, todo)
    if config.output.path is not None:
        sources = [one.source for one in todo]
    runs = [
        DocumentRun(source, STDIN_NAME if str(source) == stdin else printable(str(shown(source))))
        for source in sources
    ]
    desk = StdoutDesk(config, runs) if config.output.path is None else FolderDesk(config, runs, todo, index)
    bars = DocumentBars(len(runs), quiet or not runs)

    async def end(run: DocumentRun) -> None:
        bars.done(run.name)
        pictures: Pictures = {}
        try:
            if run.result and config.shows_pages:
                pictures = await adraw_cited(run.result, [run.source], config.load)
        finally:
            desk.take(run, pictures)

    try:
        if runs:
            asyncio.run(_work(config, runs, bars, end, app=app, quiet=quiet))
    except KeyboardInterrupt:
        bars.stop()
        _close(desk, runs)
        done = sum(run.state == "done" for run in runs)
        counted = f"{done} of {len(runs)} summaries are finished"
        raise Interrupted(f"Interrupted; {counted}.{how_to_go_on(config, bars.answers + done)}") from None
    except Exception as error:
        bars.stop()
        if any(run.ended for run in runs) and not isinstance(error, OSError | OutputError):
            _close(desk, runs)
        raise
    bars.stop()
    _close(desk, runs, quiet=quiet)
    return max((run.exit_code for run in runs), default=0)


def _plan(
    config: RunConfig, sources: Sequence[Path], again: Again, shown: Callable[[Path], Path]
) -> tuple[FolderIndex | None, list[Planned]]:
    """What is to be done, and the index of the folder; None where its files are somebody else's."""
    if config.output.path is None:
        return None, []
    folder, form = make_folder(config.output.path), config.output.format
    try:
        index = FolderIndex(folder, form, made_by(config))
    except ConfigError as error:
        note(f"warning: {error}")
        files = choose_files(folder, sources, f".{form}")
        return None, [
            Planned(source, "", "", file, "to do", None) for source, file in zip(sources, files, strict=True)
        ]
    return index, index.plan(sources, again=again.all, retry=again.failed, shown=shown)


def _say_what_stands(planned: Sequence[Planned], todo: Sequence[Planned]) -> None:
    """Say how much there is to do, if it is not everything."""
    if len(todo) == len(planned):
        return
    fresh = sum(one.standing == "up to date" for one in planned)
    left = len(planned) - len(todo) - fresh
    said = [f"{fresh:,} of {len(planned):,} documents {'is' if fresh == 1 else 'are'} up to date"]
    if left:
        said.append(f"{left:,} failed {TRIES} times and {'is' if left == 1 else 'are'} left (--retry-failed)")
    said.append(f"{len(todo):,} to do" if todo else "nothing to do")
    note(f"{'; '.join(said)}.")


def _close(desk: StdoutDesk | FolderDesk, runs: Sequence[DocumentRun], *, quiet: bool = False) -> None:
    """Bring everything to its place, and say what became of each document."""
    desk.close()
    if runs and (not quiet or any(run.state != "done" for run in runs)):
        sys.stderr.write(_table(desk, runs))


def _work(
    config: RunConfig,
    runs: Sequence[DocumentRun],
    bars: DocumentBars,
    end: Callable[[DocumentRun], Awaitable[None]],
    *,
    app: App | None,
    quiet: bool,
) -> Coroutine[Any, Any, None]:
    """Summarizing all documents, here or on a cluster."""
    if config.cluster.address:
        return summarize_on_cluster(config, runs, on_end=end, on_dashboard=None if quiet else note_dashboard)
    return summarize_each(
        app or build_graph(config),
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


def _table(desk: StdoutDesk | FolderDesk, runs: Sequence[DocumentRun]) -> str:
    """A line for each document, of many only those without a summary, and how many there are of each."""
    if len(runs) == 1 and runs[0].error:
        return f"{' '.join(runs[0].error.split())}\n"
    told = runs if len(runs) <= _FEW else [run for run in runs if run.state != "done"]
    width = max((len(run.name) for run in told), default=0)
    lines = []
    for run in told:
        words = " ".join(run.error.split())
        if run.state == "done":
            file = desk.file_of(run)
            words = f"{run.seconds:.1f} s" + (f", {printable(str(file))}" if file else "")
        lines.append(f"{run.fate:<10} {run.name:<{width}}  {words}".rstrip())
    states = [run.fate for run in runs]
    counted = ", ".join(f"{states.count(state):,} {state}" for state in dict.fromkeys(sorted(states)))
    total = f"{len(states):,} document{'s' if len(states) != 1 else ''}"
    return "\n".join([*lines, f"{total}: {counted}."]) + "\n"
