"""How much faster is the map stage than the loop it replaces?

Three ways to the same 24 summaries, on one checkpoint in one process: the notebook's loop (`mlx_lm.generate`
for each part), `mlx_lm.batch_generate`, and this program's graph. Prints seconds and the ratios between them.

    python benchmarks/map_stage.py [--model DIR] [--rounds 3]

Without --model a Gemma with random float32 weights (57 million parameters) is made in a temporary folder.
Greedy decoding, so the three must agree to the letter; the script says whether they do.
"""

from __future__ import annotations

import argparse
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from langchain_core.callbacks import BaseCallbackHandler  # noqa: E402

from graph import RunConfig, build_graph  # noqa: E402
from graph.calling.stage_caller import StageCaller  # noqa: E402
from graph.documents import split_pages  # noqa: E402
from graph.documents.types import Page  # noqa: E402
from llm.mlx.backend import import_mlx  # noqa: E402

PARTS = 24
CHUNK_TOKENS = 230
ANSWER_TOKENS = 64
BATCH_SIZE = 8


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", help="a checkpoint folder")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    import_mlx()
    with tempfile.TemporaryDirectory() as folder:
        model = args.model or make_model(folder)
        print_table(measure(model, args.rounds))


def make_model(folder: str) -> str:
    """A Gemma of 57 million parameters: large enough that arithmetic, not Python, is what takes time."""
    from tests.checkpoints import make_checkpoint

    return str(
        make_checkpoint(
            folder,
            "gemma",
            vocab_size=16384,
            hidden_size=768,
            layers=5,
            intermediate_size=3072,
            heads=12,
            head_dim=64,
        )
    )


def measure(model: str, rounds: int) -> dict[str, list[Any]]:
    """Seconds of each way, round by round, and the answers of the last."""
    import mlx_lm

    config = RunConfig.model_validate(
        {
            "llm": {"provider": "mlx", "model": model, "max_tokens": ANSWER_TOKENS, "batch_size": BATCH_SIZE},
            "split": {"chunk_tokens": CHUNK_TOKENS},
            "summarize": {"strategy": "map_reduce", "final_tokens": 1},
            "prompts": dict.fromkeys(("map", "collapse", "final"), "Summarize.\n{document}"),
        }
    )
    from llm.load import load_model

    chat = load_model(config.llm)
    app = build_graph(config, model=chat)
    documents, texts, prompts = make_prompts(config, chat)
    weights, tokenizer = mlx_lm.load(model)

    def loop() -> tuple[float, list[str]]:
        started = time.perf_counter()
        texts = [mlx_lm.generate(weights, tokenizer, ids, max_tokens=ANSWER_TOKENS) for ids in prompts]
        return time.perf_counter() - started, texts

    def batch() -> tuple[float, list[str]]:
        started = time.perf_counter()
        made = mlx_lm.batch_generate(
            weights,
            tokenizer,
            prompts,
            max_tokens=ANSWER_TOKENS,
            prefill_batch_size=1,
            completion_batch_size=BATCH_SIZE,
            return_token_ids=True,
        )
        seconds = time.perf_counter() - started
        return seconds, [detokenize(tokenizer, ids) for ids in made.token_ids]

    def graph() -> tuple[float, list[str]]:
        answers = Answers()
        result = app.invoke({"documents": documents}, {"callbacks": [answers]})
        return result["stats"]["seconds"]["map_summarize"], [answers.texts[text] for text in texts]

    ways = {"loop of generate": loop, "batch_generate": batch, "this graph": graph}
    chat.invoke("warm up", max_tokens=2)
    mlx_lm.generate(weights, tokenizer, prompts[0], max_tokens=2)
    seconds: dict[str, list[Any]] = {name: [] for name in ways}
    answers: list[list[str]] = []
    for _ in range(rounds):
        answers.clear()
        for name, way in ways.items():
            taken, made = way()
            seconds[name].append(taken)
            answers.append(made)
    print(f"{len(prompts)} prompts of {min(map(len, prompts))}-{max(map(len, prompts))} tokens", end="; ")
    print(f"{ANSWER_TOKENS} new tokens each; the same answers: {answers[0] == answers[1] == answers[2]}")
    return seconds


class Answers(BaseCallbackHandler):
    """What the model answered to each prompt, before the graph bounds it."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._prompts: dict[Any, str] = {}

    def on_chat_model_start(self, serialized: Any, messages: Any, *, run_id: Any, **_: Any) -> None:
        """Remember which prompt a call is for."""
        self._prompts[run_id] = messages[0][0].text

    def on_llm_end(self, response: Any, *, run_id: Any, **_: Any) -> None:
        """Remember what came of it."""
        self.texts[self._prompts[run_id]] = response.generations[0][0].text


def detokenize(tokenizer: Any, ids: list[int]) -> str:
    """Text as `mlx_lm.generate` makes it: `batch_generate` decodes in another way."""
    detokenizer = tokenizer.detokenizer
    for token in ids:
        detokenizer.add_token(token)
    detokenizer.finalize()
    return str(detokenizer.text)


def make_prompts(config: RunConfig, chat: Any) -> tuple[list[Any], list[str], list[list[int]]]:
    """A document of exactly PARTS chunks, and the prompts the graph makes of them: as text, and as token ids."""
    from langchain_core.documents import Document

    from chains import prompts as chain_prompts
    from chains.summarize import prompt_template

    sets = chain_prompts.read_prompts(config.prompts)
    counter = StageCaller(config, sets, chat).counter
    text = (ROOT / "examples" / "handbook.md").read_text("utf-8")
    # One long paragraph: cleaning leaves it as it is, so the graph makes the very chunks made here.
    sentences = " ".join(re.sub(r"[#|*`-]+", " ", text).split()).split(". ")
    for length in range(len(sentences), 0, -1):
        text = ". ".join(sentences[:length])
        page = Page(number=1, label="1", text=text, status="read")
        chunks = split_pages([page], budget_tokens=CHUNK_TOKENS, count_tokens=counter.text)
        if len(chunks) == PARTS:
            break
    template = prompt_template("map", sets)
    messages = [template.invoke({"document": chunk["text"]}).to_messages() for chunk in chunks]
    ids = [chat.runtime.template.encode(turns) for turns in messages]
    return [Document(text)], [turns[0].text for turns in messages], ids


def print_table(seconds: dict[str, list[Any]]) -> None:
    """Medians over the rounds, and ratios of medians."""
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    ours = medians["this graph"]
    for name, median in medians.items():
        spread = f"{min(seconds[name]):.2f}-{max(seconds[name]):.2f}"
        print(f"{name:<18} {median:7.2f} s  ({spread})  {median / ours:5.2f} x this graph")


if __name__ == "__main__":
    main()
