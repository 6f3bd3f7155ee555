"""What is wanted of an answer, where not every document and every run wants the same."""

from __future__ import annotations

# Not typing's: pydantic takes only this one before Python 3.12.
from typing_extensions import TypedDict


class Wanted(TypedDict, total=False):
    """Plain values, for tasks. What is missing is as the configuration has it."""

    language: str
    """The name of the document's language, where that is to be the summary's."""
    words: int
    """About how many words the answer of a final prompt is to have."""
    compares: bool
    """Whether the final prompt is the one on several documents."""
