"""What a result says of itself: how much of the document it rests on, and how it was made. Plain values."""

from __future__ import annotations

from typing import Any

# Not typing's: pydantic, which makes schemas of these, takes only this one before Python 3.12.
from typing_extensions import TypedDict


class Coverage(TypedDict):
    """How much of the document the final summary rests on, as far as words tell.

    Without grounding, `thirds` and `weights` are empty and `chunks_used` is 0.
    """

    pages_read: int
    """Pages whose text the model was given."""
    pages_total: int
    """Pages of the document."""
    chunks_used: int
    """Chunks that hold evidence of a sentence whose support is not weak."""
    chunks_total: int
    """Chunks of the document; one, if it was read as a whole."""
    thirds: list[float]
    """The share used of the chunks in each third of the document, 0 to 1; below six chunks, of its pages."""
    compression: float
    """Characters of the summary for each character read."""
    weights: list[float]
    """For each page of the document, how much the summary rests on it; 1 is the page it rests on most."""


class Made(TypedDict):
    """How a summary was made."""

    model: str
    """The model, as people call it."""
    provider: str
    """What runs it: the configuration's llm.provider, or the kind of a model that was handed in."""
    settings: dict[str, Any]
    """Keys of the configuration and their values, as --set takes them; no addresses and no secrets."""
    prompts: dict[str, str]
    """The prompts of map, collapse and final, with {document} where the text stood."""
    language: str
    """What {language} stood for in the prompts."""
    focus: str
    """What {focus} stood for in the prompts."""
