"""Schemas and tools are checked where they are bound: which field, what is wrong with it, what to use instead."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.tools import tool
from pydantic import BaseModel, Field, create_model

from llm import ChatMLX
from llm.mlx.structured.output_schema import read_schema
from llm.mlx.structured.schema_check import strict_schema
from tests.checkpoints import make_checkpoint

Folder = Callable[[str], Path]
NOWHERE = ChatMLX(model="no-such/model")


Never = Annotated[int, Field(json_schema_extra={"not": {"const": 1}})]


class Tagged(BaseModel):
    tags: Never
    more: list[Tagged] | None = None


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


def with_field(kind: Any) -> type[BaseModel]:
    return create_model("Review", field=(kind, ...))


REFUSED: list[tuple[Any, str]] = [
    (list[Tagged], r"field field\[\]\.tags: 'not'"),
    (dict[str, Tagged], r"field field\.\*\.tags: 'not'"),
    (Tagged | None, r"field field\.tags: 'not'"),
    (dict[float, int], r"field field: 'propertyNames' is not supported\. Ask for a list of objects"),
    (dict[Annotated[int, Field(gt=3)], int], r"field field: 'propertyNames'"),
    (dict[Literal[1, 2], int], r"field field: 'propertyNames'"),
    (
        Annotated[str, Field(json_schema_extra={"not": {"const": "a"}})],
        r"'not' is not supported\. Say what is allowed",
    ),
    (
        Annotated[str, Field(min_length=50_000)],
        r"field field: minLength is 50000, and the most .* is 10000",
    ),
]


@pytest.mark.parametrize(("kind", "problem"), REFUSED, ids=[str(kind) for kind, _ in REFUSED])
def test_what_cannot_be_enforced_is_refused_when_it_is_bound(kind: Any, problem: str) -> None:
    """With no model in reach: nothing is read for it."""
    schema = with_field(kind)
    for method in ("json_schema", "json_mode", "function_calling"):
        with pytest.raises(ModelInvalidRequestError, match=problem):
            NOWHERE.with_structured_output(schema, method=method)
    with pytest.raises(ValueError, match=problem):
        NOWHERE.bind_tools([schema], tool_choice="any")
    response_format = {"type": "json_schema", "json_schema": {"schema": read_schema(schema).json_schema}}
    with pytest.raises(ValueError, match=problem):
        NOWHERE.bind_tools([], response_format=response_format)


IMPOSSIBLE = {"type": "integer", "minimum": 5, "maximum": 3}


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        ({"type": "object", "properties": 3}, "properties must be an object"),
        ({"type": "object", "required": 3, "properties": {}}, "it is not a valid JSON schema"),
        ({"allOf": 3}, "it is not a valid JSON schema"),
        ({"properties": {"a": {"items": {"contains": {}}}}}, r"field a\[\]: 'contains' is not supported\. Leave"),
        ({"properties": {"a": IMPOSSIBLE}, "required": ["a"], "type": "object"}, r"field a: .*minimum \(5\)"),
        ({"properties": {"a": {"pattern": "(?=a)"}}}, "field a: pattern .*look-around.* Write the pattern"),
        ({"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": {"not": {}}}}, "field a: 'not'"),
    ],
)
def test_the_innermost_part_that_is_wrong_is_named(schema: dict[str, Any], problem: str) -> None:
    with pytest.raises(ModelInvalidRequestError, match=problem) as caught:
        strict_schema(schema)
    assert "\n" not in str(caught.value)


KEYS: list[tuple[Any, dict[str, Any]]] = [
    (dict[int, int], {"12": 1, "-3": 2, "0": 0}),
    (dict[Colour, int], {"red": 1}),
    (dict[Literal["a", "b"], list[int]], {"b": [1]}),
    (dict[datetime.date, int], {"2024-02-29": 1}),
]


@pytest.mark.parametrize(("kind", "example"), KEYS, ids=[str(kind) for kind, _ in KEYS])
def test_keys_that_are_no_free_text_are_held_to(checkpoint: Folder, kind: Any, example: dict[str, Any]) -> None:
    schema = with_field(kind)
    held = strict_schema(read_schema(schema).json_schema)
    schema.model_validate({"field": example})
    jsonschema.validate({"field": example}, held)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"field": {"any text": next(iter(example.values()))}}, held)
    chat = ChatMLX(model=str(checkpoint("gemma")), max_tokens=60, temperature=5.0)
    assert isinstance(chat.with_structured_output(schema).invoke("a"), schema)


def test_tools_whose_calls_are_held_to_nothing_are_not_refused(checkpoint: Folder, tmp_path: Path) -> None:
    own = ChatMLX(model=str(make_checkpoint(tmp_path / "python", tool_format="python")), max_tokens=5)
    assert own.bind_tools([Tagged]).invoke("a").text
    with pytest.raises(ModelInvalidRequestError, match="tags"):
        own.bind_tools([Tagged], tool_choice="any")
    with pytest.raises(ModelInvalidRequestError, match="of Tagged: field tags"):
        ChatMLX(model=str(checkpoint("gemma"))).bind_tools([Tagged])


@tool
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@pytest.mark.parametrize(
    "given", [{"type": "web_search"}, {}, 3, "add", int, {"type": "function", "function": {}}]
)
def test_what_is_no_tool_is_refused_in_one_sentence(given: Any) -> None:
    with pytest.raises(
        ModelInvalidRequestError, match=r"neither a schema nor a tool .* Give a pydantic class"
    ) as caught:
        NOWHERE.bind_tools([given])
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelInvalidRequestError, match="list of tools"):
        NOWHERE.invoke("a", tools="add")


@pytest.mark.parametrize(
    "choice", [{"x": 1}, {"type": "function", "function": "add"}, {"name": "nobody"}, "nobody"]
)
def test_a_choice_that_is_none_is_refused(choice: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match=r"tool_choice is .*, and the tools are add"):
        NOWHERE.bind_tools([add], tool_choice=choice)


def test_a_choice_needs_tools() -> None:
    with pytest.raises(ModelInvalidRequestError, match="'any', and there are no tools"):
        NOWHERE.bind_tools([], tool_choice="any")
    NOWHERE.bind_tools([], tool_choice="auto")


@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
@pytest.mark.parametrize("given", [3, Any, "x", {}])
def test_what_is_no_schema_is_refused_in_one_sentence(given: Any, method: str) -> None:
    with pytest.raises(ValueError, match="is neither a schema nor a tool") as caught:
        NOWHERE.with_structured_output(given, method=method)
    assert "\n" not in str(caught.value)
