"""Do the built-in model's weights for places, sections and cue phrases hold on documents they were not chosen on?

    python benchmarks/extractive_weights.py --data DIR [--splits N]

DIR is as in extractive.py. Every combination of a few weights summarizes every document once. Then, many times,
the best combination on a random half of the documents is tested on the other half, next to the weights that ship.
What choosing on a half seems to gain there, and does not gain on the other, is fitting.
"""

from __future__ import annotations

import argparse
import itertools
import random
from pathlib import Path

import numpy as np
from extractive import Case, read_cases, rouge

from llm.textrank import cues
from llm.textrank.extract import extract

# Weights, and the values they are given: nothing, what ships, more.
GRID = {
    "_START": (0.0, 0.5, 1.0),
    "_END": (0.0, 0.5, 1.0),
    "_CUE": (1.0, 1.25, 1.5),
    "_MAIN_SECTION": (1.0, 1.5, 2.0),
}


def scores(cases: list[Case], weights: dict[str, float]) -> list[float]:
    """The mean of ROUGE-1 and ROUGE-2 of every document with these weights. (documents,)"""
    shipped = {name: getattr(cues, name) for name in weights}
    try:
        for name, value in weights.items():
            setattr(cues, name, value)
        summaries = ["".join(extract(case.text, case.budget).pieces) for case in cases]
    finally:
        for name, value in shipped.items():
            setattr(cues, name, value)
    return [sum(rouge(text, case.reference)[:2]) / 2 for text, case in zip(summaries, cases, strict=True)]


def main() -> None:
    """Print what each way of choosing weights gains over having none."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of documents and references")
    parser.add_argument("--splits", type=int, default=200)
    args = parser.parse_args()
    cases = [case for case in read_cases(args.data) if case.reference]
    none = np.array(scores(cases, {name: values[0] for name, values in GRID.items()}))
    ships = np.array(scores(cases, {}))
    combinations = [dict(zip(GRID, values, strict=True)) for values in itertools.product(*GRID.values())]
    table = np.array([scores(cases, weights) for weights in combinations])  # (combinations, documents)
    chance, gains = random.Random(0), []
    for _ in range(args.splits):
        order = chance.sample(range(len(cases)), len(cases))
        half, other = order[: len(cases) // 2], order[len(cases) // 2 :]
        best = table[table[:, half].mean(axis=1).argmax()]
        gains.append([(best - none)[half].mean(), (best - none)[other].mean(), (ships - none)[other].mean()])
    print(f"{len(cases)} documents, {len(combinations)} combinations, {args.splits} splits")
    print("mean of ROUGE-1 and ROUGE-2 above that without the weights\n")
    for name, gain in zip(
        ("the best of a half, there", "the best of a half, on the other", "what ships, on the other"),
        np.mean(gains, axis=0),
        strict=True,
    ):
        print(f"| {name} | {gain:+.1f} |")


if __name__ == "__main__":
    main()
