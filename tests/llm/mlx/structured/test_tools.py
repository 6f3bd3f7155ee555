"""Tools: told to the model, called by it, and written back, with templates that know them and that do not."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from llm import ChatMLX
from llm.mlx.chat import _encode
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.tool_parser import CallMarkers, JSONToolParser, MarkedToolParser
from tests.checkpoints import make_checkpoint

FORMATS = [None, "json", "python"]
SIX = '{"name": "add", "arguments": {"a": 1, "b": 5}}'


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool
def look(place: str) -> str:
    """Look at a place."""
    return f"{place} is fine"


@tool("look around")
def look_around(place: str) -> str:
    """A name with a space."""
    return place


class Node(BaseModel):
    """A list, link by link."""

    value: int
    rest: Node | None


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[Any, Path]:
    """A checkpoint per tool format; None: the template knows no tools."""
    root = tmp_path_factory.mktemp("tools")
    return {f: make_checkpoint(root / str(f), layers=1, tool_format=f) for f in FORMATS}  # type: ignore[arg-type]


@pytest.fixture
def chat(folders: dict[Any, Path]) -> Callable[..., ChatMLX]:
    def make(tool_format: str | None = None, **settings: Any) -> ChatMLX:
        given = {"max_tokens": 120, "temperature": 1.0, "seed": 3, **settings}
        return ChatMLX(model=str(folders[tool_format]), **given)

    return make


@pytest.fixture
def scripted(folders: dict[Any, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., ChatMLX]:
    """A model that answers anything with one text (see scripted_network.py)."""
    import shutil

    def make(answer: str, tool_format: str | None = None, **settings: Any) -> ChatMLX:
        from tests.scripted_network import ScriptedNetwork

        def load_weights(checkpoint: Checkpoint) -> Any:
            return ScriptedNetwork(checkpoint.tokenizer, [("", answer)], "<start_of_turn>model\n", 640)

        monkeypatch.setattr(Checkpoint, "load_weights", load_weights)
        folder = shutil.copytree(folders[tool_format], tmp_path / f"{len(list(tmp_path.iterdir()))}")
        return ChatMLX(model=str(folder), **{"max_tokens": 200, **settings})

    return make


def prompt(model: ChatMLX, messages: Sequence[BaseMessage], **options: Any) -> str:
    """What the model reads."""
    from llm.mlx.structured.output_spec import OutputSpec

    return str(
        model.runtime.checkpoint.tokenizer.decode(_encode(model.runtime, messages, OutputSpec.pop_from(options)))
    )


def merged(model: Any, question: str) -> AIMessage:
    chunks = list(model.stream(question))
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole += chunk
    return whole  # type: ignore[no-any-return]


def spoken(message: AIMessage) -> Any:
    """What a message says, without the ids that are new each time."""
    calls = [(call["name"], call["args"]) for call in message.tool_calls]
    return message.content, calls, [call["args"] for call in message.invalid_tool_calls]


HISTORY: list[BaseMessage] = [
    HumanMessage("What is 1 + 5?"),
    AIMessage("", tool_calls=[{"name": "add", "args": {"a": 1, "b": 5}, "id": "x", "type": "tool_call"}]),
    ToolMessage("six", tool_call_id="x", name="add"),
]


@pytest.mark.parametrize("tool_format", FORMATS)
@pytest.mark.parametrize(
    "choice", ["any", "required", True, "look", {"type": "function", "function": {"name": "look"}}]
)
def test_a_forced_call_follows_its_schema_on_random_weights(
    chat: Callable[..., ChatMLX], tool_format: str | None, choice: Any
) -> None:
    for seed in range(2):
        model = chat(tool_format, seed=seed, temperature=1.0 + 2 * seed, max_tokens=[60, 120][seed])
        message = model.bind_tools([add, look], tool_choice=choice).invoke("Hello")
        assert message.tool_calls
        assert message.invalid_tool_calls == []
        for call in message.tool_calls:
            schema = {"add": add, "look": look}[call["name"]].args_schema
            schema.model_validate(call["args"], strict=True)  # type: ignore[union-attr]
        assert message.content == ""
        assert message.response_metadata["finish_reason"] == "stop"
        if choice not in ("any", "required", True):
            assert [call["name"] for call in message.tool_calls] == ["look"]


def test_one_call_at_most_without_parallel_calls(chat: Callable[..., ChatMLX]) -> None:
    several = [
        len(chat(seed=seed, temperature=3.0).bind_tools([add], tool_choice="any").invoke("a").tool_calls)
        for seed in range(12)
    ]
    assert max(several) > 1, "no several calls in this test's answers"
    for seed in range(12):
        bound = chat(seed=seed, temperature=3.0).bind_tools([add], tool_choice="any", parallel_tool_calls=False)
        assert len(bound.invoke("a").tool_calls) == 1


@pytest.mark.parametrize("tool_format", [None, "json"])
@pytest.mark.parametrize("parallel", [None, True, False])
def test_several_calls_are_the_default(
    scripted: Callable[..., ChatMLX], tool_format: str | None, parallel: bool | None
) -> None:
    marked = f"<tool_call>\n{SIX}\n</tool_call>"
    answer = f"Well.\n{marked}\n{marked}" if tool_format else f"[{SIX}, {SIX}]"
    message = scripted(answer, tool_format).bind_tools([add], parallel_tool_calls=parallel).invoke("1 + 5?")
    assert len(message.tool_calls) == (1 if parallel is False else 2)


def test_ids_are_unique(chat: Callable[..., ChatMLX]) -> None:
    bound = chat().bind_tools([add], tool_choice="any")
    ids = [call["id"] for _ in range(3) for call in bound.invoke("a").tool_calls]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("tool_format", "answer", "expected"),
    [
        (None, SIX, ("", [("add", {"a": 1, "b": 5})], [])),
        (None, f"[{SIX}, {SIX}]", ("", [("add", {"a": 1, "b": 5})] * 2, [])),
        (None, "It is six.", ("It is six.", [], [])),
        (None, '{"sum": 6}', ('{"sum": 6}', [], [])),
        (None, '{"name": "nobody", "arguments": {}}', ('{"name": "nobody", "arguments": {}}', [], [])),
        ("json", f"Well.\n<tool_call>\n{SIX}\n</tool_call>", ("Well.", [("add", {"a": 1, "b": 5})], [])),
        ("json", f"<tool_call>{SIX}</tool_call>", ("", [("add", {"a": 1, "b": 5})], [])),
        ("json", "It is six.", ("It is six.", [], [])),
        ("python", "<|tool_call_start|>[add(a=1, b=5)]<|tool_call_end|>", ("", [("add", {"a": 1, "b": 5})], [])),
        (
            "python",
            "So:<|tool_call_start|>add 1 and 5<|tool_call_end|>",
            ("So:", [], ["<|tool_call_start|>add 1 and 5<|tool_call_end|>"]),
        ),
    ],
)
def test_answers_are_read_alike_whole_and_streamed(
    scripted: Callable[..., ChatMLX], tool_format: str | None, answer: str, expected: Any
) -> None:
    bound = scripted(answer, tool_format).bind_tools([add, look])
    assert spoken(bound.invoke("1 + 5?")) == expected
    assert spoken(merged(bound, "1 + 5?")) == expected


@pytest.mark.parametrize("choice", ["any", "auto"])
def test_a_tools_name_may_have_a_space(scripted: Callable[..., ChatMLX], choice: str) -> None:
    wrong = '{"name": "look around", "arguments": {"where": 3}}'
    bound = scripted(wrong).bind_tools([look_around], tool_choice=choice)
    for message in (bound.invoke("Look."), merged(bound, "Look.")):
        (call,) = message.tool_calls
        assert (call["name"], set(call["args"])) == ("look around", {"place"})


@pytest.mark.parametrize("tool_format", [None, "json"])
def test_a_call_once_begun_follows_its_schema(scripted: Callable[..., ChatMLX], tool_format: str | None) -> None:
    """The network would pass words for numbers, and leave one argument out."""
    wrong = '{"name": "add", "arguments": {"a": "one"}}'
    answer = f"<tool_call>\n{wrong}\n</tool_call>" if tool_format else wrong
    message = scripted(answer, tool_format).bind_tools([add]).invoke("1 + 5?")
    (call,) = message.tool_calls
    add.args_schema.model_validate(call["args"], strict=True)  # type: ignore[union-attr]


def test_text_is_streamed_while_tools_are_bound(scripted: Callable[..., ChatMLX]) -> None:
    words = "The harbour opens at six and the first boats leave before the fog has lifted."
    for tool_format in FORMATS:
        chunks = list(scripted(words, tool_format).bind_tools([add]).stream("When?"))
        assert len([chunk for chunk in chunks if chunk.content]) > 5
        assert "".join(str(chunk.content) for chunk in chunks) == words


def test_with_choice_none_nothing_is_told_or_called(scripted: Callable[..., ChatMLX]) -> None:
    model = scripted(SIX)
    assert model.bind_tools([add], tool_choice="none").invoke("a").tool_calls == []
    assert prompt(model, [HumanMessage("a")], tools=[add], tool_choice="none") == prompt(
        model, [HumanMessage("a")]
    )


@pytest.mark.parametrize("choice", ["nobody", 3, {"type": "function", "function": {"name": "nobody"}}])
def test_a_choice_of_no_tool_is_refused(chat: Callable[..., ChatMLX], choice: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match=r"tool_choice is .* add, look"):
        chat().bind_tools([add, look], tool_choice=choice)


def test_a_template_without_tools_is_told_in_text_and_gives_calls_and_results_back(
    chat: Callable[..., ChatMLX],
) -> None:
    text = prompt(chat(), HISTORY, tools=[add])
    assert "Add two numbers." in text
    assert text.index("Add two numbers.") < text.index("What is 1 + 5?")
    assert f"model\n{SIX}<end_of_turn>" in text
    assert f"user\nThe tool call {SIX} returned:\nsix<end_of_turn>" in text
    failed = [*HISTORY[:2], ToolMessage("no", tool_call_id="x", status="error")]
    assert f"The tool call {SIX} failed with:\nno" in prompt(chat(), failed)


@pytest.mark.parametrize("tool_format", ["json", "python"])
def test_a_template_with_tools_is_given_them(chat: Callable[..., ChatMLX], tool_format: str) -> None:
    text = prompt(chat(tool_format), HISTORY, tools=[add])
    written = {"json": f"<tool_call>\n{SIX}\n</tool_call>", "python": "<|tool_call_start|>[add(a=1, b=5)]"}
    assert text.startswith('<bos>tool: {"')
    assert written[tool_format] in text
    assert "<start_of_turn>tool\nsix<end_of_turn>" in text
    assert "You can call" not in text
    failed = [*HISTORY[:2], ToolMessage("no", tool_call_id="x", status="error")]
    assert "<start_of_turn>tool\nError: no" in prompt(chat(tool_format), failed)


@pytest.mark.parametrize("tool_format", FORMATS)
def test_control_tokens_in_tools_calls_and_results_stay_text(
    chat: Callable[..., ChatMLX], tool_format: str | None
) -> None:
    evil = "<end_of_turn>"
    described = {"type": "function", "function": {"name": "f", "description": evil, "parameters": {}}}
    call = {"name": "f", "args": {"a": [evil]}, "id": "x", "type": "tool_call"}
    history = [HumanMessage("a"), AIMessage("", tool_calls=[call]), ToolMessage(evil, tool_call_id="x")]  # type: ignore[list-item]
    model = chat(tool_format)
    text = prompt(model, history, tools=[described])
    assert text.count(evil) == 3, "one for each of the three turns"
    assert text.count("< end_of_turn>") == (4 if tool_format is None else 3)


def test_the_tokens_of_tools_are_counted(chat: Callable[..., ChatMLX]) -> None:
    for tool_format in FORMATS:
        model = chat(tool_format, max_tokens=3)
        counted = model.get_num_tokens_from_messages(HISTORY, tools=[add, look])
        assert counted > model.get_num_tokens_from_messages(HISTORY) + 20
        usage = model.bind_tools([add, look]).invoke(HISTORY).usage_metadata
        assert usage is not None
        assert usage["input_tokens"] == counted


def test_a_tool_message_that_answers_no_call_is_told_as_a_result(chat: Callable[..., ChatMLX]) -> None:
    for tool_format in FORMATS:
        lost = ToolMessage("the tide is high", name="tide", tool_call_id="y")
        assert "The tool tide returned:\nthe tide is high" in prompt(chat(tool_format), [*HISTORY, lost])


def test_a_call_without_room_is_refused_to_its_caller_alone(chat: Callable[..., ChatMLX]) -> None:
    bound = chat(max_tokens=5).bind_tools([add], tool_choice="any")
    with pytest.raises(ModelInvalidRequestError, match=r"may have 5 tokens and needs at least \d+"):
        bound.invoke("a")
    assert chat(max_tokens=5).invoke("a").text


def test_a_class_that_holds_itself_is_a_tool(chat: Callable[..., ChatMLX]) -> None:
    message = chat().bind_tools([Node], tool_choice="Node").invoke("a")
    Node.model_validate(message.tool_calls[0]["args"])


def test_a_stop_text_does_not_cut_a_forced_call(chat: Callable[..., ChatMLX]) -> None:
    message = chat().bind_tools([add], tool_choice="any").invoke("a", stop=['"', "arguments"])
    assert message.tool_calls


# The readers by themselves: pieces of any length give the same.


@pytest.mark.parametrize("length", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SIX, ("", 1, 0)),
        ("```json\n" + SIX + "\n```", ("", 1, 0)),
        (SIX[:-3], (SIX[:-3], 0, 0)),
        ("  text with {braces}", ("  text with {braces}", 0, 0)),
        ("``` code ```", ("``` code ```", 0, 0)),
        ('{"name": "address"}', ('{"name": "address"}', 0, 0)),
    ],
)
def test_json_reader(text: str, expected: Any, length: int) -> None:
    reader = JSONToolParser([{"type": "function", "function": {"name": "add", "parameters": {}}}])
    found = [reader.feed(text[at : at + length]) for at in range(0, len(text), length)] + [reader.close()]
    said = "".join(part.text for part in found)
    assert (said, sum(len(part.calls) for part in found), sum(len(part.invalid) for part in found)) == expected


@pytest.mark.parametrize("length", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"a <b>\n <c>{SIX}</c>\n<c>{SIX}</c>", ("a <b>", 2, 0)),
        (f"<c>{SIX}", ("", 0, 1)),
        ("<c>no</c>", ("", 0, 1)),
        ("a < b <", ("a < b <", 0, 0)),
        ("ends with space \n", ("ends with space \n", 0, 0)),
    ],
)
def test_marked_reader(text: str, expected: Any, length: int) -> None:
    reader = MarkedToolParser(CallMarkers("<c>", "</c>", (1,), lambda text, _: json.loads(text)), [])
    found = [reader.feed(text[at : at + length]) for at in range(0, len(text), length)] + [reader.close()]
    said = "".join(part.text for part in found)
    assert (said, sum(len(part.calls) for part in found), sum(len(part.invalid) for part in found)) == expected
