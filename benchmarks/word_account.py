"""Where do the words of a PDF go?

For every PDF below the given folders: the words that PDFium shows, how many of them are in the text of the pages,
how many the pages name as left out, and the rest, which is in neither. The rest is what is lost in silence.

- words: `\\w+` of what PDFium gives for the pages that were read, words cut at a line end put together
- text: of these, in the text of the document's pages (as words, or run together or parted differently)
- left out: words that `pages[].left_out` counts
- rest: words in neither, and their share of all

Pages that were not read as a whole (failed, skipped) are in the ledger, and count nowhere. Words that OCR adds are
not PDFium's, and count nowhere either.

    python benchmarks/word_account.py FOLDER... [--files] [--words N]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from pathlib import Path
from unicodedata import normalize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph.documents import DocumentError, LoadConfig, Page, clean_pages, read_document  # noqa: E402

WORD = re.compile(r"\w+")
CUT = re.compile(r"(?:[\x02\ufffe\u00ad]|(?<=\w)[-‐])\s*\n?")  # hyphens PDFium leaves at the end of a line
NEAR = 3  # words on either side that a word run together with its neighbours is looked up with


class Account:
    """The words of one file, counted."""

    def __init__(self, shown: list[str], pages: list[Page]) -> None:
        kept = Counter(words(text := "\n".join(page["text"] for page in pages)))
        self.shown = len(shown)
        self.left_out = Counter[str]()
        for page in pages:
            for entry in page.get("left_out", []):
                self.left_out[entry["reason"]] += entry["words"]
        self.missing = list(missing(shown, kept, "".join(words(text))))

    @property
    def rest(self) -> int:
        """Words that nobody knows of."""
        return max(0, len(self.missing) - self.left_out.total())


def words(text: str) -> list[str]:
    """The words of a text, whatever the case and width of their letters."""
    return WORD.findall(normalize("NFKC", CUT.sub("", text)).casefold())


def missing(shown: list[str], kept: Counter[str], run: str) -> list[str]:
    """The words that the text has less often than PDFium shows them, unless they only run together there."""
    short = Counter(shown) - kept
    lost = []
    for index, word in enumerate(shown):
        if short[word] <= 0:
            continue
        short[word] -= 1
        around = shown[max(0, index - NEAR) : index], shown[index + 1 : index + 1 + NEAR]
        if not any(near in run for near in joined(*around, word)):
            lost.append(word)
    return lost


def joined(before: list[str], after: list[str], word: str) -> list[str]:
    """A word with enough of its neighbours to be found in a text without spaces."""
    whole = "".join([*before[-1:], word, *after[:1]])
    return [whole] if len(whole) >= 8 else ["".join([*before, word, *after])]


def shown_words(path: Path, numbers: set[int]) -> list[str]:
    """What PDFium gives for these pages."""
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        texts = [document[number - 1].get_textpage().get_text_range() for number in sorted(numbers)]
    return words("\n".join(texts).replace("\r", ""))


def measure(path: Path) -> Account:
    """Count one file. Raises DocumentError."""
    pages = clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())
    numbers = {page["number"] for page in pages if page["status"] not in ("failed", "skipped")}
    return Account(shown_words(path, numbers), pages)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--files", action="store_true", help="a line for every file")
    parser.add_argument("--words", type=int, default=0, metavar="N", help="also N of the words in neither")
    args = parser.parse_args()
    print("| file | words | left out | rest | % |\n| --- | --- | --- | --- | --- |")
    for folder in args.folders:
        accounts = []
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*.pdf")):
            try:
                account = measure(path)
            except DocumentError as error:
                print(f"not read: {error}", file=sys.stderr)
                continue
            accounts.append(account)
            if args.files:
                print_row(path.name, [account])
            if args.words:
                print(f"{path.name}: {' '.join(account.missing[: args.words])}", file=sys.stderr)
        print_row(f"**{folder.name}**", accounts)


def print_row(name: str, accounts: list[Account]) -> None:
    """Sums, and the share of the rest."""
    shown, rest = (sum(getattr(account, key) for account in accounts) for key in ("shown", "rest"))
    left_out = sum(account.left_out.total() for account in accounts)
    print(f"| {name} | {shown:,} | {left_out:,} | {rest:,} | {100 * rest / max(1, shown):.2f} |", flush=True)


if __name__ == "__main__":
    main()
