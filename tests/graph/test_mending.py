"""Doubtful sentences of a summary go to the model with their passages, and what is better is kept."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.exceptions import ModelConnectionError
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import Field

from chains.config import PromptsConfig
from chains.prompts import read_prompts
from graph import build_graph, load_config
from graph.cli.main import main
from graph.doubts import in_words
from graph.mending import ROUNDS, proposed
from graph.pipeline import draw_graph
from graph.report import to_html, to_markdown
from graph.results.types import Result
from graph.service.settings import check_settings
from llm import TextRank
from tests.fakes import PROMPTS, TEMPLATE_TOKENS, RecordingModel, make_config

PAGES = [
    "The mill at Vik opened in 1911 and employed forty people. Its owner was Anna Berg, a baker from Oslo.",
    "The river froze in the winter of 1920, and work stood still for nine weeks. In 1950 the mill burned down.",
]
OPENED, OWNER, BURNED = (
    "The mill at Vik opened in 1931.",
    "Its owner was Anna Berg.",
    "In 1950 the mill burned down.",
)
RIGHT = "The mill at Vik opened in 1911."
SUMMARY = f"{OPENED} {OWNER} {BURNED}"


class Mending(RecordingModel):
    """Writes `says` as the final summary, and of a sentence what `mends` has for it."""

    says: str = SUMMARY
    mends: dict[str, Any] = Field(default_factory=dict)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        result = super()._generate(messages, *args, **kwargs)
        prompt = str(messages[-1].text)
        said: Any = self.says
        if prompt.startswith("REVISE"):
            said = next(answer for sentence, answer in self.mends.items() if f"): {sentence} <" in prompt)
        if isinstance(said, Exception):
            raise said
        result.generations[0].message.content = said
        return result


def documents() -> list[Document]:
    return [Document(text, metadata={"source": "mill.pdf", "page": page}) for page, text in enumerate(PAGES)]


def build(model: Any, saver: Any = None, **settings: Any) -> Any:
    more = {"summarize": {"check": True, "retries": 0, "retry_seconds": 0}, "window": 900, "part": 100} | settings
    return build_graph(make_config(**more), model=model, checkpointer=saver)


def run(model: Any, **settings: Any) -> Result:
    result: Result = build(model, **settings).invoke({"documents": documents()})
    return result


def flags(result: Result) -> list[str]:
    return [flag for sentence in result["sentences"] for flag in sentence["flags"]]


def test_a_wrong_sentence_is_corrected_where_it_stands() -> None:
    model = Mending(mends={OPENED: RIGHT})
    result = run(model)
    assert result["summary"] == f"{RIGHT} {OWNER} {BURNED}"
    assert result["revisions"] == [
        {"before": OPENED, "after": RIGHT, "why": ["number not in source"], "round": 1},
    ]
    assert flags(result) == []
    assert result["tree"][-1]["text"] == result["summary"]
    assert [sentence["text"] for sentence in result["sentences"]] == [RIGHT, OWNER, BURNED]
    assert result["length"]["words"] == 18
    assert result["warnings"] == []


def test_it_is_asked_about_that_sentence_alone_with_its_passages() -> None:
    model = Mending(mends={OPENED: RIGHT})
    result = run(model)
    (prompt,) = model.prompts("revise")
    assert prompt.startswith(f"REVISE in English (a number in it is not in the document): {OPENED} <document>")
    assert "The mill at Vik opened in 1911 and employed forty people. Its owner was Anna Berg" in prompt
    assert result["stats"]["calls"] == len(model.calls) == 2
    assert set(result["stats"]["seconds"]) >= {"final_summarize", "ground", "revise"}
    assert result["made"]["prompts"]["revise"] == PROMPTS["revise"].replace("{language}", "English")


def test_without_the_setting_nothing_is_asked() -> None:
    model = Mending(mends={OPENED: RIGHT})
    result = run(model, summarize={"check": False})
    assert (result["summary"], result["revisions"], model.prompts("revise")) == (SUMMARY, [], [])
    assert set(result["made"]["prompts"]) == {"map", "collapse", "final"}


def test_it_grounds_the_summary_even_where_the_output_does_not_ask_for_that() -> None:
    result = run(Mending(mends={OPENED: RIGHT}), output={"grounding": False})
    assert result["revisions"]


@pytest.mark.parametrize("answer", ["DROP", "**DROP**", "DROP: it is not said.", "-", "삭제", "Drop."])
def test_a_sentence_that_the_document_does_not_bear_out_can_be_dropped(answer: str) -> None:
    invented = "The Queen of Denmark visited it twice."
    result = run(Mending(says=f"{BURNED} {invented} {OWNER}", mends={invented: answer}))
    assert result["summary"] == f"{BURNED} {OWNER}"
    (revision,) = result["revisions"]
    assert (revision["before"], revision["after"]) == (invented, "")
    assert "weak support" in revision["why"]


def test_the_last_sentence_stays() -> None:
    result = run(Mending(says=OPENED, mends={OPENED: "DROP"}))
    assert (result["summary"], result["revisions"]) == (OPENED, [])
    assert flags(result) == ["number not in source"]


@pytest.mark.parametrize(
    "answer",
    [
        OPENED,
        "The mill at Vik opened in 1941.",  # no better
        "In 1950 the mill burned down.",  # said by another sentence
        "The river froze in the winter of 1920.",  # true, and of something else
        "The Queen of Denmark opened the mill at Vik.",
        "The sentence is wrong about when the mill at Vik opened.",
        "I'm sorry, but I cannot help with that document.",
        "Die Mühle in Vik wurde im Jahr 1911 eröffnet und beschäftigte vierzig Menschen aus der Umgebung.",
        "Correction:",
        '".',
        "...",
        "<think>The mill opened in 1911.",
        "",
    ],
)
def test_what_is_no_better_changes_nothing(answer: str) -> None:
    result = run(Mending(mends={OPENED: answer}))
    assert (result["summary"], result["revisions"]) == (SUMMARY, [])
    assert flags(result) == ["number not in source"]


@pytest.mark.parametrize(
    "answer",
    [
        f"Sure! Here is the corrected sentence:\n\n{RIGHT}",
        f"Corrected sentence: {RIGHT}",
        f'"{RIGHT}"',
        'The mill at Vik opened in 1911".',
        f"- **{RIGHT}**",
        f"<think>1911, not 1931.</think>{RIGHT}",
        "the mill at Vik opened in 1911",
        "The document says that the mill at Vik opened in 1911.",
        f"{RIGHT} It burned in 1950, stood still for nine weeks in the winter of 1920, and was owned by a baker.",
    ],
)
def test_what_stands_around_a_correction_is_taken_off(answer: str) -> None:
    assert run(Mending(mends={OPENED: answer}))["summary"] == f"{RIGHT} {OWNER} {BURNED}"


def test_a_broken_off_answer_is_not_taken() -> None:
    assert proposed("The mill at Vik opened in 19", OPENED, is_whole=False) is None
    assert proposed(f"{RIGHT} It burned in", OPENED, is_whole=False) == RIGHT


def test_a_sentence_said_twice_goes_without_a_call() -> None:
    model = Mending(says=f"{OWNER} {BURNED} {OWNER}")
    result = run(model)
    assert result["summary"] == f"{OWNER} {BURNED}"
    assert result["revisions"] == [{"before": OWNER, "after": "", "why": ["said twice"], "round": 1}]
    assert model.prompts("revise") == []


# Each is better than the one before, and the last is right.
STEPS = [
    "Anna Berg, a baker from Oslo, and Olav owned the <b>mill</b> at Vik, which opened in 1931 with forty people.",
    "Anna Berg, a baker from Oslo, and Olav owned the mill at Vik, which opened in 1931 with forty people.",
    "Anna Berg, a baker from Oslo, owned the mill at Vik, which opened in 1931 with forty people.",
    "Anna Berg, a baker from Oslo, owned the mill at Vik, which opened in 1911 and employed forty people.",
]


def test_a_second_round_mends_what_the_first_made_better() -> None:
    wrong, half, right = STEPS[1:]
    model = Mending(says=f"{wrong} {BURNED}", mends={wrong: half, half: right})
    result = run(model)
    assert result["summary"] == f"{right} {BURNED}"
    assert [(each["before"], each["after"], each["round"]) for each in result["revisions"]] == [
        (wrong, half, 1),
        (half, right, 2),
    ]


def test_there_are_two_rounds_at_most() -> None:
    model = Mending(says=f"{STEPS[0]} {BURNED}", mends=dict(pairwise(STEPS)))
    result = run(model)
    assert len(model.prompts("revise")) == ROUNDS
    assert result["summary"] == f"{STEPS[ROUNDS]} {BURNED}"
    assert flags(result) == ["number not in source"]


def test_markdown_stays_as_it_is() -> None:
    says = f"## The mill\n\n- {OPENED}\n- *{OWNER}*\n\n## Its end\n\n**{BURNED}** The Queen of Denmark wept.\n"
    queen = "The Queen of Denmark wept."
    result = run(Mending(says=says, mends={OPENED: RIGHT, queen: "DROP"}))
    assert result["summary"] == f"## The mill\n\n- {RIGHT}\n- *{OWNER}*\n\n## Its end\n\n**{BURNED}**"


def test_no_heading_is_left_over_nothing() -> None:
    queen = "The Queen of Denmark wept."
    says = f"## The mill\n\n{OWNER}\n\n## Its end\n\n{queen}"
    assert run(Mending(says=says, mends={queen: "DROP"}))["summary"] == says


def test_threads_and_event_loops_do_the_same() -> None:
    model = Mending(mends={OPENED: RIGHT})
    result = asyncio.run(build(model).ainvoke({"documents": documents()}))
    other = run(model)
    assert {key: result[key] for key in ("summary", "revisions", "sentences", "tree")} == {
        key: other[key]  # type: ignore[literal-required]
        for key in ("summary", "revisions", "sentences", "tree")
    }


@pytest.mark.parametrize("error", [OSError("gone"), ModelConnectionError("no route to it")])
def test_a_call_that_fails_loses_no_summary(error: Exception) -> None:
    says = f"{OPENED} In 1960 the river froze. {BURNED}"
    result = run(Mending(says=says, mends={OPENED: RIGHT, "In 1960 the river froze.": error}), concurrency=1)
    assert BURNED in result["summary"]
    (warning,) = result["warnings"]
    assert warning.startswith(("1 of 2 doubtful sentences", "2 of 2 doubtful sentences"))
    assert str(error) in warning


def test_a_prompt_never_goes_over_the_window() -> None:
    model = Mending(mends={OPENED: RIGHT})
    words = sum(len(PROMPTS["revise"].split()) + 20 for _ in "x") + TEMPLATE_TOKENS
    result = run(model, window=words + 40, part=12, chunk=14)
    revise = [call for call in model.calls if call.stage == "revise"]
    assert revise
    assert all(call.prompt_tokens + (call.max_tokens or 0) <= words + 40 for call in revise)
    assert result["summary"]


@pytest.mark.parametrize("before", ["revise", "ground"])
def test_a_run_goes_on_from_a_checkpoint(before: str) -> None:
    saver, thread = InMemorySaver(), {"configurable": {"thread_id": "one"}}
    build(Mending(mends={OPENED: RIGHT}), saver).invoke(
        {"documents": documents()}, thread, interrupt_before=[before]
    )
    assert set(build(Mending(), saver).get_state(thread).next) == {before}
    result = build(Mending(mends={OPENED: RIGHT}), saver).invoke(None, thread)
    assert result["summary"] == f"{RIGHT} {OWNER} {BURNED}"
    again = build(Mending(mends={OPENED: RIGHT}), saver).invoke({"documents": documents()}, thread)
    assert again["revisions"] == result["revisions"], "the same thread, from the beginning"


def test_the_built_in_model_mends_nothing_and_says_so() -> None:
    config = load_config("quickstart", ["summarize.check=true", "cache.enabled=false"])
    result = build_graph(config, model=TextRank()).invoke({"documents": documents()})
    assert result["revisions"] == []
    assert any(warning.startswith("summarize.check: the built-in model copies") for warning in result["warnings"])


def test_a_set_without_a_prompt_for_it_has_one_that_is_built_in() -> None:
    own = dict.fromkeys(("map", "collapse", "final"), "F {document}")
    assert "write DROP" in read_prompts(PromptsConfig(**own)).text("revise")


def test_braces_in_a_sentence_are_text() -> None:
    prompts = read_prompts(PromptsConfig(**PROMPTS)).revising("The set {document} {x} was {{empty}}.", "so")
    assert (
        prompts.revise[0][1]
        .format(document="D", language="English")
        .startswith("REVISE in English (so): The set {document} {x} was {{empty}}. <document>D")
    )


def test_what_is_wrong_is_said_in_the_language_of_the_prompt() -> None:
    korean = read_prompts(PromptsConfig(file="configs/prompts/korean.yaml")).text("revise")
    assert in_words(["number not in source"], korean) == "문서에 없는 숫자가 있음"


def test_a_summary_in_korean_is_mended() -> None:
    pages = ["비크의 방앗간은 1911년에 문을 열었고 마흔 명이 일했다. 주인은 오슬로의 제빵사 안나 베르그였다."]
    wrong, right = "비크의 방앗간은 1931년에 문을 열었다.", "비크의 방앗간은 1911년에 문을 열었다."
    model = Mending(says=f"{wrong} 주인은 안나 베르그였다.", mends={wrong: right})
    app = build(model, prompts__language="Korean")
    result = app.invoke({"documents": [Document(text) for text in pages]})
    assert result["summary"] == f"{right} 주인은 안나 베르그였다."


def test_the_length_is_that_of_the_mended_summary() -> None:
    invented = "The Queen of Denmark visited it twice and stayed for a week each time she came."
    result = run(
        Mending(says=f"{BURNED} {invented} {OWNER}", mends={invented: "DROP"}),
        summarize={"check": True, "length": "10 words"},
        prompts__resize="",
    )
    assert result["length"]["words"] == 11
    assert not any("summarize.length" in warning for warning in result["warnings"])


def test_reports_show_what_was_changed() -> None:
    invented = "The Queen of Denmark visited it twice."
    result = run(Mending(says=f"{SUMMARY} {invented}", mends={OPENED: RIGHT, invented: "DROP"}))
    markdown, html = to_markdown(result), to_html(result)
    assert f"- {OPENED} → {RIGHT} (number not in source)" in markdown
    assert f"- {invented} → taken out (weak support" in markdown
    assert "Mended sentences" in html
    assert f'<del dir="auto">{OPENED}</del>' in html


def test_check_says_what_room_there_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "server", "examples/handbook.md", "--set", "summarize.check=true"]) == 0
    assert "(revise prompt)" in capsys.readouterr().out


def test_one_request_of_the_service_may_ask_for_it() -> None:
    config = load_config("server")
    assert check_settings(config, {"summarize.check": True}).summarize.check


def test_the_picture_of_the_graph_has_the_loop() -> None:
    drawn = draw_graph()
    assert "ground -.-> revise;" in drawn
    assert "revise --> ground;" in drawn
