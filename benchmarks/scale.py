"""What does a page cost, and does it stay the same however many there are?

Makes PDFs of 10, 100, 1,000 and 5,000 pages and summarizes each, in a process of its own, with the built-in model
and with a scripted one that answers at once, so that only the graph's own work is left.

    python benchmarks/scale.py [--pages 10 100 1000 5000]

Printed per run: seconds; megabytes at the peak, of this process above what the program takes before it reads, and
of the reading one; milliseconds that the graph spends on a chunk besides reading, splitting, grounding and the
model; tokens sent in the map stage, and characters tokenized, for each of the document's.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Lock
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from langchain_core.language_models import BaseChatModel  # noqa: E402
from langchain_core.messages import AIMessage  # noqa: E402
from langchain_core.outputs import ChatGeneration, ChatResult  # noqa: E402
from pydantic import PrivateAttr  # noqa: E402

from graph import build_graph, load_config  # noqa: E402

WORDS_PER_PAGE = 420
ANSWER = "The part says what it has to say, in order, and says it well. " * 6


class Scripted(BaseChatModel):
    """Answers at once, always the same; a token is a word. Counts what it is asked."""

    max_tokens: int = 500
    context_window: int = 8192
    _seconds: float = PrivateAttr(0.0)
    _tokenized: int = PrivateAttr(0)
    _map_tokens: int = PrivateAttr(0)
    _lock: Lock = PrivateAttr(default_factory=Lock)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def get_context_window(self) -> int:
        """Tokens of prompt and answer together."""
        return self.context_window

    def get_token_ids(self, text: str) -> list[int]:
        with self._lock:
            self._tokenized += len(text)
        return list(range(len(text.split())))

    def get_num_tokens_from_messages(self, messages: list[Any], tools: Any = None) -> int:
        return sum(len(self.get_token_ids(str(message.text))) for message in messages)

    def _generate(self, messages: list[Any], *args: Any, **kwargs: Any) -> ChatResult:
        started = time.perf_counter()
        prompt = str(messages[-1].text)
        with self._lock:
            self._map_tokens += len(prompt.split()) * prompt.startswith(
                "Create a summary of the following document."
            )
        result = ChatResult(generations=[ChatGeneration(message=AIMessage(ANSWER))])
        with self._lock:
            self._seconds += time.perf_counter() - started
        return result


def main() -> None:
    """Measure every size, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", type=int, nargs="+", default=[10, 100, 1000, 5000])
    parser.add_argument("--one", nargs=2, metavar=("MODEL", "PDF"), help=argparse.SUPPRESS)
    parser.add_argument("--make", nargs=2, metavar=("PAGES", "PDF"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(measure(*args.one)))
        return
    if args.make:
        make_book(Path(args.make[1]), int(args.make[0]))
        return
    print(
        "| model | pages | chunks | s | ms a page | of which ground | MB here | MB reading "
        "| graph ms a chunk | sent | tokenized |"
    )
    print(f"|{' --- |' * 11}")
    with tempfile.TemporaryDirectory() as folder:
        for pages in args.pages:
            path = Path(folder) / f"{pages}.pdf"
            # In a process of its own: what a process holds when it starts another counts for both.
            subprocess.run([sys.executable, __file__, "--make", str(pages), str(path)], check=True)
            for model in ("textrank", "scripted"):
                print_row(model, pages, path)


def print_row(model: str, pages: int, path: Path) -> None:
    """Run one size in a process of its own, and print what it took."""
    command = [sys.executable, __file__, "--one", model, str(path)]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    seconds = found["seconds"]
    cells = [
        model,
        f"{pages:,}",
        f"{found['chunks']:,}",
        f"{seconds:.1f}",
        f"{1e3 * seconds / pages:.1f}",
        f"{1e3 * found['ground'] / pages:.1f}",
        f"{found['here']:.0f}",
        f"{found['child']:.0f}",
        found["overhead"],
        found["sent"],
        found["tokenized"],
    ]
    print(f"| {' | '.join(cells)} |", flush=True)


def make_book(path: Path, pages: int) -> None:
    """A PDF of random prose, two columns' worth of words on a page."""
    from tests.pdfs import make_pdf

    chance = random.Random(0)
    words = [
        "".join(chance.choices("aabcdeeefghiiklmnnooprsstttuuvwy", k=chance.randint(2, 10))) for _ in range(8000)
    ]
    sheets = []
    for _ in range(pages):
        lines, line = [], ""
        for index in range(WORDS_PER_PAGE):
            word = chance.choice(words)
            word = word.capitalize() if index % 17 == 0 else word
            line += f"{word}. " if index % 17 == 16 else f"{word} "
            if len(line) > 85:
                lines.append(line)
                line = ""
        sheets.append("\n".join([*lines, line]))
    path.write_bytes(make_pdf(sheets))
    text = "\n".join(sheets)
    path.with_suffix(".json").write_text(json.dumps({"words": len(text.split()), "characters": len(text)}))


def measure(name: str, path: str) -> dict[str, Any]:
    """Summarize one file in this process."""
    config = load_config(ROOT / "configs/quickstart.yaml", ["cache.enabled=false", "load.max_pages=100000"])
    scripted = Scripted()
    app = build_graph(config, model=scripted if name == "scripted" else None)
    before = megabytes(resource.RUSAGE_SELF)
    started = time.perf_counter()
    result = app.invoke({"source": path})
    seconds = time.perf_counter() - started
    parts = [summary for summary in result["tree"] if summary["level"] == 0]
    stages = result["stats"]["seconds"]
    report = {
        "seconds": seconds,
        "chunks": len(parts),
        "here": megabytes(resource.RUSAGE_SELF) - before,
        "child": megabytes(resource.RUSAGE_CHILDREN),
        "ground": stages["ground"],
        "overhead": "",
        "sent": "",
        "tokenized": "",
    }
    if name == "scripted":
        book = json.loads(Path(path).with_suffix(".json").read_text())
        overhead = seconds - stages["load"] - stages["split"] - stages["ground"] - scripted._seconds
        report["overhead"] = f"{1e3 * overhead / len(parts):.2f}"
        report["sent"] = f"{scripted._map_tokens / book['words']:.2f}"
        report["tokenized"] = f"{scripted._tokenized / book['characters']:.2f}"
    return report


def megabytes(who: int) -> float:
    """The most memory that this process, or any of its children, has held."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(who).ru_maxrss / unit


if __name__ == "__main__":
    main()
