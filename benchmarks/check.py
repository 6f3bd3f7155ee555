"""How many doubtful sentences does a model's summary have before summarize.check, and how many after it?

    python benchmarks/check.py CONFIG FILE... [--set KEY=VALUE ...] [--show]

Each document is summarized twice, with and without the setting; the second run has the answers of the first, so
that both begin with the same summary. `flagged` are sentences with a flag, `weak` those with a support below 0.4,
flagged or not. The document is the judge: this says nothing of what readers would find. --show prints each change.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from langchain_core.caches import InMemoryCache  # noqa: E402

from graph import build_graph, load_config  # noqa: E402
from graph.calling.shared_model import share_model  # noqa: E402
from graph.doubts import is_heading, sure_support  # noqa: E402
from graph.results.types import Result  # noqa: E402

COLUMNS = ("sentences", "flagged", "weak", "mean support", "words")


def measured(result: Result) -> list[float]:
    """The numbers of the table's columns."""
    claims = [sentence for sentence in result["sentences"] if not is_heading(sentence)]
    return [
        len(claims),
        sum(bool(sentence["flags"]) for sentence in claims),
        sum(sentence["support"] < sure_support(sentence["text"]) for sentence in claims),
        statistics.fmean([sentence["support"] for sentence in claims] or [0.0]),
        result["length"]["words"],
    ]


def main() -> None:
    """Summarize every document both ways, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", help="a configuration, or the name of one that ships")
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--show", action="store_true", help="print every change, to standard error")
    args = parser.parse_args()
    configs = [load_config(args.config, [*args.set, f"summarize.check={check}"]) for check in ("false", "true")]
    shared = share_model(configs[0], cache=InMemoryCache())
    apps: list[Any] = [build_graph(config, model=shared) for config in configs]
    print(f"| document | {' | '.join(COLUMNS)} | corrected | dropped | calls |")
    print("| --- |" + " --- |" * (len(COLUMNS) + 3))
    rows = []
    for file in args.files:
        before, after = (app.invoke({"source": str(file)}) for app in apps)
        pairs = list(zip(measured(before), measured(after), strict=True))
        dropped = sum(not each["after"] for each in after["revisions"])
        counts = [len(after["revisions"]) - dropped, dropped, after["stats"]["calls"] - before["stats"]["calls"]]
        rows.append((pairs, counts))
        print_row(file.stem, pairs, counts)
        for each in after["revisions"] if args.show else ():
            print(f"{each['why']}\n  {each['before']}\n  {each['after'] or '(dropped)'}", file=sys.stderr)
    if len(rows) > 1:
        columns = list(zip(*(pairs for pairs, _ in rows), strict=True))
        means = {COLUMNS.index("mean support"), COLUMNS.index("words")}
        totals = [
            tuple((statistics.fmean if i in means else sum)([pair[side] for pair in column]) for side in (0, 1))
            for i, column in enumerate(columns)
        ]
        print_row("all", totals, [sum(counts) for counts in zip(*(counts for _, counts in rows), strict=True)])


def print_row(name: str, pairs: Any, counts: Any) -> None:
    """A row of the table: before → after, and what was done."""
    shown = " | ".join(f"{before:.3g} → {after:.3g}" for before, after in pairs)
    print(f"| {name} | {shown} | {' | '.join(map(str, counts))} |", flush=True)


if __name__ == "__main__":
    main()
