"""A Dask cluster of processes on this machine, started as people start one, to be killed one by one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[3]

# Waits for real only where a test fails.
PATIENCE = 120.0


class Machines:
    """A scheduler, and workers that die of themselves when it does. All is ended with the `with` block."""

    def __init__(
        self, folder: Path, workers: int, *more: str, environment: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
        self._wanted, self._more = workers, more
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Machines:
        file = self._folder / "scheduler.json"
        self.scheduler = self._start("scheduler", "--port", "0", "--scheduler-file", str(file))
        self.address = str(json.loads(_when_written(file, self.scheduler))["address"])
        for _ in range(self._wanted):
            self.add(*self._more)
        return self

    def add(self, *more: str, environment: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start one more worker. Without a nanny: a process that is killed stays dead."""
        options = ["--no-nanny", "--nthreads", "2", "--local-directory", str(self._folder)]
        worker = self._start("worker", self.address, *options, *more, environment=environment)
        self.workers.append(worker)
        return worker

    def __exit__(self, kind: type[BaseException] | None, value: object, traceback: TracebackType | None) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def _start(
        self, part: str, *arguments: str, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        here = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{part}", *arguments, *here],
            env={**self._environment, **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _when_written(file: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + PATIENCE
    while not (file.exists() and (text := file.read_text()).endswith("}")):
        assert process.poll() is None, "the scheduler has ended"
        assert time.monotonic() < until
        time.sleep(0.05)
    return text
