"""Which passages share words with a sentence: an inverted index. Knows nothing of pages or summaries."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from graph.grounding.words import terms_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


_ALIKE_LETTERS, _ALIKE_ENDING = 4, 3


class Index:
    """Passages of one language by the terms they hold, and how rare each term is."""

    def __init__(self, texts: Iterable[str], language: str) -> None:
        import numpy as np

        vocabulary: dict[str, int] = {}
        rows, columns, count = array("l"), array("l"), 0
        for count, text in enumerate(texts, start=1):
            held = {vocabulary.setdefault(term, len(vocabulary)) for term in terms_of(text, language)}
            columns.extend(held)
            rows.extend([count - 1] * len(held))
        self.language = language
        self.size = count
        self._vocabulary = vocabulary
        holding = np.frombuffer(columns, dtype=np.dtype("l"))
        order = np.argsort(holding, kind="stable")
        self._rows = np.frombuffer(rows, dtype=np.dtype("l"))[order]
        holders = np.bincount(holding, minlength=len(vocabulary))
        self._ends = np.cumsum(holders)
        rarity = np.log1p(count / (holders + 0.5))
        self._rarity = rarity
        squares = np.bincount(self._rows, rarity[holding[order]] ** 2, minlength=count)
        self.lengths: Floats = np.sqrt(np.maximum(squares, 1e-9))

    def __contains__(self, term: str) -> bool:
        return term in self._vocabulary

    def rarity(self, term: str) -> float:
        """log(1 + passages / passages that hold it): the fewer hold a term, the more it says."""
        import numpy as np

        column = self._vocabulary.get(term)
        return float(np.log1p(2 * max(1, self.size)) if column is None else self._rarity[column])

    def alike(self, term: str) -> list[str]:
        """Terms that are this one but for an ending, which stems may still have: "deliv", "delivery".

        Numbers, and terms of few letters, are like no other.
        """
        if len(term) < _ALIKE_LETTERS or term.startswith("#"):
            return []
        begun = [
            known
            for known in self._vocabulary
            if abs(len(known) - len(term)) <= _ALIKE_ENDING and len(known) >= _ALIKE_LETTERS
        ]
        return [known for known in begun if known != term and (known.startswith(term) or term.startswith(known))]

    def shared(self, weights: Mapping[str, float]) -> Floats:
        """Of each passage, the weights of the terms it holds, summed. (size,)"""
        import numpy as np

        total = np.zeros(self.size)
        for term, weight in weights.items():
            if (column := self._vocabulary.get(term)) is not None:
                start = self._ends[column - 1] if column else 0
                total[self._rows[start : self._ends[column]]] += weight
        return total
