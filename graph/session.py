"""One run from the command line: graph, progress, output. Everything a program does not need."""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from pathlib import Path

from graph.config import RunConfig
from graph.errors import ConfigError
from graph.pipeline import build_graph
from graph.progress import run_graph
from graph.report import footing, heading, to_json, to_markdown
from graph.state import InputState, OutputState


def run(config: RunConfig, *, quiet: bool) -> int:
    """Summarize what `config` names, write the summary to stdout (and output.path), and return the exit code."""
    source = config.load.source
    if not source:
        raise ConfigError("load.source: no document is given; set it, or use --input PATH.")
    path = _writable(config.output.path)
    app = build_graph(config)
    # When a run ends early, LangGraph drops the calls that still wait for a place; nothing is lost by that.
    warnings.filterwarnings("ignore", "coroutine 'arun_with_retry' was never awaited", RuntimeWarning)
    streamed = _Streamed() if sys.stdout.isatty() and config.output.format == "md" else None
    result = asyncio.run(
        run_graph(app, InputState(source=source), quiet=quiet, on_text=streamed.show if streamed else None)
    )
    model = model_name(config)
    text = to_json(result) if config.output.format == "json" else to_markdown(result, model)
    if streamed and streamed.text.strip() == result["summary"]:
        sys.stdout.write(footing(result, model))
    else:
        sys.stdout.write(text)
    sys.stdout.flush()
    if path:
        _write(path, text)
    _say_warnings(config, result)
    return 0 if result["summary"] else 4


def model_name(config: RunConfig) -> str:
    """The model as people call it."""
    return getattr(config.llm, "model", "the embedded TextRank model")


class _Streamed:
    """Shows the summary on a terminal while it is written, under its title."""

    def __init__(self) -> None:
        self.text = ""

    def show(self, result: OutputState, text: str) -> None:
        if not text:
            return
        if not self.text:
            sys.stdout.write(heading(result))
        self.text += text
        sys.stdout.write(text)
        sys.stdout.flush()


def _writable(path: str | None) -> Path | None:
    """Make sure, before any work, that the result will have a place."""
    if path is None:
        return None
    target = Path(path).expanduser()
    try:
        if target.is_dir():
            raise ConfigError(f"output.path: {target} is a folder; give a file in it.")
        if not target.parent.is_dir():
            raise ConfigError(f"output.path: {target.parent} is not a folder; make it, or choose another path.")
        if not os.access(target if target.exists() else target.parent, os.W_OK):
            raise ConfigError(f"output.path: {target} may not be written; choose another path.")
    except OSError as error:
        raise ConfigError(f"output.path: {target} cannot be used: {error.strerror}.") from None
    return target


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise ConfigError(
            f"output.path: {path} could not be written ({error.strerror}); the summary is on standard output."
        ) from None


def _say_warnings(config: RunConfig, result: OutputState) -> None:
    """On stderr too, for those who sent the summary elsewhere."""
    if config.output.format == "json" or not sys.stdout.isatty():
        for warning in result["warnings"]:
            sys.stderr.write(f"warning: {' '.join(warning.split())}\n")
