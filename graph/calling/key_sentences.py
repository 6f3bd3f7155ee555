"""Sentences of the source that go with the summaries of its parts into collapse and final prompts.

What is merged from summaries alone drifts from the source with every round; a few key sentences beside each
summary hold it there (arXiv 2502.00977). The built-in model's ranking picks them, whatever model writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired

# Not typing's: pydantic takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.calling.budget import SEPARATOR
from llm.textrank.extract import key_sentences

TAG = "source_sentences"
OPEN, CLOSE = f"<{TAG}>", f"</{TAG}>"


class Part(TypedDict):
    """The summary of a part of the document, key sentences of that part, the best first, and what it is called."""

    text: str
    source_sentences: list[str]
    title: NotRequired[str]


def joined_text(parts: Sequence[Part], count: int = 0, *, titled: bool = False) -> str:
    """The summaries as one text, in order, each followed by at most `count` of its key sentences, and `titled` if
    their titles are to stand above them.
    """
    return SEPARATOR.join(
        (f"{title}:\n" if titled and (title := part.get("title")) else "") + _with_source_sentences(part, count)
        for part in parts
    )


def merged_source_sentences(parts: Sequence[Part], count: int) -> list[str]:
    """At most `count` key sentences of all the parts together, out of those of each."""
    return key_sentences(
        SEPARATOR.join(sentence for part in parts for sentence in part["source_sentences"]), count
    )


def _with_source_sentences(part: Part, count: int) -> str:
    chosen = part["source_sentences"][:count]
    return "\n".join([part["text"], OPEN, *chosen, CLOSE]) if chosen else part["text"]
