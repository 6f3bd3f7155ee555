"""How good are the built-in model's summaries, next to others that need no download?

    python benchmarks/extractive.py --data DIR

DIR holds documents (PDF, text or Markdown). One that has a summary by people beside it (NAME.human.txt or
NAME.scisummnet.txt) is scored with ROUGE (stemmed, F1). Its abstract is taken out first, because many references
copy it: what stands between the headings Abstract and Introduction, and sentences of NAME.abstract.txt. Every
way has the reference's tokens to spend. Differences are given with their 95% interval, from a paired bootstrap
over the documents.

Of documents without such a summary, it is printed how far the summary's words are from the document's
(Jensen-Shannon divergence in bits; Louis & Nenkova, EMNLP 2009), and what share of it comes from each third.

The baselines (extractive_baselines.py) see the sentences that the built-in model sees, those that look like
prose. Needs the package rouge-score.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from extractive_baselines import lead, lexrank, textrank  # noqa: E402
from langchain_core.documents import Document  # noqa: E402

from graph import build_graph, load_config  # noqa: E402
from graph.documents import clean_pages, read_document  # noqa: E402
from graph.documents.config import LoadConfig  # noqa: E402
from llm.textrank.rank import terms  # noqa: E402
from llm.textrank.sentences import SOUND, read_sentences  # noqa: E402
from llm.tokens import estimate_tokens  # noqa: E402

METRICS = ("rouge1", "rouge2", "rougeLsum")
REFERENCES = (".human.txt", ".scisummnet.txt")
FREE_TOKENS = 300  # of a summary without a reference
RESAMPLES = 5000


class Case(NamedTuple):
    """A document without its abstract, page by page, and the reference; empty if there is none."""

    name: str
    pages: list[str]
    reference: str

    @property
    def budget(self) -> int:
        """Tokens that a summary of it may have."""
        return estimate_tokens(self.reference) if self.reference else FREE_TOKENS

    @property
    def text(self) -> str:
        """The whole document."""
        return "\n\n".join(self.pages)


Way = Callable[[Case], str]


def read_cases(folder: Path) -> list[Case]:
    """Every document of the folder, in order of name."""
    beside = (*REFERENCES, ".abstract.txt")
    kinds = (".pdf", ".txt", ".md")
    files = sorted(p for p in folder.iterdir() if p.suffix in kinds and not p.name.endswith(beside))
    return [case for path in files if (case := read_case(path)).pages]


def read_case(path: Path) -> Case:
    """One document, cleaned as the program cleans it."""
    config = LoadConfig(ocr="off", timeout_seconds=300)
    pages = clean_pages(read_document(path, config)["pages"], config)
    texts = [page["text"] for page in pages if page["status"] == "read" and page["text"]]
    found = [other for ending in REFERENCES if (other := path.with_name(path.stem + ending)).exists()]
    if not found:
        return Case(path.stem, texts, "")
    abstract = path.with_name(f"{path.stem}.abstract.txt")
    known = abstract.read_text("utf-8", "replace") if abstract.exists() else ""
    return Case(
        path.stem, without_abstract(texts, known), " ".join(found[0].read_text("utf-8", "replace").split())
    )


def without_abstract(pages: list[str], abstract: str) -> list[str]:
    """The pages without the span from Abstract to Introduction, and without the abstract's own sentences."""
    first, *rest = pages
    span = re.search(r"(?ims)^\W*abstract\b.*?(?=^\s*(?:[1I]\.?\s+)?introduction\b)", first)
    first = first[: span.start()] + first[span.end() :] if span else first
    said = bigrams(abstract)
    kept = [
        block
        for block in re.split(r"\n\s*\n", first)
        if not (own := bigrams(block)) or len(own & said) < 0.5 * len(own)
    ]
    return ["\n\n".join(kept), *rest]


def bigrams(text: str) -> set[tuple[str, str]]:
    """Neighbouring words."""
    words = re.findall(r"\w+", text.casefold())
    return set(pairwise(words))


def through_graph(strategy: str, **more: Any) -> Way:
    """The whole program with the built-in model; `more` are keys of the configuration."""

    def way(case: Case) -> str:
        settings = {
            "cache.enabled": False,
            "llm.context_window": 10_000_000 if strategy == "auto" else 8192,
            "summarize.strategy": strategy,
            "summarize.final_tokens": case.budget,
            **more,
        }
        config = load_config(ROOT / "configs/quickstart.yaml", settings.items())
        pages = [Document(text, metadata={"page": number}) for number, text in enumerate(case.pages)]
        return str(build_graph(config).invoke({"documents": pages})["summary"])

    return way


def baseline(rank: Callable[[Sequence[str]], list[float]], *, all_sentences: bool = False) -> Way:
    """The best sentences within the budget, in their order."""

    def way(case: Case) -> str:
        sentences = [s.text for s in read_sentences(case.text) if all_sentences or s.prose >= SOUND]
        scores, left, chosen = rank(sentences), case.budget, []
        for i in sorted(range(len(sentences)), key=lambda i: -scores[i]):
            if (cost := estimate_tokens(sentences[i])) <= left:
                chosen.append(i)
                left -= cost
        return " ".join(sentences[i] for i in sorted(chosen))

    return way


def rouge(summary: str, reference: str) -> list[float]:
    """F1 of each metric, in percent."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(list(METRICS), use_stemmer=True)
    lines = ["\n".join(s.text for s in read_sentences(text)) for text in (reference, summary)]
    scores = scorer.score(*lines)
    return [100 * scores[metric].fmeasure for metric in METRICS]


def interval(differences: Sequence[float]) -> str:
    """Mean difference with its 95% interval, from resampled documents."""
    chance, n = random.Random(0), len(differences)
    means = sorted(sum(chance.choices(differences, k=n)) / n for _ in range(RESAMPLES))
    low, high = means[RESAMPLES // 40], means[-RESAMPLES // 40]
    return f"{sum(differences) / n:+.1f} ({low:+.1f} to {high:+.1f})"


def divergence(summary: str, text: str) -> float:
    """Jensen-Shannon divergence, in bits, of the words of two texts."""
    counts = [Counter(terms(part)) for part in (summary, text)]
    totals = [max(1, sum(count.values())) for count in counts]
    found = 0.0
    for term in counts[0] | counts[1]:
        shares = [count[term] / total for count, total in zip(counts, totals, strict=True)]
        found += sum(0.5 * p * math.log2(2 * p / sum(shares)) for p in shares if p)
    return found


def thirds(summary: str, text: str) -> list[float]:
    """The share of the summary's sentences that stand in each third of the text."""
    flat, counts = "".join(text.split()), [0, 0, 0]
    for sentence in read_sentences(summary):
        if (place := flat.find("".join(sentence.text.split()))) >= 0:
            counts[min(2, 3 * place // len(flat))] += 1
    return [count / max(1, sum(counts)) for count in counts]


def compare_scored(cases: list[Case], ways: dict[str, Way]) -> None:
    """Print the table of documents with references. All are compared with LexRank."""
    scores = {name: [rouge(way(case), case.reference) for case in cases] for name, way in ways.items()}
    base = scores["LexRank"]
    print(f"{len(cases)} documents with references\n")
    print("| | ROUGE-1 | ROUGE-2 | ROUGE-Lsum | ROUGE-1 against LexRank | ROUGE-2 against LexRank |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, rows in scores.items():
        means = [f"{sum(column) / len(rows):.1f}" for column in zip(*rows, strict=True)]
        against = [interval([a[k] - b[k] for a, b in zip(rows, base, strict=True)]) for k in (0, 1)]
        print(f"| {' | '.join([name, *means, *against])} |", flush=True)


def compare_free(cases: list[Case], ways: dict[str, Way]) -> None:
    """Print the table of documents without references."""
    print(f"\n{len(cases)} documents without references, {FREE_TOKENS} tokens each\n")
    print("| | divergence | first third | second | last |")
    print("| --- | --- | --- | --- | --- |")
    for name, way in ways.items():
        rows = [[divergence(s := way(case), case.text), *thirds(s, case.text)] for case in cases]
        means = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        print(f"| {name} | {means[0]:.3f} | {' | '.join(f'{share:.0%}' for share in means[1:])} |", flush=True)


def main() -> None:
    """Compare all ways on the documents of a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of documents and references")
    args = parser.parse_args()
    cases = read_cases(args.data)
    small = {"split.chunk_tokens": 600, "llm.max_tokens": 200, "llm.context_window": 2048}
    ways = {
        "lead": baseline(lead),
        "TextRank as published, all sentences": baseline(textrank, all_sentences=True),
        "TextRank as published": baseline(textrank),
        "LexRank": baseline(lexrank),
        "built-in, one call": through_graph("auto"),
        "built-in, map and final": through_graph("map_reduce"),
        "built-in, map, collapse and final": through_graph("map_reduce", **small),
        "built-in, with evidence: 3": through_graph("map_reduce", **small, **{"summarize.evidence": 3}),
    }
    if scored := [case for case in cases if case.reference]:
        compare_scored(scored, ways)
    if free := [case for case in cases if not case.reference]:
        compare_free(free, ways)


if __name__ == "__main__":
    main()
