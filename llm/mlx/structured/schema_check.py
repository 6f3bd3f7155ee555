"""Refuses what a grammar cannot enforce, and says which field is in the way and what to use instead.

A grammar decides token by token, so it cannot express everything that a JSON schema can. What it cannot is
either rewritten into something stricter (`strict_schema`) or refused; every answer satisfies the schema given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llm.errors import InvalidRequestError, reason
from llm.mlx.structured.completion_search import CompletionSearch
from llm.mlx.structured.grammar import json_rule
from llm.mlx.structured.schema_example import short_example, string_pieces
from llm.mlx.structured.strict_schema import children, resolve, to_strict

# What to do without a keyword that cannot be enforced.
_INSTEAD = {
    "not": "Say what is allowed (enum, anyOf, pattern), not what is not.",
    "propertyNames": "Ask for a list of objects, each with a key and a value, or allow any text as a key.",
    "minProperties": "Name the properties and require them.",
    "oneOf": "Use anyOf, or a discriminator.",
    "if": "Use anyOf, with one object for each case.",
    "lookarounds": "Write the pattern without lookahead, lookbehind and word boundaries.",
    "pattern": "Write the pattern without lookahead, lookbehind and word boundaries.",
}

if TYPE_CHECKING:
    from llguidance import LLTokenizer

_UNSUPPORTED = " is not supported"


@dataclass(frozen=True)
class HeldSchema:
    """What a grammar enforces for a schema. Do not change it.

    `example` is a JSON text that follows it, `pieces` are texts that may end a string of it.
    """

    schema: dict[str, Any]
    example: str
    pieces: tuple[str, ...]


def strict_schema(schema: Any, of: str = "") -> dict[str, Any]:
    """The schema that a grammar enforces for `schema`; `hold` says when it is refused."""
    return hold(schema, of).schema


def hold(schema: Any, of: str = "") -> HeldSchema:
    """What a grammar enforces for `schema`, which is that `of` a tool or class.

    No checkpoint is needed: an answer is looked for character by character, within a number of steps.

    Raises:
        InvalidRequestError: not a schema, or one that no grammar can enforce: which field, why, and what to use
            instead.
    """
    if not isinstance(schema, dict):
        raise InvalidRequestError(f"A JSON schema must be an object, not {json.dumps(schema, default=repr)}.")
    try:
        held, path, problem = _held(json.dumps(schema))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(f"This JSON schema is not JSON: {reason(error)}.") from error
    if not problem:
        return held
    name = of or str(schema.get("title") or "")
    where = f"the JSON schema of {name}" if name else "this JSON schema"
    field = f"field {path.lstrip('.')}: " if path else ""
    instead = "Leave it out, and check the value afterwards." if problem.endswith(_UNSUPPORTED) else ""
    instead = _INSTEAD.get(problem.split()[0].strip("'"), instead)
    raise InvalidRequestError(f"Decoding cannot enforce {where}: {field}{problem}.", instead)


@lru_cache(maxsize=256)
def _held(text: str) -> tuple[HeldSchema, str, str]:
    """What is held, or the path of what cannot be, and why. A refusal is kept too: it took as long to find."""
    schema = json.loads(text)
    held, problem = _compile(schema)
    return held, *(_find_unsupported(schema, schema, "", problem) if problem else ("", ""))


def _compile(schema: dict[str, Any]) -> tuple[HeldSchema, str]:
    """What is held of `schema`, and what a grammar does not support in it, if anything."""
    from llguidance import LLMatcher

    try:
        strict = to_strict(schema)
    except ValueError as error:
        return _NOTHING, str(error)
    except (TypeError, AttributeError):
        return _NOTHING, "it is not a valid JSON schema"
    grammar = LLMatcher.grammar_from_lark(f"start: {json_rule(strict)}")
    if said := LLMatcher.validate_grammar(grammar):
        return _NOTHING, _explain(said.partition("failed to compile JSON schema: ")[2] or said)
    pieces, tokenizer = string_pieces(strict), _bytes()
    search = CompletionSearch(tokenizer, tokenizer.eos_tokens, short_example(strict), pieces)
    answer = search.shortest(LLMatcher(tokenizer, grammar, log_level=0))
    if answer is None:
        return _NOTHING, "no answer that follows it was found"
    return HeldSchema(strict, tokenizer.decode_str(answer[:-1]), pieces), ""


@lru_cache(maxsize=1)
def _bytes() -> LLTokenizer:
    """A vocabulary of the 256 bytes, for grammars of which no checkpoint is known yet."""
    from llguidance import LLTokenizer

    return LLTokenizer("byte")


_NOTHING = HeldSchema({}, "", ())


def _explain(said: str) -> str:
    """What llguidance says of a grammar, in our words."""
    if unknown := re.match(r"Unimplemented keys: (\[.*\])", said):
        return " and ".join(map(repr, json.loads(unknown[1]))) + _UNSUPPORTED
    if said.startswith("oneOf"):
        return "'oneOf'" + _UNSUPPORTED
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
