"""Whatever is configured, read and answered: a run ends, stays in its window, and loses no page in silence."""

from __future__ import annotations

import asyncio
import gc
import math
import re
import weakref
import zlib
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, assume, event, given, settings
from hypothesis import strategies as st
from langchain_core.documents import Document
from langchain_core.exceptions import ModelError
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from pydantic import PrivateAttr

from graph import build_graph
from graph.documents.errors import DocumentError
from graph.errors import RunError
from graph.results.types import Result, Summary
from tests.fakes import RecordingModel, make_config, make_documents

Behaviour = Literal[
    "obeys", "empty", "too long", "repeats", "rambles", "echoes", "strange", "ModelError", "ValueError"
]


class FickleModel(RecordingModel):
    """Each answer is one of `behaviours`; which one depends on the prompt, and on how often it was asked."""

    behaviours: list[Behaviour]
    strange: str = ""
    _turns: dict[str, int] = PrivateAttr(default_factory=dict)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(messages, *args, **kwargs)
        call = self.record(messages, kwargs)
        with self._lock:
            self._calls.pop()  # it is there already
            turn = self._turns[call.prompt] = self._turns.get(call.prompt, -1) + 1
        place = zlib.crc32(call.prompt.encode(errors="replace")) + turn
        message = result.generations[0].message
        limit = call.max_tokens or self.max_tokens
        match self.behaviours[place % len(self.behaviours)]:
            case "empty":
                message.content = ""
            case "too long":
                message.content = f"{call.prompt} and so on " * 3
            case "repeats":
                message.content = self.shorten("The same once more. " * limit, limit)
                message.response_metadata["finish_reason"] = "length"
            case "rambles":
                message.content = f"{call.prompt} and so on, " + "the same once more, " * 20
                message.response_metadata["finish_reason"] = "length"
            case "echoes":
                message.content = call.prompt
            case "strange":
                message.content = self.strange
            case "ModelError":
                raise ModelError("the model is gone")
            case "ValueError":
                raise ValueError("the model is\nbroken")
        return result


WORDS = st.sampled_from(
    ["a", "harbour", "opens", "at", "six.", "So", "what?", "12.5 %,", "항구는", "港が開く。", "\n\n"]
)
PROSE = st.lists(WORDS, max_size=40).map(" ".join)
ANYTHING = st.text(st.characters(), max_size=60)
HUGE_WORD = st.integers(50, 400).map(lambda length: "x" * length)
PAGES = st.lists(st.one_of(PROSE, PROSE, ANYTHING, st.just(""), HUGE_WORD), min_size=1, max_size=30)
PROMPT = st.tuples(st.text(max_size=30), st.text(max_size=30)).map(
    lambda around: "{document}".join(part.replace("{", "{{").replace("}", "}}") for part in around)
)
PAIR = st.tuples(PROMPT, PROMPT).map(lambda two: {"system": two[0].replace("{document}", ""), "human": two[1]})
PROMPTS = st.fixed_dictionaries({stage: st.one_of(PROMPT, PAIR) for stage in ("map", "collapse", "final")})
BEHAVIOURS = st.lists(st.sampled_from(Behaviour.__args__), min_size=1, max_size=5)  # type: ignore[attr-defined]
SETTINGS = st.fixed_dictionaries(
    {
        "slack": st.one_of(st.integers(-20, 0), st.integers(0, 30), st.integers(0, 30), st.integers(0, 400)),
        "part": st.integers(1, 60),
        "final": st.one_of(st.none(), st.integers(1, 60)),
        "chunk": st.integers(1, 200),
        "concurrency": st.integers(1, 8),
        "summarize__strategy": st.sampled_from(["auto", "map_reduce"]),
        "summarize__on_error": st.sampled_from(["stop", "skip"]),
        "summarize__retries": st.integers(0, 2),
    }
)


@settings(
    max_examples=150,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],  # to find a small example takes minutes; add Phase.shrink for that
    suppress_health_check=list(HealthCheck),
)
@given(
    pages=PAGES,
    prompts=PROMPTS,
    values=SETTINGS,
    behaviours=BEHAVIOURS,
    strange=ANYTHING,
    tokens=st.sampled_from(["words", "bytes"]),
    waits=st.booleans(),
)
def test_a_run_ends_in_its_window_and_accounts_for_every_page(
    pages: list[str],
    prompts: dict[str, Any],
    values: dict[str, Any],
    behaviours: list[Behaviour],
    strange: str,
    tokens: Literal["words", "bytes"],
    waits: bool,
) -> None:
    assume(sum(map(len, pages)) < 60 * values["chunk"])  # hundreds of chunks take seconds, and show no more
    model = FickleModel(behaviours=behaviours, strange=strange, tokens=tokens)
    values = with_window(values, prompts, model)
    inputs: Any = {
        "documents": [Document(page_content=page, metadata={"page": at}) for at, page in enumerate(pages)]
    }
    result: Result | None = None
    try:
        app = build_graph(make_config(**values, prompts=prompts), model=model)
        result = asyncio.run(app.ainvoke(inputs)) if waits else app.invoke(inputs)  # type: ignore[assignment]
    except (RunError, DocumentError, ModelError) as error:
        event(type(error).__name__)
    for call in model.calls:
        assert call.max_tokens is not None
        assert call.prompt_tokens + call.max_tokens <= values["window"]
    if result is not None:
        event(f"a result of {max(summary['level'] for summary in result['tree'])} levels")
        check_tree(result["tree"], model, values)
        check_pages(result, len(pages), values["summarize__on_error"])


def with_window(values: dict[str, Any], prompts: dict[str, Any], model: FickleModel) -> dict[str, Any]:
    """The settings with a context window that is too small by a little, or has some slack."""
    longest = max(
        sum(len(model.get_token_ids(text)) for text in (prompt.values() if isinstance(prompt, dict) else [prompt]))
        for prompt in prompts.values()
    )
    need = longest + 2 * values["part"] + max(values["final"] or 0, values["part"]) + 20
    return {name: value for name, value in values.items() if name != "slack"} | {
        "window": max(1, need + values["slack"])
    }


def check_tree(tree: list[Summary], model: FickleModel, values: dict[str, Any]) -> None:
    """Summaries within their limits, on sources below them, in no more rounds than promised."""
    by_id = {summary["id"]: summary for summary in tree}
    assert len(by_id) == len(tree)
    used: list[str] = []
    for summary in tree:
        limit = values["part"] if summary["id"] != "final" else values["final"] or values["part"]
        assert len(model.get_token_ids(summary["text"])) == summary["tokens"] <= limit
        assert bool(summary["text"]) == (summary["tokens"] > 0) or model.tokens == "words"
        if summary["sources"][0].startswith("chunk"):
            assert summary["level"] == 0
            continue
        used += summary["sources"]
        below = [by_id[source] for source in summary["sources"]]
        assert all(source["level"] < summary["level"] for source in below)
        assert summary["pages"] == sorted({page for source in below for page in source["pages"]})
    assert len(used) == len(set(used)), "a summary was merged twice"
    parts = sum(summary["level"] == 0 for summary in tree)
    rounds = max(summary["level"] for summary in tree if summary["id"] != "final") if parts > 1 else 0
    assert rounds <= math.ceil(math.log2(parts))


def check_pages(result: Result, count: int, on_error: str) -> None:
    """Every page is in the ledger, and those with text are under the final summary or named as lost."""
    ledger = {page["number"]: page["status"] for page in result["pages"]}
    assert list(ledger) == list(range(1, count + 1))
    assert set(ledger.values()) <= {"read", "empty", "unsummarized"}
    covered = {page for summary in result["tree"] if summary["id"] == "final" for page in summary["pages"]}
    assert all(ledger[page] != "empty" for page in covered)
    for page, status in ledger.items():
        if status == "read":
            assert page in covered
        if status == "unsummarized":
            lost = [part for part in result["tree"] if page in part["pages"] and not part["text"]]
            assert on_error == "skip" or any(part["finish_reason"] != "error" for part in lost)
            assert any(names(warning, page) for warning in result["warnings"])
    assert result["summary"] or result["warnings"]


def names(warning: str, page: int) -> bool:
    """Whether a warning is about a page: "page 3: …", "… (page 1; pages 2–5, 7; and 3 more): …"."""
    if re.search(r" and \d+ more\b", warning):
        return True
    numbers: set[int] = set()
    for first, last in re.findall(r"(?:pages? |, )(\d+)(?:–(\d+))?", warning):
        numbers |= set(range(int(first), int(last or first) + 1))
    return page in numbers


@pytest.mark.parametrize("runs", ["built", "invoke", "ainvoke"])
def test_a_graph_that_is_dropped_lets_go_of_its_model(runs: str) -> None:
    """A model is gigabytes of weights."""
    model = RecordingModel()
    gone = weakref.ref(model)
    app: Any = build_graph(make_config(), model=model)
    inputs = {"documents": make_documents(3)}
    if runs == "invoke":
        app.invoke(inputs)
    elif runs == "ainvoke":
        asyncio.run(app.ainvoke(inputs))
    del app, model
    gc.collect()
    assert gone() is None
