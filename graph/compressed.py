"""Texts made small for checkpoints, which keep every value they are given. Knows nothing of graphs."""

from __future__ import annotations

import bz2
import json
from typing import cast

from graph.documents.types import Page


def compress(text: str) -> bytes:
    """The text, compressed: prose takes about a third of its size."""
    return bz2.compress(text.encode())


def decompress(data: bytes) -> str:
    """What `compress` was given."""
    return bz2.decompress(data).decode()


def compress_pages(pages: list[Page]) -> bytes:
    """Pages, compressed."""
    return compress(json.dumps(pages, ensure_ascii=False))


def decompress_pages(data: bytes) -> list[Page]:
    """What `compress_pages` was given."""
    return cast(list[Page], json.loads(decompress(data)))
