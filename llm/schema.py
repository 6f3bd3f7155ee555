"""JSON schemas as a grammar can hold them: narrowed, never widened. Knows nothing of tokens or models.

A grammar decides letter by letter, so it cannot hold everything a schema can say. What it cannot hold is
refused, or replaced by something narrower that can be held; every answer still satisfies the schema given.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from llm.errors import InvalidRequestError

_MAPS = ("properties", "patternProperties", "$defs", "definitions")
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLES = ("items", "additionalProperties")

# For readers; beside a reference that leads back to itself llguidance takes them amiss.
_NOTES = frozenset({"title", "description", "default", "examples", "discriminator", "deprecated", "$comment"})

# Formats that say how a string is used, not how it is written.
_FREE_FORMATS = frozenset({"password", "path", "binary"})

_DATE = (
    r"([1-9]\d{3}-((0[13578]|1[02])-(0[1-9]|[12]\d|3[01])|(0[469]|11)-(0[1-9]|[12]\d|30)|02-(0[1-9]|1\d|2[0-8]))"
    r"|([1-9]\d(0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)-02-29)"
)
_TIME = r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
_HOST = r"[a-z0-9]{1,30}(-[a-z0-9]{1,20})?(\.[a-z0-9]{1,30}){0,3}\.[a-z]{2,10}"

# Narrower than the standards: real days only (a grammar's own would take the 31st of February), web
# addresses only, so that pydantic's types take what the standards allow.
_FORMATS = {
    "date": f"^{_DATE}$",
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "duration": r"^P\d{1,4}D(T\d{1,2}H(\d{1,2}M)?(\d{1,2}S)?)?$",
    "email": rf"^[a-z0-9]{{1,30}}([._-][a-z0-9]{{1,20}})?@{_HOST}$",
    "uri": rf"^https?://{_HOST}(/[A-Za-z0-9._~-]{{1,40}}){{0,6}}/?$",
}


def narrowed(schema: Any) -> dict[str, Any]:
    """Return `schema` as the grammar shall hold it: objects have no properties that are not named.

    Raises:
        InvalidRequestError: no schema, or one that says what a grammar cannot hold.
    """
    if not isinstance(schema, dict):
        raise InvalidRequestError(f"A JSON schema is an object, not {json.dumps(schema, default=repr)}.")
    try:
        json.dumps(schema)
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"This JSON schema is not JSON: {error}.") from error
    combines = any(len(node.get("allOf", ())) > 1 or ("$ref" in node and _names(node)) for node in nodes(schema))
    made: dict[str, Any] = _narrow(_tagged(schema, schema), closing=not combines)
    return made


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema in `schema`, itself first."""
    if not isinstance(schema, dict):
        return
    yield schema
    for key in _MAPS:
        for child in (schema.get(key) or {}).values():
            yield from nodes(child)
    for key in _LISTS:
        for child in schema.get(key) or ():
            yield from nodes(child)
    for key in _SINGLES:
        yield from nodes(schema.get(key))


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
    parts += [(child, True) for key in _MAPS[1:] for child in (node.get(key) or {}).values()]
    parts += [(child, True) for key in _LISTS for child in node.get(key) or ()]
    parts += [(node.get(key), True) for key in _SINGLES]
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
        return _example(_resolve(node, root), root, depth - 1)
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


def _tagged(schema: Any, root: dict[str, Any]) -> Any:
    """`oneOf` as `anyOf` where a discriminator keeps its alternatives apart: a grammar cannot count."""
    if isinstance(schema, list):
        return [_tagged(child, root) for child in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _tagged(value, root) for key, value in schema.items()}
    if "oneOf" in made and "anyOf" not in made and isinstance(made.get("discriminator"), dict):
        name = made["discriminator"].get("propertyName")
        tags = [_tag(_resolve(child, root), name) for child in made["oneOf"]]
        if None not in tags and len(set(tags)) == len(tags):
            made["anyOf"] = made.pop("oneOf")
    return made


def _tag(node: dict[str, Any], name: Any) -> str | None:
    """The one value that property `name` has in objects of this kind, as JSON."""
    tag = (node.get("properties") or {}).get(name)
    if not isinstance(tag, dict) or name not in (node.get("required") or ()):
        return None
    values = [tag["const"]] if "const" in tag else tag.get("enum") or []
    return json.dumps(values[0]) if len(values) == 1 else None


def _resolve(node: Any, root: dict[str, Any]) -> dict[str, Any]:
    path = node.get("$ref", "") if isinstance(node, dict) else ""
    found: Any = root if path.startswith("#/") else node
    for part in path.split("/")[1:] if path.startswith("#/") else ():
        found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _names(node: dict[str, Any]) -> bool:
    return "properties" in node or "required" in node or "allOf" in node


def _narrow(schema: Any, closing: bool) -> Any:
    if not isinstance(schema, dict):
        return schema
    made = {key: value for key, value in schema.items() if key not in _NOTES}
    for key in _MAPS:
        if isinstance(made.get(key), dict):
            made[key] = {name: _narrow(child, closing) for name, child in made[key].items()}
    for key in _LISTS:
        if isinstance(made.get(key), list):
            made[key] = [_narrow(child, closing) for child in made[key]]
    for key in _SINGLES:
        if key in made:
            made[key] = _narrow(made[key], closing)
    if closing and "additionalProperties" not in made and _can_close(made):
        made["additionalProperties"] = False
    if made.get("uniqueItems") is False:
        del made["uniqueItems"]
    _check_fewest(made)
    return _format(made)


def _can_close(node: dict[str, Any]) -> bool:
    names = node.get("properties")
    return isinstance(names, dict) and set(node.get("required") or ()) <= names.keys()


def _check_fewest(node: dict[str, Any]) -> None:
    """A grammar counts a name written twice as two properties; a reader finds one."""
    fewest = node.pop("minProperties", 0)
    if fewest > max(1, len(node.get("required") or ())) and node.get("additionalProperties") is not False:
        raise InvalidRequestError("Answers cannot be held to this JSON schema: minProperties with free names.")
    if fewest > len(node.get("required") or ()):
        node["minProperties"] = fewest


def _format(node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("format")
    if not isinstance(name, str) or node.get("type", "string") != "string":
        return node
    if name in _FREE_FORMATS:
        return {key: value for key, value in node.items() if key != "format"}
    if name in _FORMATS and "pattern" not in node:
        return {**{key: value for key, value in node.items() if key != "format"}, "pattern": _FORMATS[name]}
    return node
