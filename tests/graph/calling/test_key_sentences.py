"""Key sentences of the source beside summaries: which, where, never at a summary's cost, and never for ever."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langgraph.checkpoint.memory import InMemorySaver

from chains.prompts import STAGES
from graph import SummarizeError, build_graph
from graph.calling.answer_cleanup import without_quoted
from graph.calling.budget import MARGIN_TOKENS, SEPARATOR_TOKENS, TokenBudget
from graph.calling.key_sentences import (
    CLOSE,
    OPEN,
    TAG,
    Part,
    joined_text,
    merged_source_sentences,
)
from llm.cache import AnswerCache
from tests.fakes import (
    Call,
    EchoModel,
    ExpandModel,
    FailingModel,
    RecordingModel,
    RepeatModel,
    make_config,
)

NAMES = ("harbour", "school", "library", "railway", "bridge", "market", "theatre", "forest")
ROOMY: dict[str, Any] = {"window": 2000, "part": 40, "chunk": 90}
TIGHT: dict[str, Any] = {"window": 160, "part": 30, "chunk": 60}


def page(name: str, number: int) -> Document:
    """A page of prose about one thing; its summary by the fakes is its first words."""
    text = (
        f"Welcome to page {number} of the long report on the town of Linden and its people in this year. "
        f"The {name} of Linden was repaired in spring because the old {name} had become unsafe for visitors. "
        f"Nobody knew at first how the {name} should be paid for or who would do the work in time. "
        f"The council gave money for the {name} and the engineers repaired the {name} before the winter. "
        f"Since then the {name} has been visited by more people than in any year before it."
    )
    return Document(text, metadata={"source": "linden.pdf", "page": number - 1})


def pages(count: int = 6) -> list[Document]:
    return [page(NAMES[i % len(NAMES)], i + 1) for i in range(count)]


def run(model: RecordingModel, evidence: int, *, count: int = 6, **settings: Any) -> Any:
    config = make_config(**(ROOMY | settings), summarize__evidence=evidence)
    return build_graph(config, model=model).invoke({"documents": pages(count)})


def quoted(text: str) -> list[list[str]]:
    """The sentences of every block of evidence in a prompt."""
    found = re.findall(f"{OPEN}\n(.*?)\n{CLOSE}", text, re.DOTALL)
    return [block.split("\n") for block in found]


def test_each_summary_in_the_final_prompt_is_followed_by_sentences_of_its_own_part() -> None:
    model = RecordingModel()
    run(model, 2)
    (prompt,) = model.prompts("final")
    blocks = quoted(prompt)
    assert [len(block) for block in blocks] == [2] * 6
    for name, document, block in zip(NAMES, pages(), blocks, strict=False):
        assert all(sentence in document.page_content for sentence in block)
        assert any(name in sentence for sentence in block)
    first = prompt.split(OPEN)[0]
    assert "page 1 of" in first
    assert "page 2 of" not in first, "the evidence stands right after its own summary"


def test_it_is_off_by_default_and_then_no_prompt_and_no_summary_knows_of_it() -> None:
    model, other = RecordingModel(), RecordingModel()
    result = build_graph(make_config(**ROOMY), model=model).invoke({"documents": pages()})
    run(other, 0)
    assert sorted(call.prompt for call in model.calls) == sorted(call.prompt for call in other.calls)
    assert not any(OPEN in call.prompt for call in model.calls)
    assert not any("source_sentences" in summary for summary in result["tree"])


def test_map_prompts_and_documents_in_one_call_have_none() -> None:
    model = RecordingModel()
    run(model, 3)
    assert not any(OPEN in prompt for prompt in model.prompts("map"))
    direct = RecordingModel()
    run(direct, 3, window=8000, summarize={"strategy": "one_call", "evidence": 3})
    assert direct.stages() == {"final": 1}
    assert OPEN not in direct.prompts("final")[0]


def test_collapse_prompts_have_it_and_merged_summaries_keep_sentences_of_all_their_parts() -> None:
    model = RecordingModel()
    result = run(model, 1, count=12, window=330)
    assert model.stages()["collapse"] > 1
    assert all(OPEN in prompt for prompt in model.prompts("collapse"))
    chunks = {f"summary-{i:04}": document.page_content for i, document in enumerate(pages(12), start=1)}
    merged = [summary for summary in result["tree"] if summary["level"] == 1 and summary["id"] != "final"]
    assert merged
    for summary in merged:
        below = " ".join(chunks[source] for source in summary["sources"])
        assert len(summary["source_sentences"]) == 1
        assert all(sentence in below for sentence in summary["source_sentences"])


def test_where_room_is_short_evidence_goes_before_any_word_of_a_summary() -> None:
    for window in range(150, 700, 55):
        model, without = RecordingModel(), RecordingModel()
        plain = run(without, 0, window=window, chunk=60)
        result = run(model, 3, window=window, chunk=60)
        for call in model.calls:
            assert call.prompt_tokens + ROOMY["part"] <= window
        assert not [warning for warning in result["warnings"] if "shortened" in warning]
        assert {s["id"] for s in plain["tree"] if s["level"] == 0} == {
            s["id"] for s in result["tree"] if s["level"] == 0
        }


def test_every_part_gets_as_many_sentences_as_the_others() -> None:
    counts = set()
    for window in range(300, 900, 40):
        model = RecordingModel()
        run(model, 3, window=window)
        for prompt in model.prompts("final"):
            sizes = {len(block) for block in quoted(prompt)} or {0}
            assert len(sizes) == 1
            counts |= sizes
    assert counts == {0, 1, 2, 3}


@pytest.mark.parametrize("evidence", [1, 3, 50])
@pytest.mark.parametrize("model", [RecordingModel, EchoModel, ExpandModel, RepeatModel])
def test_collapse_ends_whatever_the_model_answers(model: type[RecordingModel], evidence: int) -> None:
    asked = model()
    result = run(asked, evidence, count=16, **TIGHT)
    assert asked.stages()["map"] >= 16
    assert all(call.prompt_tokens + 30 <= TIGHT["window"] for call in asked.calls)
    levels = {summary["level"] for summary in result["tree"]}
    assert max(levels) <= 1 + (asked.stages()["map"] - 1).bit_length()


def test_room_for_evidence_never_costs_the_room_for_two_summaries() -> None:
    chance = random.Random(4)
    for _ in range(500):
        part, evidence = chance.randint(1, 300), chance.randint(0, 20)
        pair = 2 * part + SEPARATOR_TOKENS
        whole = pair + chance.choice([0, 0, 1, chance.randint(0, 3000)])
        window = whole + 20 + part + MARGIN_TOKENS
        output = {"map": part, "collapse": part, "final": part}
        budget = TokenBudget(window, dict.fromkeys(STAGES, 20), output, 10_000, evidence)  # type: ignore[arg-type]
        budget.check()
        assert pair <= budget.packed_tokens <= budget.input("collapse") == whole
        if not evidence:
            assert budget.packed_tokens == whole


def test_answers_made_with_and_without_it_are_not_mixed_in_a_cache(tmp_path: Path) -> None:
    cache = AnswerCache(tmp_path / "answers.sqlite")
    stages = []
    for evidence in (0, 2, 0, 2):
        model = RecordingModel()
        config = make_config(**ROOMY, summarize__evidence=evidence)
        build_graph(config, model=model, cache=cache).invoke({"documents": pages()})
        stages.append(model.stages())
    assert stages == [{"map": 6, "final": 1}, {"final": 1}, {}, {}]


def test_pages_and_grounding_are_as_without_it() -> None:
    plain, result = run(RecordingModel(), 0), run(RecordingModel(), 2)
    assert [s["pages"] for s in result["tree"]] == [s["pages"] for s in plain["tree"]]
    assert result["pages"] == plain["pages"]
    assert all(OPEN not in sentence["text"] for sentence in result["sentences"])


def test_an_empty_merge_is_stood_in_for_by_summaries_and_not_by_evidence() -> None:
    result = run(SilentAfterMap(), 2, count=4)
    assert result["summary"].startswith("Welcome to page 1")
    assert OPEN not in result["summary"]


class SilentAfterMap(RecordingModel):
    """Has nothing to say where summaries are merged."""

    def answer(self, document: str, max_tokens: int) -> str:
        return "" if self.calls[-1].stage != "map" else self.shorten(document, max_tokens)


def test_a_resumed_run_has_the_evidence_of_parts_that_were_done_before() -> None:
    broken = {"yes": True}

    def failure(call: Call) -> Exception | None:
        return OSError("gone") if broken["yes"] and call.stage == "final" else None

    thread: Any = {"configurable": {"thread_id": "one"}}
    saver, config = InMemorySaver(), make_config(**ROOMY, summarize__evidence=2)
    with pytest.raises(SummarizeError, match="gone"):
        build_graph(config, model=FailingModel(failure=failure), checkpointer=saver).invoke(
            {"documents": pages()}, thread
        )
    broken["yes"] = False
    again, whole = RecordingModel(), RecordingModel()
    build_graph(config, model=again, checkpointer=saver).invoke(None, thread)
    run(whole, 2)
    assert again.prompts("final") == whole.prompts("final")
    assert again.stages() == {"final": 1}


def test_event_loops_see_the_same_prompts() -> None:
    model, other = RecordingModel(), RecordingModel()
    config = make_config(**(ROOMY | {"window": 330}), summarize__evidence=1)
    asyncio.run(build_graph(config, model=other).ainvoke({"documents": pages(12)}))
    run(model, 1, count=12, window=330)
    assert sorted(call.prompt for call in other.calls) == sorted(call.prompt for call in model.calls)


def test_evidence_of_merged_parts_comes_from_all_of_them_the_best_first() -> None:
    parts = [
        Part(
            text="a",
            source_sentences=["The harbour of Linden silts up every spring.", "The cafe at the corner is new."],
        ),
        Part(text="b", source_sentences=["Dredging the harbour of Linden costs the town more every spring."]),
        Part(text="c", source_sentences=[]),
    ]
    (best,) = merged_source_sentences(parts, 1)
    assert "harbour" in best
    assert set(merged_source_sentences(parts, 2)) <= {
        sentence for part in parts for sentence in part["source_sentences"]
    }
    assert merged_source_sentences(parts, 0) == merged_source_sentences([parts[2]], 3) == []


def test_without_evidence_the_text_is_the_summaries_with_empty_lines_between() -> None:
    parts = [Part(text="One.", source_sentences=["A.", "B."]), Part(text="Two.", source_sentences=[])]
    assert joined_text(parts) == "One.\n\nTwo."
    assert joined_text(parts, 1) == f"One.\n{OPEN}\nA.\n{CLOSE}\n\nTwo."
    assert joined_text(parts, 9) == f"One.\n{OPEN}\nA.\nB.\n{CLOSE}\n\nTwo."


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (f"It is so.\n{OPEN}\nA key sentence.\n{CLOSE}\nThere is more.", "It is so.\nThere is more."),
        (f"It is so.\n{OPEN}\nA key sentence that was cut", "It is so."),
        (f"{OPEN}\n{OPEN}\nA key sentence.\n{CLOSE}\n{CLOSE}\nIt is so.", "It is so."),
        ("It is so <b>and</b> so.", "It is so <b>and</b> so."),
    ],
)
def test_tags_that_a_model_repeats_do_not_get_into_a_summary(answer: str, kept: str) -> None:
    assert without_quoted(answer, TAG) == kept


def test_no_summary_of_a_model_that_repeats_its_prompt_holds_tags() -> None:
    class Parrot(RecordingModel):
        def _generate(self, *args: Any, **kwargs: Any) -> Any:
            result = super()._generate(*args, **kwargs)
            message = result.generations[0].message
            message.content = f"That is it.\n{OPEN}\nAs the source says.\n{CLOSE}\n{message.content}"
            return result

    result = run(Parrot(), 2)
    assert "That is it." in result["summary"]
    assert not [summary for summary in result["tree"] if OPEN in summary["text"] or CLOSE in summary["text"]]
