"""What do thousands of documents cost: the first run, a run that has nothing to do, the memory, the index?

    python benchmarks/corpus.py [--documents 2000] [--most-pages 400] [--rows 100000]

PDFs of random prose, from 1 page to --most-pages (as many short ones as the logarithm says), are summarized by
the built-in model into a folder, from the command line, in a process of its own; so is a quarter of them before,
to see whether memory grows. Then the command runs over two folders all of whose reports are there: of ten
documents and of ten thousand. At last an index of --rows rows, made by code, is written, and opened and searched
in a headless Chromium, where there is one. Of wall times on a busy machine only ratios mean anything.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from scale import make_book  # noqa: E402

from graph import load_config  # noqa: E402
from graph.cli.folder_index import FolderIndex, made_by, report_link  # noqa: E402
from graph.report.html.index import html_index  # noqa: E402
from graph.report.index import IndexRow, row_without  # noqa: E402

SETTINGS = ["cache.enabled=false"]
ANSWERED = "() => document.getElementById('count').textContent"
IDLE = (10, 10_000)  # documents that have nothing to be done

# A run of the command line, which says in the end how much memory the process held: not those that read.
RUN = """
import resource, sys
from graph.cli.main import main
code = main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
sys.exit(code)
"""


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--most-pages", type=int, default=400)
    parser.add_argument("--rows", type=int, default=100_000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pages = make_documents(folder / "all", args.documents, args.most_pages)
        quarter = folder / "quarter"
        quarter.mkdir()
        for path in sorted((folder / "all").glob("*.pdf"))[: args.documents // 4]:
            shutil.copy(path, quarter)
        _, small = run(quarter, folder / "first")
        seconds, large = run(folder / "all", folder / "out")
        print(f"{args.documents:,} documents of {pages:,} pages: {60 * args.documents / seconds:.1f} a minute")
        print(f"                         {1e3 * seconds / pages:.1f} ms a page")
        print(f"memory of the program    {large} MB; a quarter of the documents: {small} MB")
        few, many = (idle_seconds(folder / str(count), count) for count in IDLE)
        each = 1e3 * (many - few) / (IDLE[1] - IDLE[0])
        print(f"nothing to do, {IDLE[1]:,}    {many:.2f} s, {each:.2f} ms a document")
        measure_index(folder / "index.html", args.rows)


def make_documents(folder: Path, count: int, most: int) -> int:
    """PDFs of 1 to `most` pages. Returns how many pages there are."""
    folder.mkdir()
    chance = random.Random(0)
    made: dict[int, Path] = {}
    total = 0
    for number in range(count):
        pages = round(most ** chance.random())
        path = folder / f"document-{number:05}.pdf"
        if pages in made:  # to make them would take longer than to read them
            path.write_bytes(made[pages].read_bytes() + f"\n% {number}\n".encode())
        else:
            make_book(path, pages)
            made[pages] = path
        total += pages
    return total


def idle_seconds(folder: Path, count: int) -> float:
    """Seconds of a run all of whose reports are there."""
    source, output = folder / "in", folder / "out"
    source.mkdir(parents=True)
    output.mkdir()
    paths = [source / f"document-{number:05}.pdf" for number in range(count)]
    for path in paths:
        path.write_bytes(b"%PDF-1.4 " + path.name.encode())
    index = FolderIndex(output, "md", made_by(load_config("quickstart", SETTINGS)))
    for planned in index.plan(paths):
        planned.file.write_text("A summary.")
        index.add(planned, made_up_row(0) | {"report": report_link(planned.file), "document": planned.name})
    index.write()
    return min(run(source, output)[0] for _ in range(3))


def run(source: Path, output: Path) -> tuple[float, int]:
    """Seconds of a whole run, and the megabytes of its process."""
    settings = [f"--set={setting}" for setting in SETTINGS]
    words = ["run", "quickstart", str(source), "--output", str(output), "--quiet", *settings]
    started = time.perf_counter()
    process = subprocess.run(
        [sys.executable, "-c", RUN, *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - started, int(process.stdout.split()[-1])


def made_up_row(number: int) -> IndexRow:
    """A row of a document that does not exist."""
    row = row_without(f"./{number}.html", f"folder/document {number}.pdf", "done", "", number % 90)
    said = f"Report {number} says what the harbour of town {number % 977} cost, and who paid for it in the end. "
    row |= {"title": f"The harbour of town {number % 977}", "language": "en", "pages": number % 400}
    row |= {"beginning": said, "summary": said * 12, "words": 228, "flagged": number % 3}
    return row


def measure_index(path: Path, count: int) -> None:
    """Write an index, and open it."""
    rows = [made_up_row(number) for number in range(count)]
    started = time.perf_counter()
    with path.open("w", encoding="utf-8") as file:
        file.writelines(html_index(rows))
    seconds, size = time.perf_counter() - started, path.stat().st_size / 1e6
    print(f"index of {count:,} rows   {seconds:.1f} s to write, {size:.0f} MB")
    chromium = shutil.which("chromium")
    if chromium:
        print(f"in Chromium              {json.dumps(opened(path, chromium))}")


def opened(path: Path, chromium: str) -> dict[str, Any]:
    """Seconds until the page is there, until searches have their answers, and until a column is sorted."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        page = browser.new_page()
        page.set_default_timeout(120_000)
        times = {"open": timed(lambda: page.goto(path.as_uri()))}
        for name, town in (("first search", 976), ("next search", 975)):
            page.evaluate("document.getElementById('count').textContent = ''")
            page.fill("#search", f"town {town}")
            times[name] = timed(lambda: page.wait_for_function(ANSWERED))
        times["sort"] = timed(lambda: page.click("th:nth-child(2) button"))
        browser.close()
    return times


def timed(act: Callable[[], object]) -> float:
    """Seconds that something takes."""
    started = time.perf_counter()
    act()
    return round(time.perf_counter() - started, 2)


if __name__ == "__main__":
    main()
