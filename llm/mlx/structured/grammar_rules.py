"""The rules of a grammar, in llguidance's dialect of Lark: for values of a JSON schema, and for tool calls."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from llm.mlx.structured.grammar import json_rule, literal
from llm.mlx.structured.pattern_examples import pattern_examples
from llm.mlx.structured.schema_check import hold
from llm.mlx.structured.strict_schema import LISTS, MAPS, SINGLES, nodes
from llm.mlx.structured.tools import Tools


@dataclass(frozen=True)
class GrammarRules:
    """Part of a grammar: `text` defines the rule `name`.

    Three things help the search for a completion: `growth` is by how many characters one token can make the
    shortest completion longer, at most; `example` is about the shortest text; `pieces` may end a string.
    """

    name: str
    text: str
    growth: int
    example: str
    pieces: tuple[str, ...] = ()


def schema_rules(name: str, schema: Any, of: str = "") -> GrammarRules:
    """JSON that satisfies `schema`, which is that `of` a tool or class.

    Raises:
        InvalidRequestError: no grammar can enforce it.
    """
    held = hold(schema, of)
    text = f"{name}: {json_rule(held.schema)}"
    return GrammarRules(name, text, completion_growth(held.schema), held.example, held.pieces)


def tool_call_rules(tools: Tools, *, spaced: bool = False) -> GrammarRules:
    """Calls as JSON; with `spaced`, also with the spaces that a model writes when no grammar guides it yet."""
    gap = " _gap " if spaced else " "
    colon, comma = ('":"', '","') if spaced else ('": "', '", "')
    lines, growth, example = [], 64, ""
    pieces: dict[str, None] = {}
    for number, tool in enumerate(tools.tools):
        function = tool["function"]
        held = hold(function["parameters"], function["name"])
        name = json.dumps(function["name"], ensure_ascii=False)
        # The same lexemes that %json makes of objects: where two begin alike, the lexer prefers the longer one.
        head = gap.join(['"{"', literal('"name"'), colon, literal(name), comma, literal('"arguments"'), colon])
        lines += [f'call_{number}: {head}{gap}args_{number}{gap}"}}"', f"args_{number}: {json_rule(held.schema)}"]
        growth += completion_growth(held.schema) + len(name)
        call = f'{{"name": {name}, "arguments": {held.example}}}'
        example = min(example or call, call, key=len)
        pieces |= dict.fromkeys(held.pieces)
    lines.append("call: " + " | ".join(f"call_{number}" for number in range(len(tools.tools))))
    more = f"({gap}{comma}{gap}call)*" if tools.parallel else ""
    # Unguided, a model may write a list even of one call.
    listed = f' | "["{gap}call {more}{gap}"]"' if tools.parallel or spaced else ""
    lines.append(f"calls: call{listed}")
    if spaced:
        lines.append(r"_gap: /[ \n]{0,4}/")
    return GrammarRules("calls", "\n".join(lines), growth, example, tuple(pieces))


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
    texts = pattern_examples(node["pattern"]) if isinstance(node.get("pattern"), str) else ()
    longest = max(longest, int(node.get("minLength") or 0), *(len(json.dumps(text)) for text in texts))
    longest = max(longest, 24 if "pattern" in node or "format" in node else 0)
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
