"""What is gained by summarizing several documents in one process, instead of one process each?

Two ways to the same summaries of eight documents, from the command line to the last file, on one checkpoint: a
run for each document, one after the other, and one run over all of them. Prints seconds and their ratio.

    python benchmarks/many.py [--model DIR] [--documents 8]

Without --model a small Gemma with random float32 weights (17 million parameters) is made in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from tests.checkpoints import make_checkpoint  # noqa: E402

PAGES = (1, 5)  # of documents, by turns: one that fits a prompt, and one in parts
PAGE_CHARACTERS = 1_000
SETTINGS = {
    "llm.max_tokens": 48,
    "summarize.final_tokens": 48,
    "llm.context_window": 800,
    "llm.temperature": 0,
    "llm.batch_size": 8,
    "split.chunk_tokens": 230,
    "cache.enabled": "false",
    "output.format": "json",
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a checkpoint folder")
    parser.add_argument("--documents", type=int, default=8)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        paths = make_documents(Path(folder), args.documents)
        model = args.model or make_model(folder)
        started = time.perf_counter()
        alone = [summary for path in paths for summary in run(model, [path], Path(folder) / "alone")]
        separate = time.perf_counter() - started
        started = time.perf_counter()
        together = run(model, paths, Path(folder) / "together")
        single = time.perf_counter() - started
        print(f"{len(paths)} documents; the same summaries: {alone == together}")
        print(f"a process each     {separate:7.1f} s  {separate / single:5.2f} x one process")
        print(f"one process        {single:7.1f} s  {1:5.2f} x one process")


def make_model(folder: str) -> str:
    """A Gemma whose start and whose answers take about as long as each other."""
    return str(
        make_checkpoint(
            folder,
            "gemma",
            vocab_size=8192,
            hidden_size=512,
            layers=3,
            intermediate_size=2048,
            heads=8,
            head_dim=64,
        )
    )


def run(model: str, paths: list[Path], output: Path) -> list[str]:
    """Summarize from the command line, and give the summaries in the order of the documents."""
    settings = [f"--set={key}={value}" for key, value in (SETTINGS | {"llm.model": model}).items()]
    inputs = ["--input", *map(str, paths), str(paths[0])]  # the first one twice: so a single one is a series too
    command = [sys.executable, "-m", "graph", "run", str(ROOT / "configs" / "gemma.yaml"), "--quiet", *settings]
    subprocess.run(
        [*command, "--output", str(output), *inputs], check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    return [json.loads((output / f"{path.stem}.json").read_text("utf-8"))["summary"] for path in paths]


def make_documents(folder: Path, number: int) -> list[Path]:
    """Text files, each from another place of the handbook."""
    text = (ROOT / "examples" / "handbook.md").read_text("utf-8")
    paths = []
    for index in range(number):
        size = PAGES[index % len(PAGES)] * PAGE_CHARACTERS
        start = index * (len(text) // number)
        path = folder / f"document-{index}.txt"
        path.write_text(text[start : start + size], "utf-8")
        paths.append(path)
    return paths


if __name__ == "__main__":
    main()
