"""Rewrites a JSON schema into one that a grammar can enforce: stricter where it must be, never looser.

As OpenAI's strict mode does, it closes objects to properties that are not named. What is still not supported is
found by `schema_check`, which asks the grammar.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from llm.mlx.structured.formats import FORMATS, hold_format

MAPS = ("properties", "patternProperties", "$defs", "definitions")
LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SINGLES = ("items", "additionalProperties")

# For people to read, or said of a value and not demanded. Beside a recursive reference, llguidance refuses them.
_ANNOTATIONS = frozenset(
    {
        "title",
        "description",
        "default",
        "example",
        "examples",
        "discriminator",
        "deprecated",
        "readOnly",
        "writeOnly",
    }
    | {"nullable", "$comment", "$id", "$schema", "contentMediaType", "contentEncoding", "contentSchema"}
)

# Nobody waits for so many characters, items or properties; searching for their completion would take seconds.
_MOST = 10_000


def to_strict(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema` as a grammar shall enforce it: objects have only the properties that are named.

    Raises:
        ValueError: it has something that a grammar would enforce wrongly.
    """
    combines = any(
        len(node.get("allOf", ())) > 1 or ("$ref" in node and _adds_properties(node)) for node in nodes(schema)
    )
    strict: dict[str, Any] = _close(_rewrite(schema, schema), closing=not combines)
    return strict


def children(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The schemas in `node`, each with a path: ".name", "[]" (items), ".*" (any name), or "" (same value)."""
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
    """`schema` and every schema inside it."""
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


def _rewrite(schema: Any, root: dict[str, Any]) -> Any:
    """`oneOf` as `anyOf` where a discriminator keeps its alternatives apart, for a grammar cannot count matches.

    `propertyNames` as the properties that are allowed.
    """
    if isinstance(schema, list):
        return [_rewrite(child, root) for child in schema]
    if not isinstance(schema, dict):
        return schema
    rewritten = {key: _rewrite(value, root) for key, value in schema.items()}
    if "oneOf" in rewritten and "anyOf" not in rewritten and isinstance(rewritten.get("discriminator"), dict):
        name = rewritten["discriminator"].get("propertyName")
        tags = [_tag(resolve(child, root), name) for child in rewritten["oneOf"]]
        if None not in tags and len(set(tags)) == len(tags):
            rewritten["anyOf"] = rewritten.pop("oneOf")
    return _list_names(rewritten, root) if isinstance(rewritten.get("propertyNames"), dict) else rewritten


def _list_names(node: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """`node` with names that are listed, or follow one pattern; other `propertyNames` stay, to be refused."""
    names = resolve(node["propertyNames"], root) if "$ref" in node["propertyNames"] else node["propertyNames"]
    if node.keys() & {"properties", "patternProperties", "minProperties"}:
        return node
    rest = {key: value for key, value in node.items() if key != "propertyNames"}
    value = rest.pop("additionalProperties", True)
    listed = names.get("enum", [names["const"]] if "const" in names else [])
    if listed and all(isinstance(name, str) for name in listed):
        return {**rest, "properties": dict.fromkeys(listed, value), "additionalProperties": False}
    said = names.keys() - _ANNOTATIONS - {"type"}
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


def _adds_properties(node: dict[str, Any]) -> bool:
    return "properties" in node or "required" in node or "allOf" in node


def _close(schema: Any, closing: bool) -> Any:
    if not isinstance(schema, dict):
        return schema
    rewritten = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
    for key in MAPS:
        if isinstance(rewritten.get(key), dict):
            rewritten[key] = {name: _close(child, closing) for name, child in rewritten[key].items()}
    for key in LISTS:
        if isinstance(rewritten.get(key), list):
            rewritten[key] = [_close(child, closing) for child in rewritten[key]]
    for key in SINGLES:
        if key in rewritten:
            rewritten[key] = _close(rewritten[key], closing)
    if closing and "additionalProperties" not in rewritten and _can_close(rewritten):
        rewritten["additionalProperties"] = False
    # No grammar compares items: a set is held as a list, and looked through when it is read (`sets`).
    if isinstance(rewritten.get("uniqueItems"), bool):
        del rewritten["uniqueItems"]
    _check_counts(rewritten)
    return hold_format(rewritten)


def _can_close(node: dict[str, Any]) -> bool:
    names = node.get("properties")
    return isinstance(names, dict) and set(node.get("required") or ()) <= names.keys()


def _check_counts(node: dict[str, Any]) -> None:
    for key in ("minLength", "minItems", "minProperties"):
        if node.get(key, 0) > _MOST:
            raise ValueError(f"{key} is {node[key]}, and the most that is supported is {_MOST}")
    # A grammar counts a name that is written twice as two properties; a JSON parser keeps one.
    fewest = node.pop("minProperties", 0)
    if fewest > max(1, len(node.get("required") or ())) and node.get("additionalProperties") is not False:
        raise ValueError("'minProperties' is not supported where any name is allowed")
    if fewest > len(node.get("required") or ()):
        node["minProperties"] = fewest
