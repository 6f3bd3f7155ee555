"""How long does reading a PDF take, and which part of it?

For every PDF below the given folders, each page is read in this process, by the code that reads it in the worker:
milliseconds of processor time a page, and how many times what PDFium needs to give the text of the same page as it
is. Then the whole file is read as the program does, in a process of its own.

- pdfium: to load the page and take its text, in milliseconds
- median, mean, slowest: of the pages, lines and labels included, in milliseconds
- words, objects, hidden, layout: the parts of it, in times of `pdfium`
- whole: this process and the worker, its start included, in milliseconds a page

On a machine that does other work as well, only the ratios mean something.

    python benchmarks/reading.py FOLDER... [--pages N]
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import mean, median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph.documents import DocumentError, LoadConfig, read_document  # noqa: E402
from graph.documents.pdf import backends, unseen  # noqa: E402

PARTS = {
    "words": (unseen, "PageWords"),
    "objects": (unseen, "objects_of"),
    "hidden": (unseen, "hidden_words"),
    "layout": (backends, "page_lines"),
}


def timed(part: str, function: Callable[..., Any], seconds: dict[str, float]) -> Callable[..., Any]:
    """The function, whose processor time is added up."""

    def call(*args: Any) -> Any:
        started = time.process_time()
        try:
            return function(*args)
        finally:
            seconds[part] += time.process_time() - started

    return call


def plain_seconds(document: Any, number: int) -> float:
    """What PDFium needs for a page."""
    started = time.process_time()
    page = document[number - 1]
    textpage = page.get_textpage()
    textpage.get_text_range()
    textpage.close()
    page.close()
    return time.process_time() - started


def whole_seconds(path: Path) -> float:
    """Of this process and its children, to read a file. Raises DocumentError."""

    def used() -> float:
        usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    started = used()
    read_document(path, LoadConfig(ocr="off"))
    return used() - started


def measure(path: Path, most: int, seconds: dict[str, float]) -> str:
    """A row of the table. Raises DocumentError, and CannotOpenError."""
    import pypdfium2

    seconds.update(dict.fromkeys(PARTS, 0.0))
    backend = backends.Pdfium(path, None)
    pages: list[float] = []
    for number in range(1, min(backend.count(), most) + 1):
        started = time.process_time()
        backend.lines(number, 1_000_000)
        pages.append(time.process_time() - started)
    document = pypdfium2.PdfDocument(path)
    plain = sum(plain_seconds(document, number) for number in range(1, len(pages) + 1))
    parts = " | ".join(f"{seconds[part] / plain:.1f}" for part in PARTS)
    told = (1000 * value for value in (plain / len(pages), median(pages), mean(pages), max(pages)))
    whole = 1000 * whole_seconds(path) / backend.count()
    return f"{path.name} | {len(pages)} | {' | '.join(f'{value:.1f}' for value in told)} | {parts} | {whole:.1f}"


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--pages", type=int, default=1000, metavar="N", help="of each file, the first N")
    args = parser.parse_args()
    seconds = dict.fromkeys(PARTS, 0.0)
    for part, (module, name) in PARTS.items():
        setattr(module, name, timed(part, getattr(module, name), seconds))
    print(f"| file | pages | pdfium | median | mean | slowest | {' | '.join(PARTS)} | whole |")
    print("| --- " * (7 + len(PARTS)) + "|")
    for folder in args.folders:
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*.pdf")):
            try:
                print(f"| {measure(path, args.pages, seconds)} |", flush=True)
            except (DocumentError, backends.CannotOpenError) as error:
                print(f"not read: {path.name}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
