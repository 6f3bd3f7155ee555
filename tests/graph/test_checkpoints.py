"""Checkpointers: resume, time travel, interrupts as LangGraph users know them, and a database that stays small."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.types import Overwrite

from graph import ConfigError, SummarizeError, build_graph
from graph.state import InputState
from tests.fakes import Call, FailingModel, RecordingModel, make_config, make_documents

THREAD: Any = {"configurable": {"thread_id": "one"}}

# Five parts, and prompts that hold two summaries: two rounds of collapse.
TIGHT = {"window": 116, "part": 30, "chunk": 40}
NODES = ["load", "split", "map_summarize", "collect", "collapse", "final_summarize", "ground"]


@pytest.fixture(params=["memory", "sqlite"])
def saver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "memory":
        yield InMemorySaver()
    else:
        with SqliteSaver.from_conn_string(str(tmp_path / "checkpoints.sqlite")) as saver:
            yield saver


@pytest.fixture(params=["source", "documents"])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> InputState:
    documents = make_documents(5, words=40)
    if request.param == "documents":
        return {"documents": documents}
    path = tmp_path / "book.txt"
    path.write_text("\f".join(document.page_content for document in documents))
    return {"source": str(path)}


def graph(saver: Any, model: RecordingModel | None = None, **settings: Any) -> Any:
    return build_graph(make_config(**(TIGHT | settings)), model=model or RecordingModel(), checkpointer=saver)


def plain(result: Any) -> Any:
    return {key: result[key] for key in ("summary", "title", "sentences", "tree", "pages", "coverage", "warnings")}


def test_a_run_that_failed_goes_on_without_repeating_what_was_done(saver: Any, given: InputState) -> None:
    broken = {"yes": True}

    def failure(call: Call) -> Exception | None:
        return OSError("gone") if broken["yes"] and "fact4x" in call.document.lower() else None

    first = FailingModel(failure=failure)
    with pytest.raises(SummarizeError, match="gone"):
        graph(saver, first, concurrency=1).invoke(given, THREAD)
    done = {call.prompt for call in first.calls if "fact4x" not in call.document.lower()}
    broken["yes"] = False

    second = RecordingModel()
    result = graph(saver, second).invoke(None, THREAD)
    assert plain(result) == plain(graph(None).invoke(given))
    again = done & {call.prompt for call in second.calls}
    assert len(done) >= 3
    assert len(again) <= 1, "what was under way when the other failed"


@pytest.mark.parametrize("node", NODES)
def test_a_run_can_be_interrupted_before_any_node(saver: Any, given: InputState, node: str) -> None:
    graph(saver).invoke(given, THREAD, interrupt_before=[node])
    waiting = graph(saver).get_state(THREAD)
    assert set(waiting.next) == {node}
    if node == "load" and "documents" in given:
        with pytest.raises(ConfigError, match="give them again"):
            graph(saver).invoke(None, THREAD)
        return
    assert plain(graph(saver).invoke(None, THREAD)) == plain(graph(None).invoke(given))


def test_a_run_can_be_interrupted_before_every_node_in_turn(saver: Any, given: InputState) -> None:
    nodes = NODES[1:]
    result = graph(saver).invoke(given, THREAD, interrupt_before=nodes)
    for _ in range(20):
        if not graph(saver).get_state(THREAD).next:
            break
        result = graph(saver).invoke(None, THREAD, interrupt_before=nodes)
    assert plain(result) == plain(graph(None).invoke(given))


def test_every_step_of_the_past_leads_to_the_same_summary(saver: Any, given: InputState) -> None:
    app = graph(saver)
    result = app.invoke(given, THREAD)
    history = list(app.get_state_history(THREAD))
    assert [set(state.next) for state in reversed(history)][2:5] == [{"split"}, {"map_summarize"}, {"collect"}]
    for state in history[1:]:
        if state.next == ("load",) and "documents" in given:
            continue  # they are not kept; said above
        assert plain(graph(saver).invoke(None, state.config)) == plain(result), state.next


def test_a_changed_past_leads_to_another_summary(saver: Any, given: InputState) -> None:
    app = graph(saver)
    app.invoke(given, THREAD)
    before = next(state for state in app.get_state_history(THREAD) if state.next == ("final_summarize",))
    other = [{**summary, "text": "Something else."} for summary in before.values["tree"]]
    fork = app.update_state(before.config, {"tree": Overwrite(other)}, as_node="collect")
    assert "Something else." in app.invoke(None, fork)["summary"]


def test_get_state_shows_what_is_known(saver: Any, given: InputState) -> None:
    app = graph(saver)
    result = app.invoke(given, THREAD)
    values = app.get_state(THREAD).values
    assert plain(values) == plain(result)
    assert [chunk["pages"] for chunk in values["chunks"]] == [[1], [2], [3], [4], [5]]
    assert not values.get("documents")
    assert not values.get("source")


def test_a_lost_document_does_not_stand_in_the_way_of_a_new_one(saver: Any, tmp_path: Path) -> None:
    graph(saver).invoke({"documents": make_documents(2)}, THREAD, interrupt_before=["load"])
    path = tmp_path / "pears.txt"
    path.write_text("Pears are green. Pears grow on trees.")
    assert "Pears" in graph(saver).invoke({"source": str(path)}, THREAD)["summary"]


def test_resuming_works_for_event_loops(given: InputState) -> None:
    saver = InMemorySaver()

    async def run() -> Any:
        await graph(saver).ainvoke(given, THREAD, interrupt_before=["map_summarize"])
        return await graph(saver).ainvoke(None, THREAD)

    assert plain(asyncio.run(run())) == plain(graph(None).invoke(given))


def test_the_database_grows_with_the_text_and_by_less_than_twice_of_it(tmp_path: Path) -> None:
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 11))) for _ in range(5000)]
    shares = []
    for pages in (25, 100):
        book = tmp_path / f"{pages}.txt"
        text = "\f".join(
            " ".join(f"{' '.join(chance.choices(words, k=12))}." for _ in range(65)) for _ in range(pages)
        )
        book.write_text(text)
        database = tmp_path / f"{pages}.sqlite"
        with SqliteSaver.from_conn_string(str(database)) as saver:
            result = graph(saver, window=6000, part=100, chunk=700).invoke({"source": str(book)}, THREAD)
            assert len(result["tree"]) > pages
            saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        shares.append(database.stat().st_size / len(text))
    assert max(shares) < 2
    assert shares[1] < 1.1 * shares[0]
