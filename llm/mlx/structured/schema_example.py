"""A short JSON text for a schema, and pieces that end a string of it: where a search for an answer begins."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from llm.mlx.structured.pattern_examples import matches, pattern_examples
from llm.mlx.structured.strict_schema import nodes, resolve

_DEEPEST = 8
# Pieces that are kept, and how many characters one may have.
_MOST, _LONGEST = 48, 400


def string_pieces(schema: dict[str, Any]) -> tuple[str, ...]:
    """Texts that may complete a string under a pattern of `schema`, as they stand in JSON, the shortest first.

    Each is an example of the pattern, or its end: in a string that has begun with `AB-`, what is left of `A-0`.
    """
    pieces: dict[str, None] = {}
    for examples in _examples(schema):
        for example in examples:
            for start in range(len(example)) if len(example) <= _LONGEST else (0,):
                pieces[json.dumps(example[start:], ensure_ascii=False)[1:-1]] = None
    return tuple(sorted(pieces, key=len)[:_MOST])


def _examples(schema: dict[str, Any]) -> Iterator[Sequence[str]]:
    """Examples of every pattern, of values or of names, and of those that hold together."""
    for node in nodes(schema):
        patterns = [node.get("pattern"), *(node.get("patternProperties") or ())]
        yield from (pattern_examples(pattern) for pattern in patterns if isinstance(pattern, str))
        parts = [child["pattern"] for child in node.get("allOf") or () if "pattern" in child]
        yield ["".join(texts) for texts in product(*(pattern_examples(part)[:2] for part in parts)) if parts]


def short_example(schema: dict[str, Any]) -> str:
    """About the shortest JSON that satisfies `schema`, as well as can be told without trying it."""
    return _example(schema, schema, _DEEPEST) or ""


def _example(schema: Any, root: dict[str, Any], depth: int) -> str | None:
    """None: nothing within `depth` levels of nesting."""
    if depth == 0 or schema is False:
        return None
    node = schema if isinstance(schema, dict) else {}
    if "$ref" in node:
        return _example(resolve(node, root), root, depth - 1)
    if literals := [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]:
        return min((json.dumps(literal, ensure_ascii=False) for literal in literals), key=len)
    if alternatives := node.get("anyOf") or node.get("oneOf"):
        texts = [text for child in alternatives if (text := _example(child, root, depth - 1)) is not None]
        return min(texts, key=len, default=None)
    if "allOf" in node and len(node["allOf"]) == 1:
        return _example(node["allOf"][0], root, depth - 1)
    if "properties" in node:
        return _object(node, root, depth)
    if least := int(node.get("minItems") or 0):
        first = [_example(item, root, depth - 1) for item in (node.get("prefixItems") or ())[:least]]
        items = [*first, *[_example(node.get("items", {}), root, depth - 1)] * (least - len(first))]
        return None if None in items else f"[{', '.join(map(str, items))}]"
    kind = node.get("type")
    kind = kind[-1] if isinstance(kind, list) and kind else kind
    if kind == "string" or "pattern" in node:
        return json.dumps(_string(node), ensure_ascii=False)
    simple = {"array": "[]", "object": "{}", "null": "null", "boolean": "true"}
    return simple.get(str(kind)) or _number(node)


def _object(node: dict[str, Any], root: dict[str, Any], depth: int) -> str | None:
    # As decoding writes them: in the order of the properties, of which not all need be required.
    required = set(node.get("required") or ())
    names = [name for name in node["properties"] if name in required]
    names += sorted(required - set(names))
    values = {name: _example(node["properties"].get(name), root, depth - 1) for name in names}
    if None in values.values():
        return None
    written = (f"{json.dumps(name, ensure_ascii=False)}: {value}" for name, value in values.items())
    return "{" + ", ".join(written) + "}"


def _string(node: dict[str, Any]) -> str:
    """A text of the length wanted that the pattern seems to match."""
    pattern, least = node.get("pattern"), int(node.get("minLength") or 0)
    most = node.get("maxLength")
    texts = pattern_examples(pattern) if isinstance(pattern, str) else ("",)
    for text in texts:
        missing = max(least - len(text), 0)
        for longer in (text + "a" * missing, text + text[-1:] * missing, text[:1] * missing + text):
            fits = least <= len(longer) <= (most if isinstance(most, int) else len(longer))
            if fits and (not isinstance(pattern, str) or matches(pattern, longer)):
                return longer
    return texts[0] if texts else ""


def _number(node: dict[str, Any]) -> str:
    """The simplest number within the limits, which may be none."""
    limits = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
    given = {key: node[key] for key in limits if isinstance(node.get(key), int | float)}
    least, most = given.get("minimum", -math.inf), given.get("maximum", math.inf)
    above, below = given.get("exclusiveMinimum", -math.inf), given.get("exclusiveMaximum", math.inf)
    step = given.get("multipleOf") or 0
    tried = [0, 1, -1, *given.values(), above + 1, below - 1, (above + below) / 2]
    for number in filter(math.isfinite, tried):
        if least <= number <= most and above < number < below and (not step or number % step == 0):
            return json.dumps(int(number) if float(number).is_integer() else number)
    return "0"
