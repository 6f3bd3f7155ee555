"""What does the engine cost, and what does it save?

On one checkpoint in one process: the loop of `mlx_lm.generate`, `mlx_lm.batch_generate` at its best setting, and
`ChatMLX` under `batch`, under 16 concurrent `ainvoke`, and with requests that arrive one after the other. Then
what drafts from the prompt save, the memory of keys and values for one long prompt among short ones, and how long
a short request waits while long ones are answered.

    python benchmarks/engine.py [--model DIR] [--rounds 3] [--documents FOLDER] [--completion] [--only drafts]

`--documents`: a folder of real documents to be summarized; `--completion`: for a base model.

Without --model a Gemma with random float32 weights (57 million parameters) is made in a temporary folder.
Greedy decoding, so all must agree to the letter; the script says whether they do.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from engine_drafts import compare_drafts  # noqa: E402
from engine_memory import MIX, WAYS  # noqa: E402
from map_stage import detokenize, make_model  # noqa: E402

from llm import ChatMLX  # noqa: E402
from llm.mlx.backend import import_mlx  # noqa: E402

PROMPTS = 16
WORDS = 110
ANSWER_TOKENS = 64
BATCH_SIZE = 8
RAW_SETTINGS = [(1, 8), (2, 8), (1, 16)]

Way = Callable[[int], list[str]]


def main() -> None:
    """Measure, and print four tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a checkpoint folder")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", help="a folder of documents")
    parser.add_argument("--completion", action="store_true", help="continue texts: for a base model")
    parser.add_argument("--only", choices=["drafts"], help="one table alone")
    args = parser.parse_args()
    import_mlx()
    with tempfile.TemporaryDirectory() as folder:
        model = args.model or make_model(folder)
        if args.only is None:
            compare_speed(model, args.rounds)
        compare_drafts(model, args.documents, args.rounds, completion=args.completion)
        if args.only is not None:
            return
        compare_memory(model)
        measure_waiting(model)


def compare_speed(model: str, rounds: int) -> None:
    """All ways to the same answers, round by round; reading prompts and writing answers apart."""
    chat = ChatMLX(model=model, batch_size=BATCH_SIZE)
    texts = make_texts()
    ids = [chat.runtime.template.encode(messages) for messages in map(_messages, texts)]
    ways = raw_ways(model, ids) | our_ways(chat, texts)
    reading = {name: _timed(chat, way, 1)[0] for name, way in ways.items()}  # and a warm-up
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    processor: dict[str, list[float]] = {name: [] for name in ways}
    answers: dict[str, list[str]] = {}
    for _ in range(rounds):
        for name, way in ways.items():
            taken, busy, answers[name] = _timed(chat, way, ANSWER_TOKENS)
            seconds[name].append(taken)
            processor[name].append(busy)
    same = all(texts == answers["loop of generate"] for texts in answers.values())
    print(f"{len(ids)} prompts of {min(map(len, ids))}-{max(map(len, ids))} tokens", end="; ")
    print(f"{ANSWER_TOKENS} new tokens each; the same answers: {same}")
    best = {name: min(taken) for name, taken in seconds.items()}
    raw = min(taken for name, taken in best.items() if name.startswith("batch_generate"))
    prompt_tokens, new_tokens = sum(map(len, ids)), len(ids) * ANSWER_TOKENS
    print(f"{'':<26} {'seconds':>8} {'cpu s':>7} {'reads t/s':>9} {'writes t/s':>10} {'x loop':>7} {'x raw':>6}")
    for name, taken in best.items():
        read, write = prompt_tokens / reading[name], new_tokens / max(taken - reading[name], 1e-9)
        print(
            f"{name:<26} {taken:8.2f} {min(processor[name]):7.2f} {read:9.0f} {write:10.0f}"
            f" {best['loop of generate'] / taken:7.2f} {raw / taken:6.2f}"
        )


def raw_ways(model: str, ids: list[list[int]]) -> dict[str, Way]:
    """mlx-lm's own: one after the other, and its batches."""
    import mlx_lm

    weights, tokenizer = mlx_lm.load(model)

    def loop(tokens: int) -> list[str]:
        return [mlx_lm.generate(weights, tokenizer, prompt, max_tokens=tokens) for prompt in ids]

    def batch(prefill: int, completion: int) -> Way:
        def run(tokens: int) -> list[str]:
            made = mlx_lm.batch_generate(
                weights,
                tokenizer,
                ids,
                max_tokens=tokens,
                prefill_batch_size=prefill,
                completion_batch_size=completion,
                return_token_ids=True,
            )
            return [detokenize(tokenizer, answer) for answer in made.token_ids]

        return run

    return {"loop of generate": loop} | {
        f"batch_generate, {prefill} and {completion}": batch(prefill, completion)
        for prefill, completion in RAW_SETTINGS
    }


def our_ways(chat: ChatMLX, texts: list[str]) -> dict[str, Way]:
    """ChatMLX as LangChain calls it."""

    def batch(tokens: int) -> list[str]:
        return [answer.text for answer in chat.batch(texts, max_tokens=tokens)]

    def concurrent(tokens: int) -> list[str]:
        answers = asyncio.run(chat.abatch(texts, {"max_concurrency": 16}, max_tokens=tokens))
        return [answer.text for answer in answers]

    def staggered(tokens: int) -> list[str]:
        async def one(place: int, text: str) -> str:
            await asyncio.sleep(0.1 * place)
            return (await chat.ainvoke(text, max_tokens=tokens)).text

        async def all_of_them() -> list[str]:
            return await asyncio.gather(*(one(place, text) for place, text in enumerate(texts)))

        return asyncio.run(all_of_them())

    return {
        "ChatMLX.batch": batch,
        "16 concurrent ainvoke": concurrent,
        "one ainvoke every 0.1 s": staggered,
    }


def make_texts() -> list[str]:
    """Parts of our own handbook, of nearly the same length."""
    words = (ROOT / "examples" / "handbook.md").read_text("utf-8").split()
    return [" ".join(words[i * WORDS : (i + 1) * WORDS]) for i in range(PROMPTS)]


def _messages(text: str) -> list[Any]:
    from langchain_core.messages import HumanMessage

    return [HumanMessage(text)]


def _timed(chat: ChatMLX, way: Way, tokens: int) -> tuple[float, float, list[str]]:
    """Seconds on the wall and of the processor, and the answers."""
    chat.runtime.engine.close()  # what it remembers of these prompts would make the next way look fast
    chat.invoke("warm up", max_tokens=2)
    started, busy = time.perf_counter(), time.process_time()
    answers = way(tokens)
    return time.perf_counter() - started, time.process_time() - busy, answers


def compare_memory(model: str) -> None:
    """Memory above the weights, each way in a process of its own."""
    print(f"\nkeys and values of {MIX[0]} and {len(MIX) - 1} x {MIX[1]} tokens, and 64 new ones each")
    measured = {}
    for way in WAYS:
        command = [sys.executable, str(Path(__file__).with_name("engine_memory.py")), way, model]
        held, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
        measured[way] = float(held), float(peak)
    raw = measured["BatchGenerator"]
    print(f"{'':<16} {'held, MB':>9} {'x raw':>6} {'peak with activations, MB':>26} {'x raw':>6}")
    for way, (held, peak) in measured.items():
        print(f"{way:<16} {held:9.0f} {held / raw[0]:6.2f} {peak:26.0f} {peak / raw[1]:6.2f}")


def measure_waiting(model: str) -> None:
    """How long a short request waits for its first token, and how long the answers under way pause for others."""
    chat = ChatMLX(model=model, batch_size=BATCH_SIZE)
    short = make_texts()[0][:300]
    long = " ".join(make_texts())[:3500]
    chat.invoke(short, max_tokens=2)

    async def first_token(text: str) -> float:
        started = time.perf_counter()
        async for _ in chat.astream(text, max_tokens=2):
            break
        return time.perf_counter() - started

    begun: set[str] = set()

    async def times(text: str) -> list[float]:
        seen = []
        async for _ in chat.astream(text, max_tokens=96):
            begun.add(text)
            seen.append(time.perf_counter())
        return seen

    async def measure() -> tuple[list[float], float]:
        waits = [await first_token("1 " + short)]
        running = [asyncio.create_task(times(f"{i} {long}")) for i in range(4)]
        await asyncio.sleep(0.2)
        waits.append(await first_token("2 " + short))
        while len(begun) < len(running):
            await asyncio.sleep(0.01)
        waits.append(await first_token("3 " + short))
        pauses = [b - a for answer in await asyncio.gather(*running) for a, b in pairwise(answer)]
        return waits, max(pauses)

    (alone, reading, writing), pause = asyncio.run(measure())
    tokens = len(chat.runtime.template.encode(_messages(long)))
    print(f"\nfirst token of a short request, beside four prompts of {tokens} tokens: {alone:.2f} s alone,")
    print(f"{reading:.2f} s while they are read, {writing:.2f} s while they are answered;")
    print(f"the longest pause in their answers: {pause:.2f} s")


if __name__ == "__main__":
    main()
