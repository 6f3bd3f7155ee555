"""JSON schemas of Python types: pydantic's, and what it leaves open of strings and keys."""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Literal, NewType, NotRequired, Required, Union, get_args, get_origin

from langchain_core.utils.pydantic import is_basemodel_subclass
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from typing_extensions import TypeAliasType, TypedDict, get_type_hints, is_typeddict

from llm.mlx.structured.formats import COMPLEX_NUMBER, NAIVE_DATE_TIME, PYDANTIC_FORMATS, address_pattern
from llm.mlx.structured.strict_schema import nodes


def is_python_type(value: Any) -> bool:
    """Whether `value` is a class or another annotation: `list[int]`, `A | B`, `Literal["a"]`."""
    return isinstance(value, type | UnionType | TypeAliasType | NewType) or get_origin(value) is not None


def type_schema(kind: Any) -> tuple[dict[str, Any], Callable[[str], Any]] | None:
    """The JSON schema of a type, and what reads an object of it from JSON text.

    None for classes that pydantic does not know, and pydantic's models of version 1.

    Raises:
        PydanticUserError: pydantic knows it, but JSON cannot say it.
    """
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind.model_json_schema(schema_generator=_PydanticSchema), kind.model_validate_json
    if isinstance(kind, type) and is_basemodel_subclass(kind):
        return None
    try:
        adapter = TypeAdapter(_for_pydantic(kind, ()))
    except PydanticSchemaGenerationError:
        return None
    return adapter.json_schema(schema_generator=_PydanticSchema), adapter.validate_json


def _for_pydantic(kind: Any, inside: tuple[Any, ...]) -> Any:
    """`kind` with TypedDicts as pydantic takes them before Python 3.12, and with descriptions as LangChain writes
    them: `Annotated[int, ..., "How many."]`.
    """
    if is_typeddict(kind) and kind not in inside:
        return _typed_dict(kind, (*inside, kind))
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        said = [item for item in kind.__metadata__ if isinstance(item, str)]
        notes = [item for item in kind.__metadata__ if item is not ... and not isinstance(item, str)]
        notes += [Field(description=said[-1])] if said else []
        inner = _for_pydantic(args[0], inside)
        return Annotated[(inner, *notes)] if notes else inner
    if origin is None or origin is Literal or not args:
        return kind
    inner_args = tuple(_for_pydantic(arg, inside) for arg in args)
    if inner_args == args:
        return kind
    return Union[inner_args] if origin in (Union, UnionType) else origin[inner_args]  # noqa: UP007


def _typed_dict(kind: Any, inside: tuple[Any, ...]) -> Any:
    fields = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        # Under `from __future__ import annotations`, only the hint knows.
        wanted = name in kind.__required_keys__
        origin: Any = get_origin(hint)
        if origin in (Required, NotRequired):
            hint, wanted = get_args(hint)[0], origin is Required
        held = _for_pydantic(hint, inside)
        fields[name] = held if wanted else NotRequired[held]
    make: Any = TypedDict
    made = make(kind.__name__, fields)
    made.__doc__ = kind.__doc__
    return made


class _PydanticSchema(GenerateJsonSchema):
    """Pydantic's JSON schema, with what it does not say: keys of a dict that are not text, schemes of addresses,
    formats of its own.
    """

    def generate(self, schema: Any, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        json_schema = super().generate(schema, mode)
        for node in nodes(json_schema):
            if node.get("format") in PYDANTIC_FORMATS and node.get("type") == "string" and "pattern" not in node:
                node["pattern"] = PYDANTIC_FORMATS[node["format"]]
        return json_schema

    def url_schema(self, schema: Any) -> JsonSchemaValue:
        return _with_schemes(super().url_schema(schema), schema)

    def multi_host_url_schema(self, schema: Any) -> JsonSchemaValue:
        return _with_schemes(super().multi_host_url_schema(schema), schema)

    def datetime_schema(self, schema: Any) -> JsonSchemaValue:
        json_schema = super().datetime_schema(schema)
        is_naive = schema.get("tz_constraint") == "naive"
        return {**json_schema, "pattern": NAIVE_DATE_TIME} if is_naive else json_schema

    def complex_schema(self, schema: Any) -> JsonSchemaValue:
        return {**super().complex_schema(schema), "pattern": COMPLEX_NUMBER}

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


def _with_schemes(json_schema: JsonSchemaValue, schema: Any) -> JsonSchemaValue:
    schemes = [scheme for scheme in schema.get("allowed_schemes") or () if scheme not in ("http", "https")]
    return {**json_schema, "pattern": address_pattern(schemes)} if schemes else json_schema
