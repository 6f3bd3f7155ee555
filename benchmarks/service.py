"""Does the service answer while it works, and does it stay small?

A real `python -m graph serve` on this machine. Thousands of jobs are queued, the model is busy with them, and
hundreds of readers hear of jobs that wait. Meanwhile requests for the page, the list and a job are timed.

    python benchmarks/service.py [--jobs 10000] [--readers 200] [--config CONFIG]

Prints the milliseconds of half and of 95 % of the requests, before and after, and the server's memory.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 100  # files of a request
REQUESTS = 200  # timed, of each kind
WORDS = "The harbour opens at six. In {n} the pilot boat came {n} times. Nobody counted the gulls. " * 12


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--config", default="quickstart")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, url = start(args.config, Path(folder) / "data", args.jobs)
        try:
            asyncio.run(measure(url, process.pid, args.jobs, args.readers))
        finally:
            process.terminate()
            process.wait(60)


def start(config: str, data: Path, jobs: int) -> tuple[subprocess.Popen[str], str]:
    """A server on a free port, and its address."""
    settings = [
        f"service.max_queue={jobs + 1000}",
        "service.requests_per_minute=1000000",
        "service.drain_seconds=1",
        "cache.enabled=false",
    ]
    command = [sys.executable, "-m", "graph", "serve", config, "--port", "0", "--data", str(data)]
    command += [part for setting in settings for part in ("--set", setting)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    address = re.search(r"http://\S+", process.stdout.readline())
    if not address:
        raise SystemExit("The service did not start.")
    return process, address[0]


async def measure(url: str, pid: int, jobs: int, readers: int) -> None:
    """One row for the idle service, one for the busy one."""
    limits = httpx.Limits(max_connections=readers + 50)
    async with httpx.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
        first = (await submit(client, 0, 1))[0]
        print(f"{'':<28}{'page':>16}{'list':>16}{'a job':>16}{'memory':>10}")
        await row("idle", client, first, pid)
        began = time.perf_counter()
        ids = [id for start in range(0, jobs, AT_ONCE) for id in await submit(client, start, AT_ONCE)]
        seconds = time.perf_counter() - began
        await row(f"{len(ids)} jobs queued", client, ids[-1], pid)
        heard: list[int] = [0]
        listeners = [asyncio.create_task(listen(client, id, heard)) for id in ids[-readers:]]
        await asyncio.sleep(5)
        await row(f"and {readers} readers", client, ids[-1], pid)
        left = (await client.get("/readyz")).status_code
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    print(f"{len(ids) / seconds:.0f} jobs queued a second; {heard[0]} events heard; /readyz {left}")
    print("page, list, a job: milliseconds of half and of 95 % of the requests; memory: megabytes")


async def submit(client: httpx.AsyncClient, first: int, count: int) -> list[str]:
    """The ids of so many new summaries, each of a text of its own."""
    files = [
        ("files", (f"harbour {n}.txt", WORDS.replace("{n}", str(n)), "text/plain"))
        for n in range(first, first + count)
    ]
    response = await client.post("/api/summaries", files=files)
    response.raise_for_status()
    return [summary["id"] for summary in response.json()["summaries"]]


async def listen(client: httpx.AsyncClient, id: str, heard: list[int]) -> None:
    """Hear the events of a job."""
    with suppress(httpx.HTTPError):
        async with client.stream("GET", f"/api/summaries/{id}/events", timeout=None) as response:
            async for line in response.aiter_lines():
                heard[0] += line.startswith("event:")


async def row(name: str, client: httpx.AsyncClient, id: str, pid: int) -> None:
    """Time requests of each kind, and print them."""
    times = [await timed(client, path) for path in ("/", "/api/summaries", f"/api/summaries/{id}")]
    shown = "".join(f"{half:8.1f}{most:8.1f}" for half, most in times)
    print(f"{name:<28}{shown}{resident(pid):10.0f}", flush=True)


async def timed(client: httpx.AsyncClient, path: str) -> tuple[float, float]:
    """Milliseconds of half, and of 95 %, of the requests."""
    taken = []
    for _ in range(REQUESTS):
        began = time.perf_counter()
        (await client.get(path)).raise_for_status()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken), statistics.quantiles(taken, n=20)[-1]


def resident(pid: int) -> float:
    """Memory of a process, in megabytes."""
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) / 1024


if __name__ == "__main__":
    main()
