"""The whole graph on fakes that count: it stays in the window, always ends, loses nothing in silence."""

from __future__ import annotations

import asyncio
import itertools
import math
import operator
import random
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, TypedDict
from uuid import UUID

import pytest
from langchain_core import exceptions
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel, FakeListLLM, GenericFakeChatModel
from langchain_core.messages import AIMessage
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph

from chains.prompts import read_prompts
from graph import BudgetError, ConfigError, RunConfig, SummarizeError, build_graph
from graph.calling.budget import SEPARATOR_TOKENS
from graph.calling.stage_caller import StageCaller
from graph.documents.errors import NoTextError, NotFoundError
from graph.results.types import Result, Summary
from tests.fakes import (
    PROMPTS,
    Call,
    EchoModel,
    ExpandModel,
    FailingModel,
    MeetingModel,
    RecordingModel,
    RepeatModel,
    SilentModel,
    make_config,
    make_documents,
)
from tests.pdfs import make_pdf

MISBEHAVING: dict[str, Callable[[], RecordingModel]] = {
    "obeys": RecordingModel,
    "echoes": EchoModel,
    "expands": ExpandModel,
    "repeats": RepeatModel,
    "is silent when it merges": lambda: SilentModel(silent=("collapse",)),
    "is silent after the parts": lambda: SilentModel(silent=("collapse", "final")),
}

# A window in which a prompt holds exactly two part summaries of 30 tokens.
TIGHT = {"window": 116, "part": 30, "chunk": 40}


def run(model: Any, documents: list[Document], **settings: Any) -> Result:
    """Summarize `documents` in parts."""
    result: Result = build_graph(make_config(**settings), model=model).invoke({"documents": documents})
    return result


def levels(tree: list[Summary]) -> dict[int, list[Summary]]:
    return {level: [s for s in tree if s["level"] == level] for level in sorted({s["level"] for s in tree})}


def rounds(result: Result) -> int:
    """Rounds of collapse: levels above the parts and below the final summary."""
    return max(summary["level"] for summary in result["tree"]) - 1


# Calls and the window


def test_each_chunk_is_summarized_once_and_in_order() -> None:
    model = RecordingModel()
    documents = make_documents(9, words=40)
    result = run(model, documents, window=1000, part=30, chunk=40)
    assert model.stages() == {"map": 9, "final": 1}
    assert result["stats"]["calls"] == 10
    assert sorted(call.document for call in model.calls if call.stage == "map") == [
        document.page_content for document in documents
    ]
    parts = levels(result["tree"])[0]
    assert [part["pages"] for part in parts] == [[page] for page in range(1, 10)]
    (final,) = model.prompts("final")
    places = [final.index(part["text"]) for part in parts]
    assert places == sorted(places)


def test_usage_is_summed_over_all_calls() -> None:
    model = RecordingModel()
    result = run(model, make_documents(8, words=40), **TIGHT)
    assert result["stats"]["prompt_tokens"] == sum(call.prompt_tokens for call in model.calls)
    assert result["stats"]["output_tokens"] == sum(summary["tokens"] for summary in result["tree"])
    steps = {"load", "split", "map_summarize", "collapse", "final_summarize", "ground"}
    assert set(result["stats"]["seconds"]) == steps


@pytest.mark.parametrize("tokens", ["words", "bytes"])
@pytest.mark.parametrize("make", MISBEHAVING.values(), ids=MISBEHAVING)
def test_no_prompt_ever_exceeds_the_context_window(make: Callable[[], RecordingModel], tokens: str) -> None:
    chance = random.Random(f"{tokens}{make()}")
    for seed in range(5):
        part = chance.randint(5, 60)
        window = chance.randint(200, 600) + 3 * part if tokens == "bytes" else chance.randint(30, 300) + 3 * part
        model = make().model_copy(update={"tokens": tokens})
        documents = make_documents(chance.randint(1, 8), words=chance.randint(5, 150), seed=seed)
        documents.append(Document(page_content="한글 문서의 마지막 쪽입니다. " * chance.randint(1, 30)))
        settings = {"window": window, "part": part, "chunk": chance.randint(20, 400)}
        strategy = chance.choice(["auto", "one_call", "map_reduce"])
        try:
            result = run(model, documents, **settings, summarize__strategy=strategy)
        except SummarizeError:  # a model that says nothing of a document read as a whole
            assert strategy != "map_reduce"
            result = {"tree": []}
        assert model.calls
        for call in model.calls:
            assert call.max_tokens == part
            assert call.prompt_tokens + call.max_tokens <= window, settings
        assert all(len(model.get_token_ids(summary["text"])) <= part for summary in result["tree"])


def test_each_stage_may_answer_as_much_as_the_configuration_says() -> None:
    model = RecordingModel()
    run(model, make_documents(8, words=40), **TIGHT, final=31)
    assert {(call.stage, call.max_tokens) for call in model.calls} == {
        ("map", 30),
        ("collapse", 30),
        ("final", 31),
    }


class Gluing(RecordingModel):
    """Its tokens in a prompt are more than text and template apart: what no arithmetic foresees."""

    def get_num_tokens_from_messages(self, messages: list[Any], tools: Any = None) -> int:
        text = " ".join(str(message.text) for message in messages)
        return len(text.split()) * 3 // 2 + 5


def test_a_prompt_that_turns_out_too_long_is_shortened_and_says_so() -> None:
    model = Gluing()
    result = run(model, make_documents(3, words=150), window=200, part=30, chunk=150)
    assert all(call.prompt_tokens + 30 <= 200 for call in model.calls)
    assert any(
        "page 1" in warning and "shortened to fit the map prompt" in warning for warning in result["warnings"]
    )


def test_an_impossible_budget_is_refused_before_anything_is_read_or_asked(tmp_path: Path) -> None:
    model = RecordingModel()
    app = build_graph(make_config(window=100, part=40), model=model)
    with pytest.raises(BudgetError, match=r"100 \(context window\)"):
        app.invoke({"source": str(tmp_path / "not there.pdf")})
    assert model.calls == []


# Collapse


@pytest.mark.parametrize("make", MISBEHAVING.values(), ids=MISBEHAVING)
@pytest.mark.parametrize("parts", [2, 3, 5, 8, 13, 16, 33])
def test_collapse_ends_within_the_logarithm_of_the_parts(make: Callable[[], RecordingModel], parts: int) -> None:
    result = run(make(), make_documents(parts, words=40), **TIGHT)
    found = levels(result["tree"])
    assert len(found[0]) == parts
    assert rounds(result) <= math.ceil(math.log2(parts))
    assert [summary["id"] for summary in found[max(found)]] == ["final"]
    assert result["summary"]


@pytest.mark.parametrize("kind", sorted(MISBEHAVING.keys() - {"repeats"}))  # what repeats is cut, and fits at once
def test_thirty_three_parts_over_budget_collapse_more_than_twice(kind: str) -> None:
    model = MISBEHAVING[kind]()
    result = run(model, make_documents(33, words=40), **TIGHT)
    assert rounds(result) >= 2
    tries = 3 if "silent" in kind else 1
    merged = [summary for summary in result["tree"] if summary["id"].startswith("level-")]
    assert model.stages()["collapse"] == tries * len(merged)


def test_summaries_that_fit_the_final_prompt_are_not_collapsed() -> None:
    model = RecordingModel()
    assert rounds(run(model, make_documents(10, words=40), window=1000, part=30, chunk=40)) == 0
    assert "collapse" not in model.stages()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (ExpandModel, "went over the token limit and was cut at the end of a sentence"),
        (RepeatModel, "fell into repeating itself and was cut there"),
        (lambda: SilentModel(silent=("collapse",)), "came back empty"),
    ],
    ids=["expands", "repeats", "silent"],
)
def test_what_was_cut_or_empty_is_said_with_its_pages(make: Callable[[], RecordingModel], said: str) -> None:
    result = run(make(), make_documents(12, words=40), **TIGHT)
    assert any(said in warning and re.search(r"pages? 1[;-]", warning) for warning in result["warnings"])


@pytest.mark.parametrize(
    "metadata",
    [
        {"finish_reason": "length"},  # OpenAI, mlx
        {"stop_reason": "max_tokens"},  # Anthropic
        {"done_reason": "length"},  # Ollama
        {"finish_reason": "MAX_TOKENS"},  # Google
    ],
    ids=str,
)
def test_every_providers_way_to_say_that_it_was_stopped_is_understood(metadata: dict[str, str]) -> None:
    answers = (AIMessage("A summary that", response_metadata=metadata) for _ in range(9))
    result = run(GenericFakeChatModel(messages=answers), make_documents(1), window=2000, chunk=1000)
    assert {summary["finish_reason"] for summary in result["tree"]} == {"length"}
    assert len(result["warnings"]) == 2


def test_a_model_that_obeys_gives_no_warning() -> None:
    assert run(RecordingModel(), make_documents(12, words=40), **TIGHT)["warnings"] == []


def test_an_answer_over_its_limit_is_cut_where_a_sentence_ends() -> None:
    result = run(ExpandModel(), make_documents(4, words=40), **TIGHT)
    for summary in result["tree"]:
        assert summary["finish_reason"] == "cut"
        assert summary["text"].endswith(".")


def test_where_a_merge_comes_back_empty_its_text_is_kept_instead() -> None:
    result = run(SilentModel(silent=("collapse", "final")), make_documents(8, words=20), **TIGHT)
    assert all(summary["text"] for summary in result["tree"])
    assert "fact1x" in result["summary"].lower()


def test_a_part_that_comes_back_empty_is_left_out_and_named() -> None:
    class Shy(RecordingModel):
        def answer(self, document: str, max_tokens: int) -> str:
            return (
                "" if "fact3x" in document and "fact4x" not in document else super().answer(document, max_tokens)
            )

    result = run(Shy(), make_documents(6, words=40), window=1000, part=30, chunk=40, summarize__on_error="skip")
    (final,) = (summary for summary in result["tree"] if summary["id"] == "final")
    assert final["pages"] == [1, 2, 4, 5, 6]
    assert "1 of 6 part summaries (page 3): it came back empty." in result["warnings"]
    assert [page["status"] for page in result["pages"]] == ["read", "read", "unsummarized", "read", "read", "read"]


def test_when_every_part_comes_back_empty_the_result_says_so_without_a_final_call() -> None:
    model = SilentModel()
    result = run(model, make_documents(3, words=40), window=1000, part=30, chunk=40, summarize__on_error="skip")
    assert result["summary"] == ""
    assert model.stages() == {"map": 9}  # three tries each
    assert any("3 of 3 part summaries (page 1; page 2; page 3)" in warning for warning in result["warnings"])
    assert any("summarized no part" in warning for warning in result["warnings"])


def test_an_empty_answer_to_a_document_read_as_a_whole_ends_the_run() -> None:
    with pytest.raises(SummarizeError, match=r"page 1: the model's answer is empty") as caught:
        run(SilentModel(), make_documents(1), window=1000, summarize__strategy="auto")
    assert caught.value.exit_code == 4


# Strategy


@pytest.mark.parametrize(
    ("strategy", "stages"),
    [("one_call", {"final": 1}), ("auto", {"map": 4, "final": 1}), ("map_reduce", {"map": 4, "final": 1})],
)
def test_a_document_of_several_parts_that_fits_the_final_prompt(strategy: str, stages: dict[str, int]) -> None:
    model = RecordingModel()
    run(model, make_documents(2, words=100), window=600, chunk=60, summarize__strategy=strategy)
    assert model.stages() == stages


@pytest.mark.parametrize(("more", "stages"), [(0, {"final": 1}), (1, {"map": 3, "final": 1})])
def test_auto_reads_two_parts_in_one_call_to_the_token(more: int, stages: dict[str, int]) -> None:
    model = RecordingModel()
    documents = make_documents(1, words=2 * 60 - 2 * SEPARATOR_TOKENS + more)  # three chunks, cut at sentences
    run(model, documents, window=600, chunk=60, summarize__strategy="auto")
    assert model.stages() == stages


@pytest.mark.parametrize("strategy", ["auto", "one_call"])
@pytest.mark.parametrize(("more", "stages"), [(0, {"final": 1}), (1, {"map": 2, "final": 1})])
def test_one_call_goes_by_what_the_final_prompt_holds_to_the_token(
    strategy: str, more: int, stages: dict[str, int]
) -> None:
    config = make_config(window=300, chunk=1000, summarize__strategy=strategy)
    model = RecordingModel()
    room = StageCaller(config, read_prompts(config.prompts), model).budget.input("final")
    build_graph(config, model=model).invoke({"documents": make_documents(1, words=room + more)})
    assert model.stages() == stages


# Failures


def fails_on(page: int, error: Exception) -> Callable[[Call], Exception | None]:
    def failure(call: Call) -> Exception | None:
        return error if call.stage == "map" and f"fact{page}x" in call.document.lower() else None

    return failure


@pytest.mark.parametrize(
    "error", [RuntimeError("the GPU\nwent away"), exceptions.ContextOverflowError("the GPU went away")], ids=type
)
def test_a_part_whose_call_fails_is_a_warning_and_the_rest_is_summarized(error: Exception) -> None:
    model = FailingModel(failure=fails_on(2, error))
    result = run(model, make_documents(5, words=40), window=1000, part=30, chunk=40, summarize__on_error="skip")
    failed = levels(result["tree"])[0][1]
    assert (failed["text"], failed["finish_reason"], failed["pages"]) == ("", "error", [2])
    assert any("page 2" in warning and "the GPU went away" in warning for warning in result["warnings"])
    assert any("1 of 5 part summaries (page 2)" in warning for warning in result["warnings"])
    final = result["tree"][-1]
    assert final["pages"] == [1, 3, 4, 5]
    assert failed["id"] not in final["sources"]
    assert result["summary"]


def test_when_every_part_fails_there_is_no_summary_but_an_error() -> None:
    model = FailingModel(failure=lambda call: ValueError("no"))
    with pytest.raises(SummarizeError, match=r"failed on every part.*ValueError.*no") as caught:
        run(model, make_documents(3, words=40), window=1000, part=30, chunk=40, summarize__on_error="skip")
    assert caught.value.exit_code == 4
    assert len(model.calls) == 3


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
@pytest.mark.parametrize("error", [OSError("gone"), exceptions.ContextOverflowError("gone")], ids=type)
def test_by_default_a_failure_stops_the_run_and_names_the_pages(error: Exception, mode: str) -> None:
    app = build_graph(make_config(window=1000, part=30, chunk=40), model=FailingModel(failure=fails_on(2, error)))
    inputs = {"documents": make_documents(3, words=40)}
    with pytest.raises(SummarizeError, match=r"^page 2: .*gone\. Set summarize\.on_error to skip to go on"):
        app.invoke(inputs) if mode == "invoke" else asyncio.run(app.ainvoke(inputs))


@pytest.mark.parametrize(
    "kind",
    [
        exceptions.ModelAuthenticationError,
        exceptions.ModelNotFoundError,
        exceptions.ModelPermissionDeniedError,
    ],
)
@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_after_an_error_that_would_hit_every_call_none_is_made(kind: type[Exception], mode: str) -> None:
    """Not even where LangGraph does not get to call the others off: it waits for whoever reads its stream."""
    model = FailingModel(
        failure=lambda call: None if "fact1x" in call.document.lower() else kind("the key is wrong")
    )
    app = build_graph(make_config(window=1000, part=30, chunk=40, concurrency=1), model=model)
    inputs, ended = {"documents": make_documents(5, words=40)}, EndedNodes("map_summarize")
    config: RunnableConfig = {"callbacks": [ended]}

    def is_first_summary(event: Any) -> bool:
        return event["name"] == "map_summarize" and bool(event.get("result"))

    def read() -> None:
        for event in app.stream(inputs, config, stream_mode="tasks"):
            if is_first_summary(event):
                assert ended.by_error(4)

    async def aread() -> None:
        async for event in app.astream(inputs, config, stream_mode="tasks"):
            if is_first_summary(event):
                assert await asyncio.to_thread(ended.by_error, 4)

    with pytest.raises(kind, match="the key is wrong"):
        read() if mode == "invoke" else asyncio.run(aread())
    assert len(model.calls) == 2


class EndedNodes(BaseCallbackHandler):
    """Counts the runs of a node that end in an error."""

    run_inline = True

    def __init__(self, node: str) -> None:
        self._node = node
        self._runs: set[UUID] = set()
        self._failed = threading.Semaphore(0)

    def on_chain_start(self, serialized: Any, inputs: Any, *, run_id: UUID, **kwargs: Any) -> None:
        if kwargs.get("name") == self._node:
            self._runs.add(run_id)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        if run_id in self._runs:
            self._failed.release()

    def by_error(self, count: int) -> bool:
        """Whether so many have, or do so before long."""
        return all(self._failed.acquire(timeout=20) for _ in range(count))


def test_a_fatal_error_ends_its_own_run_alone() -> None:
    refusals = iter([exceptions.ModelConnectionError("the server is gone")])
    model = FailingModel(failure=lambda call: next(refusals, None))
    app = build_graph(make_config(window=1000, part=30, chunk=40, concurrency=1), model=model)
    inputs = {"documents": make_documents(3, words=40)}
    with pytest.raises(SummarizeError, match=r"^page \d: the server is gone\."):
        app.invoke(inputs)
    assert len(model.calls) == 1
    assert app.invoke(inputs)["summary"]


@pytest.mark.parametrize("stage", ["collapse", "final"])
def test_a_failure_that_leaves_no_summary_names_its_stage(stage: str) -> None:
    model = FailingModel(failure=lambda call: KeyError("choices") if call.stage == stage else None)
    with pytest.raises(SummarizeError, match=rf"failed in the {stage} stage \(KeyError\): 'choices'"):
        run(model, make_documents(8, words=40), **TIGHT)


def test_failures_are_told_apart_under_ainvoke_too() -> None:
    config = make_config(window=1000, part=30, chunk=40, summarize__on_error="skip")
    app = build_graph(config, model=FailingModel(failure=fails_on(2, OSError("gone"))))
    result = asyncio.run(app.ainvoke({"documents": make_documents(3, words=40)}))
    assert any("page 2" in warning and "gone" in warning for warning in result["warnings"])


def test_a_missing_file_and_empty_documents_are_refused_as_documents(tmp_path: Path) -> None:
    app = build_graph(make_config(), model=RecordingModel())
    with pytest.raises(NotFoundError):
        app.invoke({"source": str(tmp_path / "no.pdf")})
    with pytest.raises(NoTextError):
        app.invoke({"documents": [Document(page_content="  ")]})


def test_without_any_document_the_error_says_how_to_give_one() -> None:
    with pytest.raises(ConfigError, match=r"load\.source"):
        build_graph(make_config(), model=RecordingModel()).invoke({})


def test_chunks_too_small_for_a_single_character_are_a_configuration_error() -> None:
    with pytest.raises(ConfigError, match=r"split\.chunk_tokens"):
        run(RecordingModel(tokens="bytes"), [Document(page_content="한국어 문서입니다.")], window=2000, chunk=1)


def test_a_model_that_does_not_say_its_window_needs_one_in_the_configuration() -> None:
    config = make_config(llm={"provider": "openai", "model": "m", "base_url": "http://localhost:1/v1"})
    with pytest.raises(ConfigError, match=r"llm\.context_window"):
        build_graph(config, model=RecordingModel()).invoke({"documents": make_documents(1)})


def test_the_models_own_window_counts_where_it_is_smaller() -> None:
    model = RecordingModel(profile={"max_input_tokens": 120})
    run(model, make_documents(6, words=40), window=1000, part=30, chunk=500)
    assert all(call.prompt_tokens + 30 <= 120 for call in model.calls)


# Provenance


@pytest.mark.parametrize("make", MISBEHAVING.values(), ids=MISBEHAVING)
def test_every_summary_names_sources_below_it_and_the_pages_they_rest_on(
    make: Callable[[], RecordingModel],
) -> None:
    result = run(make(), make_documents(21, words=40), **TIGHT)
    by_id = {summary["id"]: summary for summary in result["tree"]}
    assert len(by_id) == len(result["tree"])
    used: list[str] = []
    for summary in result["tree"]:
        used += summary["sources"]
        if summary["level"] == 0:
            assert summary["sources"] == [summary["id"].replace("summary", "chunk")]
            continue
        below = [by_id[source] for source in summary["sources"]]
        # One level below, or lower: a summary without a neighbour that fits waits for a later round.
        assert max(source["level"] for source in below) == summary["level"] - 1
        assert all(source["level"] < summary["level"] for source in below)
        assert summary["pages"] == sorted({page for source in below for page in source["pages"]})
    assert len(used) == len(set(used)), "a summary was merged twice"
    assert by_id["final"]["pages"] == list(range(1, 22))
    assert set(used) >= by_id.keys() - {"final"}, "a summary got lost"


def test_pages_that_were_skipped_or_empty_are_in_the_ledger_and_under_no_summary(tmp_path: Path) -> None:
    pages = [
        f"Page {word} speaks of {word} and of nothing else at all." for word in ("one", "two", "three", "four")
    ]
    path = tmp_path / "book.pdf"
    path.write_bytes(make_pdf([*pages[:2], "", *pages[2:]]))
    config = make_config(load={"source": str(path), "pages": "1,3-5"}, chunk=15)
    result = build_graph(config, model=RecordingModel()).invoke({})
    assert [(page["number"], page["status"]) for page in result["pages"]] == [
        (1, "read"),
        (2, "skipped"),
        (3, "empty"),
        (4, "read"),
        (5, "read"),
    ]
    assert {page for summary in result["tree"] for page in summary["pages"]} == {1, 4, 5}
    assert any("page 3" in warning for warning in result["warnings"])


def test_a_chunk_that_spans_a_skipped_page_does_not_claim_it(tmp_path: Path) -> None:
    path = tmp_path / "book.pdf"
    path.write_bytes(make_pdf(["The first page says this.", "The second is left out.", "The third says that."]))
    config = make_config(load={"source": str(path), "pages": "1,3"}, window=1000, chunk=500)
    model = RecordingModel()
    result = build_graph(config, model=model).invoke({})
    assert [summary["pages"] for summary in result["tree"]] == [[1, 3], [1, 3]]
    assert "left out" not in model.calls[0].prompt


# Threads and checkpoints


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_two_runs_on_one_thread_do_not_mix(mode: str) -> None:
    app = build_graph(make_config(**TIGHT), model=RecordingModel(), checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "one"}}
    results = []
    for tag, pages in (("apple", 7), ("pear", 3)):
        inputs = {"documents": make_documents(pages, words=40, tag=tag)}
        results.append(
            app.invoke(inputs, thread) if mode == "invoke" else asyncio.run(app.ainvoke(inputs, thread))
        )
    assert "pear" in results[1]["summary"].lower()
    assert not any("apple" in summary["text"].lower() for summary in results[1]["tree"])
    assert len([summary for summary in results[1]["tree"] if summary["level"] == 0]) == 3
    assert len(results[1]["pages"]) == 3
    assert results[1]["stats"]["calls"] == len(results[1]["tree"])


def test_a_second_run_on_the_same_thread_reads_its_own_input(tmp_path: Path) -> None:
    path = tmp_path / "pears.txt"
    path.write_text("Pears are green. Pears grow on trees.")
    app = build_graph(make_config(), model=RecordingModel(), checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "one"}}
    app.invoke({"documents": make_documents(2, tag="apple")}, thread)
    assert "Pears are green" in app.invoke({"source": str(path)}, thread)["summary"]
    assert "apple" in app.invoke({"documents": make_documents(2, tag="apple")}, thread)["summary"].lower()


# Documents and models from outside


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # langchain-community announces its end at import
def test_documents_of_a_community_loader_go_in_as_they_are(tmp_path: Path) -> None:
    from langchain_community.document_loaders import PyPDFLoader

    path = tmp_path / "harbour.pdf"
    path.write_bytes(make_pdf(["The harbour opens at six.", "The first boats leave before the fog has lifted."]))
    result = run(RecordingModel(), PyPDFLoader(str(path)).load())
    assert [page["number"] for page in result["pages"]] == [1, 2]
    assert result["summary"] == "The harbour opens at six. The first boats leave before the fog has lifted."
    assert result["tree"][-1]["pages"] == [1, 2]


def repeating(text: str) -> Iterator[AIMessage]:
    """Not a generator, which several threads may not ask at once."""
    return map(AIMessage, itertools.repeat(text))


FOREIGN: dict[str, Callable[[], Any]] = {
    "chat model": lambda: FakeListChatModel(responses=["A fine summary."]),
    "streaming chat model": lambda: GenericFakeChatModel(messages=repeating("A fine summary.")),
    "completion model": lambda: FakeListLLM(responses=["A fine summary."]),
    "bound": lambda: FakeListChatModel(responses=["A fine summary."]).bind(stop=["\n\n"]),
    "configured": lambda: FakeListChatModel(responses=["A fine summary."]).with_config(tags=["mine"]),
    "with retries": lambda: FakeListChatModel(responses=["A fine summary."]).with_retry(stop_after_attempt=2),
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_any_langchain_model_can_be_handed_in(make: Callable[[], Any], mode: str) -> None:
    app = build_graph(make_config(window=1000), model=make())
    inputs = {"documents": make_documents(3)}
    result = app.invoke(inputs) if mode == "invoke" else asyncio.run(app.ainvoke(inputs))
    assert result["summary"] == "A fine summary."
    assert result["warnings"] == []


def test_what_is_bound_to_a_model_reaches_every_call() -> None:
    seen = []

    class Bound(RecordingModel):
        def record(self, messages: list[Any], options: dict[str, Any]) -> Call:
            seen.append(options.get("temperature"))
            return super().record(messages, options)

    run(Bound().bind(temperature=0.5), make_documents(3), window=1000)
    assert set(seen) == {0.5}


def test_something_that_is_no_language_model_is_refused_when_the_graph_is_built() -> None:
    from langchain_core.runnables import RunnableLambda

    with pytest.raises(TypeError, match="must be a LangChain model"):
        build_graph(make_config(), model=RunnableLambda(lambda text: text))


# As a part of something larger


class Parent(TypedDict):
    documents: list[Any]
    summary: str
    title: str
    notes: Annotated[list[str], operator.add]


def parent_of(app: Any, **compile_options: Any) -> Any:
    graph = StateGraph(Parent)
    graph.add_node("before", lambda state: {"notes": ["before"]})
    graph.add_node("summarize", app)
    graph.add_node("after", lambda state: {"notes": [f"after {state['summary'][:6]}"]})
    graph.add_edge(START, "before")
    graph.add_edge("before", "summarize")
    graph.add_edge("summarize", "after")
    graph.add_edge("after", END)
    return graph.compile(**compile_options)


@pytest.mark.parametrize("mode", ["invoke", "ainvoke"])
def test_the_graph_is_a_node_of_a_parent_graph(mode: str) -> None:
    parent = parent_of(build_graph(make_config(**TIGHT), model=RecordingModel()))
    inputs = {"documents": make_documents(9, words=40), "notes": []}
    result = parent.invoke(inputs) if mode == "invoke" else asyncio.run(parent.ainvoke(inputs))
    assert result["notes"] == ["before", "after Fact1x"]
    assert result["title"] == "book"


def test_a_parent_with_a_checkpointer_may_run_it_twice_on_one_thread() -> None:
    parent = parent_of(build_graph(make_config(**TIGHT), model=RecordingModel()), checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "one"}}
    for tag in ("apple", "pear"):
        result = parent.invoke({"documents": make_documents(5, words=40, tag=tag), "notes": []}, thread)
        assert tag in result["summary"].lower()


@pytest.mark.filterwarnings("ignore:This API is in beta")  # Runnable.as_tool, of LangChain
def test_the_graph_is_a_tool(tmp_path: Path) -> None:
    path = tmp_path / "harbour.txt"
    path.write_text("The harbour opens at six. The first boats leave early.")
    app = build_graph(make_config(), model=RecordingModel())
    tool = app.as_tool(name="summarize", description="Summarize a file.", arg_types={"source": str})
    assert list(tool.args) == ["source"]
    assert "harbour opens at six" in tool.invoke({"source": str(path)})["summary"]


def test_batch_keeps_runs_apart_and_in_order() -> None:
    app = build_graph(make_config(**TIGHT), model=RecordingModel())
    tags = ["apple", "pear", "plum"]
    results = app.batch([{"documents": make_documents(4, words=40, tag=tag)} for tag in tags])
    for tag, result in zip(tags, results, strict=True):
        assert result["summary"].lower().startswith(tag)
        assert all(tag in summary["text"].lower() for summary in result["tree"])


def test_astream_and_astream_events_show_every_node_and_the_final_tokens() -> None:
    words = "A fine summary of it all."
    app = build_graph(make_config(window=2000, chunk=600), model=GenericFakeChatModel(messages=repeating(words)))
    inputs: Any = {"documents": make_documents(3)}

    async def nodes() -> list[str]:
        return [name async for update in app.astream(inputs, stream_mode="updates") for name in update]

    async def final_text() -> str:
        stream = app.astream(inputs, stream_mode="messages")
        return "".join(
            [str(chunk.text) async for chunk, where in stream if where["langgraph_node"] == "final_summarize"]
        )

    async def events() -> set[tuple[str, str]]:
        return {(event["event"], event["name"]) async for event in app.astream_events(inputs, version="v2")}

    parts = ["map_summarize"] * 3
    assert asyncio.run(nodes()) == ["load", "split", *parts, "collect", "final_summarize", "ground"]
    assert asyncio.run(final_text()) == words
    seen = asyncio.run(events())
    assert {name for event, name in seen if event == "on_chain_start"} >= {
        "summarize",
        "load",
        "split",
        "map_summarize",
        "collect",
        "final_summarize",
        "ground",
    }
    assert any(event == "on_chat_model_stream" for event, _ in seen)


# Concurrency


@pytest.mark.parametrize("place", ["alone", "in a parent graph"])
@pytest.mark.parametrize("mode", ["invoke", "ainvoke", "batch"])
@pytest.mark.parametrize(("concurrency", "parts"), [(6, 12), (9, 7)])
def test_as_many_calls_are_under_way_as_the_configuration_allows(
    mode: str, place: str, concurrency: int, parts: int
) -> None:
    model = MeetingModel(wanted=min(concurrency, parts))
    app: Any = build_graph(make_config(window=2000, part=30, chunk=40, concurrency=concurrency), model=model)
    if place == "in a parent graph":
        app = parent_of(app)
    inputs: Any = {"documents": make_documents(parts, words=40)}
    if mode == "invoke":
        app.invoke(inputs)
    elif mode == "batch":
        app.batch([inputs])
    else:
        asyncio.run(app.ainvoke(inputs))
    assert model.stages()["map"] == parts
    assert model.most == min(concurrency, parts)


# Prompts


def test_two_prompt_sets_run_through_one_program() -> None:
    sets = {
        "plain": {"map": "Shorten: {document}", "collapse": "Join: {document}", "final": "Finish: {document}"},
        "chat": {
            "map": {"system": "You take notes in {language}.", "human": "Note: {document}"},
            "collapse": {"system": "You merge.", "human": "{document}"},
            "final": {"system": "You write for {focus}.", "human": "Write: {document}"},
        },
    }
    seen = {}
    for name, prompts in sets.items():
        model = RecordingModel()
        run(model, make_documents(5, words=40), **TIGHT | {"window": 125}, prompts=prompts)
        seen[name] = [call.prompt for call in model.calls]
    assert {prompt.split(":")[0] for prompt in seen["plain"]} == {"Shorten", "Join", "Finish"}
    assert {prompt.split("\n")[0] for prompt in seen["chat"]} == {
        "You take notes in English.",
        "You merge.",
        "You write for the main points.",
    }


def test_language_and_focus_reach_all_three_prompts() -> None:
    model = RecordingModel()
    run(
        model,
        make_documents(5, words=40),
        **TIGHT | {"window": 120},
        prompts=PROMPTS | {"language": "한국어", "focus": "the costs"},
    )
    for stage in ("map", "collapse", "final"):
        assert model.prompts(stage)
        for prompt in model.prompts(stage):
            assert f"{stage.upper()} in 한국어 on the costs" in prompt


def test_braces_in_a_document_are_text() -> None:
    model = RecordingModel()
    text = "The set {x} and the {document} are {{not}} variables."
    result = run(model, [Document(page_content=text)])
    assert result["summary"] == text
    assert all(text in call.prompt for call in model.calls)


def test_prompts_that_cannot_be_used_fail_when_the_graph_is_built() -> None:
    with pytest.raises(ConfigError, match=r"prompts: collapse"):
        build_graph(make_config(prompts__collapse="Join {documents}"), model=RecordingModel())


def test_a_configuration_without_a_model_of_its_own_gets_the_built_in_one() -> None:
    config = RunConfig.model_validate({"llm": {"provider": "textrank"}, "prompts": PROMPTS})
    text = "The harbour opens at six. The first boats leave before the fog has lifted. " * 3
    assert "harbour" in build_graph(config).invoke({"documents": [Document(page_content=text)]})["summary"]


@pytest.mark.parametrize("inputs", [{"documents": []}, {"source": ""}, {"source": []}, {"source": None}])
def test_a_document_that_is_not_there_is_not_replaced_by_the_configurations(
    inputs: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "other.txt").write_text("Another document, which nobody asked for.")
    app = build_graph(make_config(load={"source": str(tmp_path / "other.txt")}), model=RecordingModel())
    with pytest.raises(ConfigError, match="is empty"):
        app.invoke(inputs)
    assert app.invoke({})["title"] == "other"


@pytest.mark.parametrize("source", [5, [5], {"path": "x"}])
def test_a_source_is_a_path_or_paths(source: Any, tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("The harbour opens at six.")
    app = build_graph(make_config(), model=RecordingModel())
    with pytest.raises(ConfigError, match="a path, or a list of paths"):
        app.invoke({"source": source})
    assert app.invoke({"source": tmp_path / "one.txt"})["title"] == "one"
