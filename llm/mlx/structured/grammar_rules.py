"""The rules of a grammar, in llguidance's dialect of Lark: for values of a JSON schema, and for tool calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from llm.mlx.structured.grammar import json_rule, literal
from llm.mlx.structured.schema_check import strict_schema
from llm.mlx.structured.strict_schema import LISTS, MAPS, SINGLES, nodes, resolve
from llm.mlx.structured.tools import Tools


@dataclass(frozen=True)
class GrammarRules:
    """Part of a grammar: `text` defines the rule `name`.

    Two estimates help the search for a completion: `growth` is by how many characters one token can make the
    shortest completion longer, at most; `example` is a text much like the shortest.
    """

    name: str
    text: str
    growth: int
    example: str


def schema_rules(name: str, schema: Any, of: str = "") -> GrammarRules:
    """JSON that satisfies `schema`, which is that `of` a tool or class.

    Raises:
        InvalidRequestError: no grammar can enforce it.
    """
    strict = strict_schema(schema, of)
    return GrammarRules(name, f"{name}: {json_rule(strict)}", completion_growth(strict), short_example(strict))


def tool_call_rules(tools: Tools, *, spaced: bool = False) -> GrammarRules:
    """Calls as JSON; with `spaced`, also with the spaces that a model writes when no grammar guides it yet."""
    gap = " _gap " if spaced else " "
    colon, comma = ('":"', '","') if spaced else ('": "', '", "')
    lines, growth, example = [], 64, ""
    for number, tool in enumerate(tools.tools):
        function = tool["function"]
        schema = strict_schema(function["parameters"], function["name"])
        name = json.dumps(function["name"], ensure_ascii=False)
        # The same lexemes that %json makes of objects: where two begin alike, the lexer prefers the longer one.
        head = gap.join(['"{"', literal('"name"'), colon, literal(name), comma, literal('"arguments"'), colon])
        lines += [f'call_{number}: {head}{gap}args_{number}{gap}"}}"', f"args_{number}: {json_rule(schema)}"]
        growth += completion_growth(schema) + len(name)
        example = example or f'{{"name": {name}, "arguments": {short_example(schema)}}}'
    lines.append("call: " + " | ".join(f"call_{number}" for number in range(len(tools.tools))))
    more = f"({gap}{comma}{gap}call)*" if tools.parallel else ""
    # Unguided, a model may write a list even of one call.
    listed = f' | "["{gap}call {more}{gap}"]"' if tools.parallel or spaced else ""
    lines.append(f"calls: call{listed}")
    if spaced:
        lines.append(r"_gap: /[ \n]{0,4}/")
    return GrammarRules("calls", "\n".join(lines), growth, example)


def completion_growth(schema: dict[str, Any]) -> int:
    """Characters by which one token can make the shortest completion of an answer longer: an upper bound.

    It grows where there is a choice: an optional object, one more item, the longer of two values. One token opens
    each such part at most once, unless the part contains itself, and ends within one value.
    """
    opened, longest = _growth(schema, chosen=False)
    return longest + opened * (4 if any("$ref" in node for node in nodes(schema)) else 1)


def _growth(node: Any, chosen: bool) -> tuple[int, int]:
    """Characters for all that can be opened, and for the longest value."""
    if not isinstance(node, dict):
        return 0, 0
    literals = [*node.get("enum", ()), *([node["const"]] if "const" in node else [])]
    longest = max((len(json.dumps(literal)) for literal in literals), default=0)
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


def short_example(schema: dict[str, Any]) -> str:
    """About the shortest JSON that satisfies `schema`, and then its patterns: what is worth trying in a search."""
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
