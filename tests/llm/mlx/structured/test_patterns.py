"""Patterns of JSON Schema, anchored or not: what is decoded has them, soon and in little memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.exceptions import ModelInvalidRequestError

from llm import ChatMLX
from llm.mlx.structured.pattern_examples import pattern_examples
from llm.mlx.structured.schema_check import hold

Folder = Callable[[str], Path]
ROOT = Path(__file__).parents[4]

# No anchors, one, both; any text first, last, or between; alternatives; classes of other scripts.
PATTERNS = [
    r"[A-Z]{2}\d+",
    r"[0-9]{4}",
    r"\w+@\w+",
    r"\.pdf$",
    "[\uac00-\ud7a3]{2}",
    r"\S",
    r"^session:.+",
    r"^\d{3}-\d{4}$",
    r"^.*\d{4}$",
    r"^(foo|.*bar)$",
    r"^([A-Z]+-)+.*x$",
    r"[^\s@]+@[^\s@]+\.[^\s@]+",
    r"(.*a){5}",
    r"a\\b|\"",
    r"^a|b$",
    "",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_an_answer_of_random_weights_has_the_pattern(checkpoint: Folder, pattern: str) -> None:
    field = {"type": "string", "pattern": pattern}
    schema = {"title": "t", "type": "object", "properties": {"a": field}, "required": ["a"]}
    chat = ChatMLX(model=str(checkpoint("gemma")), max_tokens=45, temperature=2.0, seed=1)
    (call,) = chat.bind_tools([schema], tool_choice="t").invoke("x").tool_calls
    assert re.search(pattern, call["args"]["a"])
    assert re.search(pattern, chat.with_structured_output(schema).invoke("x")["a"])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_an_example_of_any_pattern_matches_it(data: st.DataObject) -> None:
    """Patterns of literals, classes, groups, alternatives and repetitions, in any order."""
    part = st.sampled_from([r"\d", r"\w", "[a-f]", "[^x]", ".", "-", "가", r"\.", "ab", r"[A-Z0-9_]"])
    times = st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}"])
    piece = st.builds(lambda a, b: a + b, part, times)
    either = st.builds(lambda a, b: f"({a}|{b})", piece, piece)
    body = "".join(data.draw(st.lists(st.one_of(piece, either), min_size=1, max_size=5)))
    pattern = data.draw(st.sampled_from(["", "^"])) + body + data.draw(st.sampled_from(["", "$"]))
    assert all(re.search(pattern, text) for text in pattern_examples(pattern))
    assert re.search(pattern, json.loads(hold({"type": "string", "pattern": pattern}).example))


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"pattern": "[0-9]{4}", "minLength": 10}, r"^(?=.{10})[^$]*\d{4}"),
        ({"pattern": "[0-9]{4}", "maxLength": 4}, r"^\d{4}$"),
        ({"pattern": "^[a-z]+$", "minLength": 5, "maxLength": 6}, "^[a-z]{5,6}$"),
        ({"allOf": [{"type": "string", "pattern": "[0-9]{3}"}, {"pattern": "[a-z]{3}"}]}, r"\d{3}.*[a-z]{3}"),
        ({"pattern": r"\p{Lu}\p{Ll}+[[:digit:]]"}, "[A-Z][a-z]+[0-9]"),
        ({"pattern": r"(?<year>\d{4})"}, r"\d{4}"),
    ],
    ids=str,
)
def test_lengths_and_other_dialects_go_along(schema: dict[str, Any], wanted: str) -> None:
    assert re.search(wanted, json.loads(hold({"type": "string", **schema}).example))


@pytest.mark.parametrize("pattern", [r"(?!x)a", r"\bword\b", "[", r"(a)\1"])
def test_what_no_grammar_holds_is_refused_where_it_is_bound(pattern: str) -> None:
    schema = {"title": "t", "type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    for _ in range(2):  # a refusal is remembered
        with pytest.raises(ModelInvalidRequestError, match="field a: ") as caught:
            ChatMLX(model="no-such/model").with_structured_output(schema)
        assert "\n" not in str(caught.value)


MANY = r"""
import resource
from llm.mlx.structured.schema_check import hold
from llm.errors import InvalidRequestError
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number in range(24):
    for pattern in (r"[0-9]{%d}x", r"\w+@\w{%d}", r".*[a-z]{%d}\d$"):
        hold({"type": "string", "pattern": pattern % (number + 2)})
    try:  # a list that never ends: a search that finds nothing
        endless = {"type": "array", "minItems": number + 1, "items": {"$ref": "#/$defs/a"}}
        hold({"$ref": "#/$defs/a", "$defs": {"a": endless}})
    except InvalidRequestError:
        pass
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) // (1024 if __import__("sys").platform == "linux" else 1024 * 1024))
"""


@pytest.mark.slow
def test_a_hundred_patterns_take_a_few_megabytes() -> None:
    """Each took up to a gigabyte that did not come back: the search kept a copy of its state for every step."""
    ran = subprocess.run([sys.executable, "-c", MANY], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) < 200
