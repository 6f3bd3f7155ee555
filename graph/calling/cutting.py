"""Texts cut to a number of tokens, at the end of a sentence where there is one. Knows no models."""

from __future__ import annotations

from graph.calling.token_counter import TokenCounter
from llm.language.sentences import split_sentences


def cut(text: str, tokens: int, counter: TokenCounter) -> str:
    """The longest start of `text` that has at most `tokens`: whole sentences, or words of the first."""
    kept = _longest(split_sentences(text), tokens, counter)
    return kept or _longest(text.split(" "), tokens, counter, " ") or _longest(text, tokens, counter)


def _longest(pieces: list[str] | str, tokens: int, counter: TokenCounter, between: str = "") -> str:
    """As many pieces from the start as have at most `tokens` together, by bisection."""
    low, high = 0, len(pieces)
    while low < high:
        middle = (low + high + 1) // 2
        if counter.text(between.join(pieces[:middle]).strip()) <= tokens:
            low = middle
        else:
            high = middle - 1
    return between.join(pieces[:low]).strip()
