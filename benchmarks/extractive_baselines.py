"""Rankings of sentences that need no model, as published: what extractive.py compares the built-in model with."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from llm.textrank.rank import terms

DAMPING, ROUNDS, LEXRANK_THRESHOLD = 0.85, 50, 0.1


def lead(sentences: Sequence[str]) -> list[float]:
    """The earlier the better."""
    return [-float(place) for place in range(len(sentences))]


def lexrank(sentences: Sequence[str]) -> list[float]:
    """PageRank over the pairs whose TF-IDF cosine is above a threshold (Erkan & Radev 2004)."""
    counts = [Counter(terms(sentence)) for sentence in sentences]
    holders = Counter(term for count in counts for term in count)
    rows = [{t: n * math.log(len(counts) / holders[t]) for t, n in count.items()} for count in counts]
    return pagerank(rows, lambda likeness, i, j: float(likeness > LEXRANK_THRESHOLD), unit=True)


def textrank(sentences: Sequence[str]) -> list[float]:
    """PageRank over all pairs, joined by shared words over the logarithms of their lengths (2004)."""
    rows = [dict.fromkeys(terms(sentence), 1.0) for sentence in sentences]
    sizes = [math.log(max(2, len(row))) for row in rows]
    return pagerank(rows, lambda shared, i, j: shared / (sizes[i] + sizes[j]), unit=False)


def pagerank(rows: list[dict[str, float]], edge: Callable[[float, int, int], float], *, unit: bool) -> list[float]:
    """Ranks of sentences, given as weighted terms; `edge` weighs the product of two of them."""
    columns = {term: k for k, term in enumerate({term: 0 for row in rows for term in row})}
    dense = np.zeros((len(rows), len(columns)))
    for i, row in enumerate(rows):
        dense[i, [columns[term] for term in row]] = list(row.values())
    if unit:
        dense /= np.maximum(np.linalg.norm(dense, axis=1, keepdims=True), 1e-12)
    n = len(rows)
    product = dense @ dense.T
    weights = np.array([[0.0 if i == j else edge(product[i, j], i, j) for j in range(n)] for i in range(n)])
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    score = np.full(n, 1 / n)
    for _ in range(ROUNDS):
        score = (1 - DAMPING) / n + DAMPING * weights.T @ score
    return [float(value) for value in score]
