"""How many of the facts that a reader needs are in the built-in model's summaries of real documents?

    python benchmarks/facts_real.py FACTS.yaml [--tokens 400 700] [--show]

FACTS.yaml is a list of documents, each with `file` (a path), `kind`, `half` (`choose`: looked at while features
were chosen, `report`: not) and `facts`: the name of a fact to regular expressions, one of which a summary that has
it matches (ignoring case, white space evened out). It is written before any score is seen, and kept outside of
the repository, since it quotes documents of others.

Beside the whole program as configs/quickstart.yaml has it, in one call, and beside the same in parts, stand the
first words of the document.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from langchain_core.documents import Document  # noqa: E402

from graph import build_graph, load_config  # noqa: E402
from graph.documents import clean_pages, read_document  # noqa: E402
from graph.documents.config import LoadConfig  # noqa: E402
from llm.tokens import estimate_tokens  # noqa: E402

PARTS = {"llm.context_window": 16_384}
WAYS: dict[str, dict[str, Any] | None] = {"first words": None, "built-in": {}, "built-in, in parts": PARTS}


class Case(NamedTuple):
    """A document, page by page, and what must be in a summary of it."""

    name: str
    kind: str
    half: str
    pages: list[str]
    facts: dict[str, list[str]]


def read_cases(path: Path) -> list[Case]:
    """The documents that the file lists, cleaned as the program cleans them."""
    config = LoadConfig(ocr="off", timeout_seconds=300)
    cases = []
    for entry in yaml.safe_load(path.read_text("utf-8")):
        file = Path(entry["file"])
        pages = clean_pages(read_document(file, config)["pages"], config)
        texts = [page["text"] for page in pages if page["status"] == "read" and page["text"]]
        cases.append(Case(file.stem, entry["kind"], entry["half"], texts, entry["facts"]))
    return cases


def summary(case: Case, settings: dict[str, Any] | None, tokens: int) -> str:
    """The program's summary in so many tokens; without settings, the document's first words."""
    if settings is None:
        return first_words("\n\n".join(case.pages), tokens)
    keys = {"cache.enabled": False, "summarize.final_tokens": tokens, **settings}
    config = load_config(ROOT / "configs/quickstart.yaml", keys.items())
    pages = [Document(text, metadata={"page": number}) for number, text in enumerate(case.pages)]
    return str(build_graph(config).invoke({"documents": pages})["summary"])


def first_words(text: str, tokens: int) -> str:
    """What of the text fits."""
    low, high = 0, min(len(text), 8 * tokens)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimate_tokens(text[:middle]) <= tokens else (low, middle - 1)
    return text[:low]


def found(text: str, facts: dict[str, list[str]]) -> list[bool]:
    """Which of the facts the text has."""
    even = " ".join(text.split())
    return [any(re.search(pattern, even, re.IGNORECASE) for pattern in patterns) for patterns in facts.values()]


def report(cases: Sequence[Case], tokens: int, *, show: bool) -> None:
    """Print the table for summaries of so many tokens."""
    print(f"\n{tokens} tokens\n\n| document | half | {' | '.join(WAYS)} |\n| --- | --- |{' --- |' * len(WAYS)}")
    rows = []
    for case in cases:
        texts = [summary(case, settings, tokens) for settings in WAYS.values()]
        rows.append([found(text, case.facts) for text in texts])
        counts = " | ".join(f"{sum(row)}/{len(row)}" for row in rows[-1])
        print(f"| {case.kind} | {case.half} | {counts} |", flush=True)
        if show:
            missing = [name for name, there in zip(case.facts, rows[-1][1], strict=True) if not there]
            print(f"\n{case.name}, missing: {'; '.join(missing)}\n\n{texts[1]}\n", file=sys.stderr)
    for half in ("choose", "report", ""):
        chosen = [row for row, case in zip(rows, cases, strict=True) if half in ("", case.half)]
        ways = zip(*chosen, strict=True)
        shares = [sum(map(sum, column)) / max(1, sum(map(len, column))) for column in ways]
        print(f"| all | {half} | {' | '.join(f'{share:.0%}' for share in shares)} |")


def main() -> None:
    """Count the facts of every document, for every number of tokens."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("facts", type=Path, help="documents and what must be in their summaries")
    parser.add_argument("--tokens", type=int, nargs="+", default=[400, 700])
    parser.add_argument("--show", action="store_true", help="print the summaries, too, to standard error")
    args = parser.parse_args()
    cases = read_cases(args.facts)
    for tokens in args.tokens:
        report(cases, tokens, show=args.show)


if __name__ == "__main__":
    main()
