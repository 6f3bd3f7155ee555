"""What `with_structured_output` returns: a model and the parser of its answers."""

from __future__ import annotations

from dataclasses import replace
from operator import itemgetter
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.output_parsers import JsonOutputParser
from langchain_core.runnables import Runnable, RunnableMap, RunnablePassthrough

from llm.errors import InvalidRequestError
from llm.mlx.structured.output_schema import OutputSchema, read_schema
from llm.mlx.structured.response_format import ResponseFormat

METHODS = ("json_schema", "function_calling", "json_mode")


def structured_output(model: BaseChatModel, schema: Any, *, method: str, include_raw: bool) -> Runnable[Any, Any]:
    """A runnable that answers with objects of `schema`; with `include_raw`, beside the message and the error."""
    if method not in METHODS:
        raise InvalidRequestError(f"method is {method!r}.", f"It must be one of {', '.join(METHODS)}.")
    if schema is None and method != "json_mode":
        raise InvalidRequestError(f"The method {method!r} needs a schema.")
    llm: Runnable[Any, Any]
    parser: Runnable[Any, Any]
    if schema is None:
        llm, parser = model.bind(response_format={"type": "json_object"}), JsonOutputParser()
    else:
        traced = {"kwargs": {"method": method}, "schema": schema}
        llm, parser = _bind(model, read_schema(schema), method, ls_structured_output_format=traced)
    if not include_raw:
        return llm | parser
    parsed = RunnablePassthrough.assign(parsed=itemgetter("raw") | parser, parsing_error=lambda _: None)
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=llm) | parsed.with_fallbacks([failed], exception_key="parsing_error")


def _bind(
    model: BaseChatModel, schema: OutputSchema, method: str, **options: Any
) -> tuple[Runnable[Any, Any], Runnable[Any, Any]]:
    if method == "function_calling":
        schema = schema if schema.name else replace(schema, name="answer")
        tool = schema.as_tool()
        return model.bind_tools([tool], tool_choice=schema.name, **options), schema.tool_call_parser
    # What cannot be enforced is refused now and not at the first call.
    ResponseFormat(schema.json_schema).rules()
    response_format: dict[str, Any] = {"type": "json_object", "schema": schema.json_schema}
    if method == "json_schema":
        response_format = {"type": "json_schema", "json_schema": {"schema": schema.json_schema}}
    return model.bind(response_format=response_format, **options), schema.text_parser
