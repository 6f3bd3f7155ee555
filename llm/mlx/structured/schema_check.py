"""Refuses what a grammar cannot enforce, and says which field is in the way and what to use instead.

A grammar decides token by token, so it cannot express everything that a JSON schema can. What it cannot is
either rewritten into something stricter (`strict_schema`) or refused; every answer satisfies the schema given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from llm.errors import InvalidRequestError, reason
from llm.mlx.structured.grammar import json_rule
from llm.mlx.structured.strict_schema import children, resolve, to_strict

# What to do without a keyword that cannot be enforced.
_INSTEAD = {
    "uniqueItems": "Ask for a list instead of a set, and remove duplicates afterwards.",
    "not": "Say what is allowed (enum, anyOf, pattern), not what is not.",
    "propertyNames": "Ask for a list of objects, each with a key and a value, or allow any text as a key.",
    "minProperties": "Name the properties and require them.",
    "oneOf": "Use anyOf, or a discriminator.",
    "if": "Use anyOf, with one object for each case.",
    "format": "Leave the format out, or give a pattern instead.",
    "pattern": "Write the pattern without lookahead or lookbehind.",
}


_UNSUPPORTED = " is not supported"


def strict_schema(schema: Any, of: str = "") -> dict[str, Any]:
    """The schema that a grammar enforces for `schema`, which is that `of` a tool or class. Do not change it.

    Raises:
        InvalidRequestError: not a schema, or one that no grammar can enforce: which field, why, and what to use
            instead.
    """
    if not isinstance(schema, dict):
        raise InvalidRequestError(f"A JSON schema must be an object, not {json.dumps(schema, default=repr)}.")
    try:
        return _strict(json.dumps(schema), of or str(schema.get("title") or ""))
    except (TypeError, RecursionError) as error:
        raise InvalidRequestError(f"This JSON schema is not JSON: {reason(error)}.") from error


@lru_cache(maxsize=256)
def _strict(text: str, of: str) -> dict[str, Any]:
    schema = json.loads(text)
    strict, problem = _compile(schema)
    if not problem:
        return strict
    path, problem = _find_unsupported(schema, schema, "", problem)
    where = f"the JSON schema of {of}" if of else "this JSON schema"
    field = f"field {path.lstrip('.')}: " if path else ""
    instead = "Leave it out, and check the value afterwards." if problem.endswith(_UNSUPPORTED) else ""
    instead = _INSTEAD.get(problem.split()[0].strip("'"), instead)
    raise InvalidRequestError(f"Decoding cannot enforce {where}: {field}{problem}.", instead)


def _compile(schema: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """The strict form of `schema`, and what a grammar does not support in it, if anything."""
    from llguidance import LLMatcher

    try:
        strict = to_strict(schema)
    except ValueError as error:
        return {}, str(error)
    except (TypeError, AttributeError):
        return {}, "it is not a valid JSON schema"
    said = LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(f"start: {json_rule(strict)}"))
    return strict, _explain(said.partition("failed to compile JSON schema: ")[2] or said)


def _explain(said: str) -> str:
    """What llguidance says of a grammar, in our words."""
    if unknown := re.match(r"Unimplemented keys: (\[.*\])", said):
        return " and ".join(map(repr, json.loads(unknown[1]))) + _UNSUPPORTED
    if said.startswith("oneOf"):
        return "'oneOf'" + _UNSUPPORTED
    if format_name := re.match(r"Unknown format: (.*)", said):
        return f"format {format_name[1]!r}{_UNSUPPORTED}"
    if wrong := re.search(r"^error: (.*)", said, re.MULTILINE):
        return f"pattern is not a regular expression that is supported: {wrong[1]}"
    return said.partition("\n")[0].rstrip(".:")


def _find_unsupported(
    node: dict[str, Any], root: dict[str, Any], path: str, problem: str, seen: Sequence[Any] = ()
) -> tuple[str, str]:
    """The innermost part of `node` that is not supported even by itself: its path, and why."""
    named: dict[str, Any] = {key: root[key] for key in ("$defs", "definitions") if key in root}
    inner = [*children({key: value for key, value in node.items() if key not in named}), ("", resolve(node, root))]
    for step, child in inner:
        if isinstance(child, dict) and resolve(child, root) not in (node, *seen):
            why = _compile({**named, **child})[1]
            if why:
                return _find_unsupported(child, root, path + step, why, (node, *seen))
    return path, problem
