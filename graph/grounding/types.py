"""What grounding gives: plain values, for JSON. Knows nothing of how they are found."""

from __future__ import annotations

from typing import Literal

# Not typing's: pydantic, which makes schemas of these, takes only this one before Python 3.12.
from typing_extensions import TypedDict

Flag = Literal["weak support", "number not in source", "name not in source"]


class Evidence(TypedDict):
    """A sentence of the source, and the text around it in its page."""

    page: int  # where it begins
    label: str  # of that page, as printed
    excerpt: str
    before: str
    after: str
    marks: list[list[int]]  # [start, end) into `excerpt`: words that the summary's sentence has, too
    score: float  # 0..1: how much of the summary's sentence this one supports alone


class Sentence(TypedDict):
    """A sentence of a summary, and what of the source supports it.

    A heading has no evidence and needs none: its support is 1.
    """

    text: str  # without list marker and emphasis
    start: int  # characters into the summary
    end: int
    pages: list[int]
    labels: list[str]  # of these pages
    support: float  # 0..1
    excerpt: str  # of the best evidence, else ""
    evidence: list[Evidence]  # best first, at most 3
    flags: list[Flag]
