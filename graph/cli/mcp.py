"""`mcp`: the tools of graph.service.mcp over standard input and output, for a client that starts this program."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from graph.cli.check import check_configuration
from graph.cli.first_look import Request
from graph.cli.serve import default_folder, refuse_without_extra
from graph.cli.streams import note
from graph.config import RunConfig
from graph.errors import ConfigError

if TYPE_CHECKING:
    import anyio
    from mcp.server import Server

    from graph.service.jobs import Jobs

# Seconds that summaries under way have at the end: clients kill a server that takes more than two.
_DRAIN = 1.0

# A document as text is one line of the protocol.
_LONGEST_LINE = 2**27
_BLOCK = 2**16

# Clients that run at the same time have a folder each: mcp, mcp-2, …
_FOLDERS = 20


def mcp(request: Request, data: str | None) -> int:
    """Serve one client until it goes, and return the exit code. Jobs it leaves behind go on when it comes back."""
    refuse_without_extra("mcp")
    check_configuration(request)
    if sys.stdin and sys.stdin.isatty():
        note("This command is for an MCP client to start: it waits for one on standard input. Ctrl-C ends it.")
    with _wire() as (incoming, outgoing):
        asyncio.run(_serve(request.config, data, incoming, outgoing))
    return 0


@contextmanager
def _wire() -> Iterator[tuple[int, int]]:
    """Descriptors of what the client writes and reads. Whatever else is printed goes to standard error."""
    incoming, outgoing, nothing = os.dup(0), os.dup(1), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    try:
        yield incoming, outgoing
    finally:
        os.dup2(incoming, 0)
        os.dup2(outgoing, 1)


async def _serve(config: RunConfig, data: str | None, incoming: int, outgoing: int) -> None:
    from graph.service.mcp.server import Caller, make_server

    jobs = await _open(config, data)
    caller = Caller(jobs, "local", "local", asyncio.Event())
    talking = asyncio.ensure_future(_talk(make_server(lambda _: caller, here=True), incoming, outgoing))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, talking.cancel)
    try:
        await talking
    except* (asyncio.CancelledError, BrokenPipeError):
        pass  # a signal came, or the client has gone
    finally:
        await jobs.stop(_DRAIN)


async def _talk(server: Server[Any], incoming: int, outgoing: int) -> None:
    import anyio
    from mcp.server.stdio import stdio_server

    lines = cast("anyio.AsyncFile[str]", _lines(incoming))
    written = anyio.wrap_file(os.fdopen(outgoing, "w", encoding="utf-8", closefd=False))
    async with stdio_server(lines, written) as (read, write):
        await server.run(read, write, server.create_initialization_options())


async def _open(config: RunConfig, data: str | None) -> Jobs:
    """The jobs of the folder `data`, or of the first of our own that no other process has."""
    from graph.service.errors import FolderInUseError, StorageError
    from graph.service.jobs import Jobs

    own = [default_folder() / ("mcp" if number == 1 else f"mcp-{number}") for number in range(1, _FOLDERS + 1)]
    folders = [Path(os.path.expanduser(data)).absolute()] if data else own
    for folder in folders:
        jobs = Jobs(config, folder)
        try:
            await jobs.start()
        except (FolderInUseError, StorageError) as error:
            if isinstance(error, StorageError) or folder == folders[-1]:
                raise ConfigError(f"--data {folder}: {error}") from None
        else:
            return jobs
    raise AssertionError  # the last folder returns or raises


async def _lines(descriptor: int) -> AsyncIterator[str]:
    """What is written to a descriptor, line by line. Nothing waits for the thread that reads when this ends."""
    loop, reader = asyncio.get_running_loop(), asyncio.StreamReader(limit=_LONGEST_LINE)

    def read() -> None:
        with suppress(RuntimeError):  # the loop is closed
            while block := os.read(descriptor, _BLOCK):
                loop.call_soon_threadsafe(reader.feed_data, block)
            loop.call_soon_threadsafe(reader.feed_eof)

    threading.Thread(target=read, daemon=True).start()
    while not reader.at_eof():
        with suppress(ValueError):  # the line is too long: what is left of it is no message, and passed over too
            if line := await reader.readline():
                yield line.decode("utf-8", "replace")
