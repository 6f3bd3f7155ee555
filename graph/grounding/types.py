"""What grounding gives: plain values, for JSON. Knows nothing of how they are found."""

from __future__ import annotations

from typing import Literal, NotRequired

# Not typing's: pydantic, which makes schemas of these, takes only this one before Python 3.12.
from typing_extensions import TypedDict

Flag = Literal[
    "weak support",
    "number not in source",
    "unit not in source",
    "comparison not in source",
    "name not in source",
    "opposite in source",
    "roles differ from source",
    "stronger than source",
    "said twice",
    "says nothing",
    "not a sentence",
    "markup",
    "prompt text",
]


class Evidence(TypedDict):
    """A sentence of the source that supports a sentence of the summary, and the text around it in its page."""

    page: int
    """Number of the first page on which it has words of the sentence."""
    label: str | None
    """Label of that page, as printed, or nothing."""
    excerpt: str
    """The sentence, as the document was cleaned."""
    before: str
    """Text before it in its page, at most 240 characters."""
    after: str
    """Text after it in its page, at most 240 characters."""
    marks: list[list[int]]
    """[start, end) into `excerpt`, in characters: the words that the summary's sentence has, too."""
    score: float
    """How much of the summary's sentence this one supports alone, 0 to 1."""


class Sentence(TypedDict):
    """A sentence of the summary, and what of the source supports it, as far as words tell.

    It is evidence to look at, and says nothing of truth. A heading has none and needs none: its support is 1.
    """

    text: str
    """The sentence, without list marker and emphasis."""
    start: int
    """Where it begins in the summary, in characters."""
    end: int
    """Where it ends in the summary, in characters."""
    pages: list[int]
    """Numbers of the pages that support it, ascending; none if nothing does."""
    labels: list[str | None]
    """Labels of these pages, as printed, or nothing."""
    support: float
    """How well the evidence fits the sentence, 0 to 1; below 0.25 (in Korean 0.18) it is weak."""
    excerpt: str
    """The best evidence, or nothing."""
    evidence: list[Evidence]
    """At most three sentences of the source, the best first."""
    flags: list[Flag]
    """What is to be looked at."""
    documents: NotRequired[list[str]]
    """Of several documents: the names of those that it is about, which its pages are from."""
