"""`run --watch`: a folder of reports kept up to date while files come and change, until Ctrl-C."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from graph.cli.batch import Again, run_documents
from graph.cli.streams import note
from graph.config import RunConfig
from graph.documents.characters import printable
from graph.documents.find import is_document
from graph.errors import ConfigError
from graph.pipeline import build_graph

# Milliseconds without a change after which a file is taken to be whole, and after which it is looked at anyway.
_QUIET, _LONGEST = 1000, 600_000
_LOOK = 500  # milliseconds between two looks


def refuse_watching(config: RunConfig, paths: Sequence[str]) -> None:
    """Raise ConfigError if there is nothing to watch, nowhere for reports, or no package to do it with."""
    if config.output.path is None or config.summarize.together:
        raise ConfigError("--watch makes a report of each document; name a folder for them with --output.")
    if not _folders(paths):
        raise ConfigError("--watch waits for files in a folder; name one, and not only files.")
    if find_spec("watchfiles") is None:
        raise ConfigError(
            "--watch needs the package watchfiles; install it with: pip install 'mlx-pdf-summarizer[watch]'."
        )


def watch_documents(config: RunConfig, paths: Sequence[str], *, quiet: bool, again: Again) -> int:
    """Summarize what is to be done, then wait for more. Ends with Ctrl-C: with 0 if nothing was under way."""
    app = None if config.cluster.address else build_graph(config)
    folders = _folders(paths)
    changes = _changes(folders)
    next(changes)  # from now on, nothing is missed
    run_documents(config, paths, quiet=quiet, again=again, app=app)
    names = ", ".join(printable(str(folder)) for folder in folders)
    if not quiet:
        note(f"Watching {names} for new and changed documents; Ctrl-C ends it.")
    try:
        for changed in changes:
            if changed:
                run_documents(config, paths, quiet=quiet, app=app)
    except KeyboardInterrupt:
        if not quiet:
            note("No longer watching.")
    return 0


def _folders(paths: Sequence[str]) -> list[Path]:
    return [path for name in paths if (path := Path(os.path.expanduser(name))).is_dir()]


def _changes(folders: Sequence[Path]) -> Iterator[Collection[object]]:
    """The documents that came or changed, once they have been let alone for a while; often there are none."""
    from watchfiles import watch

    def matters(change: object, path: str) -> bool:
        return any(
            is_document(Path(path).relative_to(folder)) for folder in whole if Path(path).is_relative_to(folder)
        )

    whole = [folder.resolve() for folder in folders]
    return watch(
        *whole, watch_filter=matters, step=_QUIET, debounce=_LONGEST, rust_timeout=_LOOK, yield_on_timeout=True
    )
