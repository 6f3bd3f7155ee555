"""Models that think: thoughts are never part of an answer. Real templates and tokenizers, networks that recite."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from llm import ChatMLX
from llm.mlx.checkpoint import Checkpoint
from tests.checkpoints import Thinking, make_checkpoint
from tests.fakes import summed
from tests.scripted_network import Reciter

THINKING: list[Thinking] = list(get_args(Thinking))

# What a model writes that thinks first, and what it writes where a template has closed its thought.
THINKS: dict[Thinking, str] = {
    "qwen3": "<think>\n{thought}\n</think>\n\n{answer}",
    "r1": "<think>\n{thought}\n</think>\n\n{answer}",
    "gemma4": "<|channel>thought\n{thought}<channel|>{answer}",
    "harmony": "<|channel|>analysis<|message|>{thought}<|end|>"
    "<|start|>assistant<|channel|>final<|message|>{answer}",
}
CLOSED: dict[Thinking, str] = {
    "qwen3": "<think>\n\n</think>\n\n{answer}",
    "r1": "<think>\n\n</think>\n\n{answer}",
    "gemma4": "<|channel>thought\n<channel|>{answer}",
    "harmony": "<|channel|>final<|message|>{answer}",
}
THOUGHT, ANSWER = "The first boats leave before the fog has lifted.", "They found a gauge at the bridge."

Make = Callable[..., ChatMLX]


@tool
def tide(place: str) -> str:
    """The tide at a place."""
    return f"high at {place}"


CALL = '<tool_call>\n{"name": "tide", "arguments": {"place": "bridge"}}\n</tool_call>'


@pytest.fixture
def thinker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """A chat model that thinks in a `style`, and recites a thought and an answer."""

    def make(style: Thinking, thought: str = THOUGHT, answer: str = ANSWER, **settings: Any) -> ChatMLX:
        texts = [form[style].format(thought=thought, answer=answer) for form in (THINKS, CLOSED)]
        monkeypatch.setattr(Checkpoint, "load_weights", lambda self: Reciter(self.tokenizer, texts, 640))
        folder = tmp_path / f"{style}{len(list(tmp_path.iterdir()))}"
        return ChatMLX(model=str(make_checkpoint(folder, thinking=style)), **{"max_tokens": 90, **settings})

    return make


@pytest.mark.parametrize("style", THINKING)
def test_thoughts_are_apart_from_the_answer(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thinking=True)
    answer = model.invoke("What did they find?")
    assert answer.content == ANSWER
    assert answer.additional_kwargs["reasoning_content"] == THOUGHT
    assert [block["type"] for block in answer.content_blocks] == ["reasoning", "text"]
    usage = answer.usage_metadata
    assert usage is not None
    assert 10 < usage["output_token_details"]["reasoning"] < usage["output_tokens"] - 10

    async def collect() -> list[Any]:
        return [chunk async for chunk in model.astream("What did they find?")]

    for chunks in (list(model.stream("What did they find?")), asyncio.run(collect())):
        assert sum("reasoning_content" in chunk.additional_kwargs for chunk in chunks) > 5
        whole = summed(chunks)
        assert (whole.text, whole.additional_kwargs) == (ANSWER, answer.additional_kwargs)
        assert whole.usage_metadata["output_token_details"] == usage["output_token_details"]


@pytest.mark.parametrize("style", THINKING)
def test_thoughts_are_standard_blocks_where_these_are_asked_for(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thinking=True, output_version="v1")
    said = [{"type": "reasoning", "reasoning": THOUGHT}, {"type": "text", "text": ANSWER}]
    assert model.invoke("What?").content == said
    whole = summed(list(model.stream("What?")))
    kinds = {"reasoning": "".join(b.get("reasoning", "") for b in whole.content), "text": whole.text}
    assert kinds == {"reasoning": THOUGHT, "text": ANSWER}


@pytest.mark.parametrize("style", THINKING)
def test_a_model_that_is_told_not_to_think_does_not(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thinking=False)
    assert model.get_thinking_reserve() == 0
    for answer in (model.invoke("What?"), thinker(style).invoke("What?", reasoning=False)):
        assert answer.text == ANSWER
        assert "reasoning_content" not in answer.additional_kwargs
        assert "output_token_details" not in (answer.usage_metadata or {})


@pytest.mark.parametrize("style", THINKING)
def test_whether_a_model_thinks_by_itself_is_its_makers_word(thinker: Make, style: Thinking) -> None:
    model, thinks = thinker(style), style != "gemma4"
    assert ("reasoning_content" in model.invoke("What?").additional_kwargs) == thinks
    assert model.get_thinking_reserve() == (model.thinking_tokens if thinks else 0)


def test_a_model_without_thoughts_takes_the_setting_and_reserves_nothing(tmp_path: Path) -> None:
    model = ChatMLX(model=str(make_checkpoint(tmp_path / "plain")), max_tokens=5, thinking=True)
    assert model.get_thinking_reserve() == 0
    assert model.invoke("What?").text == model.invoke("What?", thinking=False).text


@pytest.mark.parametrize("style", THINKING)
def test_a_stop_text_ends_an_answer_and_no_thought(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thought="The gauge is at the bridge.", thinking=True)
    answer = model.invoke("What?", stop=["gauge"])
    assert answer.text == "They found a "
    assert answer.additional_kwargs["reasoning_content"] == "The gauge is at the bridge."
    assert answer.response_metadata["finish_reason"] == "stop"


@pytest.mark.parametrize("style", THINKING)
def test_a_call_is_one_after_a_thought_and_none_inside_it(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thought=f"I could write {CALL} here.", thinking=True).bind_tools([tide])
    answer = model.invoke("What?")
    assert (answer.text, answer.tool_calls, answer.invalid_tool_calls) == (ANSWER, [], [])
    model = thinker(style, answer=CALL, thinking=True).bind_tools([tide])
    for answer in (model.invoke("What?"), summed(list(model.stream("What?")))):
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("tide", {"place": "bridge"})]
        assert answer.additional_kwargs["reasoning_content"] == THOUGHT


HARMONY_CALLS = [
    "<|channel|>commentary to=functions.tide json<|message|>{args}<|end|>",
    "<|channel|>analysis<|message|>I look.<|end|><|start|>assistant<|channel|>commentary to=functions.tide "
    "<|constrain|>json<|message|>{args}",
    "<|start|>assistant to=functions.tide<|channel|>commentary json<|message|>{args}",
]


@pytest.mark.parametrize("text", HARMONY_CALLS)
def test_what_harmony_sends_to_a_tool_is_a_call(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gpt-oss's own calls: the header names the tool, and the message is its arguments. Its template is not one of
    those whose tools mlx-lm knows.
    """
    recited = text.format(args='{"place": "bridge"}')
    monkeypatch.setattr(Checkpoint, "load_weights", lambda self: Reciter(self.tokenizer, [recited], 640))
    monkeypatch.setattr("llm.mlx.chat_template.call_markers", lambda checkpoint: None)
    model = ChatMLX(model=str(make_checkpoint(tmp_path / "harmony", thinking="harmony")), max_tokens=90)
    bound = model.bind_tools([tide])
    for answer in (bound.invoke("What?"), summed(list(bound.stream("What?")))):
        assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("tide", {"place": "bridge"})]
        assert answer.text == ""
        assert answer.additional_kwargs.get("reasoning_content") in (None, "I look.")
    forced = model.bind_tools([tide], tool_choice="any").invoke("What?", thinking=True)
    assert [call["name"] for call in forced.tool_calls] == ["tide"]
    assert model.invoke("What?").text == '{"place": "bridge"}', "nobody asked for a call"


@pytest.mark.parametrize("style", THINKING)
def test_a_grammar_holds_the_answer_and_no_thought(thinker: Make, style: Thinking) -> None:
    schema = {"title": "Finding", "type": "object", "properties": {"where": {"enum": ["bridge", "harbour"]}}}
    schema["required"] = ["where"]
    for thinking in (True, None, False):
        model = thinker(style, thinking=thinking).with_structured_output(schema, include_raw=True)
        found = model.invoke("What?")
        assert found["parsed"]["where"] in ("bridge", "harbour"), "the network wants to say something else"
        thought = found["raw"].additional_kwargs.get("reasoning_content")
        assert thought == (THOUGHT if thinking else None)


@pytest.mark.parametrize("style", THINKING)
def test_a_thought_that_never_ends_is_an_empty_answer_that_says_so(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thought=THOUGHT * 4, thinking=True, thinking_tokens=20)
    for answer in (model.invoke("What?"), summed(list(model.stream("What?")))):
        assert answer.text == ""
        assert THOUGHT.startswith(answer.additional_kwargs["reasoning_content"][:20])
        assert answer.response_metadata["finish_reason"] == "length"
        assert "thinking_tokens" in answer.response_metadata["hint"]
        assert answer.usage_metadata["output_token_details"]["reasoning"] == 20
    assert "hint" not in thinker(style, thinking=True).invoke("What?").response_metadata


@pytest.mark.parametrize("style", THINKING)
def test_max_tokens_are_the_answers_alone(thinker: Make, style: Thinking) -> None:
    model = thinker(style, thinking=True, max_tokens=5)
    answer = model.invoke("What?")
    assert answer.additional_kwargs["reasoning_content"] == THOUGHT
    assert answer.text
    assert ANSWER.startswith(answer.text)
    assert answer.response_metadata["finish_reason"] == "length"
    usage = answer.usage_metadata
    assert usage is not None
    assert usage["output_tokens"] - usage["output_token_details"]["reasoning"] <= 5 + 32, "answer and marks"


def test_where_the_window_is_small_the_answer_has_its_room_first(thinker: Make) -> None:
    model = thinker("qwen3", thinking=True, max_tokens=40)
    prompt = model.get_num_tokens_from_messages([HumanMessage("What?")])
    small = model.invoke("What?", context_window=prompt + 40 + 10)
    assert small.text == ""
    assert small.usage_metadata["output_token_details"]["reasoning"] == 10  # type: ignore[index]


def test_what_came_before_a_lone_closing_tag_was_a_thought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{THOUGHT}</think>\n\n{ANSWER}"
    monkeypatch.setattr(Checkpoint, "load_weights", lambda self: Reciter(self.tokenizer, [text], 640))
    model = ChatMLX(model=str(make_checkpoint(tmp_path / "lone", thinking="qwen3")), max_tokens=90)
    answer = model.invoke("What?")
    assert (answer.text, answer.additional_kwargs["reasoning_content"]) == (ANSWER, THOUGHT)


@pytest.mark.parametrize("style", THINKING)
@pytest.mark.parametrize("form", ["text", "kwargs", "block", "lone"])
def test_own_earlier_thoughts_are_not_sent_back(
    thinker: Make, style: Thinking, form: Literal["text", "kwargs", "block", "lone"]
) -> None:
    model = thinker(style)
    whole = THINKS[style].format(thought=THOUGHT, answer=ANSWER)
    said = {
        "text": AIMessage(whole),
        "kwargs": AIMessage(ANSWER, additional_kwargs={"reasoning_content": THOUGHT}),
        "block": AIMessage([{"type": "reasoning", "reasoning": THOUGHT}, {"type": "text", "text": ANSWER}]),
        "lone": AIMessage(whole.removeprefix("<think>\n").removeprefix("<|channel>thought\n")),
    }[form]
    prompt = _prompt(model, [HumanMessage("What?"), said, HumanMessage("Sure?")])
    assert ANSWER in prompt
    assert THOUGHT not in prompt


def test_a_mention_of_a_tag_is_no_thought(thinker: Make) -> None:
    model, said = thinker("qwen3"), "Models write <think> first, and </think> when they are done."
    prompt = _prompt(model, [HumanMessage("What?"), AIMessage(said), HumanMessage("Sure?")])
    assert "Models write" in prompt
    assert "when they are done." in prompt


@pytest.mark.parametrize("style", THINKING)
def test_thoughts_go_back_while_the_call_they_led_to_is_answered(thinker: Make, style: Thinking) -> None:
    model = thinker(style)
    call = {"name": "tide", "args": {"place": "bridge"}, "id": "1"}
    thought = AIMessage("", tool_calls=[call], additional_kwargs={"reasoning_content": THOUGHT})
    under_way: list[BaseMessage] = [HumanMessage("What?"), thought, ToolMessage("high", tool_call_id="1")]
    assert THOUGHT in _prompt(model, under_way)
    assert THOUGHT not in _prompt(model, [*under_way, AIMessage(ANSWER), HumanMessage("Sure?")])


def test_a_user_who_writes_a_tag_opens_no_thought(thinker: Make) -> None:
    model = thinker("gemma4")
    assert model.invoke("What does <|channel>thought mean, and <channel|>, and <think>?").text == ANSWER


def _prompt(model: ChatMLX, messages: list[BaseMessage]) -> str:
    checkpoint = model.runtime.checkpoint
    return str(checkpoint.tokenizer.decode(model.runtime.template.encode(messages)))
