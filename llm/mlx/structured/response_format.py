"""`response_format`, as OpenAI writes it, or any schema: an answer that is JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from llm.errors import InvalidRequestError
from llm.mlx.structured.grammar_rules import GrammarRules, schema_rules
from llm.mlx.structured.output_schema import read_schema

_ANY_OBJECT = {"type": "object"}


@dataclass(frozen=True)
class ResponseFormat:
    """The JSON schema of an answer, and whether the model is told of it in the prompt."""

    schema: dict[str, Any]
    in_prompt: bool = False

    def instructions(self, *, or_tools: bool) -> str:
        """The schema in words for the prompt; `or_tools`: the model may call a tool instead."""
        answer = "If no tool is needed, answer" if or_tools else "Answer"
        return (
            f"{answer} with one JSON value and nothing else. It follows this JSON schema:\n"
            f"{json.dumps(self.schema, ensure_ascii=False)}"
        )

    def rules(self) -> GrammarRules:
        """The grammar of such answers."""
        return schema_rules("value", self.schema)


def pop_response_format(options: dict[str, Any]) -> ResponseFormat | None:
    """Take `response_format` out of the options of a call: OpenAI's envelope, or any schema.

    `{"type": "json_object", "schema": ...}` enforces a schema that the prompt already describes.
    """
    given = options.pop("response_format", None)
    kind = given.get("type") if isinstance(given, dict) else None
    if given is None or kind == "text":
        return None
    if kind == "json_object":
        return ResponseFormat(given.get("schema") or _ANY_OBJECT)
    inner = given.get("json_schema") if kind == "json_schema" else given
    if inner is not None:
        try:
            return ResponseFormat(read_schema(inner).json_schema, in_prompt=True)
        except InvalidRequestError as error:
            raise _refused(given) from error
    raise _refused(given)


def _refused(given: Any) -> InvalidRequestError:
    return InvalidRequestError(
        f"response_format is {given!r}.",
        'It must be {"type": "json_object"}, {"type": "json_schema", "json_schema": {"schema": ...}}, '
        "or a schema: a pydantic class, a dataclass, a TypedDict, or a JSON schema.",
    )
