"""`run`: graph, progress, output. Everything a program does not need."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import warnings
from pathlib import Path

from graph.cli.archives import unpacked
from graph.cli.arguments import STDIN, without_stdin
from graph.cli.bars import StageBars
from graph.cli.batch import Again, how_to_go_on, note_dashboard, run_documents
from graph.cli.fetch_model import fetch_model
from graph.cli.first_look import Request
from graph.cli.folder_index import has_index
from graph.cli.output import is_folder, make_folder, save
from graph.cli.progress import run_graph
from graph.cli.streams import note, say
from graph.cli.terminal import WordWrap
from graph.cli.watch import refuse_watching, watch_documents
from graph.config import RunConfig
from graph.documents.characters import printable
from graph.documents.errors import DocumentError
from graph.documents.find import find_documents
from graph.errors import ConfigError, Interrupted, SummarizeError
from graph.pipeline import build_graph
from graph.report import footing, heading, render
from graph.report.citations import page_list
from graph.report.pdf_links import page_links
from graph.report.pictures import draw_cited
from graph.results.types import Result
from graph.runs.cluster import refuse_missing_package, summarize_on_cluster
from graph.runs.local import DocumentRun
from graph.state import InputState


def run(request: Request, *, quiet: bool) -> int:
    """Summarize what is asked for, write the summary to stdout or to output.path, and return the exit code."""
    given = request.given()
    request.refuse_output()
    request.refuse_prompt_set()
    if request.config.cluster.address:
        refuse_missing_package()
    if logging.lastResort:
        logging.lastResort.setFormatter(logging.Formatter("warning: %(message)s"))
    # When a run ends early, LangGraph drops the calls that still wait for a place; nothing is lost by that.
    warnings.filterwarnings("ignore", "coroutine 'arun_with_retry' was never awaited", RuntimeWarning)
    max_mb = request.config.load.max_file_mb
    with without_stdin(given, max_mb) as paths, unpacked(paths, max_mb) as archives:
        sources = archives.paths
        if request.watch:
            refuse_watching(request.config, sources)
        elif request.one_summary and not _goes_into_an_index(request):
            return _run_one(request, sources, quiet)
        if not request.watch:
            _look_at_a_single(request, sources)
        _fetch_model(request.config, quiet)
        stdin = sources[given.index(STDIN)] if STDIN in given else None
        again = Again(all=request.again, failed=request.retry_failed)
        if request.watch:
            return watch_documents(request.config, sources, quiet=quiet, again=again)
        return run_documents(request.config, sources, quiet=quiet, stdin=stdin, again=again, shown=archives.shown)


def _goes_into_an_index(request: Request) -> bool:
    """Whether the summary of one document goes where an earlier run left an index of many."""
    path, together = request.config.output.path, request.config.summarize.together
    return path is not None and not together and is_folder(path) and has_index(Path(os.path.expanduser(path)))


def _look_at_a_single(request: Request, sources: list[str]) -> None:
    """Refuse a document that is the only one: of several, the others need not wait for it."""
    documents = find_documents(sources)
    if len(documents) == 1:
        request.refuse_documents(documents)


def _fetch_model(config: RunConfig, quiet: bool) -> None:
    """Have the model on this machine, unless other machines have it."""
    if not config.cluster.address or config.cluster.processes:
        fetch_model(config, quiet=quiet)


def _run_one(request: Request, sources: list[str], quiet: bool) -> int:
    config = request.config
    path, form = request.output_file(sources), config.output.format
    _look_at_a_single(request, sources)
    if path and config.output.path and is_folder(config.output.path):
        make_folder(config.output.path)
    _fetch_model(config, quiet)
    screen = None
    # What is mended later would have been on the screen by then.
    if (
        not path
        and form == "md"
        and sys.stdout.isatty()
        and not config.summarize.check
        and not config.cluster.address
    ):
        screen = _Screen()
    bars = StageBars(quiet)
    try:
        if config.cluster.address:
            work = _on_cluster(config, sources, bars, quiet)
        else:
            on_text = screen.show if screen else None
            work = run_graph(build_graph(config), InputState(source=sources), bars=bars, on_text=on_text)
        result = asyncio.run(work)
        documents = find_documents(sources)
        pictures = draw_cited(result, documents, config.load) if config.shows_pages else None
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted.{how_to_go_on(config, bars.answers)}") from None
    text = render(result, form, pictures, page_links(result, documents, path))
    if path:
        save(path, text, "the summary is", quiet=quiet)
    elif screen:
        screen.close(result, text)
    else:
        say(text)
    _say_warnings(result, shown=screen is not None)
    if not result["summary"]:
        return 4
    return 3 if any("refused" in file for file in result["files"]) else 0


async def _on_cluster(config: RunConfig, sources: list[str], bars: StageBars, quiet: bool) -> Result:
    """The result of one document, from a cluster."""
    documents = find_documents(sources)
    if len(documents) > 1:
        raise ConfigError(
            "cluster.address: a cluster makes a summary of each document; for one of all, with "
            "summarize.together, leave it out."
        )
    run = DocumentRun(documents[0], printable(str(documents[0])))

    async def end(run: DocumentRun) -> None:
        """There is nothing to do but to wait."""

    try:
        await summarize_on_cluster(config, [run], on_end=end, on_dashboard=None if quiet else note_dashboard)
    finally:
        bars.stop()
    if run.result is not None:
        return run.result
    error = DocumentError(run.error.removesuffix(".")) if run.state == "refused" else SummarizeError(run.error)
    raise error


class _Screen:
    """Shows the summary on a terminal while it is written, under its title."""

    def __init__(self) -> None:
        self._streamed = ""
        self._wrap = WordWrap(say)

    def show(self, result: Result, text: str) -> None:
        if not self._streamed:
            self._wrap.add(heading(result))
        self._streamed += text
        self._wrap.add(text)

    def close(self, result: Result, text: str) -> None:
        """Show what is not there yet of the whole `text`."""
        shown = self._streamed.strip()
        if shown and result["summary"].startswith(shown):
            self._wrap.add(result["summary"][len(shown) :] + page_list(result) + footing(result))
        else:
            self._wrap.add(f"\n\n{text}" if self._streamed else text)
        self._wrap.close()


def _say_warnings(result: Result, *, shown: bool) -> None:
    """On stderr too, for those who sent the summary elsewhere."""
    if not shown:
        for warning in result["warnings"]:
            note(f"warning: {warning}")
