"""Sentences are exchanged and taken out; the Markdown around them stays."""

from __future__ import annotations

import pytest

from graph.grounding.edits import exchanged, without
from graph.grounding.statements import statements


def edited(text: str, number: int, new: str | None) -> str:
    """The text with its sentence of that number (headings count, too) exchanged, or taken out."""
    statement = statements(text)[number]
    if new is None:
        return without(text, statement.start, statement.end)
    return exchanged(text, statement.start, statement.end, new)


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("He came. He saw. He won.", 1, "He came. He read. He won."),
        ("# Rome\n\n- He came.\n- He saw.\n", 2, "# Rome\n\n- He came.\n- He read.\n"),
        ("**He came.** He saw.", 0, "**He read.** He saw."),
        ("*He came. He saw.*", 0, "*He read. He saw.*"),
        ("*He came. He saw.*", 1, "*He came. He read.*"),
        ("**Caesar** came. He saw.", 0, "He read. He saw."),
        ("1. He came.\n2. He saw.", 1, "1. He came.\n2. He read."),
        ("> He came.\n> He saw.", 0, "> He read.\n> He saw."),
        ("**Rome.** He came.", 1, "**Rome.** He read."),
    ],
)
def test_a_sentence_is_exchanged(text: str, number: int, expected: str) -> None:
    assert edited(text, number, "He read.") == expected


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("He came. He saw. He won.", 0, "He saw. He won."),
        ("He came. He saw. He won.", 1, "He came. He won."),
        ("He came. He saw. He won.", 2, "He came. He saw."),
        ("- He came.\n- He saw.\n- He won.\n", 1, "- He came.\n- He won.\n"),
        ("- He came. He saw.\n- He won.", 0, "- He saw.\n- He won."),
        ("- He came. He saw.\n- He won.", 1, "- He came.\n- He won."),
        ("He came.\n\nHe saw.\n\nHe won.", 1, "He came.\n\nHe won."),
        ("He came.\n\nHe saw.", 0, "He saw."),
        ("He came.\n\nHe saw.\n", 1, "He came."),
        ("# Rome\n\nHe came.\n\n# Gaul\n\nHe saw.", 1, "# Rome\n\n# Gaul\n\nHe saw."),
        ("*He came. He saw.*", 0, "*He saw.*"),
        ("*He came. He saw.*", 1, "*He came.*"),
        ("**He came.** He saw.", 0, "He saw."),
        ("**Rome.** He came. He saw.", 1, "**Rome.** He saw."),
        ("항구는 아침에 연다. 배는 저녁에 온다.", 0, "배는 저녁에 온다."),
        ("港口早上开放。船晚上来。", 1, "港口早上开放。"),
    ],
)
def test_a_sentence_is_taken_out(text: str, number: int, expected: str) -> None:
    assert edited(text, number, None) == expected
