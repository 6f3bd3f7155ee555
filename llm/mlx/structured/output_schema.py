"""One function from any schema to a name, a JSON schema and a parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import JsonOutputKeyToolsParser, PydanticToolsParser
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel, PydanticUserError
from typing_extensions import is_typeddict

from llm.errors import InvalidRequestError, reason
from llm.mlx.structured.output_parser import VALUE, ValueParser
from llm.mlx.structured.python_types import is_python_type, type_schema
from llm.mlx.structured.sets import has_sets, read_sets
from llm.mlx.structured.strict_schema import resolve

# A dict with one of these is a JSON schema; others are tools, in the format of one provider or another.
_SCHEMA_KEYS = frozenset({"properties", "$ref", "$defs", "anyOf", "oneOf", "allOf", "enum", "const", "items"})

_SCHEMA_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")

# Where providers keep the schema of a tool or of a format, beside its name.
_HOLDERS = ("schema", "parameters", "input_schema", "inputSchema")

_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}}


@dataclass(frozen=True)
class OutputSchema:
    """What an answer, or the arguments of a tool call, shall be.

    `name` is empty for a JSON schema without a title. `json_schema` has the title and the description in it.
    `read_json` makes an object of a Python type from JSON text. Without it, and without a class, JSON stays JSON.
    """

    name: str
    json_schema: dict[str, Any]
    pydantic_class: type[BaseModel] | None = None
    read_json: Callable[[str], Any] | None = None

    @property
    def text_parser(self) -> Runnable[Any, Any]:
        """From a message whose text is JSON to the object."""
        if self.read_json is not None:
            return ValueParser(read_json=self.read_json)
        if self.pydantic_class is not None:
            return PydanticOutputParser(pydantic_object=self.pydantic_class)
        return ValueParser(read_json=self._read_plain) if has_sets(self.json_schema) else JsonOutputParser()

    @property
    def tool_call_parser(self) -> Runnable[Any, Any]:
        """From a message that calls `as_answer_tool` to the object."""
        name, is_wrapped = self.name or "answer", not is_object(self.json_schema)
        read_json = self.read_json
        if is_wrapped and self.pydantic_class is not None:
            read_json = self.pydantic_class.model_validate_json
        if self.pydantic_class is None and (is_wrapped or has_sets(self.json_schema)):
            read_json = read_json or self._read_plain
        if read_json is not None:
            return ValueParser(read_json=read_json, tool_name=name, is_wrapped=is_wrapped)
        if self.pydantic_class is not None:
            return PydanticToolsParser(tools=[self.pydantic_class], first_tool_only=True)
        return JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)

    def _read_plain(self, text: str) -> Any:
        return read_sets(json.loads(text), self.json_schema)

    def as_tool(self) -> dict[str, Any]:
        """A tool in OpenAI's format whose arguments follow the schema.

        Raises:
            InvalidRequestError: there is no name to call it by, or the schema is not one of an object.
        """
        # Templates look for the properties at the top, where a class that contains itself has a reference.
        full = {**self.json_schema, **resolve(self.json_schema, self.json_schema)}
        about = {"title", "description", "$ref"} if "$ref" in self.json_schema else {"title", "description"}
        parameters = {key: value for key, value in full.items() if key not in about}
        if not self.name:
            raise InvalidRequestError(f"The tool {self.json_schema!r} has no name.", "Give its schema a title.")
        if not is_object(parameters):
            raise InvalidRequestError(
                f"The schema of {self.name} cannot be that of a tool call: arguments are a JSON object.",
                "Make the value a field of an object.",
            )
        description = full.get("description", "")
        function = {"name": self.name, "description": description, "parameters": parameters}
        return {"type": "function", "function": function}

    def as_answer_tool(self) -> dict[str, Any]:
        """A tool whose call is the answer: what is not an object is its one argument."""
        named = replace(self, name=self.name or "answer")
        if is_object(self.json_schema):
            return named.as_tool()
        definitions = {key: value for key, value in self.json_schema.items() if key in ("$defs", "definitions")}
        value = {key: item for key, item in self.json_schema.items() if key not in definitions}
        parameters: dict[str, Any] = {"type": "object", "properties": {VALUE: value}, "required": [VALUE]}
        about = {"description": value.get("description", "")}
        return OutputSchema(named.name, {**parameters, **definitions, **about}).as_tool()


def read_schema(schema: Any) -> OutputSchema:
    """Read any type that pydantic knows, a TypedDict, a JSON schema, a function or a tool.

    Raises:
        InvalidRequestError: it is none of these, or says nothing of the answer.
    """
    if isinstance(schema, dict):
        return _read_dict(schema)
    try:
        if is_python_type(schema) and (read := type_schema(schema)) is not None:
            json_schema, read_json = read
            if not json_schema.keys() - {"title", "description"}:
                raise TypeError("it says nothing")
            name = str(json_schema.get("title") or "")
            if isinstance(schema, type) and issubclass(schema, BaseModel):
                return OutputSchema(name or schema.__name__, json_schema, schema)
            return OutputSchema(name, json_schema, read_json=None if is_typeddict(schema) else read_json)
        return _read_tool(schema)
    except (ValueError, TypeError, KeyError, PydanticUserError) as error:
        raise _not_a_schema(schema, error) from error


def read_tool(tool: Any) -> dict[str, Any]:
    """A tool in OpenAI's format, from what `read_schema` reads.

    Raises:
        InvalidRequestError: it is none, or a type that has no arguments.
    """
    schema = read_schema(tool)
    if is_python_type(tool) and not (schema.name and is_object(schema.json_schema)):
        raise _not_a_schema(tool, TypeError("it has no arguments"))
    return schema.as_tool()


def is_object(schema: dict[str, Any]) -> bool:
    """Whether every value that follows `schema` is an object, as far as it is said to be anything."""
    return _is_object(schema, schema, 8)


def _is_object(node: Any, root: dict[str, Any], depth: int) -> bool:
    if not isinstance(node, dict) or depth == 0:
        return False
    if "$ref" in node:
        return _is_object(resolve(node, root), root, depth - 1)
    if "type" in node:
        return bool(node["type"] == "object")
    for key in ("anyOf", "oneOf"):
        if key in node:
            return all(_is_object(child, root, depth - 1) for child in node[key])
    return not node.keys() & {"enum", "const", "items", "prefixItems", "pattern", "format"}


def _read_dict(schema: dict[str, Any]) -> OutputSchema:
    if schema.get("type") == "json_schema" and "json_schema" in schema:
        return read_schema(schema["json_schema"])
    if schema.get("type") == "function" and isinstance(schema.get("function"), dict):
        return _read_dict({"parameters": _NO_PARAMETERS, **schema["function"]})
    named = schema.get("name")
    holder = next((key for key in _HOLDERS if isinstance(schema.get(key), dict)), None)
    if holder is not None and (isinstance(named, str) or schema.keys() <= {"schema", "strict"}):
        # A tool is known by its name, whatever the title of its arguments is.
        about: dict[str, Any] = {"title": named, "description": schema.get("description")}
        inner: dict[str, Any] = {**schema[holder], **{key: value for key, value in about.items() if value}}
        return OutputSchema(str(inner.get("title") or ""), inner)
    if _is_json_schema(schema):
        return OutputSchema(str(schema.get("title") or ""), schema)
    try:
        return _read_tool(schema)
    except (ValueError, TypeError, KeyError) as error:
        raise _not_a_schema(schema, error) from error


def _read_tool(tool: Any) -> OutputSchema:
    function = convert_to_openai_tool(tool)["function"]
    if not isinstance(function["name"], str):
        raise TypeError("its name is not text")
    parameters = function.get("parameters") or _NO_PARAMETERS
    about = {"title": function["name"], "description": function.get("description") or ""}
    pydantic_class = tool if isinstance(tool, type) and is_basemodel_subclass(tool) else None
    return OutputSchema(function["name"], {**parameters, **about}, pydantic_class)


def _not_a_schema(given: Any, error: Exception) -> InvalidRequestError:
    why = f" ({reason(error)})" if isinstance(error, PydanticUserError) else ""
    return InvalidRequestError(
        f"{given!r} is neither a schema nor a tool that a model in this process can call{why}.",
        "Give a pydantic class, a dataclass, a TypedDict, a JSON schema with a title, a function, a BaseTool, or "
        '{"type": "function", "function": {"name": ...}}.',
    )


def _is_json_schema(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return not _SCHEMA_KEYS.isdisjoint(schema) or kind in _SCHEMA_TYPES or isinstance(kind, list)
