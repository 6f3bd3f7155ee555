"""Is every sentence cited to the page on which it stands, under the number that is printed there?

The built-in model copies sentences, so that each has a page to be found on. For every PDF below the given folders,
the pages of a sentence are looked up in what PDFium gives for each page, letters and digits alone; the printed
numbers in the outer fifths of the pages, in the page labels of the file, or between neighbours that have theirs.

- sentences: of the summary, those that are compared with the document
- page: of these, cited to pages that hold all of it together, and each of them a part
- name: of these, under a number that is found on each of the pages, or as a PDF page; and the citation, read back,
  names these pages and no others
- printed: citations of pages by what is printed there

    python benchmarks/citations.py FOLDER... [--tokens 800] [--files] [--wrong]
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph import build_graph, load_config  # noqa: E402
from graph.documents import DocumentError  # noqa: E402
from graph.report.citations import is_claim  # noqa: E402
from graph.results.page_ranges import cite, page_names  # noqa: E402
from graph.results.types import Result  # noqa: E402

PIECE = 6  # letters of a line that are looked up together
EDGE = 400  # letters of a page among which a sentence may end
PART = 0.1  # of them that each of the pages holds
HELD = 0.9  # of a sentence's letters that the cited pages hold
MARGIN = 0.2  # of the height of a page, at its head and at its foot
CITED = re.compile(r"(?P<pdf>PDF )?pp?\. (?P<names>.+?)(?=, (?:PDF )?pp?\. |$)")


class Sheet(NamedTuple):
    """What PDFium knows of a page: its letters, the words in its margins, and its label in the file."""

    letters: str
    margins: frozenset[str]
    label: str


class Count(NamedTuple):
    """Sentences, those on the cited pages, those under the right name, and pages named as printed."""

    sentences: int = 0
    page: int = 0
    name: int = 0
    printed: int = 0

    def __add__(self, other: tuple[int, ...]) -> Count:  # type: ignore[override]
        return Count(*(a + b for a, b in zip(self, other, strict=True)))


def main() -> None:
    """Summarize, look up, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--tokens", type=int, default=800, help="of each summary")
    parser.add_argument("--files", action="store_true", help="a line for every file")
    parser.add_argument("--wrong", action="store_true", help="also the sentences that are cited wrongly")
    args = parser.parse_args()
    print("| file | sentences | page | name | printed |\n| --- | --- | --- | --- | --- |")
    for folder in args.folders:
        total = Count()
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*.pdf")):
            try:
                result = summarize(path, args.tokens)
            except DocumentError as error:
                print(f"not read: {error}", file=sys.stderr)
                continue
            count = check(result, sheets_of(path), path.name if args.wrong else "")
            total += count
            if args.files:
                print_row(path.name, count)
        print_row(f"**{folder.name}**", total)


def summarize(path: Path, tokens: int) -> Result:
    """The result of a run with the built-in model. Raises DocumentError."""
    settings = {
        "load.source": str(path.resolve()),
        "cache.enabled": "false",
        "summarize.final_tokens": str(tokens),
    }
    config = load_config(ROOT / "configs/quickstart.yaml", settings.items())
    result: Result = build_graph(config).invoke({})
    return result


def sheets_of(path: Path) -> list[Sheet]:
    """Every page, as PDFium gives it."""
    import pypdfium2

    sheets = []
    with pypdfium2.PdfDocument(path) as document:
        for index in range(len(document)):
            page = document[index]
            (left, bottom, right, top), text = page.get_bbox(), page.get_textpage()
            reach = MARGIN * (top - bottom)
            edges = [(left, top - reach, right, top), (left, bottom, right, bottom + reach)]
            margins = " ".join(text.get_text_bounded(*box) for box in edges)
            words = re.findall(r"\w+(?:-\w+)*", normalize("NFKC", margins).casefold())
            label = document.get_page_label(index).casefold()
            sheets.append(Sheet(letters_of(text.get_text_range()), frozenset(words), label))
    return sheets


def letters_of(text: str) -> str:
    """Letters and digits, whatever their case and width; hyphens and spaces are layout."""
    return re.sub(r"[\W_]", "", normalize("NFKC", text.replace("\x02", "")).casefold())


def check(result: Result, sheets: list[Sheet], say: str = "") -> Count:
    """Count one summary; `say` names the file if wrong citations are to be printed."""
    names, total = page_names(result["pages"]), Count()
    for sentence in filter(is_claim, result["sentences"]):
        pages = sentence["pages"]
        cited = cite(names[page] for page in pages)
        letters = letters_of(sentence["text"])
        on_page = stands_on(letters, pages, sheets) or stands_on(*without_digits(letters, sheets, pages))
        labels = [names[page].label.casefold() for page in pages]
        named = all(is_printed(label, page, sheets) for page, label in zip(pages, labels, strict=True) if label)
        named = named and read_back(cited, {n.label.casefold(): n.number for n in names.values()}) == pages
        total += (1, on_page, named, sum(map(bool, labels)))
        if say and not (on_page and named):
            print(f"{say}: [{cited}] {sentence['text']}", file=sys.stderr)
    return total


def without_digits(letters: str, sheets: list[Sheet], pages: list[int]) -> tuple[str, list[int], list[Sheet]]:
    """The same without numbers: sentences lack the marks of notes that stand between their words in print."""
    own = [sheets[page - 1]._replace(letters=re.sub(r"\d", "", sheets[page - 1].letters)) for page in pages]
    return re.sub(r"\d", "", letters), list(range(1, len(own) + 1)), own


def stands_on(letters: str, pages: list[int], sheets: list[Sheet]) -> bool:
    """Whether the pages hold all of the sentence together, and each of them a part, small at a page break."""
    held = [covered(letters, sheets[page - 1].letters) for page in pages]
    if sum(map(any, zip(*held, strict=True))) < HELD * len(letters):
        return False
    breaks = [
        letters[:PIECE] in sheets[page - 1].letters[-EDGE:] or letters[-PIECE:] in sheets[page - 1].letters[:EDGE]
        for page in pages
    ]
    return all(sum(mine) >= PART * len(letters) or at_break for mine, at_break in zip(held, breaks, strict=True))


def covered(letters: str, page: str) -> list[bool]:
    """Which letters of a sentence a page holds in pieces as long as a part of a line, whatever their order.

    Columns come line by line, and heads and captions stand inside sentences. Where a sentence ends at the
    head of a page, a piece may be shorter.
    """
    held, start = [False] * len(letters), 0
    while start < len(letters):
        low, high = 0, len(letters) - start
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if letters[start : start + middle] in page else (low, middle - 1)
        if low >= PIECE or (low and start + low == len(letters) and page[:EDGE].find(letters[start:]) >= 0):
            held[start : start + low] = [True] * low
            start += low
        else:
            start += 1
    return held


def is_printed(label: str, page: int, sheets: list[Sheet]) -> bool:
    """Whether a page has this number: in its margins, in the file, or between neighbours with theirs."""
    sheet = sheets[page - 1]
    if label in sheet.margins or label == sheet.label:
        return True
    return label.isdecimal() and all(
        any(
            str(int(label) + step * far) in sheets[page - 1 + step * far].margins
            for far in range(1, 6)
            if 0 <= page - 1 + step * far < len(sheets)
        )
        for step in (-1, 1)
    )


def read_back(cited: str, numbers: dict[str, int]) -> list[int]:
    """The pages that a citation names, as someone reads it who has the pages before them."""
    pages: list[int] = []
    for part in CITED.finditer(cited):
        for span in part["names"].split(", "):
            first, _, last = span.casefold().partition("–")
            ends = [int(name) if part["pdf"] else numbers[name] for name in (first, last or first)]
            pages += range(ends[0], ends[1] + 1)
    return pages


def print_row(name: str, count: Count) -> None:
    """Numbers, and the shares of the sentences."""
    shares = [f"{100 * part / max(1, count.sentences):.1f} %" for part in (count.page, count.name)]
    print(f"| {name} | {count.sentences} | {shares[0]} | {shares[1]} | {count.printed} |", flush=True)


if __name__ == "__main__":
    main()
