"""What `with_structured_output` returns: a model and the parser of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.runnables import Runnable, RunnableBranch, RunnableLambda, RunnableMap, RunnablePassthrough

from llm.errors import InvalidRequestError
from llm.mlx.structured.output_schema import OutputSchema, read_schema
from llm.mlx.structured.response_format import ResponseFormat

METHODS = ("json_schema", "function_calling", "json_mode")


def structured_output(
    model: BaseChatModel, schema: Any, *, method: str, include_raw: bool, tools: Sequence[Any] = (), **options: Any
) -> Runnable[Any, Any]:
    """A runnable that answers with objects of `schema`; with `include_raw`, beside the message and the error.

    With `tools`, the model may call one of these instead: the object is None then. `options` go with each call.
    """
    if method not in METHODS:
        raise InvalidRequestError(f"method is {method!r}.", f"It must be one of {', '.join(METHODS)}.")
    if schema is None and method != "json_mode":
        raise InvalidRequestError(f"The method {method!r} needs a schema.")
    if schema is not None:
        options["ls_structured_output_format"] = {"kwargs": {"method": method}, "schema": schema}
    llm, parser = _bind(model, None if schema is None else _said(schema), method, tools, options)
    if not include_raw:
        return llm | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=llm) | parsed.with_fallbacks([failed], exception_key="parsing_error")


def _said(schema: Any) -> OutputSchema:
    """What is read of `schema`: a class without fields, or a function without arguments, says nothing."""
    read = read_schema(schema)
    json_schema = read.json_schema
    is_empty = not json_schema.get("properties") and "additionalProperties" not in json_schema
    if json_schema.get("type") == "object" and is_empty and not isinstance(schema, dict):
        raise InvalidRequestError(
            f"{schema!r} says nothing of the answer: it has no fields.", "Give it fields, each with a type."
        )
    return read


def _bind(
    model: BaseChatModel, schema: OutputSchema | None, method: str, tools: Sequence[Any], options: dict[str, Any]
) -> tuple[Runnable[Any, Any], Runnable[Any, Any]]:
    if schema is None:
        response_format: dict[str, Any] = {"type": "json_object"}
    elif method == "function_calling":
        tool = schema.as_answer_tool()
        choice = "any" if tools else tool["function"]["name"]
        return model.bind_tools([tool, *tools], tool_choice=choice, **options), schema.tool_call_parser
    else:
        # What cannot be enforced is refused now and not at the first call.
        ResponseFormat(schema.json_schema).rules()
        response_format = {"type": "json_object", "schema": schema.json_schema}
        if method == "json_schema":
            response_format = {"type": "json_schema", "json_schema": {"schema": schema.json_schema}}
    parser = JsonOutputParser() if schema is None else schema.text_parser
    if tools:
        return model.bind_tools(tools, response_format=response_format, **options), _unless_called(parser)
    return model.bind(response_format=response_format, **options), parser


def _unless_called(parser: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """The parser, or None for a message that calls a tool."""
    called: Runnable[Any, Any] = RunnableLambda(lambda _: None)
    return RunnableBranch((lambda message: bool(message.tool_calls), called), parser)
