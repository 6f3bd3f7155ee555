"""JSON schemas that answers are held to: checked, and what a search for short answers wants to know of them.

A grammar decides letter by letter, so it cannot hold everything a schema can say. What it cannot hold is
refused, or replaced by something narrower (schema_rewrite.py); every answer still satisfies the schema given.
Knows nothing of tokens or models.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from llm.errors import InvalidRequestError, reason
from llm.mlx.structured.schema_rewrite import LISTS, MAPS, SINGLES, children, narrow, nodes, resolve

# As `json.dumps` writes; one way to write each letter, for a name written in two ways is the same name twice.
_STYLE = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "json_allowed_escapes": '"\\bfnrt',
}

# What to do without a key that cannot be held.
_INSTEAD = {
    "uniqueItems": "Ask for a list instead of a set, and drop what comes twice afterwards.",
    "not": "Say what may be (enum, anyOf, pattern), not what may not.",
    "propertyNames": "Ask for a list of objects, each with a key and a value, or for keys that are any text.",
    "minProperties": "Name the properties and require them.",
    "oneOf": "Use anyOf, or a discriminator.",
    "if": "Use anyOf with an object for each case.",
    "format": "Leave the format out, or give a pattern.",
    "pattern": "Write the pattern without looking ahead or back.",
}


_UNKNOWN = " is not supported"


class _ClassSchema(GenerateJsonSchema):
    """Pydantic's JSON schema, and the keys of a dict, which are no text and of which it says nothing."""

    def dict_schema(self, schema: Any) -> JsonSchemaValue:
        made = super().dict_schema(schema)
        keys = schema.get("keys_schema", {"type": "any"})
        if keys["type"] == "int":
            made["propertyNames"] = (
                {"pattern": r"^(0|-?[1-9]\d{0,15})$"} if len(keys) == 1 else {"type": "integer"}
            )
        elif keys["type"] in ("float", "bool", "literal", "union", "tuple"):
            made.setdefault("propertyNames", self.generate_inner(keys))
        return made


def class_schema(kind: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a pydantic class."""
    return kind.model_json_schema(schema_generator=_ClassSchema)


def json_rule(schema: dict[str, Any]) -> str:
    """The right-hand side of a grammar rule: JSON that satisfies `schema`."""
    return "%json " + json.dumps({**schema, "x-guidance": _STYLE})


def narrowed(schema: Any, of: str = "") -> dict[str, Any]:
    """Return `schema`, the one `of` something, as the grammar shall hold it. Do not change it.

    Raises:
        InvalidRequestError: no schema, or one that says what a grammar cannot hold: in which field, and what to
            use instead.
    """
    if not isinstance(schema, dict):
        raise InvalidRequestError(f"A JSON schema is an object, not {json.dumps(schema, default=repr)}.")
    try:
        return _narrowed(json.dumps(schema), of or str(schema.get("title") or ""))
    except (TypeError, RecursionError) as error:
        raise InvalidRequestError(f"This JSON schema is not JSON: {reason(error)}.") from error


@lru_cache(maxsize=256)
def _narrowed(text: str, of: str) -> dict[str, Any]:
    schema = json.loads(text)
    made, complaint = _held(schema)
    if not complaint:
        return made
    place, complaint = _culprit(schema, schema, "", complaint)
    where = f"the JSON schema of {of}" if of else "this JSON schema"
    field = f"field {place.lstrip('.')}: " if place else ""
    instead = "Leave it out, and check it afterwards." if complaint.endswith(_UNKNOWN) else ""
    instead = _INSTEAD.get(complaint.split()[0].strip("'"), instead)
    raise InvalidRequestError(f"Answers cannot be held to {where}: {field}{complaint}.", instead)


def _held(schema: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """`schema` as a grammar can hold it, and what is wrong with it, if anything is."""
    from llguidance import LLMatcher

    try:
        made = narrow(schema)
    except ValueError as error:
        return {}, str(error)
    except (TypeError, AttributeError):
        return {}, "it is no JSON schema"
    said = LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(f"start: {json_rule(made)}"))
    return made, _complaint(said.partition("failed to compile JSON schema: ")[2] or said)


def _complaint(said: str) -> str:
    """What llguidance says of a grammar, in the words of this package."""
    if unknown := re.match(r"Unimplemented keys: (\[.*\])", said):
        return " and ".join(map(repr, json.loads(unknown[1]))) + _UNKNOWN
    if said.startswith("oneOf"):
        return "'oneOf'" + _UNKNOWN
    if format_name := re.match(r"Unknown format: (.*)", said):
        return f"format {format_name[1]!r}{_UNKNOWN}"
    if wrong := re.search(r"^error: (.*)", said, re.MULTILINE):
        return f"pattern is no regular expression here: {wrong[1]}"
    return said.partition("\n")[0].rstrip(".:")


def _culprit(
    node: dict[str, Any], root: dict[str, Any], place: str, complaint: str, seen: Sequence[Any] = ()
) -> tuple[str, str]:
    """The innermost part of `node`, which cannot be held, that alone cannot be held: where, and why."""
    named: dict[str, Any] = {key: root[key] for key in ("$defs", "definitions") if key in root}
    inner = [*children({key: value for key, value in node.items() if key not in named}), ("", resolve(node, root))]
    for step, child in inner:
        if isinstance(child, dict) and resolve(child, root) not in (node, *seen):
            wrong = _held({**named, **child})[1]
            if wrong:
                return _culprit(child, root, place + step, wrong, (node, *seen))
    return place, complaint


def room(schema: dict[str, Any]) -> int:
    """Letters that the shortest end of an answer may grow by with one token, from above.

    It grows where there is a choice: an object that need not be, one more item, the longer of two words. One
    token opens each such part at most once, unless a part holds itself, and ends within one word.
    """
    opened, longest = _growth(schema, chosen=False)
    return longest + opened * (4 if any("$ref" in node for node in nodes(schema)) else 1)


def _growth(node: Any, chosen: bool) -> tuple[int, int]:
    """Letters for what can be opened in all, and for the longest word."""
    if not isinstance(node, dict):
        return 0, 0
    words = [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]
    longest = max((len(json.dumps(word)) for word in words), default=0)
    longest = max(longest, int(node.get("minLength") or 0), 24 if "pattern" in node or "format" in node else 0)
    named = sum(len(json.dumps(name)) + 6 for name in node.get("required") or ())
    opened = 2 + named + 4 * int(node.get("minItems") or 0) if chosen else 0
    required = node.get("required") or ()
    parts = [(child, chosen or name not in required) for name, child in (node.get("properties") or {}).items()]
    parts += [(child, True) for key in MAPS[1:] for child in (node.get(key) or {}).values()]
    parts += [(child, True) for key in LISTS for child in node.get(key) or ()]
    parts += [(node.get(key), True) for key in SINGLES]
    for child, is_chosen in parts:
        child_opened, child_longest = _growth(child, is_chosen)
        opened, longest = opened + child_opened, max(longest, child_longest)
    return opened, longest


def hint(schema: dict[str, Any]) -> str:
    """A text much like the shortest that satisfies `schema`, and the letters of its patterns."""
    patterns = "".join(str(node.get("pattern", "")) for node in nodes(schema))
    return (_example(schema, schema, 8) or "") + patterns


def _example(schema: Any, root: dict[str, Any], depth: int) -> str | None:
    """None: nothing within `depth` levels of nesting."""
    if depth == 0 or schema is False:
        return None
    node = schema if isinstance(schema, dict) else {}
    if "$ref" in node:
        return _example(resolve(node, root), root, depth - 1)
    if literals := [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]:
        return min((json.dumps(literal) for literal in literals), key=len)
    if alternatives := node.get("anyOf") or node.get("oneOf"):
        texts = [text for child in alternatives if (text := _example(child, root, depth - 1)) is not None]
        return min(texts, key=len, default=None)
    if "properties" in node:
        values = {
            name: _example(node["properties"].get(name), root, depth - 1) for name in node.get("required", ())
        }
        if None in values.values():
            return None
        return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in values.items()) + "}"
    if node.get("minItems") and "items" in node:
        item = _example(node["items"], root, depth - 1)
        return None if item is None else f"[{item}]"
    return {"string": '""', "array": "[]", "object": "{}", "null": "null", "boolean": "true"}.get(
        str(node.get("type")), "0"
    )
