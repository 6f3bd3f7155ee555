"""What a run is given -> its cleaned pages: a path, several, or documents. And the node that reads them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph.config import get_stream_writer

from graph.channels import Lost
from graph.documents import (
    cancellable,
    clean_pages,
    find_documents,
    pages_from_documents,
    read_document,
    read_together,
)
from graph.documents.config import LoadConfig
from graph.documents.types import OnProgress, Reading
from graph.errors import ConfigError
from graph.state import PagesRead


def read_input(given: Mapping[str, Any], load: LoadConfig, on_progress: OnProgress | None) -> Reading:
    """Read the `documents` or the `source` that are given, or else what `load` names."""
    documents, source = given.get("documents"), given.get("source")
    if isinstance(documents, Lost):
        if not source:
            raise ConfigError("The documents of this run were not read yet and are not kept; give them again.")
    elif documents:
        return _cleaned(pages_from_documents(documents), load)
    elif not source and given:
        raise ConfigError(f"There is no document: {' and '.join(given)} of this run is empty.")
    source = source or load.source
    if not source:
        raise ConfigError(
            'load.source: no document is given; set it, use --input, or invoke with {"source": path}.'
        )
    paths = find_documents(_paths(source))
    if len(paths) == 1:
        return _cleaned(read_document(paths[0], load, on_progress=on_progress), load)
    return read_together(paths, load, on_progress=on_progress)


def _cleaned(reading: Reading, load: LoadConfig) -> Reading:
    return {**reading, "pages": clean_pages(reading["pages"], load)}


def _paths(source: object) -> list[str]:
    """One path or several, as text."""
    given: Sequence[Any] = source if isinstance(source, list | tuple) else [source]
    if not all(isinstance(path, str | Path) for path in given):
        raise ConfigError("source: give a path, or a list of paths.")
    return [str(path) for path in given]


class Loading(Protocol):
    """What a graph does to load its documents."""

    def load(self, state: Any, on_progress: OnProgress | None = None) -> dict[str, Any]:
        """Read what the state names; `on_progress` hears how far it is."""


class LoadNode(Runnable[Any, dict[str, Any]]):
    """The node that reads, for threads and for event loops. Not a RunnableLambda, for FlowNode's reasons."""

    name = "load"

    def __init__(self, nodes: Loading) -> None:
        self._nodes = nodes

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """Read the document, in this thread."""
        return self._nodes.load(input, _on_stream())

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> dict[str, Any]:
        """Read the document on a thread. When this task is cancelled, so is the read: the thread ends at once."""
        with cancellable():
            return await asyncio.to_thread(self._nodes.load, input, _on_stream())


def _on_stream() -> OnProgress:
    """Writes the pages read to the "custom" stream of the run around this call; nobody need listen to it."""
    write = get_stream_writer()

    def tell(done: int, wanted: int) -> None:
        write(PagesRead(type="pages_read", done=done, wanted=wanted))

    return tell
