"""What people read under a summary."""

from __future__ import annotations

import json

import pytest

from graph.documents.types import FileRecord
from graph.report import to_json, to_markdown
from graph.results.coverage import cover
from graph.results.types import PageRecord, Provenance, Result, Stats, Summary


def part(number: int, level: int, pages: list[int]) -> Summary:
    return Summary(
        id=f"{level}-{number}", level=level, text="t", tokens=1, sources=[], pages=pages, finish_reason="stop"
    )


def result(parts: list[list[int]], statuses: str) -> Result:
    """A result of parts with these pages, in a file whose pages have these statuses (by first letter)."""
    names = {"r": "read", "e": "empty", "f": "failed", "s": "skipped"}
    ledger = [
        PageRecord(number=n, label=str(n), status=names[letter])  # type: ignore[typeddict-item]
        for n, letter in enumerate(statuses, start=1)
    ]
    tree = [part(n, 0, pages) for n, pages in enumerate(parts)] if len(parts) > 1 else []
    tree.append(part(0, 1 if tree else 0, sorted({page for pages in parts for page in pages})))
    stats = Stats(
        calls=len(tree),
        cached_calls=0,
        prompt_tokens=1,
        output_tokens=1,
        drafted_tokens=0,
        accepted_tokens=0,
        seconds={"load": 1.0},
        tokens_per_second=1.0,
    )
    return Result(
        schema_version=1,
        summary="The summary.",
        title="A\ntitle",
        sentences=[],
        tree=tree,
        chunks=[],
        sections=[],
        length={"words": 2, "wanted": None, "asked_again": False},
        pages=ledger,
        files=[FileRecord(name="a.pdf", first_page=1, pages=len(ledger))],
        coverage=cover("The summary.", ledger, []),
        warnings=["first", "second"],
        stats=stats,
        made=Provenance(model="Gemma", provider="mlx", settings={}, prompts={}, language="English", focus="all"),
    )


def test_the_pages_the_parts_and_what_was_left_out_stand_below_the_summary() -> None:
    text = to_markdown(result([[1, 2], [2, 4]], "rrfrss"))
    assert text.startswith("# A title\n\nThe summary.\n\n---\n")
    assert (
        "From pp. 1–2, 4 (3 of 6 pages), read in 2 parts (pp. 1–2 · pp. 2, 4). Made by Gemma with 3 calls in"
        in text
    )
    assert "Not in the summary: p. 3 (could not be read); pp. 5–6 (not selected)." in text
    assert text.endswith("Warnings:\n\n- first\n- second\n")


def test_a_document_read_as_a_whole_says_so() -> None:
    assert "From pp. 1–3 (3 of 3 pages), read as a whole. Made by Gemma with 1 call in 1.0 s." in to_markdown(
        result([[1, 2, 3]], "rrr"), "Gemma"
    )


@pytest.mark.parametrize("parts", [[[1]] * 4, [[n] for n in range(1, 30)]])
def test_page_ranges_that_say_nothing_or_too_much_are_left_out(parts: list[list[int]]) -> None:
    text = to_markdown(result(parts, "r" * max(map(max, parts))))
    assert f"read in {len(parts)} parts. Made" in text


def test_json_is_the_result_and_nothing_else() -> None:
    made = result([[1], [2]], "rr")
    assert json.loads(to_json(made)) == made
