"""Sets in answers (`uniqueItems`): decoded as lists, as no grammar compares items, and looked through later."""

from __future__ import annotations

import json
from typing import Any

from llm.mlx.structured.strict_schema import nodes, resolve

_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "number": (int, float),
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def has_sets(schema: Any) -> bool:
    """Whether `schema` asks for one anywhere."""
    return any(node.get("uniqueItems") is True for node in nodes(schema))


def without_doubles(value: Any, schema: dict[str, Any]) -> Any:
    """`value` without the items that its sets have twice; the first of them stays."""
    return _read(value, schema, schema, count=False) if has_sets(schema) else value


def read_sets(value: Any, schema: dict[str, Any]) -> Any:
    """`without_doubles`, and then:

    Raises:
        ValueError: a set has fewer items than its `minItems`.
    """
    return _read(value, schema, schema, count=True) if has_sets(schema) else value


def _read(value: Any, node: Any, root: dict[str, Any], count: bool) -> Any:
    if not isinstance(node, dict) or not isinstance(value, dict | list):
        return value
    if "$ref" in node:
        value = _read(value, resolve(node, root), root, count)
    for child in node.get("allOf") or ():
        value = _read(value, child, root, count)
    for key in ("anyOf", "oneOf"):
        fitting = [child for child in node.get(key) or () if _fits(value, child, root)]
        if fitting and (len(fitting) == 1 or all(_is_set(child, root) for child in fitting)):
            value = _read(value, fitting[0], root, count)
    if isinstance(value, dict):
        named, others = node.get("properties") or {}, node.get("additionalProperties")
        return {name: _read(item, named.get(name, others), root, count) for name, item in value.items()}
    first = node.get("prefixItems") or []
    items = [
        _read(item, (first[i : i + 1] or [node.get("items")])[0], root, count) for i, item in enumerate(value)
    ]
    if node.get("uniqueItems") is True:
        different: dict[str, Any] = {}
        for item in items:
            different.setdefault(json.dumps(item, sort_keys=True), item)
        items = list(different.values())
        if count and len(items) < node.get("minItems", 0):
            raise ValueError(
                f"{json.dumps(value, ensure_ascii=False)} has fewer than {node['minItems']} different items"
            )
    return items


def _is_set(node: Any, root: dict[str, Any]) -> bool:
    node = resolve(node, root) if isinstance(node, dict) and "$ref" in node else node
    return isinstance(node, dict) and node.get("uniqueItems") is True


def _fits(value: Any, node: Any, root: dict[str, Any]) -> bool:
    """Whether `value` may be one of `node`: by its type, its names, and the values of tags."""
    node = resolve(node, root) if isinstance(node, dict) and "$ref" in node else node
    if not isinstance(node, dict):
        return node is True
    kinds = node.get("type", list(_KINDS))
    if not any(
        isinstance(value, _KINDS.get(kind, ())) for kind in (kinds if isinstance(kinds, list) else [kinds])
    ):
        return False
    if "const" in node or "enum" in node:
        return value in [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]
    if not isinstance(value, dict) or "properties" not in node:
        return True
    named = node["properties"]
    required = set(node.get("required") or ())
    return required <= value.keys() <= named.keys() and all(
        _fits(value[name], named[name], root) for name in value
    )
