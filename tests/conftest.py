"""What every test gets: no network beyond this machine, and checkpoints made once."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Before any import of a Hugging Face library, and for the subprocesses of tests too.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["LANGSMITH_TRACING"] = "false"

import pytest

_HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "", None}


# A shell that starts a program in the background makes it deaf to Ctrl-C, and so all programs that it starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# Files with a test that takes long come first, so that at the end no process waits for another one.
_LONG = (
    "test_types_for_users.py",
    "test_soak.py",
    "test_soak_thinking.py",
    "test_properties.py",
    "test_survival.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Called by pytest: sort the tests."""
    items.sort(key=lambda item: item.path.name not in _LONG)


class NetworkUsed(AssertionError):
    """A test reached for the network."""


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection and every name look-up that leaves this machine."""
    connect, connect_ex, look_up = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def check(host: object) -> None:
        if host not in _HERE:
            raise NetworkUsed(f"a test reached for {host!r}; tests use no network")

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            check(address[0])
        return connect_ex(self, address)

    def guarded_look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        check(host.decode() if isinstance(host, bytes) else host)
        return look_up(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
    monkeypatch.setattr(socket, "getaddrinfo", guarded_look_up)


@pytest.fixture(autouse=True)
def own_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds answers that another one, or a person, has left."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """A checkpoint folder per family ("gemma", "gemma2", …), made at first use, and per way of thinking. Do not
    change it. With one of its `layers`, a token takes half the time: where it is not the network that is tested.
    """
    made: dict[tuple[str, str | None, int], Path] = {}

    def folder(family: str = "gemma", thinking: str | None = None, layers: int = 4) -> Path:
        key = (family, thinking, layers)
        if key not in made:
            from tests.checkpoints import make_checkpoint

            path = tmp_path_factory.mktemp(family) / family
            made[key] = make_checkpoint(path, family, thinking=thinking, layers=layers)  # type: ignore[arg-type]
        return made[key]

    return folder


@pytest.fixture(scope="session")
def configs() -> Path:
    """The folder of the configurations that ship."""
    return Path(__file__).parent.parent / "configs"
