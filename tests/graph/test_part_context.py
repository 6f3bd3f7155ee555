"""split.context: what a map prompt says of where its part stands, before the part's own text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from graph import build_graph
from graph.config import RunConfig
from graph.part_context import CONTEXT_TOKENS
from llm.tokens import estimate_tokens
from tests.fakes import EchoModel, RecordingModel, make_config

BOOK = """# The harbour

## Income

{alpha}

### Fees

{beta}

# The railway

{gamma}
"""


def sentences(tag: str, words: int = 60) -> str:
    """Sentences of ten words that say where they stand."""
    names = [f"{tag}{number}" for number in range(words)]
    return " ".join(f"{' '.join(names[at : at + 10]).capitalize()}." for at in range(0, words, 10))


@pytest.fixture
def book(tmp_path: Path) -> str:
    path = tmp_path / "book.md"
    path.write_text(
        BOOK.format(alpha=sentences("alpha"), beta=sentences("beta"), gamma=sentences("gamma")), "utf-8"
    )
    return str(path)


def config(context: str, **more: Any) -> RunConfig:
    # A chunk is a section, and what goes before it has room.
    return make_config(**{"window": 800, "chunk": 70, "split__context": context, **more})


def map_texts(context: str, source: str | list[str], **more: Any) -> list[tuple[str, str]]:
    """What each map prompt has before its part's text, and that text."""
    model = RecordingModel()
    build_graph(config(context, **more), model=model).invoke({"source": source})
    texts = [call.document for call in model.calls if call.stage == "map"]
    found = []
    for text in texts:
        before, mark, part = text.partition("</context>\n\n")
        found.append((before.removeprefix("<context>\n").strip(), part) if mark else ("", text))
    return sorted(found, key=lambda pair: [tag in pair[1].lower() for tag in ("gamma0", "beta0")])


def test_nothing_stands_before_a_part_unless_it_is_asked_for(book: str) -> None:
    assert [before for before, _ in map_texts("none", book)] == ["", "", ""]


def test_the_outline_names_the_document_and_the_sections_that_a_part_is_in(book: str) -> None:
    assert [before for before, _ in map_texts("outline", book)] == [
        "The harbour",  # it begins with the heading itself
        "The harbour > Income > Fees",
        "The harbour > The railway",
    ]


def test_the_sentences_before_a_part_are_whole_and_few(book: str) -> None:
    (first, _), (second, _), (third, _) = map_texts("before", book)
    assert first == ""
    for before, tag in ((second, "alpha"), (third, "beta")):
        assert before.endswith(f"{tag}59.")
        assert before.split()[0] == before.split()[0].capitalize()
        assert before in sentences(tag)
        assert 0 < len(before.split()) < 60


def test_both_are_the_outline_and_then_the_sentences(book: str) -> None:
    outline, tails = map_texts("outline", book), map_texts("before", book)
    for (both, part), (titles, _), (tail, text) in zip(map_texts("both", book), outline, tails, strict=True):
        assert both == f"{titles}\n{tail}".strip()
        assert part == text


def test_what_is_before_a_chapter_or_in_another_document_is_not_said(book: str, tmp_path: Path) -> None:
    by_chapter = map_texts("before", book, summarize__by="section")
    assert [bool(before) for before, _ in by_chapter] == [False, True, False]
    other = tmp_path / "other.md"
    other.write_text(sentences("delta", 150), "utf-8")
    together = map_texts("both", [book, str(other)], summarize__together=True)
    (before,) = [before for before, text in together if text.startswith("Delta0 ")]
    assert before == "other.md"


def test_a_long_title_and_a_long_sentence_leave_the_part_its_room(tmp_path: Path) -> None:
    path = tmp_path / "long.md"
    path.write_text(f"# {'Endless ' * 60}\n\n{'word ' * 300}end.\n\n{sentences('beta')}", "utf-8")
    for before, _ in map_texts("both", str(path)):
        assert estimate_tokens(before) <= CONTEXT_TOKENS


def test_prompts_with_it_stay_within_the_window(book: str) -> None:
    model = RecordingModel(tokens="bytes")
    settings = config("both", window=1400, part=100, chunk=5000)
    build_graph(settings, model=model).invoke({"source": book})
    prompts = [call for call in model.calls if call.stage == "map"]
    assert len(prompts) > 1
    assert all(call.prompt_tokens + 100 <= 1400 for call in prompts)
    said = " ".join(call.document for call in prompts).casefold()
    assert all(word in said for tag in ("alpha", "beta", "gamma") for word in sentences(tag).casefold().split())


def test_a_resumed_run_says_the_same(book: str) -> None:
    whole, resumed = RecordingModel(), RecordingModel()
    build_graph(config("both"), model=whole).invoke({"source": book})
    thread: Any = {"configurable": {"thread_id": "one"}}
    app = build_graph(config("both"), model=resumed, checkpointer=InMemorySaver())
    app.invoke({"source": book}, thread, interrupt_before=["map_summarize"])
    app.invoke(None, thread)
    assert sorted(resumed.prompts("map")) == sorted(whole.prompts("map"))


def test_a_model_that_copies_is_not_shown_what_is_not_the_part(book: str) -> None:
    from llm import TextRank

    result = build_graph(config("both"), model=TextRank()).invoke({"source": book})
    assert not any("<context>" in summary["text"] for summary in result["tree"])


def test_tags_that_a_model_repeats_are_not_in_the_summary(book: str) -> None:
    result = build_graph(config("both"), model=EchoModel()).invoke({"source": book})
    assert "context>" not in result["summary"]
