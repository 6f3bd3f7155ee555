"""Structured output on random weights, at a temperature: always an object of the schema, by every method."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import jsonschema
import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field, ValidationError
from typing_extensions import TypedDict

from llm import ChatMLX
from llm.mlx.chat import _encode
from llm.mlx.structured.output_schema import read_schema
from llm.mlx.structured.output_spec import OutputSpec

Folder = Callable[[str], Path]
# Rounding differs from batch to batch, and sooner or later a token drawn at random differs with it.
FREE_TOKENS = 24

METHODS = ["json_schema", "function_calling", "json_mode"]


class Finding(BaseModel):
    """One thing that was found."""

    claim: str
    confidence: float = Field(gt=0, lt=1)
    kind: Literal["measured", "assumed"]


class Review(BaseModel):
    """What a reader found."""

    findings: list[Finding]
    follow_up: str | None = None


class Places(TypedDict):
    """Where it was."""

    names: list[str]
    count: int


SCHEMA = {"title": "Point", "type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}


@tool
def look(place: str) -> str:
    """Look at a place."""
    return place


# A window and a whole attention each, where there are both.
LAYERS = {"gemma": 1, "gemma3": 2}


@pytest.fixture
def chat(checkpoint: Folder) -> Callable[..., ChatMLX]:
    def make(family: str = "gemma", **settings: Any) -> ChatMLX:
        given = {"max_tokens": 150, "temperature": 1.5, "seed": 5, **settings}
        return ChatMLX(model=str(checkpoint(family, layers=LAYERS[family])), **given)

    return make


def prompt(model: ChatMLX, **options: Any) -> str:
    ids = _encode(model.runtime, [HumanMessage("What was found?")], OutputSpec.pop_from(options))
    return str(model.runtime.checkpoint.tokenizer.decode(ids))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("family", ["gemma", "gemma3"])
def test_every_kind_of_schema_gives_its_objects(chat: Callable[..., ChatMLX], family: str, method: str) -> None:
    for seed, (max_tokens, temperature) in enumerate([(60, 0.0), (100, 4.0)]):
        model = chat(family, seed=seed, max_tokens=max_tokens, temperature=temperature)
        review = model.with_structured_output(Review, method=method).invoke("What was found?")
        assert isinstance(review, Review)
        places = model.with_structured_output(Places, method=method).invoke("Where?")
        assert isinstance(places, dict)
        assert set(places) == {"names", "count"}
        point = model.with_structured_output(SCHEMA, method=method).invoke("Where?")
        jsonschema.validate(point, SCHEMA)


@pytest.mark.parametrize("method", METHODS)
def test_calls_decoded_together_keep_to_their_own_schemas(chat: Callable[..., ChatMLX], method: str) -> None:
    async def gather() -> list[Any]:
        calls: list[Any] = []
        for seed in range(4):
            model = chat(seed=seed)
            calls += [model.with_structured_output(kind, method=method).ainvoke("a") for kind in (Review, Places)]
            calls.append(model.ainvoke("a", max_tokens=FREE_TOKENS))
        return await asyncio.gather(*calls)

    made = asyncio.run(gather())
    assert all(isinstance(review, Review) for review in made[0::3])
    assert all(set(places) == {"names", "count"} for places in made[1::3])
    free = [asyncio.run(chat(seed=seed).ainvoke("a", max_tokens=FREE_TOKENS)).text for seed in range(4)]
    assert [message.text for message in made[2::3]] == free, "an answer without a schema is as it is alone"


@pytest.mark.parametrize("method", METHODS)
def test_the_raw_message_comes_along_if_wanted(chat: Callable[..., ChatMLX], method: str) -> None:
    result = chat().with_structured_output(Review, method=method, include_raw=True).invoke("a")
    assert set(result) == {"raw", "parsed", "parsing_error"}
    assert isinstance(result["parsed"], Review)
    assert result["parsing_error"] is None
    assert result["raw"].response_metadata["finish_reason"] == "stop"
    if method != "function_calling":
        assert Review.model_validate_json(result["raw"].content) == result["parsed"]


def test_what_pydantic_alone_can_refuse_is_told_with_the_raw_message(chat: Callable[..., ChatMLX]) -> None:
    from pydantic import field_validator

    class Never(BaseModel):
        """A rule that no JSON schema says."""

        word: str

        @field_validator("word")
        @classmethod
        def refuse(cls, value: str) -> str:
            raise ValueError("never")

    result = chat().with_structured_output(Never, include_raw=True, method="function_calling").invoke("a")
    assert result["parsed"] is None
    assert isinstance(result["parsing_error"], ValidationError)


def test_the_model_is_told_of_the_schema_but_in_json_mode(chat: Callable[..., ChatMLX]) -> None:
    plain = prompt(chat())
    schema = Review.model_json_schema()
    told = prompt(chat(), response_format={"type": "json_schema", "json_schema": {"schema": schema}})
    assert json.dumps(schema) in told
    assert told.index("findings") < told.index("What was found?")
    assert prompt(chat(), response_format={"type": "json_object", "schema": schema}) == plain
    assert "findings" in prompt(chat(), tools=[Review], tool_choice="Review")


def test_response_format_can_be_bound_by_hand(chat: Callable[..., ChatMLX]) -> None:
    for seed in range(3):
        model = chat(seed=seed)
        assert isinstance(json.loads(model.bind(response_format={"type": "json_object"}).invoke("a").text), dict)
        bound = model.bind(response_format={"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}})
        jsonschema.validate(json.loads(bound.invoke("a").text), SCHEMA)
        assert isinstance(model.with_structured_output(None, method="json_mode").invoke("a"), dict)
    assert chat().bind(response_format={"type": "text"}).invoke("a").text == chat().invoke("a").text


ANY_SCHEMA: list[Any] = [
    Review,
    Places,
    SCHEMA,
    {"name": "p", "strict": True, "schema": SCHEMA},
    {"type": "json_schema", "json_schema": {"name": "p", "schema": SCHEMA}},
    {"type": "json_schema", "json_schema": SCHEMA},
    Literal["yes", "no"],
    list[Finding],
]


@pytest.mark.parametrize("given", ANY_SCHEMA, ids=str)
def test_a_response_format_may_be_any_schema(chat: Callable[..., ChatMLX], given: Any) -> None:
    wanted = read_schema(given)
    for seed in range(2):
        model = chat(seed=seed)
        jsonschema.validate(json.loads(model.invoke("a", response_format=given).text), wanted.json_schema)
        message = model.bind_tools([look], response_format=given).invoke("a")
        if not message.tool_calls:
            jsonschema.validate(json.loads(message.text), wanted.json_schema)


@pytest.mark.parametrize("method", METHODS)
def test_the_model_may_call_a_tool_instead_of_answering(chat: Callable[..., ChatMLX], method: str) -> None:
    kinds = set()
    for seed in range(3):
        model = chat(seed=seed, temperature=50.0, max_tokens=80)
        bound = model.with_structured_output(SCHEMA, method=method, tools=[look], include_raw=True, top_k=400)
        found = bound.invoke("a")
        called = [call["name"] for call in found["raw"].tool_calls]
        assert found["parsing_error"] is None
        if "look" in called and "Point" not in called:
            assert found["parsed"] is None
        else:
            jsonschema.validate(found["parsed"], SCHEMA)
        kinds.add("look" in called)
    assert True in kinds
    answer = chat().with_structured_output(SCHEMA, method=method, tools=[look]).invoke("a")
    assert answer is None or set(answer) == {"x"}


def test_signatures_are_as_wide_as_those_of_the_base_class() -> None:
    for name in (
        "invoke",
        "ainvoke",
        "stream",
        "astream",
        "batch",
        "abatch",
        "bind_tools",
        "with_structured_output",
    ):
        ours, theirs = (inspect.signature(getattr(kind, name)).parameters for kind in (ChatMLX, BaseChatModel))
        takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in ours.values())
        assert takes_any or set(theirs) <= set(ours), name


@pytest.mark.parametrize("given", ["json", 3, {}, {"type": "xml"}, {"type": "json_schema"}])
def test_what_is_no_response_format_is_refused(chat: Callable[..., ChatMLX], given: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match="response_format"):
        chat().invoke("a", response_format=given)


def test_tools_and_a_format_give_a_call_or_the_format(chat: Callable[..., ChatMLX]) -> None:
    kinds = set()
    yes = {"title": "Yes", "type": "boolean"}
    for seed in range(6):
        bound = chat(seed=seed, temperature=50.0, max_tokens=60).bind_tools(
            [look], response_format={"type": "json_schema", "json_schema": {"schema": yes}}
        )
        message = bound.invoke("a")
        kinds.add(bool(message.tool_calls))
        if message.tool_calls:
            assert all(set(call["args"]) == {"place"} for call in message.tool_calls)
        else:
            jsonschema.validate(json.loads(message.text), yes)
    assert kinds == {True, False}


def test_streamed_objects_grow_into_the_whole(chat: Callable[..., ChatMLX]) -> None:
    model = chat(temperature=1.0).with_structured_output(Places)
    parts = list(model.stream("Where?"))
    assert len(parts) > 1
    assert parts[-1] == model.invoke("Where?")


def test_no_room_and_no_such_method_are_refused(chat: Callable[..., ChatMLX]) -> None:
    with pytest.raises(ModelInvalidRequestError, match=r"may have 3 tokens and needs at least \d+"):
        chat(max_tokens=3).with_structured_output(Review).invoke("a")
    with pytest.raises(ModelInvalidRequestError, match="'not'"):
        chat().with_structured_output({"type": "array", "not": {"maxItems": 1}, "title": "a"})
    with pytest.raises(ValueError, match=r"'xml'.*json_schema"):
        chat().with_structured_output(Review, method="xml")


def test_a_stop_text_does_not_cut_an_object(chat: Callable[..., ChatMLX]) -> None:
    assert isinstance(chat(stop=["{", '"']).with_structured_output(Review).invoke("a"), Review)
