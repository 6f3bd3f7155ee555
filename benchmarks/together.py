"""How much of a summary of several documents does each of them get?

    python benchmarks/together.py [PATH ...] [--counts 2 3 5 10] [--config NAME] [--set KEY=VALUE ...] [--show]

For each number of documents: as many made by code, the longest of them 60 times as long as the shortest, each on a
matter of its own. With paths, those documents as well, as one more set. A sentence belongs to the document that
its best evidence is in; sentences without any, to none. One row for each set:

- `heard`: documents that have a sentence, of all
- `least`, `most`: the share of the summary's words that the document with the fewest, and with the most words has
- `longest`: the share of the longest document, beside its share of the text read
- `even`: how evenly the words are shared out, 0 to 1: the entropy of the shares by that of equal ones
- `words`: of the summary, and those of it without evidence
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from graph import build_graph, load_config  # noqa: E402
from graph.length import words_in  # noqa: E402
from graph.results.types import Result  # noqa: E402

SHORTEST, LONGEST = 150, 9_000  # words
MATTERS = (
    "harbour breakwater quay crane pilot ferry", "library shelf reader loan catalogue archive",
    "hospital ward nurse clinic surgeon ambulance", "forest timber ranger sapling beech clearing",
    "railway signal platform driver junction tunnel", "orchard apple cider grafting blossom press",
    "museum gallery painting curator exhibit sculpture", "school pupil teacher lesson classroom timetable",
    "brewery barley hops cellar bottle yeast", "theatre stage actor rehearsal curtain audience",
)  # fmt: skip
PATTERNS = (
    "In {year} the {a} was given a new {b}, which cost {n} thousand euros and took {m} months.",
    "The board of the {a} reported that {n} visitors asked about the {b} in {year}.",
    "Because the {b} had failed {m} times, the {a} closed it until the spring of {year}.",
    "A survey of {n} people found the {b} more useful than the {c}, although the {a} had doubted it.",
    "The {a} will replace its {c} by {year}, if the council pays {n} thousand euros for the {b}.",
    "Nobody at the {a} had counted how often the {c} and the {b} were used together before {year}.",
)


def made(folder: Path, count: int) -> list[Path]:
    """So many documents, the shortest first in neither order nor name."""
    chance = random.Random(count)
    ratio = (LONGEST / SHORTEST) ** (1 / max(1, count - 1))
    sizes = [round(SHORTEST * ratio**step) for step in range(count)]
    chance.shuffle(sizes)
    paths = []
    for size, matter in zip(sizes, MATTERS, strict=False):
        nouns = matter.split()
        paths.append(folder / f"{nouns[0]}.txt")
        paths[-1].write_text(_text(nouns, size, chance), "utf-8")
    return paths


def _text(nouns: Sequence[str], size: int, chance: random.Random) -> str:
    paragraphs, words = [f"The {nouns[0]} and its {nouns[1]}"], 0
    while words < size:
        sentences = [
            chance.choice(PATTERNS).format(
                a=nouns[0], b=chance.choice(nouns[1:]), c=chance.choice(nouns[1:]),
                year=chance.randint(1990, 2025), n=chance.randint(12, 980), m=chance.randint(2, 30),
            )
            for _ in range(4)
        ]  # fmt: skip
        paragraphs.append(" ".join(sentences))
        words += words_in(paragraphs[-1])
    return "\n\n".join(paragraphs)


def shares(result: Result) -> tuple[dict[str, float], float]:
    """The words of the summary that each document has, and those that rest on nothing."""
    owners = {page["number"]: page.get("document", "") for page in result["pages"]}
    words, loose = {file["name"]: 0.0 for file in result["files"] if file["pages"]}, 0.0
    for sentence in result["sentences"]:
        if not sentence["evidence"]:
            loose += 0 if sentence["support"] == 1 else words_in(sentence["text"])  # a heading needs none
            continue
        words[owners[sentence["evidence"][0]["page"]]] += words_in(sentence["text"])
    return words, loose


def row(name: str, result: Result) -> str:
    """The row of one set."""
    words, loose = shares(result)
    total = sum(words.values()) or 1.0
    parts = {document: count / total for document, count in words.items()}
    read: dict[str, int] = {}
    for page in result["pages"]:
        read[page.get("document", "")] = read.get(page.get("document", ""), 0) + page.get("words", 0)
    longest = max(read, key=read.__getitem__)
    even = -sum(part * math.log(part) for part in parts.values() if part) / math.log(len(parts))
    return (
        f"| {name} | {sum(map(bool, parts.values()))}/{len(parts)} | {min(parts.values()):.0%} | "
        f"{max(parts.values()):.0%} | {parts[longest]:.0%} of {read[longest] / sum(read.values()):.0%} | "
        f"{even:.2f} | {words_in(result['summary'])} ({loose:.0f}) |"
    )


def main() -> None:
    """Summarize every set together, and print a row for each."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", type=Path, nargs="*", help="documents of your own: one more set")
    parser.add_argument("--counts", type=int, nargs="*", default=[2, 3, 5, 10])
    parser.add_argument("--config", default="quickstart")
    parser.add_argument("--set", dest="settings", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--show", action="store_true", help="print the summaries, too, to standard error")
    args = parser.parse_args()
    app: Any = build_graph(load_config(args.config, ["load.timeout_seconds=300", *args.settings]))
    print("| documents | heard | least | most | longest | even | words |")
    print(f"|{' --- |' * 7}")
    with tempfile.TemporaryDirectory() as folder:
        sets = {f"{count} made": made(Path(folder), count) for count in args.counts}
        if args.paths:
            sets[f"{len(args.paths)} given"] = args.paths
        for name, paths in sets.items():
            result = app.invoke({"source": [str(path) for path in paths]})
            print(row(name, result), flush=True)
            if args.show:
                print(f"\n{name}\n\n{result['summary']}\n", file=sys.stderr)


if __name__ == "__main__":
    main()
