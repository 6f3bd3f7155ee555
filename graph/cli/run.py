"""One run from the command line: graph, progress, output. Everything a program does not need."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import warnings
from pathlib import Path

from graph.cli.batch import how_to_go_on, run_series
from graph.cli.output import choose_files, is_folder, say, writable, writable_folder, write_file
from graph.cli.progress import run_graph
from graph.config import RunConfig
from graph.documents.find import find_documents
from graph.errors import ConfigError, Interrupted
from graph.pipeline import build_graph
from graph.report import footing, heading, render
from graph.report.citations import page_list
from graph.results.types import Result
from graph.state import InputState


def run(config: RunConfig, config_path: str, *, quiet: bool) -> int:
    """Summarize what `config` names, write the summary to stdout (and output.path), and return the exit code.

    `config_path` is the file that `config` was read from, which must not be written.
    """
    source = config.load.source
    if not source:
        raise ConfigError("load.source: no document is given; set it, or use --input PATH.")
    if logging.lastResort:
        logging.lastResort.setFormatter(logging.Formatter("warning: %(message)s"))
    # When a run ends early, LangGraph drops the calls that still wait for a place; nothing is lost by that.
    warnings.filterwarnings("ignore", "coroutine 'arun_with_retry' was never awaited", RuntimeWarning)
    several = isinstance(source, list) or os.path.isdir(os.path.expanduser(source))
    sources = [source] if isinstance(source, str) else source
    if several and not config.summarize.together:
        return run_series(config, sources, quiet=quiet)
    return _run_one(config, sources, config_path, quiet)


def _run_one(config: RunConfig, sources: list[str], config_path: str, quiet: bool) -> int:
    path = _output(config, sources, config_path)
    app = build_graph(config)
    # A page of HTML that goes to a file is of no use on a terminal, too.
    shown = "md" if config.output.format == "html" and path else config.output.format
    streamed = _Streamed() if sys.stdout.isatty() and shown == "md" else None
    try:
        result = asyncio.run(
            run_graph(app, InputState(source=sources), quiet=quiet, on_text=streamed.show if streamed else None)
        )
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted. {how_to_go_on(config)}") from None
    text = render(result, shown)
    if streamed and streamed.text.strip() == result["summary"]:
        say(page_list(result) + footing(result))
    else:
        say(f"\n\n{text}" if streamed and streamed.text else text)
    if path:
        saved = text if shown == config.output.format else render(result, config.output.format)
        write_file(path, saved, "the summary is on standard output")
    _say_warnings(config, result)
    if not result["summary"]:
        return 4
    return 3 if any("refused" in file for file in result["files"]) else 0


def _output(config: RunConfig, sources: list[str], config_path: str) -> Path | None:
    """The file for the summary; in a folder, it is called as the document, or "summary" of several."""
    path = config.output.path
    documents = find_documents(sources)
    if is_folder(path) and (folder := writable_folder(path)):
        name = documents[0] if len(documents) == 1 else Path("summary.pdf")
        path = str(choose_files(folder, [name], f".{config.output.format}")[0])
    reads = [*map(str, documents), config_path, *filter(None, [config.prompts.file])]
    return writable(path, reads)


class _Streamed:
    """Shows the summary on a terminal while it is written, under its title."""

    def __init__(self) -> None:
        self.text = ""

    def show(self, result: Result, text: str) -> None:
        if not text:
            return
        if not self.text:
            say(heading(result))
        self.text += text
        say(text)


def _say_warnings(config: RunConfig, result: Result) -> None:
    """On stderr too, for those who sent the summary elsewhere."""
    if config.output.format == "json" or not sys.stdout.isatty():
        for warning in result["warnings"]:
            sys.stderr.write(f"warning: {' '.join(warning.split())}\n")
