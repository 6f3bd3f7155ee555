"""Answers of a given shape: `response_format`, and what `with_structured_output` returns. Knows no tokens."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_json_schema
from pydantic import BaseModel

from llm.errors import InvalidRequestError
from llm.mlx.structured.json_schema import class_schema, hint, json_rule, narrowed, room
from llm.mlx.structured.tools import Rules, is_pydantic, openai_tool

METHODS = ("json_schema", "function_calling", "json_mode")
_ANY_OBJECT = {"type": "object"}


@dataclass(frozen=True)
class ResponseFormat:
    """The JSON schema that an answer shall satisfy, and whether the model is told of it."""

    schema: dict[str, Any]
    told: bool

    def instructions(self, *, or_tools: bool) -> str:
        """Tell the model, in words; `or_tools`: that it may call a tool instead."""
        answer = "If no tool is needed, answer" if or_tools else "Answer"
        return (
            f"{answer} with one JSON value and nothing else. It follows this JSON schema:\n"
            f"{json.dumps(self.schema, ensure_ascii=False)}"
        )

    def rules(self) -> Rules:
        """The grammar of such answers."""
        schema = narrowed(self.schema)
        return Rules("value", f"value: {json_rule(schema)}", room(schema), hint(schema))


def take_format(options: dict[str, Any]) -> ResponseFormat | None:
    """Take `response_format`, as OpenAI writes it, out of the options of a call.

    `{"type": "json_object", "schema": ...}` holds the answer to a schema that the prompt already tells.
    """
    given = options.pop("response_format", None)
    kind = given.get("type") if isinstance(given, dict) else None
    if given is None or kind == "text":
        return None
    if kind == "json_object":
        return ResponseFormat(given.get("schema") or _ANY_OBJECT, told=False)
    if kind == "json_schema" and isinstance(given.get("json_schema"), dict):
        schema = given["json_schema"].get("schema", given["json_schema"])
        return ResponseFormat(schema, told=True)
    raise InvalidRequestError(
        f"response_format is {given!r}.",
        'It is {"type": "json_object"} or {"type": "json_schema", "json_schema": {"schema": ...}}.',
    )


def json_schema_of(schema: Any) -> dict[str, Any]:
    """The JSON schema of a pydantic class, a TypedDict, a tool or a JSON schema.

    Raises:
        InvalidRequestError: it is nothing of these.
    """
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return class_schema(schema)
    if isinstance(schema, dict) and ("properties" in schema or "$ref" in schema or "$defs" in schema):
        return schema
    if isinstance(schema, dict) and ("anyOf" in schema or schema.get("type") not in (None, "function")):
        return schema
    try:
        converted: dict[str, Any] = convert_to_json_schema(schema)
    except (ValueError, TypeError) as error:
        raise InvalidRequestError(
            f"{schema!r} is no schema of an answer.",
            "It is a pydantic class, a TypedDict or a JSON schema with a title: make the value a field of one.",
        ) from error
    return converted


def structured(model: BaseChatModel, schema: Any, *, method: str, include_raw: bool) -> Runnable[Any, Any]:
    """What `with_structured_output` returns: a model that answers with objects of `schema`."""
    if method not in METHODS:
        raise InvalidRequestError(f"method is {method!r}.", f"It is one of {', '.join(METHODS)}.")
    if schema is None and method != "json_mode":
        raise InvalidRequestError(f"method {method!r} needs a schema.")
    make = _by_tool if method == "function_calling" else _by_format
    llm, parser = make(model, schema, method)
    if not include_raw:
        return llm | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=llm) | parsed.with_fallbacks([failed], exception_key="parsing_error")


_Made = tuple[Runnable[Any, Any], Runnable[Any, Any]]
_Make = Callable[[BaseChatModel, Any, str], _Made]


def _by_tool(model: BaseChatModel, schema: Any, method: str) -> _Made:
    tool = openai_tool(schema)
    name = tool["function"]["name"]
    llm = model.bind_tools([tool], tool_choice=name, ls_structured_output_format=_traced(schema, method))
    if is_pydantic(schema):
        return llm, PydanticToolsParser(tools=[schema], first_tool_only=True)
    return llm, JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)


def _by_format(model: BaseChatModel, schema: Any, method: str) -> _Made:
    parser: Runnable[Any, Any] = JsonOutputParser()
    if is_pydantic(schema):
        parser = PydanticOutputParser(pydantic_object=schema)
    if schema is None:
        return model.bind(response_format={"type": "json_object"}), parser
    wanted = json_schema_of(schema)
    ResponseFormat(wanted, told=True).rules()  # what cannot be held to is refused now, and not at the first call
    response_format: dict[str, Any] = {"type": "json_object", "schema": wanted}
    if method == "json_schema":
        response_format = {"type": "json_schema", "json_schema": {"schema": wanted}}
    return model.bind(response_format=response_format, ls_structured_output_format=_traced(schema, method)), parser


def _traced(schema: Any, method: str) -> dict[str, Any]:
    return {"kwargs": {"method": method}, "schema": schema}
