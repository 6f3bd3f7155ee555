"""Are the passages that support a summary found on their pages, and does the mark lie on their words?

For every PDF below the given paths: a summary by the built-in model, and each passage that is evidence of one of
its sentences, looked for on its page as `page_image.py` does it.

- found: passages of which something is marked
- whole: letters under the marks that are the passage's, of all of the passage; it may go on on the next page
- right: letters under the marks that are the passage's, of all under the marks

With `--every`, all sentences of the cleaned pages are looked for, not only those of evidence.

    python benchmarks/page_marks.py PATH... [--every] [--misses]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import pypdfium2
from pypdfium2 import raw

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph import build_graph, load_config  # noqa: E402
from graph.documents import DocumentError, LoadConfig, clean_pages, read_document, split_sentences  # noqa: E402
from graph.documents.characters import letters_of  # noqa: E402
from graph.documents.pdf.picture import PagePassages  # noqa: E402


def evidence(path: Path) -> Iterator[tuple[int, str]]:
    """Page and passage of everything that supports a summary of the file."""
    result = build_graph(load_config("quickstart")).invoke({"source": str(path)})
    for sentence in result["sentences"]:
        for found in sentence["evidence"]:
            yield found["page"], found["excerpt"]


def every_sentence(path: Path) -> Iterator[tuple[int, str]]:
    """Page and text of each sentence that stands on one page."""
    config = LoadConfig()
    for page in clean_pages(read_document(path, config)["pages"], config):
        for sentence in split_sentences(page["text"]):
            if len(letters_of(sentence)) >= 20:
                yield page["number"], sentence


class Tally:
    """What was found, of passages."""

    def __init__(self) -> None:
        self.passages = self.found = self.letters = self.marked = self.right = 0

    def add(self, page: Any, passage: str) -> bool:
        """Look for a passage; whether something is marked."""
        wanted, below = letters_of(passage), ""
        textpage = page.get_textpage()
        for left, bottom, right, top in PagePassages(raw, page).boxes(passage):
            inset = (top - bottom) / 4  # or the lines above and below are in it, too
            below += letters_of(textpage.get_text_bounded(left, bottom + inset, right, top - inset))
        same = sum(block.size for block in SequenceMatcher(None, wanted, below, False).get_matching_blocks())
        self.passages += 1
        self.found += bool(below)
        if below:
            self.letters, self.marked, self.right = (
                self.letters + len(wanted),
                self.marked + len(below),
                self.right + same,
            )
        return bool(below) and same > 0.8 * max(len(wanted), len(below))

    def __str__(self) -> str:
        letters, marked = max(1, self.letters), max(1, self.marked)
        found = f"{self.found:5} of {self.passages:5} ({self.found / max(1, self.passages):.1%})"
        return f"{found}  whole {self.right / letters:.1%}  right {self.right / marked:.1%}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    parser.add_argument("--every", action="store_true", help="all sentences, not only evidence")
    parser.add_argument("--misses", action="store_true", help="show what is not found, or not as a whole")
    arguments = parser.parse_args()
    total = Tally()
    for path in sorted(
        file for given in arguments.paths for file in ([given] if given.is_file() else given.rglob("*.pdf"))
    ):
        tally = Tally()
        try:
            passages = list((every_sentence if arguments.every else evidence)(path))
            document = pypdfium2.PdfDocument(path)
        except (DocumentError, pypdfium2.PdfiumError) as error:
            print(f"{path.name}: {error}")
            continue
        for number, passage in passages:
            page = document[number - 1]
            for counted in (tally, total):
                fine = counted.add(page, passage)
            if arguments.misses and not fine:
                print(f"  page {number}: {passage[:200]!r}")
        print(f"{tally}  {path.name}", flush=True)
    print(f"{total}  all")


if __name__ == "__main__":
    main()
