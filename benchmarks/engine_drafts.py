"""What drafts from the prompt save: `speculate: prompt` against `off`, for one row and for lanes.

    python benchmarks/engine.py --model DIR --documents FOLDER [--completion]

Prompts ask for a summary of a passage of each document, and for a text about shuffled words, of which an answer
copies little. All prompts have been read before, so that time is spent on answers alone; plain and drafted take
turns in one process.
"""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import LanguageModelInput

from llm import ChatMLX

LANES = (1, 2, 4, 8)
DOCUMENTS = 6
WORDS = 350
ANSWER_TOKENS = 96
SUFFIXES = (".pdf", ".md", ".txt")


@dataclass
class Measured:
    """One lane. `ratio`: the seconds of plain decoding over those with drafts."""

    ratio: float
    drafted: int
    accepted: int
    written: int
    same: bool


def compare_drafts(model: str, folder: str | None, rounds: int, *, completion: bool) -> None:
    """Measure documents and random words in every lane, and print one line each."""
    from llm.mlx.completion import ContinuingChat

    kind = ContinuingChat if completion else ChatMLX
    chat = kind(model=model, batch_size=max(LANES), max_tokens=ANSWER_TOKENS)
    texts = {"random words": random_texts()}
    if folder is not None:
        texts = {"documents": read_passages(Path(folder))} | texts
    print(f"\n{'drafts':<12} {'rows':>4} {'x plain: median':>15} {'least':>6} {'most':>6}", end=" ")
    print(f"{'drafted':>8} {'accepted':>8} {'written':>8}  the same answers", flush=True)
    for name, passages in texts.items():
        prompts = [_ask(text, completion=completion) for text in passages]
        for rows in LANES:
            last = max(DOCUMENTS if name == "documents" else DOCUMENTS // 2, rows)
            lanes = [measure(chat, prompts[i : i + rows], rounds) for i in range(0, last, rows)]
            _print_line(name, rows, lanes)


def _print_line(name: str, rows: int, lanes: list[Measured]) -> None:
    ratios = [lane.ratio for lane in lanes]
    drafted, accepted = sum(lane.drafted for lane in lanes), sum(lane.accepted for lane in lanes)
    print(f"{name:<12} {rows:4} {statistics.median(ratios):15.2f} {min(ratios):6.2f} {max(ratios):6.2f}", end=" ")
    print(f"{drafted:8} {accepted:8} {sum(lane.written for lane in lanes):8}", end="  ")
    print(all(lane.same for lane in lanes), flush=True)


def measure(chat: ChatMLX, lane: list[str], rounds: int) -> Measured:
    """Plain and drafted in turns; the best of each counts."""
    inputs: list[LanguageModelInput] = list(lane)
    for _ in range(2):  # at the second time the beginning is kept
        chat.batch(inputs, max_tokens=1)
    seconds: dict[str, list[float]] = {"off": [], "prompt": []}
    answers: dict[str, list[Any]] = {}
    for number in range(rounds):
        for way in ("off", "prompt") if number % 2 == 0 else ("prompt", "off"):
            started = time.perf_counter()
            answers[way] = chat.batch(inputs, speculate=way)
            seconds[way].append(time.perf_counter() - started)
    told = [answer.response_metadata for answer in answers["prompt"]]
    return Measured(
        min(seconds["off"]) / min(seconds["prompt"]),
        sum(metadata["drafted_tokens"] for metadata in told),
        sum(metadata["accepted_tokens"] for metadata in told),
        sum(answer.usage_metadata["output_tokens"] for answer in answers["prompt"]),
        [answer.text for answer in answers["off"]] == [answer.text for answer in answers["prompt"]],
    )


def read_passages(folder: Path) -> list[str]:
    """Eight passages of the largest documents in `folder`, a later one of the first two for the last places."""
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


def _ask(text: str, *, completion: bool) -> str:
    if completion:
        return f"{text}\n\nSummary of the text above:\n"
    return f"Summarize the following text in one paragraph.\n\n{text}"
