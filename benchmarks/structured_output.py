"""What does structured output cost?

For vocabularies of 16 and 256 thousand tokens: the time it takes to read the vocabulary and to compile a grammar,
and the time per token of free text, of text that follows a JSON schema, and of the last tokens before the limit,
where every likely token is tried. One run gives all, and ratios.

    python benchmarks/structured_output.py [--rounds 3]

The checkpoints are Gemmas with random float32 weights, made in a temporary folder. One answer at a time.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from llm import ChatMLX  # noqa: E402
from llm.mlx.backend import import_mlx  # noqa: E402
from llm.mlx.structured.grammar import compiler_for  # noqa: E402
from llm.mlx.structured.grammar_rules import schema_rules  # noqa: E402

TOKENS = 96
VOCABULARIES = {"16k": 16_384, "256k": 262_144}
# Strings of at least this length keep the answer going; the limit is far, or right at its end.
SCHEMA: dict[str, Any] = {
    "title": "Note",
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "pages": {"type": "array", "items": {"type": "integer"}, "minItems": 4},
        "text": {"type": "string", "minLength": 80},
    },
    "required": ["title", "pages", "text"],
}


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    import_mlx()
    heads = ["read", "grammar", "free", "schema", "ratio", "near limit", "ratio"]
    print("vocabulary  " + "".join(f"{head:>11}" for head in heads))
    for name, size in VOCABULARIES.items():
        with tempfile.TemporaryDirectory() as folder:
            print_row(name, make_model(folder, size), rounds)


def make_model(folder: str, vocabulary: int) -> str:
    """A small Gemma: the less time the network takes, the more of it the share of the grammar is."""
    from tests.checkpoints import make_checkpoint

    return str(
        make_checkpoint(
            folder, "gemma", vocab_size=vocabulary, hidden_size=256, layers=4, intermediate_size=1024, head_dim=64
        )
    )


def print_row(name: str, model: str, rounds: int) -> None:
    """One vocabulary's line of the table."""
    chat = ChatMLX(model=model, temperature=1.0, seed=1)
    started = time.perf_counter()
    compiler = compiler_for(chat.runtime.checkpoint)
    read = time.perf_counter() - started
    rules = schema_rules("start", SCHEMA)
    started = time.perf_counter()
    grammar = compiler.compile(rules.text, rules.growth, rules.example)
    made = time.perf_counter() - started
    by_schema = {"type": "json_object", "schema": SCHEMA}
    ways = {
        "free": {"max_tokens": TOKENS},
        "schema": {"max_tokens": 1000, "response_format": by_schema},
        "near limit": {"max_tokens": len(grammar.shortest) + 8, "response_format": by_schema},
    }
    chat.invoke("warm up", max_tokens=2)
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, options in ways.items():
            taken[way].append(seconds_per_token(chat, options))
    free, far, near = (1000 * statistics.median(taken[way]) for way in ways)
    print(
        f"{name:<12}{read:9.2f} s{1000 * made:8.1f} ms{free:8.2f} ms{far:8.2f} ms{far / free:11.2f}"
        f"{near:8.2f} ms{near / free:11.2f}"
    )


def seconds_per_token(chat: ChatMLX, options: dict[str, Any]) -> float:
    """From the first piece of text to the end of the answer, by the number of tokens the answer counts."""
    started: float | None = None
    for chunk in chat.stream("Write.", **options):
        if chunk.usage_metadata and started is not None:
            return (time.perf_counter() - started) / max(1, chunk.usage_metadata["output_tokens"] - 1)
        started = started or time.perf_counter()
    raise RuntimeError("The stream ended without its usage.")


if __name__ == "__main__":
    main()
