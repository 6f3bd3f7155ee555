"""Answers held to a grammar: whatever the weights say, they validate, and they end in time.

The weights here are random numbers in the place of a network's logits, with a leaning towards what makes
trouble: brackets, digits, exponents, backslashes. The tokenizer, grammar and parser are the real ones.
"""

from __future__ import annotations

import datetime
import enum
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import numpy as np
import pytest
from langchain_core.exceptions import ModelInvalidRequestError
from pydantic import AnyUrl, BaseModel, Field, TypeAdapter

from llm.mlx.checkpoint import Checkpoint
from llm.mlx.structured.completion_search import Place
from llm.mlx.structured.grammar import Grammar, Grammars, grammars_for
from llm.mlx.structured.json_schema import hint, json_rule, narrowed, room
from llm.mlx.structured.logits_processor import Constraint

Folder = Callable[[str], Path]
# More places than the tokenizer has tokens, as in many checkpoints.
VOCABULARY = 700


class Tree(BaseModel):
    left: Tree | None
    value: int
    right: Tree | None


class Leaf(BaseModel):
    kind: Literal["leaf"]
    size: float


class Branch(BaseModel):
    kind: Literal["branch"]
    one: Annotated[Leaf | Branch, Field(discriminator="kind")]
    other: Annotated[Leaf | Branch, Field(discriminator="kind")]


class Colour(enum.Enum):
    RED = "red"
    LONG = "a very long colour name that goes on"


class Person(BaseModel):
    name: str
    age: int


class Strings(BaseModel):
    code: str = Field(pattern=r"^[A-Z]{3}-\d{4}$")
    short: str = Field(min_length=3, max_length=5)
    colour: Colour


class Times(BaseModel):
    day: datetime.date
    at: datetime.datetime
    time: datetime.time
    long: datetime.timedelta


class Numbers(BaseModel):
    ratio: float = Field(gt=0, lt=1.5)
    below: float = Field(lt=-3)
    sevens: int = Field(multiple_of=7, gt=0)
    few: list[int] = Field(min_length=3, max_length=6)
    pair: tuple[int, str]
    maybe: int | None = None
    named: dict[str, int]


class Addresses(BaseModel):
    url: AnyUrl
    id: uuid.UUID


TYPES: list[Any] = [
    *[Person, Tree, Branch, Strings, Times, Numbers, Addresses, Colour],
    *[int, float, str, bool, None, Any, list[Any], dict[str, Any], list[list[list[int]]]],
    *[Person | list[Person] | int | None],
]

LIST = {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/list"}, "minItems": 2}, {"type": "integer"}]}
LONG = {"text": {"type": "string", "minLength": 40}, "list": {"type": "array", "minItems": 8, "items": {}}}
SCHEMAS: list[dict[str, Any]] = [
    {},
    {"type": "object", "properties": {}},
    {"type": "object", "properties": {"a": {"$ref": "#/$defs/list"}}, "required": ["a"], "$defs": {"list": LIST}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
    {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}},
    {"type": "integer", "multipleOf": 7, "minimum": 100},
    {"type": "number", "exclusiveMaximum": 1.5},
    {"type": "array", "items": {"type": "integer"}, "minItems": 4},
    {"type": "number", "exclusiveMinimum": 0},
    {"type": "string", "pattern": "a+b"},
    {"type": "object", "properties": {"long": {"type": "string", "minLength": 150}}, "required": ["long"]},
    {"type": ["string", "null", "integer"]},
    {"enum": ["é", None, 3, True, [1, 2], {"a": 1}]},
    {
        "allOf": [
            {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
            {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]},
        ]
    },
    {
        "anyOf": [
            {"type": "object", "properties": LONG, "required": ["text", "list"]},
            {"type": "object", "properties": {"z": {"type": "null"}}, "required": ["z"]},
        ]
    },
]

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"not": {"type": "string"}}, "not"),
    ({"type": "array", "uniqueItems": True}, "uniqueItems"),
    ({"type": "object", "minProperties": 2}, "minProperties"),
    ({"if": {"type": "string"}, "then": {"minLength": 3}}, "then"),
    ({"type": "string", "format": "regex"}, "regex"),
    ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
    ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "oneOf"),
    ({"type": "integer", "minimum": 5, "maximum": 2}, "minimum"),
    (
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/a"}}}},
        "JSON",
    ),
]


@pytest.fixture
def grammars(checkpoint: Folder) -> Grammars:
    return grammars_for(Checkpoint(str(checkpoint("gemma"))))


def compile_schema(grammars: Grammars, schema: dict[str, Any]) -> Grammar:
    narrow = narrowed(schema)
    return grammars.compile(f"start: {json_rule(narrow)}", room(narrow), hint(narrow))


class Weights:
    """Random logits, the same for the same seed, that lean towards `trouble`."""

    def __init__(self, grammars: Grammars, seed: int, trouble: float) -> None:
        self._random = np.random.default_rng(seed)
        self._base = self._random.normal(size=VOCABULARY) * 3
        for letter in '[{"0e9,.-\\':
            self._base[grammars.tokenizer.tokenize_str(letter)[0]] += trouble

    def logits(self) -> Any:
        import mlx.core as mx

        return mx.array((self._base + self._random.normal(size=VOCABULARY) * 2).astype(np.float32)[None])

    def draw(self, logits: Any, temperature: float) -> int:
        scores = np.array(logits)[0].astype(np.float64)
        assert np.isfinite(scores).any()
        if temperature == 0:
            return int(scores.argmax())
        shares = np.exp((scores - scores.max()) / temperature)
        return int(self._random.choice(VOCABULARY, p=shares / shares.sum()))


def answer(grammars: Grammars, grammar: Grammar, weights: Weights, max_tokens: int, temperature: float) -> str:
    """Decode as the engine does; one call more than tokens, as it may make."""
    import mlx.core as mx

    constraint = Constraint(grammar, max_tokens)
    tokens: list[int] = []
    while not tokens or tokens[-1] not in grammar.stop_ids:
        assert len(tokens) < max_tokens, "no end"
        # The prompt's tokens come first, all of them or not, depending on what was cached.
        logits = constraint(mx.array([7, 8, *tokens]), weights.logits())
        tokens.append(weights.draw(logits, temperature))
    constraint(mx.array(tokens), weights.logits())
    assert constraint.error is None
    return grammars.tokenizer.decode_bytes(tokens[:-1]).decode()


def answers(grammars: Grammars, schema: dict[str, Any]) -> list[str]:
    grammar = compile_schema(grammars, schema)
    least = len(grammar.shortest)
    budgets = {least, least + 1, least + 5, max(least, 60), 2 * least + 60}
    return [
        answer(grammars, grammar, Weights(grammars, seed, trouble), budget, temperature)
        for budget in budgets
        for seed, (temperature, trouble) in enumerate([(0.0, 0.0), (0.0, 8.0), (1.0, 2.0), (5.0, 4.0)])
    ]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_answers_are_what_pydantic_and_jsonschema_take(grammars: Grammars, kind: Any) -> None:
    adapter = TypeAdapter(kind)
    for text in answers(grammars, adapter.json_schema()):
        adapter.validate_json(text)
        jsonschema.validate(json.loads(text), adapter.json_schema())


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_answers_satisfy_the_schema_and_are_json_that_any_reader_takes(
    grammars: Grammars, schema: dict[str, Any]
) -> None:
    for text in answers(grammars, schema):
        value = json.loads(text)
        jsonschema.validate(value, schema)
        json.dumps(value, allow_nan=False).encode()


@pytest.mark.parametrize(("schema", "feature"), REFUSED, ids=[feature for _, feature in REFUSED])
def test_what_cannot_be_held_is_refused_by_name(grammars: Grammars, schema: dict[str, Any], feature: str) -> None:
    with pytest.raises(ModelInvalidRequestError, match=feature):
        compile_schema(grammars, schema)


@pytest.mark.parametrize("schema", [None, False, "string", {"enum": [object()]}])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match="JSON schema"):
        narrowed(schema)


def test_too_few_tokens_are_refused_with_how_many_are_needed(grammars: Grammars) -> None:
    grammar = compile_schema(grammars, Person.model_json_schema())
    least = len(grammar.shortest)
    Constraint(grammar, least)
    with pytest.raises(ModelInvalidRequestError, match=f"may have {least - 1} tokens and needs at least {least}"):
        Constraint(grammar, least - 1)


def test_separators_are_as_json_dumps_writes_them(grammars: Grammars) -> None:
    grammar = compile_schema(grammars, Person.model_json_schema())
    for seed in range(5):
        text = answer(grammars, grammar, Weights(grammars, seed, 0.0), 60, 1.0)
        assert text == json.dumps(json.loads(text), ensure_ascii=False)


def test_far_from_the_limit_every_token_of_the_grammar_is_free(grammars: Grammars) -> None:
    import mlx.core as mx

    constraint = Constraint(compile_schema(grammars, {"type": "string"}), 500)
    quote = grammars.tokenizer.tokenize_str('"')[0]
    constraint(mx.array([1]), mx.zeros((1, VOCABULARY)))
    free = np.isfinite(np.array(constraint(mx.array([1, quote]), mx.zeros((1, VOCABULARY)))))
    assert free.sum() > 300
    assert not free[0, grammars.tokenizer.vocab_size :].any()


def test_a_grammar_is_made_once_and_a_tokenizer_is_read_once(checkpoint: Folder) -> None:
    place = Checkpoint(str(checkpoint("gemma")))
    grammars = grammars_for(place)
    assert grammars is grammars_for(place)
    schema = Person.model_json_schema()
    assert compile_schema(grammars, schema) is compile_schema(grammars, schema)
    for number in range(70):
        compile_schema(grammars, {"const": number})
    assert len(grammars._made) <= 64


def test_a_failure_stays_with_its_own_answer(grammars: Grammars) -> None:
    """It must not raise on the engine's thread; the answer ends and the caller is told."""
    import mlx.core as mx

    constraint = Constraint(compile_schema(grammars, {"type": "integer"}), 50)
    constraint(mx.array([1]), mx.zeros((1, VOCABULARY)))
    word = grammars.tokenizer.tokenize_str("x")[0]
    logits = np.array(constraint(mx.array([1, word]), mx.zeros((1, VOCABULARY))))
    assert set(np.flatnonzero(np.isfinite(logits[0]))) == set(grammars.stop_ids)
    assert constraint.error is not None
    assert "grammar" in str(constraint.error)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a": [1', Place(depth=2, number=b"1")),
        ('{"a[\\"', Place(quoted=True, depth=1)),
        ('"\\', Place(quoted=True, escaped=True)),
        ('[1e9, "1e9"]', Place()),
        ("[-1.5e", Place(depth=1, number=b"-1.5e")),
    ],
)
def test_where_a_text_ends(text: str, place: Place) -> None:
    assert Place().after(text.encode()) == place
    assert Place().after(text[:3].encode()).after(text[3:].encode()) == place
