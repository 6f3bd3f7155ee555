"""A summary one can check: its sentences in the result, what it covers, how people and programs read that."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from langchain_core.documents import Document
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from chains.prompts import read_prompts
from graph import build_graph, load_config
from graph.cli.bars import StageBars
from graph.cli.main import main
from graph.cli.progress import run_graph
from graph.document_summaries import SummaryTracer
from graph.grounding import trace
from graph.grounding.types import Sentence
from graph.report import to_json, to_markdown
from graph.report.citations import cited, page_list
from graph.report.coverage import coverage_line
from graph.results.coverage import cover
from graph.results.provenance import provenance
from graph.results.schema import result_schema
from graph.results.types import ChunkRecord, PageRecord, Result
from tests.fakes import FailingModel, RecordingModel, SilentModel, make_config, make_documents

ROOT = Path(__file__).parents[3]
NOUNS = ["barley", "harbour", "mill", "ferry", "lamp", "glass", "rope", "sail", "stone", "river", "oats", "tower"]
PAGES = [
    f"The {noun} was sold on a rainy day in {1900 + i}. Nobody asked for more." for i, noun in enumerate(NOUNS)
]


class WritingModel(RecordingModel):
    """Says the same whatever it is asked."""

    said: str

    def answer(self, document: str, max_tokens: int) -> str:
        return self.said


def documents(pages: list[str] = PAGES) -> list[Document]:
    return [Document(page, metadata={"page": i, "page_label": str(i + 1)}) for i, page in enumerate(pages)]


def run(said: str, pages: list[str] = PAGES, **settings: Any) -> Result:
    config = make_config(**({"window": 400, "part": 60, "chunk": 15} | settings))
    result: Any = build_graph(config, model=WritingModel(said=said)).invoke({"documents": documents(pages)})
    return result  # type: ignore[no-any-return]


# In the result


def test_every_sentence_of_a_run_has_its_pages() -> None:
    result = run("The lamp was sold in 1904. The tower was sold on a rainy day. Whales sing all night.")
    lamp, tower, whales = result["sentences"]
    assert (lamp["pages"], tower["pages"], whales["pages"]) == ([5], [12], [])
    assert whales["flags"] == ["weak support"]
    assert [result["summary"][s["start"] : s["end"]] for s in result["sentences"]] == [
        "The lamp was sold in 1904.",
        "The tower was sold on a rainy day.",
        "Whales sing all night.",
    ]
    assert [chunk["pages"] for chunk in result["chunks"]] == [[n] for n in range(1, 13)]
    assert result["coverage"]["chunks_used"] == 2


def test_a_whole_document_in_one_prompt_is_grounded_too() -> None:
    result = run("The lamp was sold in 1904.", window=2000, chunk=600, summarize__strategy="auto")
    assert [summary["id"] for summary in result["tree"]] == ["final"]
    assert [sentence["pages"] for sentence in result["sentences"]] == [[5]]
    assert result["coverage"]["thirds"] == [0, 0.25, 0]


def test_output_grounding_turns_it_off() -> None:
    app = build_graph(make_config(output={"grounding": False}), model=WritingModel(said="The lamp was sold."))
    result: Any = app.invoke({"documents": documents()})
    assert "ground" not in app.get_graph().nodes
    assert (result["sentences"], result["coverage"]["thirds"], result["coverage"]["weights"]) == ([], [], [])
    assert result["coverage"]["pages_read"] == 12
    assert cited(result) == result["summary"]
    assert "ground" not in result["stats"]["seconds"]


def test_a_failed_grounding_loses_no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise MemoryError("too\nmuch")

    monkeypatch.setattr("graph.nodes.SummaryTracer", fail)
    result = run("The lamp was sold in 1904.")
    assert (result["summary"], result["sentences"]) == ("The lamp was sold in 1904.", [])
    (warning,) = result["warnings"]
    assert "could not be compared with the document (MemoryError: too much)" in warning
    assert "The lamp was sold in 1904.\n\n---" in to_markdown(result)
    validate(result)


def test_a_summary_is_kept_when_grounding_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def wait(*args: Any, **kwargs: Any) -> Any:
        begun.set()
        go_on.wait(20)
        return []

    monkeypatch.setattr("graph.nodes.SummaryTracer", wait)
    app = build_graph(make_config(), model=WritingModel(said="The lamp was sold."))

    async def cancelled() -> Result:
        inputs: Any = {"documents": documents()}
        task = asyncio.create_task(run_graph(app, inputs, bars=StageBars(quiet=True), on_text=None))
        while not begun.is_set():
            await asyncio.sleep(0.01)
        task.cancel()
        try:
            return await task
        finally:
            go_on.set()

    result = asyncio.run(cancelled())
    assert result["summary"] == "The lamp was sold."
    assert result["warnings"][-1].startswith("Interrupted while the summary was compared")
    validate(result)


def test_event_loops_go_on_while_a_summary_is_grounded(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def watched(*args: Any, **kwargs: Any) -> Any:
        threads.append(threading.current_thread())
        return SummaryTracer(*args, **kwargs)

    monkeypatch.setattr("graph.nodes.SummaryTracer", watched)
    app = build_graph(make_config(), model=WritingModel(said="The lamp was sold in 1904."))
    result = asyncio.run(app.ainvoke({"documents": documents()}))
    assert result["sentences"][0]["pages"] == [5]
    assert threads
    assert threading.main_thread() not in threads


def test_a_parent_graph_gets_the_sentences() -> None:
    class Parent(TypedDict):
        documents: list[Document]
        sentences: list[Sentence]

    app = build_graph(make_config(), model=WritingModel(said="The lamp was sold in 1904."))
    parent: Any = StateGraph(Parent)
    parent.add_node("summarize", app)
    parent.add_edge(START, "summarize")
    parent.add_edge("summarize", END)
    assert parent.compile().invoke({"documents": documents()})["sentences"][0]["pages"] == [5]


def test_how_it_was_made_is_told_without_addresses_and_secrets() -> None:
    llm = {"provider": "openai", "model": "fake", "base_url": "http://me:pass@host/v1", "api_key": "sk-secret"}
    config = make_config(llm=llm | {"context_window": 2000}, prompts__focus="costs")
    handed_in = build_graph(config, model=WritingModel(said="So.")).invoke({"documents": documents()})["made"]
    assert (handed_in["model"], handed_in["provider"]) == ("WritingModel", "recording-fake")
    assert "llm.temperature" not in handed_in["settings"], "the model's own counts"
    assert handed_in["settings"]["llm.context_window"] == 2000
    assert (handed_in["language"], handed_in["focus"]) == ("English", "costs")
    assert handed_in["prompts"]["map"] == "MAP in English on costs: <document>{document}</document>"

    made = provenance(config, read_prompts(config.prompts), None)
    assert (made["model"], made["provider"], made["settings"]["llm.temperature"]) == ("fake", "openai", 0.0)
    assert not re.search("pass|secret|host", json.dumps(made))


# Coverage


def ledger(statuses: str) -> list[PageRecord]:
    names: Any = {"r": "read", "e": "empty"}
    return [PageRecord(number=n, label=str(n), status=names[s]) for n, s in enumerate(statuses, start=1)]


def chunks(texts: list[str]) -> list[ChunkRecord]:
    records, start = [], 0
    for number, text in enumerate(texts, start=1):
        end = start + len(text)
        records.append(ChunkRecord(id=f"chunk-{number:04}", tokens=1, start=start, end=end, pages=[number]))
        start = end + 2
    return records


def test_a_summary_that_forgets_the_end_shows_it() -> None:
    summary = " ".join(page.split(". ")[0] + "." for page in PAGES[:6])
    coverage = cover(summary, ledger("r" * 12), chunks(PAGES), trace(summary, PAGES))
    assert coverage["thirds"] == [1, 0.5, 0]
    assert (coverage["chunks_used"], coverage["chunks_total"]) == (6, 12)
    assert coverage["weights"] == [1] * 6 + [0] * 6
    assert coverage["compression"] == pytest.approx(len(summary) / sum(map(len, PAGES)), abs=1e-4)


def test_weak_sentences_headings_and_unread_pages_do_not_count() -> None:
    weak = "Barley sold well to foreign kings, queens and merchants."
    summary = f"# Lamp\n\nThe lamp was sold on a rainy day in 1904. Whales sing. {weak}"
    traced = trace(summary, [*PAGES[:5], ""])
    assert traced[-1].sentence["flags"][0] == "weak support"
    assert traced[-1].sentence["pages"] == [1], "there is some evidence"
    coverage = cover(summary, ledger("rrrrre"), chunks(PAGES[:5]), traced)
    assert (coverage["pages_read"], coverage["pages_total"]) == (5, 6)
    assert coverage["weights"] == [0, 0, 0, 0, 1, 0]
    assert coverage["thirds"] == [0, 0, 0.5]


def test_pages_share_a_sentence_by_their_evidence() -> None:
    summary = "The barley was sold in 1900, and the tower was sold in 1911. The tower was sold in 1911."
    weights = cover(summary, ledger("r" * 12), chunks(PAGES), trace(summary, PAGES))["weights"]
    assert weights[11] == 1
    assert 0 < weights[0] < 1
    assert sum(weights[1:11]) == 0


@pytest.mark.parametrize(("pages", "thirds"), [(1, [1, 1, 1]), (2, [1, 0.5, 0]), (3, [1, 0, 0]), (4, [0.5, 0, 0])])
def test_short_documents_have_thirds_too(pages: int, thirds: list[float]) -> None:
    summary = "The barley was sold on a rainy day in 1900."
    texts = PAGES[:pages]
    assert cover(summary, ledger("r" * pages), chunks(texts), trace(summary, texts))["thirds"] == thirds


def test_nothing_covers_nothing() -> None:
    assert cover("", [], [], [])["thirds"] == [0, 0, 0]
    assert cover("", ledger("ee"), [])["compression"] == 0


# For people


def read_by_people(said: str, labels: dict[int, Any] | None = None, pages: list[str] = PAGES) -> Result:
    """The result of a run, with other entries for some pages of the ledger."""
    result = run(said, pages)
    for page in result["pages"]:
        page.update((labels or {}).get(page["number"], {}))
    return result


def test_pages_stand_after_each_sentence_and_nothing_is_lost() -> None:
    said = (
        "# Sales\n\n- **The lamp was sold in 1904.** The tower was sold on a rainy day.\n- Whales sing all night."
    )
    result = read_by_people(said)
    assert cited(result) == (
        "# Sales\n\n- **The lamp was sold in 1904.** [p. 5] The tower was sold on a rainy day. [p. 12]\n"
        "- Whales sing all night. [?]"
    )
    assert page_list(result) == "\n\nPages by sentence: 1 [p. 5], 2 [p. 12], 3 [?]."
    assert page_list(run("The lamp was sold in 1904. The lamp was sold on a rainy day.")).endswith(": 1–2 [p. 5].")
    assert re.sub(r" \[[^\]]+\]", "", cited(result)) == result["summary"]


def test_a_flagged_sentence_has_a_question_mark() -> None:
    assert cited(read_by_people("The lamp was sold on a rainy day in 1955.")).endswith("1955. [p. 5?]")


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({}, "[pp. 1–2, 4]"),
        ({1: {"label": "iv"}, 2: {"label": "v"}, 3: {"label": "1"}, 4: {"label": "2"}}, "[pp. iv–v, 2]"),
        ({1: {"label": "iv"}}, "[pp. iv, 2, 4]"),
        ({2: {"label": "17"}}, "[pp. 1, 17, 4]"),
        ({2: {"label": None}}, "[p. 1, PDF p. 2, p. 4]"),
        ({1: {"label": "ii"}, 2: {"label": "i"}, 3: {"label": "ii"}}, "[PDF pp. 1–2, 4]"),
        ({2: {"label": "3"}}, "[PDF pp. 1–2, 4]"),
        ({1: {"label": "2"}, 2: {"label": None}, 3: {"label": "3a"}}, "[p. 2, PDF p. 2, p. 4]"),
        (
            {
                1: {"document": "a.pdf", "document_page": 1},
                2: {"document": "a.pdf", "document_page": 2},
                4: {"document": "b.pdf", "document_page": 1, "label": "1"},
            },
            "[a.pdf pp. 1–2; b.pdf p. 1]",
        ),
    ],
)
def test_pages_are_joined_and_named_as_printed(labels: dict[int, Any], expected: str) -> None:
    pages = [f"The {noun} came by sea." for noun in ("barley", "oats", "rope", "salt")]
    result = read_by_people("The barley and the oats and the salt came by sea.", labels, pages)
    assert result["sentences"][0]["pages"] == [1, 2, 4]
    assert cited(result).endswith(f" {expected}")


def test_one_line_says_what_the_summary_rests_on() -> None:
    said = "The lamp was sold in 1904. The mill was sold on a rainy day in 1955. Whales sing all night."
    result = run(said)
    line = coverage_line(result)
    assert line == (
        "12 of 12 pages were read; the summary has 20 words, 12% of the text read. By word overlap,"
        " the summary draws on 2 of 12 parts (25% of the first third, 25% of the second, 0% of the last)."
        ' 2 of 3 sentences are flagged with "?" (number not in source: 1, weak support: 1);'
        " this is word overlap only, not a fact check."
    )
    assert f"\n\n{line}\n" in to_markdown(result)


def test_the_line_says_what_a_translation_means_for_it() -> None:
    result = run("램프는 비 오는 날에 팔렸다. 배는 1903년에 팔렸다.")
    assert coverage_line(result).endswith("if the summary and the document are in different languages.")
    assert "languages" not in coverage_line(run("The lamp was sold in 1904. Whales sing all night."))


def test_the_line_of_a_short_document_speaks_of_pages() -> None:
    assert coverage_line(run("The lamp was sold in 1904.", PAGES[:5])).endswith(
        "the summary draws on 1 of 5 pages (0% of the first third, 0% of the second, 50% of the last)."
        " No sentence is flagged; this is word overlap only, not a fact check."
    )
    assert coverage_line(run("The lamp was sold in 1904.", [PAGES[4]])).startswith(
        "1 of 1 page was read; the summary has 6 words, 41% of the text read."
        " By word overlap, the summary draws on 1 of 1 page."
    )


# For programs


def validate(result: Any) -> None:
    """Against the schema; and against one that allows nothing that it does not describe."""
    result = json.loads(to_json(result))
    schema = result_schema()
    jsonschema.Draft202012Validator(schema).validate(result)
    jsonschema.Draft202012Validator(closed(schema)).validate(result)


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    closed = copy.deepcopy(schema)
    for kind in objects(closed):
        kind["additionalProperties"] = False
    return closed


def objects(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from [kind for kind in [schema, *schema["$defs"].values()] if "properties" in kind]


RUNS: dict[str, Callable[[], Any]] = {
    "parts": lambda: run("The lamp was sold in 1904. Whales sing."),
    "rounds": lambda: build_graph(make_config(window=116, part=30, chunk=40), model=RecordingModel()).invoke(
        {"documents": make_documents(8, words=40)}
    ),
    "a whole document": lambda: run("The lamp was sold.", window=2000, chunk=600, summarize__strategy="auto"),
    "no answer for parts": lambda: build_graph(
        make_config(chunk=15, summarize__on_error="skip"), model=SilentModel()
    ).invoke({"documents": documents()[:1]}),
    "a part that failed": lambda: build_graph(
        make_config(chunk=15, summarize__on_error="skip"),
        model=FailingModel(failure=lambda call: OSError("gone") if "rope was" in call.document[:20] else None),
    ).invoke({"documents": documents()}),
    "an empty page": lambda: run("The lamp was sold.", [*PAGES, ""]),
    "off": lambda: run("The lamp was sold.", output={"grounding": False}),
    "no words": lambda: run("...\n---\n"),
    "hostile": lambda: run("<script>alert(1)</script> \x00 lamp \u202e sold | 1904 | `x` ]( [p. 9]"),
}


@pytest.mark.parametrize("name", RUNS)
def test_every_result_is_as_the_schema_says(name: str) -> None:
    validate(RUNS[name]())


def test_the_schema_of_the_command_line_describes_every_field(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["schema", "--result"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) == set(Result.__annotations__)
    for kind in objects(schema):
        assert kind["description"]
        assert [name for name, field in kind["properties"].items() if not field.get("description")] == []

    monkeypatch.chdir(tmp_path)
    path = str(ROOT / "configs" / "quickstart.yaml")
    assert load_config(path).output.grounding
    Path("sales.txt").write_text("\f".join(PAGES))
    assert main(["run", path, "--input", "sales.txt", "--format", "json", "--quiet", "--no-cache"]) == 0
    result = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(closed(schema)).validate(result)
    assert result["schema_version"] == 1
    assert all(sentence["support"] == 1 for sentence in result["sentences"]), "TextRank copies"


def test_a_result_of_another_version_is_refused_by_the_schema() -> None:
    result = json.loads(to_json(run("The lamp was sold."))) | {"schema_version": 2}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(result_schema()).validate(result)
