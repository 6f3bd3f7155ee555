"""One function from any schema to a name, a JSON schema and a parser."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from llm.errors import InvalidRequestError

# A dict with one of these is a JSON schema; others are tools, in the format of one provider or another.
_SCHEMA_KEYS = frozenset({"properties", "$ref", "$defs", "anyOf", "oneOf", "allOf", "enum", "const", "items"})

_SCHEMA_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")

_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True)
class OutputSchema:
    """What an answer, or the arguments of a tool call, shall be.

    `name` is empty for a JSON schema without a title. `json_schema` has the title and the description in it.
    """

    name: str
    json_schema: dict[str, Any]
    pydantic_class: type[BaseModel] | None = None

    @property
    def text_parser(self) -> Runnable[Any, Any]:
        """From a message whose text is JSON to the object."""
        if self.pydantic_class is not None:
            return PydanticOutputParser(pydantic_object=self.pydantic_class)
        return JsonOutputParser()

    @property
    def tool_call_parser(self) -> Runnable[Any, Any]:
        """From a message that calls the tool to the object."""
        if self.pydantic_class is not None:
            return PydanticToolsParser(tools=[self.pydantic_class], first_tool_only=True)
        return JsonOutputKeyToolsParser(key_name=self.name, first_tool_only=True)

    def as_tool(self) -> dict[str, Any]:
        """A tool in OpenAI's format whose arguments follow the schema.

        Raises:
            InvalidRequestError: there is no name to call it by, or the schema is not one of an object.
        """
        parameters = {key: value for key, value in self.json_schema.items() if key not in ("title", "description")}
        if not self.name:
            raise InvalidRequestError(f"The tool {self.json_schema!r} has no name.", "Give its schema a title.")
        if not _is_object(parameters):
            raise InvalidRequestError(
                f"The schema of {self.name} cannot be that of a tool call: arguments are a JSON object.",
                'Make the value a field of an object, or use the method "json_schema".',
            )
        description = self.json_schema.get("description", "")
        function = {"name": self.name, "description": description, "parameters": parameters}
        return {"type": "function", "function": function}


def read_schema(schema: Any) -> OutputSchema:
    """Read a pydantic class, a TypedDict, a JSON schema, a function or a tool.

    Raises:
        InvalidRequestError: it is none of these.
    """
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        json_schema = schema.model_json_schema(schema_generator=_PydanticSchema)
        return OutputSchema(json_schema.get("title", schema.__name__), json_schema, schema)
    if isinstance(schema, dict) and isinstance(schema.get("schema"), dict) and "name" in schema:
        # As in OpenAI's `response_format`.
        return read_schema({"title": schema["name"], **schema["schema"]})
    if isinstance(schema, dict) and _is_json_schema(schema):
        return OutputSchema(str(schema.get("title", "")), schema)
    try:
        if isinstance(schema, type) and issubclass(schema, Enum):
            raise TypeError("an enum has no fields")
        function = convert_to_openai_tool(schema)["function"]
        if not isinstance(function["name"], str):
            raise TypeError("its name is not text")
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidRequestError(
            f"{schema!r} is neither a schema nor a tool that a model in this process can call.",
            "Give a pydantic class, a TypedDict, a JSON schema with a title, a function, a BaseTool, or "
            '{"type": "function", "function": {"name": ...}}.',
        ) from error
    about = {"title": function["name"], "description": function.get("description") or ""}
    pydantic_class = schema if isinstance(schema, type) and is_basemodel_subclass(schema) else None
    parameters = function.get("parameters") or _NO_PARAMETERS
    return OutputSchema(function["name"], {**parameters, **about}, pydantic_class)


def _is_json_schema(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return not _SCHEMA_KEYS.isdisjoint(schema) or kind in _SCHEMA_TYPES or isinstance(kind, list)


def _is_object(schema: dict[str, Any]) -> bool:
    """Whether `schema` may be one of an object; a reference or a combination is not followed."""
    return schema.get("type", "object") == "object" and "enum" not in schema and "const" not in schema


class _PydanticSchema(GenerateJsonSchema):
    """Pydantic's JSON schema, with the keys of a dict that are not text, of which it says nothing."""

    def dict_schema(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().dict_schema(schema)
        keys = schema.get("keys_schema", {"type": "any"})
        if keys["type"] == "int":
            json_schema["propertyNames"] = (
                {"pattern": r"^(0|-?[1-9]\d{0,15})$"} if len(keys) == 1 else {"type": "integer"}
            )
        elif keys["type"] in ("float", "bool", "literal", "union", "tuple"):
            json_schema.setdefault("propertyNames", self.generate_inner(keys))
        return json_schema
