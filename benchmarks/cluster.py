"""What do more workers bring, and what does the cluster cost for each document?

The same documents of ten pages, made from the handbook, through the real command: in one process, and with
`--cluster local:N`. What a document takes is measured between the first and the last quarter of the reports, when
all workers are busy; the start of processes is told apart. Prints, for each way, documents per minute, how much
more a document takes of a worker than of one process, seconds until the first report, the client's memory after a
quarter of the documents and in the end, and whether the summaries are those of one process.

    python benchmarks/cluster.py [--documents 16] [--workers 1 2 4]
    python benchmarks/cluster.py --seconds 1                            # answers that are waited for
    python benchmarks/cluster.py --pages 1 --documents 200 --workers 1  # memory: does it grow?

With --seconds, a server on this machine answers instead of the built-in model, each call after so long: as with a
large model, processors have little to do. It takes four calls at once from each worker, and never tires.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from tests.fakes import PROMPTS  # noqa: E402
from tests.misbehaving_server import Asked, Behaviour, MisbehavingServer, says  # noqa: E402
from tests.pdfs import make_pdf  # noqa: E402

LINES = 38  # of a page
LETTERS = 78  # of a line
SERVER: dict[str, Any] = {
    "llm": {"provider": "openai", "model": "m", "context_window": 8000, "max_tokens": 300, "max_concurrency": 4},
    "summarize": {"strategy": "map_reduce"},
    "prompts": PROMPTS,
}


@dataclass(frozen=True)
class Measured:
    """A run: when its reports were there, in seconds since the command; the client's megabytes on the way."""

    reports: list[float]
    quarter_mb: float
    end_mb: float

    @property
    def seconds(self) -> float:
        """What a document takes once all workers are busy."""
        quarter = len(self.reports) // 4
        middle = self.reports[quarter:-quarter]
        return (middle[-1] - middle[0]) / (len(middle) - 1)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=16)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, help="that an answer takes; without it, the built-in model")
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        config = "quickstart"
        if args.seconds:
            config = str(folder / "server.yaml")
            server = stack.enter_context(MisbehavingServer(partial(after, args.seconds)))
            Path(config).write_text(json.dumps(SERVER | {"llm": SERVER["llm"] | {"base_url": server.url}}))
        measure(args, config, folder)


def after(seconds: float, asked: Asked) -> Behaviour:
    """The script of a server whose answers take their time."""
    time.sleep(seconds)
    return says(" ".join(asked.document.split()[:60]))


def measure(args: argparse.Namespace, config: str, folder: Path) -> None:
    """Run each way, and print a row for each."""
    print(f"{os.cpu_count()} cores; {args.documents} documents of {args.pages} pages")
    print("              documents/min   overhead   first after s   client MB (quarter, end)   same")
    paths, alone = make_documents(folder, args.documents, args.pages), 0.0
    for workers in (0, *args.workers):
        output = folder / f"out-{workers}"
        ran = run(config, paths, workers, output)
        alone = alone or ran.seconds
        way = f"local:{workers}" if workers else "one process"
        overhead = ran.seconds * max(1, workers) / alone - 1
        same = texts(output) == texts(folder / "out-0")
        memory = f"{ran.quarter_mb:>15.0f} {ran.end_mb:>10.0f}"
        numbers = f"{60 / ran.seconds:>13.1f}   {overhead:>8.1%}   {ran.reports[0]:>13.1f}"
        print(f"{way:<13} {numbers}   {memory}   {same}", flush=True)


def run(config: str, paths: list[Path], workers: int, output: Path) -> Measured:
    """Summarize from the command line; without workers in one process."""
    command = [sys.executable, "-m", "graph", "run", config, "--quiet", "--no-cache", "--output", str(output)]
    command += ["--cluster", f"local:{workers}"] if workers else []
    started, quarter, most = time.time(), 0.0, 0.0
    process = subprocess.Popen(
        [*command, "--input", *map(str, paths)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    while process.poll() is None:
        most = max(most, memory_mb(process.pid))
        if not quarter and len(list(output.glob("document-*.md"))) > len(paths) // 4:
            quarter = most
        time.sleep(0.05)
    assert process.returncode == 0
    written = sorted(path.stat().st_mtime - started for path in output.glob("document-*.md"))
    return Measured(written, quarter, most)


def memory_mb(pid: int) -> float:
    """The most memory that a process has had, on Linux."""
    try:
        found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1000 if found else 0.0


def texts(folder: Path) -> dict[str, str]:
    """The reports of a run, without how long they took."""
    reports = [path for path in folder.glob("*.md") if path.stem != "index"]
    return {path.name: re.sub(r"in [\d.]+ s\.", "", path.read_text("utf-8")) for path in reports}


def make_documents(folder: Path, number: int, pages: int) -> list[Path]:
    """PDFs, each from another place of the handbook."""
    text = " ".join((ROOT / "examples" / "handbook.md").read_text("ascii", "ignore").split())
    lines = [text[at : at + LETTERS] for at in range(0, len(text) - LETTERS, LETTERS)]
    paths = []
    for index in range(number):
        begin = index * 7
        chosen = [lines[(begin + line) % len(lines)] for line in range(pages * LINES)]
        path = folder / f"document-{index:04}.pdf"
        path.write_bytes(make_pdf(["\n".join(chosen[page * LINES :][:LINES]) for page in range(pages)]))
        paths.append(path)
    return paths


if __name__ == "__main__":
    main()
