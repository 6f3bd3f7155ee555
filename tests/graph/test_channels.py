"""How checkpointers keep the values of a state."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from graph.channels import appended, compress, decompress, latest
from graph.state import State

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_langgraph_has_an_upper_bound_while_we_use_its_beta_delta_channel() -> None:
    """When no channel of the state is one any more, the bound and this test may go."""
    assert any("DeltaChannel" in str(annotation) for annotation in State.__annotations__.values())
    dependencies = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["dependencies"]
    (langgraph,) = [text for text in dependencies if text.partition(">")[0] == "langgraph"]
    assert langgraph == "langgraph>=1.2,<1.3"


@pytest.mark.parametrize("value", ["", "Grüße, 세계 \U0001f40b", [{"text": "a\n\x00", "pages": [1, 2]}], None])
def test_what_was_compressed_comes_back(value: Any) -> None:
    assert decompress(compress(value)) == value


def test_prose_is_made_small() -> None:
    text = Path(__file__).read_text("utf-8")
    assert len(compress(text)) < 0.6 * len(text)


def test_writes_are_appended_or_the_last_one_counts() -> None:
    assert appended([1], [[2], [], [3, 4]]) == [1, 2, 3, 4]
    assert latest("old", []) == "old"
    assert latest("old", ["new", "newer"]) == "newer"
