"""Sentences of the source that go with the summaries of its parts into collapse and final prompts. Calls no model.

What is merged from summaries alone drifts from the source with every round; a few key sentences beside each
summary hold it there (arXiv 2502.00977). The embedded model's ranking picks them, whatever model writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import cast

# Not typing's: pydantic takes only these before Python 3.12.
from typing_extensions import TypedDict

from graph.calling.budget import SEPARATOR
from graph.compressed import compress, decompress
from graph.results.types import Summary
from llm.textrank.extract import key_sentences

OPEN, CLOSE = "<source_sentences>", "</source_sentences>"
_QUOTED = re.compile(rf"\s*{OPEN}(?:(?!{OPEN}).)*?(?:{CLOSE}|$)\n?|\s*(?:{OPEN}|{CLOSE})", re.DOTALL)


class Part(TypedDict):
    """The summary of a part of the document, and key sentences of that part, the best first."""

    text: str
    evidence: list[str]


def parts_of(summaries: Iterable[Summary]) -> list[Part]:
    """What prompts are given of the summaries."""
    return [Part(text=summary["text"], evidence=summary.get("source_sentences", [])) for summary in summaries]


def joined_text(parts: Sequence[Part], count: int = 0) -> str:
    """The summaries as one text, in order, each followed by at most `count` of its key sentences."""
    return SEPARATOR.join(_with_evidence(part, count) for part in parts)


def without_evidence(answer: str) -> str:
    """The answer without the evidence that some models repeat, tags and all."""
    return _QUOTED.sub("\n", answer).strip() if OPEN in answer or CLOSE in answer else answer


def merged_evidence(parts: Sequence[Part], count: int) -> list[str]:
    """At most `count` key sentences of all the parts together, out of those of each."""
    return key_sentences(SEPARATOR.join(sentence for part in parts for sentence in part["evidence"]), count)


def compress_parts(parts: Sequence[Part]) -> bytes:
    """Parts, compressed."""
    return compress(json.dumps(parts, ensure_ascii=False))


def decompress_parts(data: bytes) -> list[Part]:
    """What `compress_parts` was given."""
    return cast(list[Part], json.loads(decompress(data)))


def _with_evidence(part: Part, count: int) -> str:
    chosen = part["evidence"][:count]
    return "\n".join([part["text"], OPEN, *chosen, CLOSE]) if chosen else part["text"]
