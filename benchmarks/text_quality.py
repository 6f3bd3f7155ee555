"""Is the text that the model reads worth reading?

Reads and cleans every PDF below the given folders as the program does, and compares the words with those of both
PDF libraries alone. Prints a line for every folder, and for every file with --files. For each of them:

- glued: words seen once or twice that no other reader has, or longer than any word, made of known words
- broken: two neighbouring words that are no words elsewhere, and one when put together
- hyphens: words still cut at a line end
- repeated: lines near the top or bottom of three or more pages, digits aside
- stray: ligatures in one character, accents beside their letter, control and private characters
- unknown: words that neither library alone has read
- torn: of 100 paragraphs of prose, those that begin or end in the middle of a sentence, away from the rest of it
- heads: per cent of the text that was left out as running heads
- cut, after: per cent of the text that was left out as references, and that was kept behind them
- labels: pages of which the printed number is known
- seconds: reading and cleaning

    python benchmarks/text_quality.py FOLDER... [--files]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path
from unicodedata import normalize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph.documents import DocumentError, LoadConfig, Page, clean_pages, read_document  # noqa: E402
from graph.documents.process.child import limit_memory  # noqa: E402

SECONDS = 120  # for one library and one file
WORD = re.compile(r"[^\W\d_]+")
CUT = re.compile(r"(?<=[^\W\d_])(?:[-‐]\s*\n\s*|[\x02\ufffe\u00ad]\s*)(?=[^\W\d_])")
KOREAN_CUT = re.compile(r"(?<=[가-힣]) ?\r?\n(?=[가-힣])")
ACCENTS = dict.fromkeys(map(ord, "´`¨ˆ˜ˇ˚¸˘"))
STRAY = re.compile(
    r"[\ufb00-\ufb06\ue000-\uf8ff\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe]|[´¨ˆ˜¸˘ˇ˚](?=[^\W\d_])|(?<=\w)[¸´¨]"
)
# Korean reports end their sentences with nouns and no full stop: what ends in Hangul is taken as ended.
ENDED = re.compile(r"[.!?:;。！？…؟۔।][\"'”’»」』)\]\d*†‡]{0,4}$|[가-힣][)\]]?$")
COLUMNS = ["pages", "words", "glued", "broken", "hyphens", "repeated", "stray", "unknown", "prose", "torn"]
SHARES = ["heads", "cut", "after"]
LAST = ["labels", "seconds"]
Row = dict[str, float]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--files", action="store_true", help="a line for every file, and examples of its words")
    parser.add_argument("--library", choices=["pdfium", "pypdf"], help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.library:
        print(json.dumps(raw_pages(args.folders[0], args.library)))
        return
    print(f"| file | {' | '.join(COLUMNS + SHARES + LAST)} |\n|{' --- |' * (1 + len(COLUMNS + SHARES + LAST))}")
    for folder in args.folders:
        rows = []
        for path in [folder] if folder.is_file() else sorted(folder.rglob("*.pdf")):
            try:
                row, examples = measure(path)
            except DocumentError as error:
                print(f"not read: {error}", file=sys.stderr)
                continue
            rows.append(row)
            if args.files:
                print_row(path.name, [row])
                print(f"{path.name}: {examples}", file=sys.stderr)
        print_row(f"**{folder.name}**", rows)


def print_row(name: str, rows: list[Row]) -> None:
    """Sums of counts, and shares of the sums."""
    total: Counter[str] = Counter()
    for row in rows:
        total.update(row)
    cells = [f"{total[key]:,.0f}" for key in COLUMNS[:-1]]
    cells.append(f"{100 * total['torn'] / max(1, total['prose']):.1f}")
    cells += [f"{100 * total[key] / max(1, total['characters']):.1f}" for key in SHARES]
    print(f"| {name} | {' | '.join(cells)} | {total['labels']:.0f} | {total['seconds']:.1f} |", flush=True)


def raw_pages(path: Path, library: str) -> list[str]:
    """What one library gives for each page by itself. Runs in a process of its own, with limited memory."""
    limit_memory(2000)
    if library == "pdfium":
        import pypdfium2

        return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(path)]
    import pypdf

    return [page.extract_text() for page in pypdf.PdfReader(path).pages]


def raw_text(path: Path, library: str) -> str:
    """Text of the whole file by one library; "" when it fails or takes too long."""
    command = [sys.executable, __file__, str(path), "--library", library]
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)
        return "\n".join(json.loads(done.stdout))
    except (subprocess.SubprocessError, ValueError):
        return ""


def measure(path: Path) -> tuple[Row, dict[str, list[str]]]:
    """All counts of one file, and the first few of the words counted. Raises DocumentError."""
    started = time.perf_counter()
    read = read_document(path, LoadConfig())["pages"]
    cleaned = clean_pages(read, LoadConfig())
    seconds = time.perf_counter() - started
    ours, as_read = WORD.findall(text_of(cleaned)), LoadConfig(drop_references=False, drop_running_heads=False)
    raw = [raw_text(path, library) for library in ("pdfium", "pypdf")]
    known = [Counter(words_of(text)) for text in raw]
    prose, torn = torn_paragraphs(cleaned)
    found = {
        "glued": glued(ours, known[1]),
        "broken": broken(text_of(cleaned), ours),
        "hyphens": re.findall(
            r"[^\W\d_]{2,}[-‐](?:\n| +(?!and |or |to |und |oder |et |ou )[a-zà-ÿ]\w+)", text_of(cleaned)
        ),
        "repeated": repeated(cleaned),
        "stray": STRAY.findall(text_of(cleaned)),
        "unknown": [word for word in ours if any(raw) and not any(bare(word) in words for words in known)],
    }
    row: Row = {name: len(words) for name, words in found.items()}
    everything = len(text_of(clean_pages(read, as_read)))
    without_heads = text_of(clean_pages(read, LoadConfig(drop_references=False)))
    row |= {"pages": len(read), "words": len(ours), "prose": prose, "torn": torn, "seconds": seconds}
    row |= {"characters": everything, "heads": everything - len(without_heads)}
    row |= {
        "cut": len(without_heads) - len(text_of(cleaned)),
        "after": text_after_references(cleaned, without_heads),
    }
    row["labels"] = sum(page["label"] is not None for page in cleaned)
    return row, {name: list(words)[:12] for name, words in found.items() if words}


def text_of(pages: list[Page]) -> str:
    return "\n".join(page["text"] for page in pages)


def words_of(text: str) -> list[str]:
    """Words in small letters, accents aside; those cut at a line end in both ways they may be meant."""
    versions = (text, CUT.sub("", text), KOREAN_CUT.sub("", text))
    return [bare(word) for version in versions for word in WORD.findall(version.translate(ACCENTS))]


def bare(word: str) -> str:
    """A word in small letters without accents, which libraries put anywhere. Korean stays as it is."""
    return normalize("NFC", re.sub(r"[\u0300-\u036f]", "", normalize("NFD", word.casefold()))).replace("ı", "i")


def glued(ours: list[str], other: Counter[str]) -> list[str]:
    """Rare words that the other reader has not, or of 20 letters, made of words that occur by themselves."""
    counts = Counter(word.casefold() for word in ours)
    frequent = {word for word, count in counts.items() if count >= 3 and (len(word) > 2 or count >= 20)}
    common = frequent | {word for word in counts if 3 <= len(word) < 20}
    return [
        word
        for word in ours
        if counts[low := word.casefold()] <= 2
        and (
            (len(word) >= 20 and is_made_of(low, common))
            or (bare(word) not in other and is_made_of(low, frequent))
        )
    ]


def is_made_of(word: str, parts: set[str]) -> bool:
    """Whether the word is two or more parts in a row."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(word[start:end] in parts for start in reached if end - start < len(word)):
            reached.add(end)
    return len(word) in reached


def broken(text: str, ours: list[str]) -> list[str]:
    """Neighbours seen once each that are seen together as one word."""
    counts = Counter(word.casefold() for word in ours)
    pairs = re.findall(r"(?<!\w)([^\W\d_]+)[ \n]([^\W\d_]+)(?!\w)", text)
    pairs += re.findall(r"(?<=[ \n])([^\W\d_]+)[ \n]([^\W\d_]+)(?!\w)", text)
    return sorted(
        {
            f"{left} {right}"
            for left, right in pairs
            if counts[left.casefold()] == counts[right.casefold()] == 1 and counts[(left + right).casefold()] >= 1
        }
    )


def repeated(pages: list[Page]) -> list[str]:
    """Lines among the first or last two of three or more pages."""
    seen: Counter[str] = Counter()
    for page in pages:
        lines = [line for line in page["text"].split("\n") if line.strip()]
        seen.update({re.sub(r"\d+", "#", line).strip() for line in [*lines[:2], *lines[-2:]]})
    return [line for line, count in seen.items() for _ in range(count) if count >= 3]


def torn_paragraphs(pages: list[Page]) -> tuple[int, int]:
    """Paragraphs of prose, and those that a reader would have to look for the rest of."""
    lines = [line for page in pages for line in page["text"].split("\n") if line.strip()]
    prose = [
        len(line) >= 60 and sum(c.isalpha() or c.isspace() for c in line) >= 0.85 * len(line) for line in lines
    ]
    torn = 0
    for (before, is_prose), (line, also) in pairwise(zip(["", *lines, ""], [False, *prose, False], strict=True)):
        goes_on = bool(line) and (line[0].islower() or not ENDED.search(before)) and is_prose and also
        torn += is_prose and not ENDED.search(before) and not goes_on
        torn += also and line[0].islower() and not (is_prose and not ENDED.search(before))
    return sum(prose), torn


def text_after_references(cleaned: list[Page], without_heads: str) -> int:
    """Characters of the longest common ending, when something was left out before it."""
    kept = text_of(cleaned)
    if len(kept) == len(without_heads):
        return 0
    lines, whole = kept.split("\n")[::-1], without_heads.split("\n")[::-1]
    same = next((n for n, (a, b) in enumerate(zip(lines, whole, strict=False)) if a != b), 0)
    return sum(map(len, lines[:same]))


if __name__ == "__main__":
    main()
