"""What do more workers bring, and what does the cluster cost for each document?

The same documents of ten pages, made from the handbook, through the real command with the built-in model: in one
process, and with `--cluster local:N`. Two runs of each, over a quarter and over all of them, tell the start from
what a document takes. Prints, for each way, documents per minute, processor time for each document, the client's
memory, and whether the summaries are those of one process.

    python benchmarks/cluster.py [--documents 16] [--workers 1 2 4]
    python benchmarks/cluster.py --seconds 2                            # answers that are waited for
    python benchmarks/cluster.py --pages 1 --documents 200 --workers 1  # memory: does it grow?

With --seconds, a server on this machine answers instead, each call after so long: as with a large model, the
processors have little to do, and seconds tell what the cluster costs. (Workers share a server that never tires.)
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
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
    """A run: seconds from the command to its end, seconds of processors, megabytes of the client at its most."""

    wall: float
    processor: float
    client_mb: float


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
    print("                 documents/min   overhead   processor s/document   client MB (few, all)   same")
    paths = make_documents(folder, args.documents, args.pages)
    few_paths = paths[: max(2, len(paths) // 4)]
    more, alone = len(paths) - len(few_paths), 0.0
    for workers in (0, *args.workers):
        few = run(config, few_paths, workers, folder / f"few-{workers}")
        every = run(config, paths, workers, folder / f"out-{workers}")
        seconds = (every.wall - few.wall) / more
        processor = (every.processor - few.processor) / more
        alone = alone or seconds
        same = texts(folder / f"out-{workers}") == texts(folder / "out-0")
        way = f"local:{workers}" if workers else "one process"
        overhead = seconds * max(1, workers) / alone - 1
        memory = f"{few.client_mb:>12.0f} {every.client_mb:>7.0f}"
        print(
            f"{way:<16} {60 / seconds:>13.1f}   {overhead:>7.1%}   {processor:>20.2f}   {memory}   {same}",
            flush=True,
        )


def run(config: str, paths: list[Path], workers: int, output: Path) -> Measured:
    """Summarize from the command line; without workers in one process."""
    command = [
        sys.executable,
        "-m",
        "graph",
        "run",
        "quickstart",
        "--quiet",
        "--no-cache",
        "--output",
        str(output),
    ]
    command += ["--cluster", f"local:{workers}"] if workers else []
    before, started = used(), time.perf_counter()
    process = subprocess.Popen(
        [*command, "--input", *map(str, paths)], env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    most = 0.0
    while process.poll() is None:
        most = max(most, memory_mb(process.pid))
        time.sleep(0.05)
    assert process.returncode == 0
    return Measured(time.perf_counter() - started, used() - before, most)


def used() -> float:
    """Processor seconds of all processes so far that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


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
