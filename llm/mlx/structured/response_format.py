"""`response_format`, as OpenAI writes it: an answer that is JSON of a schema."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from llm.errors import InvalidRequestError
from llm.mlx.structured.grammar_rules import GrammarRules, schema_rules

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
    """Take `response_format` out of the options of a call.

    `{"type": "json_object", "schema": ...}` enforces a schema that the prompt already describes.
    """
    given = options.pop("response_format", None)
    kind = given.get("type") if isinstance(given, dict) else None
    if given is None or kind == "text":
        return None
    if kind == "json_object":
        return ResponseFormat(given.get("schema") or _ANY_OBJECT)
    if kind == "json_schema" and isinstance(given.get("json_schema"), dict):
        schema = given["json_schema"].get("schema", given["json_schema"])
        return ResponseFormat(schema, in_prompt=True)
    raise InvalidRequestError(
        f"response_format is {given!r}.",
        'It must be {"type": "json_object"} or {"type": "json_schema", "json_schema": {"schema": ...}}.',
    )
