"""Any schema becomes a name, a JSON schema and a parser, or is refused: none is read as nothing."""

from __future__ import annotations

import enum
from typing import Any

import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel, RootModel
from typing_extensions import TypedDict

from llm import ChatMLX
from llm.mlx.structured.output_schema import read_schema


class Point(BaseModel):
    """A point."""

    x: int


class PointDict(TypedDict):
    """A point."""

    x: int


PointDict.__name__ = "Point"


class Colour(enum.Enum):
    RED = "red"


@tool("Point")
def point(x: int) -> int:
    """A point."""
    return x


PROPERTIES = {"x": {"type": "integer"}}
PARAMETERS = {"type": "object", "properties": PROPERTIES, "required": ["x"]}
SCHEMA = {"title": "Point", "description": "A point.", **PARAMETERS}
FUNCTION = {"name": "Point", "description": "A point.", "parameters": PARAMETERS}

POINTS: dict[str, Any] = {
    "pydantic class": Point,
    "TypedDict": PointDict,
    "JSON schema": SCHEMA,
    "named schema": {"name": "Point", "strict": True, "schema": {"description": "A point.", **PARAMETERS}},
    "tool": point,
    "OpenAI tool": {"type": "function", "function": FUNCTION},
    "function in a dict": FUNCTION,
    "Anthropic tool": {"name": "Point", "description": "A point.", "input_schema": PARAMETERS},
}


@pytest.mark.parametrize("given", POINTS.values(), ids=POINTS)
def test_every_kind_has_the_name_the_schema_and_the_parsers(given: Any) -> None:
    schema = read_schema(given)
    assert schema.name == "Point"
    tool = schema.as_tool()
    properties = tool["function"]["parameters"].pop("properties")
    assert properties["x"]["type"] == "integer"
    assert tool == {
        "type": "function",
        "function": {**FUNCTION, "parameters": {"type": "object", "required": ["x"]}},
    }
    assert read_schema(schema.as_tool()).as_tool() == schema.as_tool()
    wanted: Any = Point(x=1) if given is Point else {"x": 1}
    assert schema.text_parser.invoke(AIMessage('{"x": 1}')) == wanted
    call = {"name": "Point", "args": {"x": 1}, "id": "1", "type": "tool_call"}
    assert schema.tool_call_parser.invoke(AIMessage("", tool_calls=[call])) == wanted


@pytest.mark.parametrize("given", [{"enum": ["a", "b"]}, {"const": 3}, {"type": ["integer", "null"]}])
def test_a_schema_of_anything_but_an_object_is_kept_as_it_is(given: dict[str, Any]) -> None:
    titled = {"title": "Value", **given}
    assert read_schema(titled).json_schema == titled


@pytest.mark.parametrize("given", [Colour, 5, "Point", {}, {"type": "web_search"}], ids=str)
def test_what_is_neither_schema_nor_tool_is_refused(given: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match="neither a schema nor a tool"):
        read_schema(given)


@pytest.mark.parametrize("given", [RootModel[list[int]], {"title": "Kind", "enum": ["a"]}], ids=str)
def test_a_tool_call_cannot_be_anything_but_an_object(given: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match=r"arguments are a JSON object\. .* \"json_schema\""):
        ChatMLX(model="no-such/model").with_structured_output(given, method="function_calling")


def test_only_a_tool_needs_a_name() -> None:
    assert read_schema(PARAMETERS).name == ""
    model = ChatMLX(model="no-such/model")
    for method in ("json_schema", "json_mode", "function_calling"):
        model.with_structured_output(PARAMETERS, method=method)
    with pytest.raises(ModelInvalidRequestError, match="has no name"):
        model.bind_tools([PARAMETERS])
