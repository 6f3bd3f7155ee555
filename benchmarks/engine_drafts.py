"""What drafts from the prompt save: `speculate: prompt` against `off`, for one row and for lanes.

    python benchmarks/engine.py --model DIR --documents FOLDER [--completion]

Prompts ask for a summary of a passage of each document, and for a text about shuffled words, of which an answer
copies little. They are read once, and only decoding is timed; plain and drafted take turns on the same keys and
values. Seconds of the processor are compared too: other programs do not count in them.
"""

from __future__ import annotations

import copy
import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from llm.mlx.engine.batch import Row
from llm.mlx.engine.drafts import PromptIndex, PromptIndexes
from llm.mlx.engine.prefill import Prefill
from llm.mlx.engine.ragged_batch import RaggedBatch
from llm.mlx.engine.request import Effort, Request, Speculate
from llm.mlx.engine.sampling import Guarded, Sampler, Sampling
from llm.mlx.runtime import Runtime, Weights

LANES = (1, 2, 4, 8)
DOCUMENTS = 6
WORDS = 350
ANSWER_TOKENS = 96
SUFFIXES = (".pdf", ".md", ".txt")


class Silent:
    """A sink for answers that are taken from the batch."""

    def token(self, token: int) -> bool:
        return False

    def finish(self, reason: str, effort: Effort) -> None:
        pass

    def fail(self, error: BaseException) -> None:
        raise error


@dataclass
class Decoded:
    """One lane, decoded once: seconds on the wall and of the processor, the rows' tokens, and what they took."""

    seconds: float
    busy: float
    answers: list[list[int]]
    efforts: list[Effort]


@dataclass
class Compared:
    """One lane: the seconds of plain decoding over those with drafts."""

    ratio: float
    busy_ratio: float
    drafted: int
    accepted: int
    written: int
    same: bool


class Bench:
    """A model, and prompts that it has read but for their last token."""

    def __init__(self, model: str, *, completion: bool) -> None:
        import mlx.core as mx

        self._runtime = Runtime(Weights(model))
        self._completion = completion
        self._stop_ids = self._runtime.checkpoint.stop_ids
        self._model = self._runtime.checkpoint.load_weights()
        mx.eval(self._model.parameters())

    def read(self, text: str) -> tuple[list[int], list[Any]]:
        """The prompt that asks for a summary of `text`, and its keys and values."""
        from mlx_lm.models.cache import make_prompt_cache

        if self._completion:
            prompt = self._runtime.checkpoint.encode(
                f"{text}\n\nSummary of the text above:\n", add_special_tokens=True
            )
        else:
            message = HumanMessage(f"Summarize the following text in one paragraph.\n\n{text}")
            prompt = self._runtime.template.encode([message])
        prefill = Prefill(self._row(prompt, "off"), self._batch(), make_prompt_cache(self._model), 0, None)
        started = time.perf_counter()
        while not prefill.complete:
            prefill.read(self._model)
        read = time.perf_counter() - started
        started = time.perf_counter()
        PromptIndex(prompt)
        self.index_share = (time.perf_counter() - started) / read
        return prompt, prefill.cache

    def compare(self, lane: list[tuple[list[int], list[Any]]], rounds: int) -> Compared:
        """Plain and drafted in turns; the best of each counts."""
        made: dict[Speculate, list[Decoded]] = {"off": [], "prompt": []}
        for number in range(rounds):
            ways: list[Speculate] = ["off", "prompt"] if number % 2 == 0 else ["prompt", "off"]
            for way in ways:
                made[way].append(self._decode(lane, way))
        plain, drafted = made["off"], made["prompt"]
        efforts, answers = drafted[0].efforts, drafted[0].answers
        return Compared(
            min(one.seconds for one in plain) / min(one.seconds for one in drafted),
            min(one.busy for one in plain) / min(one.busy for one in drafted),
            sum(effort.drafted_tokens for effort in efforts),
            sum(effort.accepted_tokens for effort in efforts),
            sum(map(len, answers)),
            answers == plain[0].answers,
        )

    def _decode(self, lane: list[tuple[list[int], list[Any]]], way: Speculate) -> Decoded:
        batch = self._batch()
        rows = [self._row(prompt, way) for prompt, _ in lane]
        for row, (_, cache) in zip(rows, lane, strict=True):
            batch.join(row, batch.prepare(row, copy.deepcopy(cache)))
        answers: dict[Row, list[int]] = {row: [] for row in rows}
        started, busy = time.perf_counter(), time.process_time()
        while batch.rows:
            for one in batch.step():
                answers[one.row].append(one.token)
        seconds, busy = time.perf_counter() - started, time.process_time() - busy
        return Decoded(seconds, busy, [answers[row] for row in rows], [row.effort for row in rows])

    def _batch(self) -> RaggedBatch:
        return RaggedBatch(self._model, self._stop_ids, PromptIndexes())

    def _row(self, prompt: list[int], way: Speculate) -> Row:
        sampling = Sampling()
        request = Request(prompt, ANSWER_TOKENS, Silent(), sampling, speculate=way)
        return Row(request, Guarded(Sampler(sampling)), [])


def compare_drafts(model: str, folder: str | None, rounds: int, *, completion: bool) -> None:
    """Measure documents and random words in every lane, and print one line each."""
    bench = Bench(model, completion=completion)
    texts = {"random words": random_texts()}
    if folder is not None:
        texts = {"documents": read_passages(Path(folder))} | texts
    print(
        f"\n{'drafts':<12} {'rows':>4} {'x plain: median':>15} {'least':>6} {'most':>6} {'cpu: median':>11}",
        end=" ",
    )
    print(f"{'drafted':>8} {'accepted':>8} {'written':>8}  the same answers", flush=True)
    for name, passages in texts.items():
        prompts = [bench.read(passage) for passage in passages]
        for rows in LANES:
            last = max(DOCUMENTS if name == "documents" else DOCUMENTS // 2, rows)
            lanes = [bench.compare(prompts[i : i + rows], rounds) for i in range(0, last, rows)]
            _print_line(name, rows, lanes)
        print(f"the index of the last prompt took {100 * bench.index_share:.3f} % of reading it", flush=True)


def _print_line(name: str, rows: int, lanes: list[Compared]) -> None:
    ratios = [lane.ratio for lane in lanes]
    print(f"{name:<12} {rows:4} {statistics.median(ratios):15.2f} {min(ratios):6.2f} {max(ratios):6.2f}", end=" ")
    print(f"{statistics.median(lane.busy_ratio for lane in lanes):11.2f}", end=" ")
    drafted, accepted = sum(lane.drafted for lane in lanes), sum(lane.accepted for lane in lanes)
    print(f"{drafted:8} {accepted:8} {sum(lane.written for lane in lanes):8}", end="  ")
    print(all(lane.same for lane in lanes), flush=True)


def read_passages(folder: Path) -> list[str]:
    """Eight passages of the longest documents in `folder`, a later one of the first two for the last places."""
    files = [file for file in sorted(folder.iterdir()) if file.suffix in SUFFIXES]
    words = {file: read_words(file) for file in files}
    longest = sorted(files, key=lambda file: -len(words[file]))[:DOCUMENTS]
    places = [(file, 300) for file in longest] + [(file, 300 + 2 * WORDS) for file in longest[:2]]
    return [" ".join(words[file][place : place + WORDS]) for file, place in places]


def read_words(file: Path) -> list[str]:
    """The first words of a document: as PDFium gives them, or as they stand in a text."""
    if file.suffix != ".pdf":
        return file.read_text("utf-8").split()
    import pypdfium2

    document = pypdfium2.PdfDocument(file)
    pages = (document[number].get_textpage().get_text_range() for number in range(min(len(document), 40)))
    return " ".join(pages).split()


def random_texts() -> list[str]:
    """Words of our handbook, shuffled."""
    words = (Path(__file__).resolve().parent.parent / "examples" / "handbook.md").read_text("utf-8").split()
    numbers = random.Random(5)
    return [" ".join(numbers.sample(words, WORDS // 2)) for _ in range(max(LANES))]
