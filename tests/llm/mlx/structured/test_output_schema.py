"""Any schema becomes a name, a JSON schema and a parser, or is refused: none is read as nothing."""

from __future__ import annotations

import datetime
import enum
import json
import typing
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, Optional, Required

import jsonschema
import pydantic.v1
import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel, RootModel
from typing_extensions import TypedDict

from llm import ChatMLX
from llm.mlx.structured.output_schema import read_schema
from llm.mlx.structured.schema_check import hold


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


@pytest.mark.parametrize(
    "given", [5, "Point", {}, {"type": "web_search"}, object, Any, Callable[[], int]], ids=str
)
def test_what_is_neither_schema_nor_tool_is_refused(given: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match="neither a schema nor a tool") as caught:
        read_schema(given)
    assert "\n" not in str(caught.value)


@dataclass
class Place:
    """A place."""

    name: str
    tags: set[str]


class OldPoint(pydantic.v1.BaseModel):
    """A point."""

    x: int


class Shared(typing.TypedDict):
    """Of `typing`, which pydantic refuses before Python 3.12; its keys are known from the hints."""

    count: Annotated[int, ..., "How many."]
    note: NotRequired[str | None]
    inner: list[Inner]


class Inner(typing.TypedDict, total=False):
    """Inside."""

    size: Required[Literal["s", "m"]]


class Pair(NamedTuple):
    """Two."""

    left: int
    right: str


ANSWERS: list[tuple[Any, str, Any]] = [
    (Colour, '"red"', Colour.RED),
    (Place, '{"name": "a", "tags": ["b", "b"]}', Place("a", {"b"})),
    (OldPoint, '{"x": 1}', OldPoint(x=1)),
    (RootModel[list[int]], "[1]", RootModel[list[int]]([1])),
    (list[Point], '[{"x": 1}]', [Point(x=1)]),
    (Literal["yes", "no"], '"no"', "no"),
    (Point | Colour, '{"x": 2}', Point(x=2)),
    (Optional[Point], "null", None),  # noqa: UP045  # as people write it
    (dict[str, datetime.date], '{"a": "2024-02-29"}', {"a": datetime.date(2024, 2, 29)}),
    (Pair, '[1, "b"]', Pair(1, "b")),
    (set[int], "[1, 1]", {1}),
    (int, "3", 3),
    (Shared, '{"count": 1, "inner": [{"size": "s"}]}', {"count": 1, "inner": [{"size": "s"}]}),
    ({"title": "Kind", "enum": ["a"]}, '"a"', "a"),
    ({"type": "array", "items": {"type": "integer"}, "uniqueItems": True}, "[2, 1, 2]", [2, 1]),
    ({"$ref": "#/$defs/P", "$defs": {"P": SCHEMA}}, '{"x": 1}', {"x": 1}),
    (
        {"type": "json_schema", "json_schema": {"name": "P", "strict": True, "schema": SCHEMA}},
        '{"x": 1}',
        {"x": 1},
    ),
    ({"type": "function", "function": {"name": "P", "parameters": SCHEMA, "strict": True}}, '{"x": 1}', {"x": 1}),
    ({"name": "P", "inputSchema": SCHEMA}, '{"x": 1}', {"x": 1}),
    ({"schema": SCHEMA, "strict": True}, '{"x": 1}', {"x": 1}),
]


@pytest.mark.parametrize(("given", "text", "wanted"), ANSWERS, ids=[str(given) for given, _, _ in ANSWERS])
def test_every_kind_is_held_and_read_as_text_and_as_a_call(given: Any, text: str, wanted: Any) -> None:
    schema = read_schema(given)
    held = hold(schema.json_schema)
    jsonschema.validate(json.loads(held.example), held.schema)
    assert schema.text_parser.invoke(AIMessage(text)) == wanted
    tool = schema.as_answer_tool()["function"]
    jsonschema.validate(json.loads(hold(tool["parameters"]).example), tool["parameters"])
    value = json.loads(text)
    arguments = {"value": value} if "value" in tool["parameters"].get("properties", {}) else value
    call = {"name": tool["name"], "args": arguments, "id": "1", "type": "tool_call"}
    assert schema.tool_call_parser.invoke(AIMessage("", tool_calls=[call])) == wanted
    assert schema.tool_call_parser.invoke(AIMessage("no call")) is None


def test_a_typed_dict_says_what_its_hints_say() -> None:
    schema = read_schema(Shared).json_schema
    assert schema["required"] == ["count", "inner"]
    assert schema["properties"]["count"]["description"] == "How many."
    assert schema["$defs"]["Inner"]["required"] == ["size"]


@pytest.mark.parametrize("given", [RootModel[list[int]], {"title": "Kind", "enum": ["a"]}], ids=str)
def test_a_tool_cannot_be_anything_but_an_object(given: Any) -> None:
    model = ChatMLX(model="no-such/model")
    with pytest.raises(ModelInvalidRequestError, match=r"arguments are a JSON object|neither a schema nor a tool"):
        model.bind_tools([given])
    model.with_structured_output(given, method="function_calling")


class Nothing(BaseModel):
    """No fields."""


def nothing() -> None:
    """No arguments."""


@pytest.mark.parametrize("given", [Nothing, nothing], ids=str)
def test_a_schema_that_says_nothing_is_a_tool_and_no_answer(given: Any) -> None:
    model = ChatMLX(model="no-such/model")
    model.bind_tools([given])
    for method in ("json_schema", "json_mode", "function_calling"):
        with pytest.raises(ModelInvalidRequestError, match="says nothing of the answer"):
            model.with_structured_output(given, method=method)


def test_only_a_tool_needs_a_name() -> None:
    assert read_schema(PARAMETERS).name == ""
    model = ChatMLX(model="no-such/model")
    for method in ("json_schema", "json_mode", "function_calling"):
        model.with_structured_output(PARAMETERS, method=method)
    with pytest.raises(ModelInvalidRequestError, match="has no name"):
        model.bind_tools([PARAMETERS])
