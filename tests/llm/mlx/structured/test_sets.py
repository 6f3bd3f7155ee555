"""Sets are decoded as lists and lose their doubles when they are read; lists keep theirs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import pytest
from langchain_core.exceptions import OutputParserException
from langchain_core.messages import AIMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field, ValidationError

from llm import ChatMLX
from llm.mlx.structured.output_schema import read_schema
from llm.mlx.structured.sets import read_sets, without_doubles
from llm.mlx.structured.tool_parser import JSONToolParser

Folder = Callable[[str], Path]

SET = {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True}
LIST = {"type": "array", "items": {"enum": ["a", "b"]}}


class Tags(BaseModel):
    tags: set[str]
    more: frozenset[int] = frozenset()
    few: Annotated[set[int], Field(max_length=3)] = set()


@tool
def label(tags: set[str] | None = None) -> str:
    """Label it."""
    return ""


def test_classes_and_tools_with_sets_are_bound_and_read(checkpoint: Folder) -> None:
    for seed in range(3):
        chat = ChatMLX(model=str(checkpoint("gemma")), max_tokens=90, temperature=3.0, seed=seed)
        for method in ("json_schema", "json_mode", "function_calling"):
            assert isinstance(chat.with_structured_output(Tags, method=method).invoke("x"), Tags)
            schema = {
                "title": "S",
                "type": "object",
                "properties": {"s": {**SET, "minItems": 1}},
                "required": ["s"],
            }
            found = chat.with_structured_output(schema, method=method).invoke("x")["s"]
            assert sorted(set(found)) == sorted(found)
        chat.bind_tools([label]).invoke("x")


WHOLE = {
    "type": "object",
    "properties": {
        "set": SET,
        "list": LIST,
        "inner": {"$ref": "#/$defs/Inner"},
        "either": {"anyOf": [{"type": "null"}, SET]},
        "unclear": {"anyOf": [LIST, SET]},
        "pairs": {"type": "array", "items": {"type": "object"}, "uniqueItems": True},
    },
    "additionalProperties": SET,
    "$defs": {"Inner": {"type": "object", "properties": {"set": SET}}},
}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ({"set": ["b", "a", "b"]}, {"set": ["b", "a"]}),
        ({"list": ["b", "a", "b"]}, {"list": ["b", "a", "b"]}),
        ({"inner": {"set": ["a", "a"]}}, {"inner": {"set": ["a"]}}),
        ({"either": ["a", "a"]}, {"either": ["a"]}),
        ({"either": None}, {"either": None}),
        ({"unclear": ["a", "a"]}, {"unclear": ["a", "a"]}),
        ({"pairs": [{"x": 1, "y": 2}, {"y": 2, "x": 1}, {"x": 1}]}, {"pairs": [{"x": 1, "y": 2}, {"x": 1}]}),
        ({"other": ["a", "a"]}, {"other": ["a"]}),
    ],
    ids=str,
)
def test_only_sets_lose_doubles_and_keep_their_order(value: Any, wanted: Any) -> None:
    assert without_doubles(value, WHOLE) == wanted


def test_a_set_of_too_few_different_items_is_an_error_of_its_reader() -> None:
    schema = {"title": "s", **SET, "minItems": 2}
    with pytest.raises(ValueError, match=r'\["a", "a"\] has fewer than 2 different items'):
        read_sets(["a", "a"], schema)
    with pytest.raises(OutputParserException, match="fewer than 2 different items"):
        read_schema(schema).text_parser.invoke(AIMessage('["a", "a"]'))
    assert read_schema(schema).text_parser.invoke(AIMessage('["a", "b", "a"]')) == ["a", "b"]
    with pytest.raises((OutputParserException, ValidationError)):
        read_schema(Annotated[set[int], Field(min_length=2)]).text_parser.invoke(AIMessage("[1, 1]"))


def test_calls_are_read_without_doubles() -> None:
    named = {
        "type": "function",
        "function": {"name": "f", "parameters": {"type": "object", "properties": {"s": SET}}},
    }
    parser = JSONToolParser([named])
    parser.feed('{"name": "f", "arguments": {"s": ["a", "a", "b"]}}')
    (call,) = parser.close().calls
    assert call["args"] == {"s": ["a", "b"]}
