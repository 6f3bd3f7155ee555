"""What the built-in model cannot do is said: another language, prompts of one's own. What it can do, it does."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.documents import Document

from graph import build_graph, load_config
from llm import TextRank

THINGS = ("harbour", "school", "library", "railway", "bridge", "market", "theatre", "forest", "hospital")
ENGLISH = " ".join(
    f"The {thing} of Linden was repaired by the council in the spring of that year." for thing in THINGS
)
KOREAN = " ".join(
    f"린든의 {thing}은 그해 봄에 시의회가 고치기로 하였다." for thing in ("항구", "학교", "도서관", "철도", "다리")
)


def run(text: str, *settings: str, model: TextRank | None = None) -> Any:
    config = load_config("quickstart", ["cache.enabled=false", *settings])
    return build_graph(config, model=model).invoke({"documents": [Document(text)]})


@pytest.mark.parametrize(
    ("text", "wanted", "found"), [(ENGLISH, "Korean", "English"), (KOREAN, "English", "Korean")]
)
@pytest.mark.parametrize("model", [None, TextRank()], ids=["configured", "handed in"])
def test_a_language_that_is_not_the_documents_is_warned_of(
    text: str, wanted: str, found: str, model: TextRank | None
) -> None:
    (warning,) = run(text, f"prompts.language={wanted}", model=model)["warnings"]
    assert warning.startswith("prompts.language: ")
    assert f"the summary is in {found}" in warning
    assert f"not in {wanted}" in warning


@pytest.mark.parametrize("settings", [[], ["prompts.language=English"], ["prompts.focus=bridges"]])
def test_what_changes_nothing_or_works_is_not_warned_of(settings: list[str]) -> None:
    assert run(ENGLISH, *settings)["warnings"] == []


def test_a_prompt_set_that_asks_for_more_than_a_summary_is_warned_of() -> None:
    (warning,) = run(ENGLISH, "prompts.file=structured")["warnings"]
    assert warning.startswith("prompts.file: ")
    assert "structured changes nothing" in warning


@pytest.mark.parametrize("thing", ["bridge", "forest"])
def test_a_focus_changes_what_is_chosen(thing: str) -> None:
    settings = ["summarize.final_tokens=40", f"prompts.focus=the {thing}"]
    assert f"The {thing} of Linden" in run(ENGLISH, *settings)["summary"]


@pytest.mark.parametrize("model", [None, TextRank()], ids=["configured", "handed in"])
def test_its_name_says_that_it_copies(model: TextRank | None) -> None:
    assert run(ENGLISH, model=model)["made"]["model"] == (
        "the built-in TextRank model (sentences copied from the document)"
    )
