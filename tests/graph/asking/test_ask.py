"""Questions about a document, through the whole graph: what the model is given, and what becomes of its answer."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import jsonschema
import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from typing_extensions import TypedDict

from chains import read_prompts
from graph import BudgetError, ConfigError, build_ask, load_config
from graph.asking.markdown import to_markdown
from graph.asking.schema import answers_schema
from graph.asking.types import Answer, Answers
from graph.errors import SummarizeError
from graph.shipped import prompt_set_names
from tests.fakes import FailingModel, MeetingModel, RecordingModel
from tests.graph.asking.town import ASK, KOREAN, PAGES, Oracle, config

COST = "What did the new bridge cost?"
SAID = "The new bridge cost 4.2 million dollars."


def ask(model: Any, *questions: str, pages: Any = PAGES, **more: object) -> Answers:
    app = build_ask(config(**more), model=model)
    return app.invoke({"documents": pages, "questions": list(questions)})  # type: ignore[return-value]


def one(model: Any, question: str, **more: Any) -> Answer:
    (answer,) = ask(model, question, **more)["answers"]
    return answer


def test_an_answer_has_the_page_that_supports_it() -> None:
    answer = one(Oracle(answers={"cost": SAID}), COST)
    assert (answer["question"], answer["answer"], answer["supported"]) == (COST, SAID, True)
    assert [sentence["pages"] for sentence in answer["sentences"]] == [[2]]
    assert answer["sentences"][0]["flags"] == []
    assert not answer["quoted"]
    assert "unsupported_answer" not in answer
    assert any("4.2 million" in passage["text"] and 2 in passage["pages"] for passage in answer["passages"])


def test_the_model_is_given_passages_in_the_order_of_the_document_with_marks_between_them() -> None:
    model = Oracle()
    fact = "The lighthouse of {} is {} metres high and was painted white."
    pages = [f"{'Nothing of interest stands here at all, and nobody minds. ' * 12}" for _ in range(12)]
    pages[9] = fact.format("Orrin", 31)
    pages[3] = fact.format("Orrin harbour", 44)
    ask(model, "How high is the lighthouse of Orrin?", pages=pages)
    (call,) = model.calls
    assert call.document.index("44 metres") < call.document.index("31 metres")
    assert "[…]" in call.document
    assert call.document.count("Nothing of interest") < 40


@pytest.mark.parametrize("window", [260, 400, 700, 4000])
def test_no_prompt_is_ever_larger_than_the_window(window: int) -> None:
    model = Oracle(tokens="bytes")
    pages = [f"The bridge of page {n} cost {n} dollars. " * 20 for n in range(1, 30)]
    question = "What did the bridge of page 7 cost?"
    ask(model, question, pages=pages, window=window + len(question), part=40)
    (call,) = model.calls
    assert call.prompt_tokens + 40 <= window + len(question)
    assert len(call.document.encode()) <= 1500
    assert call.document


def test_a_window_without_room_for_passages_is_refused_with_the_arithmetic() -> None:
    with pytest.raises(BudgetError, match=r"no room for passages in the ask prompt: 120 \(context window\)"):
        ask(Oracle(tokens="bytes"), COST, window=120, part=40)


@pytest.mark.parametrize(
    "said",
    [
        "The document does not say.",
        "The passages do not mention the name of the mayor.",
        "There is no information about this in the text.",
        "Unfortunately, the mayor is not mentioned.",
        "The report does not give the name of a town engineer who paid for the bridge.",
    ],
)
def test_a_model_that_finds_no_answer_is_believed(said: str) -> None:
    answer = one(Oracle(otherwise=said), "Who paid for the bridge of the town?")
    assert (answer["answer"], answer["supported"]) == ("The document does not say.", False)
    assert (answer["sentences"], "unsupported_answer" in answer) == ([], False)


def test_what_the_document_itself_says_does_not_happen_is_an_answer() -> None:
    pages = ["The report does not include the cost of the tunnel, which the state paid.", PAGES[1]]
    answer = one(
        Oracle(otherwise="The report does not include the cost of the tunnel."),
        "What does the report not include?",
        pages=pages,
    )
    assert (answer["supported"], answer["answer"]) == (True, "The report does not include the cost of the tunnel.")


@pytest.mark.parametrize(
    "said",
    [
        "The new bridge cost 7.9 million dollars.",
        "Ottokar Brandt designed the whole bridge alone.",
        "Penguins are birds that live in the Antarctic.",
        "It was quite a lot.",
    ],
)
def test_what_the_document_does_not_bear_out_is_no_answer_and_is_kept_apart(said: str) -> None:
    answer = one(Oracle(otherwise=said), COST)
    assert (answer["answer"], answer["supported"]) == ("The document does not say.", False)
    assert answer["unsupported_answer"] == said
    assert answer["sentences"] == []


def test_an_answer_that_shares_two_words_with_the_document_is_no_answer() -> None:
    said = "The new bridge was painted green by volunteers, who sang songs all day and slept in tents."
    answer = one(Oracle(otherwise=said), "Which volunteers came to the new bridge?")
    assert (answer["supported"], answer["unsupported_answer"]) == (False, said)


def test_what_stands_in_the_document_and_is_about_something_else_is_no_answer() -> None:
    answer = one(Oracle(otherwise="Salmon have come back to the river."), "Which steel was used for the railway?")
    assert (answer["supported"], answer["unsupported_answer"]) == (False, "Salmon have come back to the river.")


def test_a_few_words_are_compared_as_an_answer_and_not_taken_for_a_heading() -> None:
    right = one(Oracle(otherwise="4.2 million dollars"), COST)
    assert (right["answer"], right["supported"]) == ("4.2 million dollars.", True)
    assert (right["sentences"][0]["pages"], right["sentences"][0]["flags"]) == ([2], [])
    wrong = one(Oracle(otherwise="9 billion euros"), COST)
    assert (wrong["supported"], wrong["unsupported_answer"]) == (False, "9 billion euros.")


def test_without_a_word_of_the_question_in_the_document_no_model_is_asked() -> None:
    model = Oracle(otherwise="Ulaanbaatar.")
    result = ask(model, "Which parliament ratified Mongolia?")
    assert (result["answers"][0]["answer"], model.calls) == ("The document does not say.", [])
    (warning,) = result["warnings"]
    assert "none of its words (“parliament”, “ratified”, “Mongolia”) stands in the document" in warning


def test_a_question_in_general_is_answered_from_the_beginning() -> None:
    model = Oracle(otherwise="It is a report by Ellen Marsh on the bridge of Sorrel.")
    answer = one(model, "Who wrote this document?")
    assert answer["supported"] is True
    assert answer["sentences"][0]["pages"] == [1]
    assert "Ellen Marsh" in model.calls[0].document


def test_thoughts_and_what_models_say_around_an_answer_are_taken_off() -> None:
    answer = one(
        Oracle(otherwise=f"<think>Costs? Page 2.</think>Sure! {SAID} Let me know if you need more."), COST
    )
    assert (answer["answer"], answer["supported"]) == (SAID, True)


def test_a_model_that_says_the_prompt_again_is_reminded_by_the_question() -> None:
    class Parrot(Oracle):
        def answer(self, document: str, max_tokens: int) -> str:
            return self.calls[0].prompt if len(self.calls) == 1 else SAID

    model = Parrot()
    assert one(model, COST)["answer"] == SAID
    assert model.calls[1].prompt.endswith(f"{COST}\n\n{COST}")


def test_several_questions_read_the_document_once_and_are_asked_together() -> None:
    prompts = "MAP <document>{document}</document> {question}"  # the stage in which such a model waits for others
    model = MeetingModel(wanted=3)
    result = ask(model, COST, "Who paid half of the bridge?", "How many people cross?", prompts__ask=prompts)
    assert model.most == 3
    assert [answer["question"][:3] for answer in result["answers"]] == ["Wha", "Who", "How"]
    assert result["stats"]["calls"] == 3
    assert list(result["stats"]["seconds"]) == ["load", "find", "answer", "ground"]


async def test_a_loop_gives_the_same_as_a_thread() -> None:
    given = {"documents": PAGES, "questions": [COST, "Who is the king?", "What does a permit cost?"]}

    def without_times(result: Any) -> Any:
        return {**result, "stats": {**result["stats"], "seconds": {}, "tokens_per_second": 0}}

    app = build_ask(config(), model=Oracle(answers={"new": SAID}))
    assert without_times(await app.ainvoke(given)) == without_times(await asyncio.to_thread(app.invoke, given))


def test_a_failure_on_one_question_ends_the_run_or_is_said() -> None:
    def model() -> FailingModel:
        return FailingModel(failure=lambda call: ValueError("no") if call.prompt.endswith("cost?") else None)

    with pytest.raises(SummarizeError, match=r"“What did the new bridge cost\?”: The model failed"):
        ask(model(), COST, "Who paid half of it?")
    result = ask(model(), COST, "Who paid half of it?", summarize__on_error="skip")
    assert [answer["finish_reason"] for answer in result["answers"]] == ["error", "stop"]
    assert any("The model failed" in warning for warning in result["warnings"])


@pytest.mark.parametrize("given", [{}, {"question": " "}, {"questions": [""]}, {"questions": [3]}])
def test_nothing_asked_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="ask something"):
        build_ask(config(), model=Oracle()).invoke({"documents": PAGES, **given})  # type: ignore[typeddict-item]


def test_braces_and_line_breaks_in_a_question_stay_as_they_are() -> None:
    model = Oracle()
    ask(model, "What does {bridge}\n cost {0}?")
    assert model.calls[0].prompt.endswith("What does {bridge} cost {0}?")


# Korean, and questions in another language than the document's.


def test_a_korean_question_on_a_korean_document_is_answered_in_korean() -> None:
    model = Oracle(answers={"비용": "건설 비용은 420만 달러였다."})
    result = ask(model, "다리 건설 비용은 얼마인가요?", "시장의 연봉은 얼마인가요?", pages=KOREAN)
    cost, salary = result["answers"]
    assert (cost["supported"], cost["sentences"][0]["pages"]) == (True, [2])
    assert (salary["answer"], salary["supported"]) == ("문서에 나와 있지 않습니다.", False)
    assert "in Korean" in model.calls[0].prompt


def test_words_of_two_languages_are_not_compared_but_numbers_are() -> None:
    model = Oracle(answers={"비용": "새 다리의 건설 비용은 420만 달러였습니다.", "인구": "인구는 77만 명입니다."})
    result = ask(model, "다리의 건설 비용은 얼마였나요?", "인구는 몇 명인가요?", "시장은 누구인가요?")
    cost, people, mayor = result["answers"]
    assert (cost["answer"], cost["supported"]) == ("새 다리의 건설 비용은 420만 달러였습니다.", None)
    assert (people["supported"], people["unsupported_answer"]) == (False, "인구는 77만 명입니다.")
    assert (mayor["answer"], mayor["supported"]) == ("문서에 나와 있지 않습니다.", False)
    assert model.question("비용").startswith("The Bridge of Sorrel")
    assert all("different languages" in warning for warning in result["warnings"])
    assert len(result["warnings"]) == 3


# The model that is built in.


def quote(question: str, pages: Any = PAGES) -> Answer:
    app = build_ask(load_config("quickstart"))
    (answer,) = app.invoke({"documents": pages, "question": question})["answers"]
    return answer  # type: ignore[no-any-return]


def test_the_built_in_model_quotes_word_for_word_with_the_page() -> None:
    answer = quote(COST)
    assert answer["answer"] == "“The new bridge cost 4.2 million dollars, a fifth more than planned.”"
    assert (answer["supported"], answer["quoted"]) == (True, True)
    assert [(sentence["pages"], sentence["support"]) for sentence in answer["sentences"]] == [([2], 1.0)]


@pytest.mark.parametrize(
    "question",
    ["Who is the king of Norway?", "What did the railway tunnel cost?", "Why do salmon like aquariums?"],
)
def test_the_built_in_model_does_not_quote_what_is_about_something_else(question: str) -> None:
    answer = quote(question)
    assert (answer["answer"], answer["supported"], answer["quoted"]) == (
        "The document does not say.",
        False,
        False,
    )


def test_the_built_in_model_quotes_korean() -> None:
    assert quote("새 다리의 건설 비용은 얼마인가요?", KOREAN)["answer"] == (
        "“새 다리의 건설 비용은 420만 달러로 계획보다 20퍼센트 많았다.”"
    )
    assert quote("군수의 취미는 무엇인가요?", KOREAN)["answer"] == "문서에 나와 있지 않습니다."


# What it is for others: a Runnable, Markdown, JSON.


def test_it_is_a_node_a_tool_and_takes_a_batch() -> None:
    app = build_ask(config(), model=Oracle(answers={"cost": SAID}))

    class Parent(TypedDict, total=False):
        documents: list[str]
        question: str
        answers: list[Answer]

    parent = StateGraph(Parent)
    parent.add_node("ask", app)
    parent.add_edge(START, "ask")
    parent.add_edge("ask", END)
    (answer,) = parent.compile().invoke({"documents": PAGES, "question": COST})["answers"]
    assert answer["answer"] == SAID
    both = app.batch([{"documents": PAGES, "question": COST}, {"documents": KOREAN, "question": COST}])
    assert [result["answers"][0]["supported"] for result in both] == [True, None]
    schema = app.get_input_jsonschema()
    assert {"source", "documents", "question", "questions"} <= schema["properties"].keys()


async def test_events_of_the_model_are_streamed() -> None:
    app = build_ask(config(), model=Oracle(answers={"cost": SAID}))
    kinds = [event["event"] async for event in app.astream_events({"documents": PAGES, "question": COST})]
    assert "on_chat_model_end" in kinds


def test_a_thread_that_is_used_again_forgets_the_questions_before() -> None:
    app = build_ask(config(), model=Oracle(answers={"cost": SAID}), checkpointer=InMemorySaver())
    thread: Any = {"configurable": {"thread_id": "a"}}
    app.invoke({"documents": PAGES, "questions": [COST, "Who paid half of it?"]}, thread)
    again = app.invoke({"documents": PAGES, "question": "Who is the king?"}, thread)
    assert [answer["question"] for answer in again["answers"]] == ["Who is the king?"]


def test_pages_that_were_read_before_are_taken_as_they_are() -> None:
    pages = [{"number": 7, "label": "vii", "text": PAGES[1], "status": "read"}]
    answer = one(Oracle(answers={"cost": SAID}), COST, pages=pages)
    assert (answer["sentences"][0]["pages"], answer["sentences"][0]["labels"]) == ([7], ["vii"])


def test_markdown_has_the_pages_behind_each_sentence() -> None:
    result = ask(Oracle(answers={"cost": f"{SAID} The province paid half of it."}), COST, "Who is the king?")
    title, first, answer, second, nothing, *_ = to_markdown(result).split("\n\n")
    assert (title, first, second) == ("# Document", f"## {COST}", "## Who is the king?")
    assert answer == f"{SAID} [p. 2] The province paid half of it. [p. 2]"
    assert nothing == "The document does not say."


def test_the_schema_describes_the_result_and_says_what_each_field_is() -> None:
    schema = answers_schema()
    result = ask(Oracle(answers={"cost": SAID}), COST, "Which penguins are there?")
    jsonschema.validate(json.loads(json.dumps(result)), schema)
    for part in (schema, *schema["$defs"].values()):
        for name, field in part.get("properties", {}).items():
            assert "description" in field or "$ref" in field or "items" in field, name


def test_how_it_was_made_has_the_prompt_and_no_setting_of_summaries() -> None:
    made = ask(Oracle(), COST)["made"]
    assert made["prompts"] == {"ask": ASK.replace("{language}", "English")}
    assert made["settings"].keys() == {"llm.max_tokens", "llm.context_window"}


@pytest.mark.parametrize("name", prompt_set_names())
def test_every_set_asks_after_the_document_and_no_answer_of_nothing_is_taken_for_an_echo(name: str) -> None:
    nothing = "문서에 나와 있지 않습니다." if "korean" in name else "The document does not say."
    prompts = load_config("quickstart", [f"prompts.file={name}"]).prompts
    (*_, (_, template)) = read_prompts(prompts).ask
    assert nothing in "".join(text for _, text in read_prompts(prompts).ask) or name == "completion"
    assert template.index("{document}") < template.index("{question}")
    model = RecordingModel()
    model.__class__ = type("Says", (RecordingModel,), {"answer": lambda self, document, tokens: nothing})
    chosen = config().model_copy(update={"prompts": prompts, "llm": config(window=4000).llm})
    result = build_ask(chosen, model=model).invoke({"documents": PAGES, "question": COST})
    assert (result["answers"][0]["answer"], result["warnings"], len(model.calls)) == (nothing, [], 1)


def test_a_set_without_the_prompt_has_one() -> None:
    assert "Question: {question}" in read_prompts(config().prompts.model_copy(update={"ask": None})).ask[0][1]
    assert ASK
