"""Rewrites a JSON schema into what a grammar can hold: narrower where it must be, never wider.

Knows nothing of tokens or models, and not everything that a grammar cannot hold: json_schema.py asks the
grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MAPS = ("properties", "patternProperties", "$defs", "definitions")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLES = ("items", "additionalProperties")

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
FORMATS = {
    "date": f"^{_DATE}$",
    "time": f"^{_TIME}$",
    "date-time": f"^{_DATE}T{_TIME}$",
    "duration": r"^P\d{1,4}D(T\d{1,2}H(\d{1,2}M)?(\d{1,2}S)?)?$",
    "email": rf"^[a-z0-9]{{1,30}}([._-][a-z0-9]{{1,20}})?@{_HOST}$",
    "uri": rf"^https?://{_HOST}(/[A-Za-z0-9._~-]{{1,40}}){{0,6}}/?$",
}

# As many letters, items or properties nobody waits for; looking for the way to their end would take seconds.
_MOST = 10_000


def narrow(schema: dict[str, Any]) -> dict[str, Any]:
    """Return `schema` as the grammar shall hold it: objects have no properties that are not named.

    Raises:
        ValueError: it says what a grammar could only seem to hold.
    """
    combines = any(len(node.get("allOf", ())) > 1 or ("$ref" in node and _names(node)) for node in nodes(schema))
    made: dict[str, Any] = _narrow(_rewritten(schema, schema), closing=not combines)
    return made


def children(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schemas in one, each with where: ".name", "[]" (items), ".*" (free names), or "" (the same place)."""
    for key in MAPS:
        inside = node.get(key)
        for name, child in inside.items() if isinstance(inside, dict) else ():
            yield f".{name}" if key == "properties" else ".*" if key == "patternProperties" else "", child
    for key in LISTS:
        inside = node.get(key)
        for child in inside if isinstance(inside, list) else ():
            yield "[]" if key == "prefixItems" else "", child
    for key in SINGLES:
        if key in node:
            yield "[]" if key == "items" else ".*", node[key]


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema in `schema`, itself first."""
    if isinstance(schema, dict):
        yield schema
        for _, child in children(schema):
            yield from nodes(child)


def resolve(node: Any, root: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` in `node` refers to; {} if it leads nowhere in `root`."""
    path = node.get("$ref", "") if isinstance(node, dict) else ""
    found: Any = root if path.startswith("#/") else node
    for part in path.split("/")[1:] if path.startswith("#/") else ():
        found = found.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(found, dict) else {}
    return found if isinstance(found, dict) else {}


def _rewritten(schema: Any, root: dict[str, Any]) -> Any:
    """`oneOf` as `anyOf` where a discriminator keeps its alternatives apart: a grammar cannot count.

    `propertyNames` as the properties that there may be.
    """
    if isinstance(schema, list):
        return [_rewritten(child, root) for child in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: _rewritten(value, root) for key, value in schema.items()}
    if "oneOf" in made and "anyOf" not in made and isinstance(made.get("discriminator"), dict):
        name = made["discriminator"].get("propertyName")
        tags = [_tag(resolve(child, root), name) for child in made["oneOf"]]
        if None not in tags and len(set(tags)) == len(tags):
            made["anyOf"] = made.pop("oneOf")
    return _named(made, root) if isinstance(made.get("propertyNames"), dict) else made


def _named(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Names that are listed or follow one pattern; other `propertyNames` stay, to be refused."""
    names = resolve(node["propertyNames"], root) if "$ref" in node["propertyNames"] else node["propertyNames"]
    if node.keys() & {"properties", "patternProperties", "minProperties"}:
        return node
    rest = {key: value for key, value in node.items() if key != "propertyNames"}
    value = rest.pop("additionalProperties", True)
    listed = names.get("enum", [names["const"]] if "const" in names else [])
    if listed and all(isinstance(name, str) for name in listed):
        return {**rest, "properties": dict.fromkeys(listed, value), "additionalProperties": False}
    said = names.keys() - _NOTES - {"type"}
    pattern = names["pattern"] if said == {"pattern"} else FORMATS.get(str(names.get("format")))
    if pattern and len(said) == 1:
        return {**rest, "patternProperties": {pattern: value}, "additionalProperties": False}
    return node


def _tag(node: dict[str, Any], name: Any) -> str | None:
    """The one value that property `name` has in objects of this kind, as JSON."""
    tag = (node.get("properties") or {}).get(name)
    if not isinstance(tag, dict) or name not in (node.get("required") or ()):
        return None
    values = [tag["const"]] if "const" in tag else tag.get("enum") or []
    return json.dumps(values[0]) if len(values) == 1 else None


def _names(node: dict[str, Any]) -> bool:
    return "properties" in node or "required" in node or "allOf" in node


def _narrow(schema: Any, closing: bool) -> Any:
    if not isinstance(schema, dict):
        return schema
    made = {key: value for key, value in schema.items() if key not in _NOTES}
    for key in MAPS:
        if isinstance(made.get(key), dict):
            made[key] = {name: _narrow(child, closing) for name, child in made[key].items()}
    for key in LISTS:
        if isinstance(made.get(key), list):
            made[key] = [_narrow(child, closing) for child in made[key]]
    for key in SINGLES:
        if key in made:
            made[key] = _narrow(made[key], closing)
    if closing and "additionalProperties" not in made and _can_close(made):
        made["additionalProperties"] = False
    if made.get("uniqueItems") is False:
        del made["uniqueItems"]
    _check_counts(made)
    return _format(made)


def _can_close(node: dict[str, Any]) -> bool:
    names = node.get("properties")
    return isinstance(names, dict) and set(node.get("required") or ()) <= names.keys()


def _check_counts(node: dict[str, Any]) -> None:
    for key in ("minLength", "minItems", "minProperties"):
        if node.get(key, 0) > _MOST:
            raise ValueError(f"{key} is {node[key]}, and more than {_MOST} cannot be asked for")
    # A grammar counts a name written twice as two properties; a reader finds one.
    fewest = node.pop("minProperties", 0)
    if fewest > max(1, len(node.get("required") or ())) and node.get("additionalProperties") is not False:
        raise ValueError("'minProperties' is not supported with free names")
    if fewest > len(node.get("required") or ()):
        node["minProperties"] = fewest


def _format(node: dict[str, Any]) -> dict[str, Any]:
    name = node.get("format")
    if not isinstance(name, str) or node.get("type", "string") != "string":
        return node
    if name in _FREE_FORMATS:
        return {key: value for key, value in node.items() if key != "format"}
    if name in FORMATS and "pattern" not in node:
        return {**{key: value for key, value in node.items() if key != "format"}, "pattern": FORMATS[name]}
    return node
