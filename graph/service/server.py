"""The web server: the port, how long it waits for slow ones, and how it ends."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from chains.config import PromptsConfig
from chains.prompts import PromptError, read_prompts
from graph.config import RunConfig
from graph.errors import ConfigError
from graph.service.access import TOKEN_VARIABLE, Access
from graph.service.app import create_app
from graph.service.errors import FolderInUseError, StorageError
from graph.service.jobs import Jobs
from graph.service.security import is_loopback

_HEAD_SECONDS = 10  # for the head of a request to come, and for a body to end that nobody waits for
_WRITE_SECONDS = 60  # for a client to read what fills the buffers
_KEEP_ALIVE_SECONDS = 15
_CLOSE_SECONDS = 5  # for answers under way, when the service ends
_LEAVE_SECONDS = 2  # for the process, when all is done
_HEAD_BYTES = 2**15
_CONNECTIONS = 1000
_FILES = 4096  # that may be open at once; macOS gives 256


@dataclass(frozen=True)
class Place:
    """Where the service is: on which address, behind what, and where it keeps things."""

    host: str
    port: int
    folder: Path
    root_path: str = ""


def serve(config: RunConfig, place: Place, tokens: Mapping[str, str], *, announce: Callable[[str], None]) -> None:
    """Serve until a signal ends it. `announce` gets the address to open, once it answers.

    Raises:
        ConfigError: the port, the folder or the prompt sets cannot be used, or strangers could use it.
        llm.errors.ModelError: the model cannot be loaded.
    """
    if not tokens and not is_loopback(place.host):
        raise ConfigError(
            f"--host {place.host}: others could use the service there; give it a token, with --token-file "
            f"or in {TOKEN_VARIABLE}."
        )
    _refuse_broken_prompt_sets(config)
    with _listen(place.host, place.port) as listener:
        _raise_file_limit()
        asyncio.run(_serve(config, place, tokens, listener, announce))


async def _serve(
    config: RunConfig,
    place: Place,
    tokens: Mapping[str, str],
    listener: socket.socket,
    announce: Callable[[str], None],
) -> None:
    jobs = Jobs(config, place.folder)
    app = create_app(config, jobs, Access(tokens, place.folder), host=place.host)
    server = Server(app, lambda: announce(_address(place, listener)), root_path=place.root_path)
    with server.capture_signals():
        try:
            await jobs.start()
        except (FolderInUseError, StorageError) as error:
            raise ConfigError(f"--data {place.folder}: {error}") from None
        try:
            await server.answer(listener)
        finally:
            await jobs.stop(config.service.drain_seconds)
    _leave()


def _leave() -> None:
    """End soon: all is on disk, and a thread that still computes for a job that was put back holds nothing up."""
    end = threading.Timer(_LEAVE_SECONDS, os._exit, (0,))
    end.daemon = True
    end.start()


class Server(uvicorn.Server):
    """uvicorn, which a first signal ends in order, and a second at once. `begun` is called when it answers."""

    def __init__(self, app: FastAPI, begun: Callable[[], None], *, root_path: str = "") -> None:
        self._app = app
        self._begun = begun
        super().__init__(
            uvicorn.Config(
                app,
                http=BoundedProtocol,
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                proxy_headers=app.state.config.service.forwarded,
                root_path=root_path,
                limit_concurrency=_CONNECTIONS,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=_CLOSE_SECONDS,
                h11_max_incomplete_event_size=_HEAD_BYTES,
            )
        )

    async def answer(self, listener: socket.socket) -> None:
        """Answer requests until `should_exit`."""
        await self._serve([listener])

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        if self.started:
            self._begun()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let streams end, and then the rest."""
        self._app.state.stopping.set()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal. Before there is anything to end in order, and the second time, it does what it does."""
        if self.should_exit or not self.started:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self.should_exit = True


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 that waits only so long: for a head, for a body that nobody reads, for an answer to be read."""

    _deadline: asyncio.TimerHandle | None = None
    _write_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first head."""
        super().connection_made(transport)
        self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing."""
        self._end()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came. Time runs from the first byte of a head to its last."""
        if not self._is_answering() and self._deadline is None:
            self._begin()
        super().data_received(data)
        if self._is_answering():
            self._end()

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        self._write_deadline = self.loop.call_later(_WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It does."""
        if self._write_deadline:
            self._write_deadline.cancel()
        super().resume_writing()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _begin(self) -> None:
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._give_up)

    def _end(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._is_answering():
            self.transport.abort()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
        # Connections inherit it; asyncio, which else sets it, does not see that they are TCP. It saves 40 ms.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except OSError as error:
        hint = "choose another with --port" if port else "check --host"
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else "there is no such host"
        raise ConfigError(f"--host {host} --port {port}: {reason}; {hint}.") from None
    except OverflowError:
        raise ConfigError(f"--port {port}: a port is a number from 0 to 65535.") from None


def _address(place: Place, listener: socket.socket) -> str:
    host = socket.gethostname() if place.host in ("0.0.0.0", "::") else place.host
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}{place.root_path}/"


def _raise_file_limit() -> None:
    """Each reader of a stream is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES and (hard == resource.RLIM_INFINITY or hard > soft):
        most = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _refuse_broken_prompt_sets(config: RunConfig) -> None:
    for file in config.service.prompt_sets:
        try:
            read_prompts(PromptsConfig(file=file))
        except PromptError as error:
            raise ConfigError(f"service.prompt_sets: {str(error).removeprefix('prompts.file: ')}") from None
