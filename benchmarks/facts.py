"""Which facts of a long document reach its summary, by where they stand in it, and at which stage are they lost?

    python benchmarks/facts.py --model DIR [--prompting completion] [--tokens 1500 3000 6000] [--documents 4]
                               [--way NAME ...] [--set KEY=VALUE ...] [--show]

Each document is the yearly report of a county that does not exist, made by code: twelve sections of equal length,
each about one place, with one figure in its first sentence and nothing else of weight. The places change their
order from document to document, so that position is all that tells them apart. A fact is in a text if the figure
is; a place is heard if its name is there. Every way of summarizing gets the same documents and the same length.

`--way` chooses among the ways below; `--show` prints the summaries.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from langchain_core.documents import Document  # noqa: E402

from graph import build_graph, load_config  # noqa: E402
from graph.results.types import FINAL_ID, Result  # noqa: E402
from llm import load_model  # noqa: E402
from llm.tokens import estimate_tokens  # noqa: E402

# Place, what is said of it, and how the figure is written.
PLACES = [
    ("bridge at Farlow", "was opened in spring and cost {} million crowns", "41.2"),
    ("library of Ashby", "was visited by {} readers, more than ever before", "86,300"),
    ("hospital in Kerrow", "treated {} patients with its new scanner", "12,450"),
    ("school at Milden", "was closed, and its {} pupils now go to the town", "217"),
    ("harbour of Saltby", "lost {} tonnes of cargo to the strike", "9,640"),
    ("museum in Orford", "bought a painting for {} thousand crowns", "735"),
    ("railway to Tilney", "carried {} passengers in its first year", "301,900"),
    ("waterworks of Denham", "replaced {} kilometres of lead pipes", "58.7"),
    ("market hall of Rudby", "let all of its {} stalls for the first time", "64"),
    ("forest near Holme", "was planted with {} oaks after the storm", "27,800"),
    ("theatre of Wexcombe", "ended the year with a loss of {} crowns", "148,500"),
    ("airfield at Brack", "was sold to the county for {} million crowns", "3.9"),
]
# What says nothing that a summary would need, and has no figure in it.
WHO = ["The committee", "The staff", "The council", "A group of residents", "The inspector", "The neighbours"]
DID = [
    "met several times during the year to speak about the {place}",
    "thanked the volunteers who helped at the {place}",
    "asked for better lighting on the paths around the {place}",
    "discussed the colour of the doors and the benches outside",
    "wrote a friendly letter to the county office about the opening hours",
    "looked at the drawings and found them clear",
    "praised the quiet work of the people behind the {place}",
    "hoped that the weather would be kinder in the coming year",
    "agreed that the signs should be cleaned more often",
    "took photographs for the wall of the entrance hall",
]
THEN = [
    "and nobody objected.",
    "as in the years before.",
    "which took longer than expected.",
    "although little came of it.",
    "and will do so again.",
    "but left the details to others.",
    "to everybody's satisfaction.",
]
WAYS: dict[str, dict[str, Any]] = {
    "one call": {"summarize.strategy": "one_call"},
    "parts": {"summarize.strategy": "map_reduce"},
    "parts of 750": {"summarize.strategy": "map_reduce", "split.chunk_tokens": 750},
    "evidence: 1": {"summarize.strategy": "map_reduce", "summarize.evidence": 1},
    "evidence: 2": {"summarize.strategy": "map_reduce", "summarize.evidence": 2},
    "evidence: 3": {"summarize.strategy": "map_reduce", "summarize.evidence": 3},
    "context: outline": {"summarize.strategy": "map_reduce", "split.context": "outline"},
    "context: before": {"summarize.strategy": "map_reduce", "split.context": "before"},
    "context: both": {"summarize.strategy": "map_reduce", "split.context": "both"},
}
SECTIONS = len(PLACES)


class Planted(NamedTuple):
    """A document, and the figures and names in it in their order."""

    text: str
    figures: list[str]
    names: list[str]


def make_document(tokens: int, seed: int) -> Planted:
    """A report of about so many tokens."""
    choose = random.Random(seed)
    places = choose.sample(PLACES, SECTIONS)
    sections = [_section(choose, place, said, figure, tokens // SECTIONS) for place, said, figure in places]
    text = "# Yearly report of the county of Merrow\n\n" + "\n\n".join(sections)
    return Planted(text, [figure for *_, figure in places], [place.split()[-1] for place, *_ in places])


def _section(choose: random.Random, place: str, said: str, figure: str, tokens: int) -> str:
    sentences = [f"The {place} {said.format(figure)}."]
    while estimate_tokens(" ".join(sentences)) < tokens:
        did = choose.choice(DID).format(place=place)
        sentences.append(f"{choose.choice(WHO)} {did}, {choose.choice(THEN)}".replace(", and", " and"))
    return f"## The {place}\n\n" + " ".join(sentences)


class Score(NamedTuple):
    """For each position, whether the figure reached each stage and the name the summary."""

    parts: list[bool]
    merged: list[bool]
    final: list[bool]
    heard: list[bool]
    calls: int


def score(planted: Planted, result: Result) -> Score:
    """Stages that did not take place count as what went into them."""
    final = result["summary"]
    below = [summary for summary in result["tree"] if summary["id"] != FINAL_ID]
    used = {source for summary in below for source in summary["sources"]}
    parts = " ".join(s["text"] for s in below if s["level"] == 0) if below else planted.text
    merged = " ".join(s["text"] for s in below if s["id"] not in used) if below else planted.text
    return Score(
        *([figure in text for figure in planted.figures] for text in (parts, merged, final)),
        heard=[name in final for name in planted.names],
        calls=result["stats"]["calls"],
    )


def shares(scores: Sequence[Score], stage: str) -> list[float]:
    """All positions together, then the first, middle and last third of them."""
    third = SECTIONS // 3
    bounds = [(0, SECTIONS), *((start, start + third) for start in range(0, SECTIONS, third))]
    rows: list[list[bool]] = [getattr(one, stage) for one in scores]
    return [sum(sum(row[a:b]) for row in rows) / (len(rows) * (b - a)) for a, b in bounds]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="a checkpoint folder")
    parser.add_argument("--prompting", default="chat")
    parser.add_argument("--tokens", type=int, nargs="+", default=[1500, 3000, 6000])
    parser.add_argument("--documents", type=int, default=4)
    parser.add_argument("--way", nargs="+", default=list(WAYS), choices=WAYS)
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--show", action="store_true")
    args = parser.parse_args()
    common = {
        "llm.provider": "mlx",
        "llm.model": args.model,
        "llm.prompting": args.prompting,
        "llm.temperature": 0,
        "llm.max_tokens": 250,
        "llm.batch_size": 4,
        "split.chunk_tokens": 1500,
        "summarize.final_tokens": 400,
        "prompts.file": "completion" if args.prompting == "completion" else "plain",
        "cache.enabled": False,
        "output.grounding": False,
    }
    overrides = [pair.partition("=")[::2] for pair in args.set]
    model = load_model(load_config("gemma", [*common.items(), *overrides]).llm)
    print("| tokens | way | parts | merged | summary | first third | middle | last | names | calls | s |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for tokens in args.tokens:
        documents = [make_document(tokens, seed) for seed in range(args.documents)]
        for way in args.way:
            config = load_config("gemma", [*common.items(), *WAYS[way].items(), *overrides])
            started = time.monotonic()
            sources = [{"documents": [Document(planted.text)]} for planted in documents]
            results = build_graph(config, model=model).batch(sources)
            seconds = time.monotonic() - started
            scores = [score(planted, result) for planted, result in zip(documents, results, strict=True)]
            every = [shares(scores, stage) for stage in ("parts", "merged", "final", "heard")]
            cells = [f"{every[0][0]:.0%}", f"{every[1][0]:.0%}", *(f"{share:.0%}" for share in every[2])]
            cells += [f"{every[3][0]:.0%}", str(sum(one.calls for one in scores)), f"{seconds:.0f}"]
            print(f"| {tokens} | {way} | {' | '.join(cells)} |", flush=True)
            if args.show:
                for result in results:
                    print(result["summary"], "\n")


if __name__ == "__main__":
    main()
