"""`run`: graph, progress, output. Everything a program does not need."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import warnings
from pathlib import Path

from graph.cli.arguments import refuse_other_endings, without_stdin
from graph.cli.bars import StageBars
from graph.cli.batch import how_to_go_on, run_documents
from graph.cli.output import choose_files, is_folder, writable, writable_folder, write_file
from graph.cli.progress import run_graph
from graph.cli.streams import note, say
from graph.cli.terminal import WordWrap
from graph.config import RunConfig
from graph.documents.characters import printable
from graph.documents.find import find_documents
from graph.errors import ConfigError, Interrupted
from graph.pipeline import build_graph
from graph.report import footing, heading, render
from graph.report.citations import page_list
from graph.results.types import Result
from graph.state import InputState


def run(config: RunConfig, config_path: str, *, quiet: bool, any_ending: bool = False) -> int:
    """Summarize what `config` names, write the summary to stdout or to output.path, and return the exit code.

    `config_path` is the file that `config` was read from, which must not be written. With `any_ending` the output
    may have an ending that is none of ours.
    """
    source = config.load.source
    if not source:
        raise ConfigError("load.source: no document was given; set it, or name a document on the command line.")
    if logging.lastResort:
        logging.lastResort.setFormatter(logging.Formatter("warning: %(message)s"))
    # When a run ends early, LangGraph drops the calls that still wait for a place; nothing is lost by that.
    warnings.filterwarnings("ignore", "coroutine 'arun_with_retry' was never awaited", RuntimeWarning)
    several = isinstance(source, list) or os.path.isdir(os.path.expanduser(source))
    one_summary = not several or config.summarize.together
    if config.output.path and one_summary and not is_folder(config.output.path) and not any_ending:
        refuse_other_endings(config.output.path)
    given = [source] if isinstance(source, str) else source
    with without_stdin(given, config.load.max_file_mb) as sources:
        if one_summary:
            return _run_one(config, sources, config_path, quiet)
        return run_documents(config, sources, quiet=quiet)


def _run_one(config: RunConfig, sources: list[str], config_path: str, quiet: bool) -> int:
    path, form = _output(config, sources, config_path), config.output.format
    app, screen = build_graph(config), None
    if not path and form == "md" and sys.stdout.isatty():
        screen = _Screen()
    bars = StageBars(quiet)
    try:
        work = run_graph(app, InputState(source=sources), bars=bars, on_text=screen.show if screen else None)
        result = asyncio.run(work)
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted.{how_to_go_on(config, bars.answers)}") from None
    text = render(result, form)
    if path:
        _save(path, text, quiet)
    elif screen:
        screen.close(result, text)
    else:
        say(text)
    _say_warnings(result, shown=screen is not None)
    if not result["summary"]:
        return 4
    return 3 if any("refused" in file for file in result["files"]) else 0


def _save(path: Path, text: str, quiet: bool) -> None:
    try:
        write_file(path, text, "the summary is on standard output instead")
    except ConfigError:
        say(text)
        raise
    if not quiet:
        note(f"The summary is in {printable(str(path))}.")


def _output(config: RunConfig, sources: list[str], config_path: str) -> Path | None:
    """The file for the summary; in a folder it is named after the document, or "summary" for several."""
    path = config.output.path
    documents = find_documents(sources)
    if is_folder(path) and (folder := writable_folder(path)):
        name = documents[0] if len(documents) == 1 else Path("summary.pdf")
        path = str(choose_files(folder, [name], f".{config.output.format}")[0])
    reads = [*map(str, documents), config_path, *filter(None, [config.prompts.file])]
    return writable(path, reads)


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
        if self._streamed.strip() == result["summary"]:
            self._wrap.add(page_list(result) + footing(result))
        else:
            self._wrap.add(f"\n\n{text}" if self._streamed else text)
        self._wrap.close()


def _say_warnings(result: Result, *, shown: bool) -> None:
    """On stderr too, for those who sent the summary elsewhere."""
    if not shown:
        for warning in result["warnings"]:
            note(f"warning: {warning}")
