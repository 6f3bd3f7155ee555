"""Tools and a format together: an answer is a call, or follows the format, whichever the model wants."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from langchain_core.tools import tool
from pydantic import BaseModel

from llm import ChatMLX
from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.logits_processor import GrammarProcessor
from llm.mlx.structured.output_spec import OutputSpec
from llm.mlx.structured.tool_parser import call_markers
from tests.checkpoints import make_checkpoint

FORMATS = [None, "json", "python"]
SIX = '{"name": "add", "arguments": {"a": 1, "b": 5}}'
HERE = '{"name": "look around", "arguments": {"places": {"name": 2}}}'


class Weather(BaseModel):
    """The weather in a place."""

    place: str


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool("look around")
def look(places: dict[str, int]) -> str:
    """Look at places."""
    return str(places)


# Schemas whose JSON begins as a call does, and what satisfies them.
VALUES: list[tuple[dict[str, Any], list[str]]] = [
    (Weather.model_json_schema(), ['{"place": "Oslo"}']),
    ({"type": "object"}, ["{}", '{"name": "add", "b": 1}', '{"name": "adder"}', '{"n": {"arguments": 1}}']),
    ({"enum": [{"name": "add", "arguments": 1}, [1], "{"]}, ['{"name": "add", "arguments": 1}', "[1]", '"{"']),
    (
        {"properties": {"name": {"enum": ["add", "adder"]}}, "required": ["name"], "type": "object"},
        ['{"name": "adder"}', '{"name": "add"}'],
    ),
    ({"type": "array", "items": {"type": "object"}}, ["[]", '[{"name": "add"}, {"b": 1}]']),
]


@pytest.fixture(scope="session", params=FORMATS, ids=str)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint per tool format; None: the template knows no tools."""
    return make_checkpoint(tmp_path_factory.mktemp("spec") / "tiny", tool_format=request.param)


def as_format(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"schema": schema}}


def lets_through(checkpoint: Checkpoint, spec: OutputSpec, text: str) -> str:
    """The beginning of `text` that the grammar lets through, token by token; all of it if it ends there."""
    processor = spec.logits_processor(checkpoint, call_markers(checkpoint), 200)
    assert isinstance(processor, GrammarProcessor)
    ids = checkpoint.tokenizer.encode(text, add_special_tokens=False)
    for place, token in enumerate(ids):
        if not processor.allows(token):
            return str(checkpoint.tokenizer.decode(ids[:place])) + " …"
        processor.consume(token)
    return text if processor.complete or processor.allows(checkpoint.stop_ids[0]) else text + " …"


@pytest.mark.parametrize(("schema", "values"), VALUES, ids=[values[0] for _, values in VALUES])
def test_beside_tools_calls_and_the_format_can_both_be_written(
    folder: Path, schema: dict[str, Any], values: list[str]
) -> None:
    checkpoint = Checkpoint(str(folder))
    spec = OutputSpec.pop_from({"tools": [add, look], "response_format": as_format(schema)})
    markers = call_markers(checkpoint)
    calls = [SIX, HERE, f"[{SIX}, {HERE}]"]
    if markers is not None and markers.hold_json:
        one, other = (f"<tool_call>\n{call}\n</tool_call>" for call in calls[:2])
        calls = [one, other, f"{one}\n{other}"]
    assert [lets_through(checkpoint, spec, text) for text in values + calls] == values + calls
    assert lets_through(checkpoint, spec, "I think").endswith("…")


def test_beside_a_format_calls_follow_their_schemas(folder: Path) -> None:
    checkpoint = Checkpoint(str(folder))
    spec = OutputSpec.pop_from({"tools": [add, look], "response_format": as_format(Weather.model_json_schema())})
    markers = call_markers(checkpoint)
    begun = "<tool_call>\n" if markers is not None and markers.hold_json else ""
    begun += '{"name": "add", "arguments": {"a": 1, "b": '
    assert lets_through(checkpoint, spec, begun + '"five"}}') == begun + " …"


def test_the_model_is_told_that_it_may_do_either(folder: Path) -> None:
    markers = call_markers(Checkpoint(str(folder)))
    response_format = as_format(Weather.model_json_schema())
    either = OutputSpec.pop_from({"tools": [add], "response_format": response_format}).instructions(markers)
    assert "If no tool is needed, answer with one JSON value" in either
    assert "in words" not in either
    assert (
        OutputSpec.pop_from({"response_format": response_format})
        .instructions(markers)
        .startswith("Answer with one JSON value")
    )
    assert ("answer in words" in OutputSpec.pop_from({"tools": [add]}).instructions(markers)) == (markers is None)


def test_an_agent_calls_its_tool_and_ends_with_an_object(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain.agents import create_agent

    from tests.scripted_network import ScriptedNetwork

    call = '{"name": "find_place", "arguments": {"near": "the fjord"}}'
    if (markers := call_markers(Checkpoint(str(folder)))) is not None and markers.hold_json:
        call = f"<tool_call>\n{call}\n</tool_call>"
    script = [("Where is it?", call), ("It is in Oslo.", '{"place": "Oslo"}')]

    def load_weights(checkpoint: Checkpoint) -> Any:
        return ScriptedNetwork(checkpoint.tokenizer, script, "<start_of_turn>model\n", 640)

    @tool
    def find_place(near: str) -> str:
        """Find the place that is near something."""
        return f"It is in Oslo. Near {near}."

    monkeypatch.setattr(Checkpoint, "load_weights", load_weights)
    # A setting that nothing else here has: the engine is not shared.
    model = ChatMLX(model=str(folder), wire_memory=False, max_tokens=100)
    agent = create_agent(model, [find_place], response_format=Weather)
    result = agent.invoke({"messages": [("user", "Where is it?")]}, {"recursion_limit": 8})
    assert result["structured_response"] == Weather(place="Oslo")
    assert [message.type for message in result["messages"]] == ["human", "ai", "tool", "ai"]
    assert json.loads(result["messages"][-1].text) == {"place": "Oslo"}
