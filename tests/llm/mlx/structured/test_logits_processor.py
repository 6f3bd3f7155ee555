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
from llm.mlx.structured.completion_search import JSONPosition
from llm.mlx.structured.grammar import Grammar, GrammarCompiler, compiler_for
from llm.mlx.structured.grammar_rules import schema_rules
from llm.mlx.structured.logits_processor import GrammarProcessor

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
    {"type": "string", "pattern": "[A-Z]{2}\\d+"},
    {"type": "object", "properties": {"a": {"type": "string", "pattern": "\\.pdf$"}}, "required": ["a"]},
    {"type": "array", "minItems": 2, "items": {"type": "string", "pattern": "\\w+@\\w+", "minLength": 6}},
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
    ({"type": "object", "minProperties": 2}, "minProperties"),
    ({"if": {"type": "string"}, "then": {"minLength": 3}}, "then"),
    ({"type": "string", "pattern": "(?=a)b"}, "pattern"),
    ({"oneOf": [{"type": "number"}, {"type": "integer"}]}, "oneOf"),
    ({"type": "integer", "minimum": 5, "maximum": 2}, "minimum"),
    (
        {"$ref": "#/$defs/a", "$defs": {"a": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/a"}}}},
        "JSON",
    ),
]


@pytest.fixture
def compiler(checkpoint: Folder) -> GrammarCompiler:
    return compiler_for(Checkpoint(str(checkpoint("gemma"))))


def compile_schema(compiler: GrammarCompiler, schema: dict[str, Any]) -> Grammar:
    rules = schema_rules("start", schema)
    return compiler.compile(rules.text, rules.growth, rules.example)


class Weights:
    """Random logits, the same for the same seed, that lean towards `trouble`."""

    def __init__(self, compiler: GrammarCompiler, seed: int, trouble: float) -> None:
        self._random = np.random.default_rng(seed)
        self._base = self._random.normal(size=VOCABULARY) * 3
        for letter in '[{"0e9,.-\\':
            self._base[compiler.tokenizer.tokenize_str(letter)[0]] += trouble

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


def answer(
    compiler: GrammarCompiler, grammar: Grammar, weights: Weights, max_tokens: int, temperature: float
) -> str:
    """Decode as the engine does; one call more than tokens, as it may make."""
    import mlx.core as mx

    processor = GrammarProcessor(grammar, max_tokens)
    tokens: list[int] = []
    while not tokens or tokens[-1] not in grammar.stop_ids:
        assert len(tokens) < max_tokens, "no end"
        # The prompt's tokens come first, all of them or not, depending on what was cached.
        logits = processor(mx.array([7, 8, *tokens]), weights.logits())
        tokens.append(weights.draw(logits, temperature))
    processor(mx.array(tokens), weights.logits())
    assert processor.error is None
    return compiler.tokenizer.decode_bytes(tokens[:-1]).decode()


def answers(compiler: GrammarCompiler, schema: dict[str, Any]) -> list[str]:
    grammar = compile_schema(compiler, schema)
    least = len(grammar.shortest)
    budgets = {least, least + 1, max(least, 60), 2 * least + 60}
    return [
        answer(compiler, grammar, Weights(compiler, seed, trouble), budget, temperature)
        for budget in budgets
        for seed, (temperature, trouble) in enumerate([(0.0, 0.0), (0.0, 8.0), (1.0, 2.0), (5.0, 4.0)])
    ]


@pytest.mark.parametrize("kind", TYPES, ids=str)
def test_answers_are_what_pydantic_and_jsonschema_take(compiler: GrammarCompiler, kind: Any) -> None:
    adapter = TypeAdapter(kind)
    for text in answers(compiler, adapter.json_schema()):
        adapter.validate_json(text)
        jsonschema.validate(json.loads(text), adapter.json_schema())


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_answers_satisfy_the_schema_and_are_json_that_any_reader_takes(
    compiler: GrammarCompiler, schema: dict[str, Any]
) -> None:
    for text in answers(compiler, schema):
        value = json.loads(text)
        jsonschema.validate(value, schema)
        json.dumps(value, allow_nan=False).encode()


@pytest.mark.parametrize(("schema", "feature"), REFUSED, ids=[feature for _, feature in REFUSED])
def test_what_cannot_be_held_is_refused_by_name(
    compiler: GrammarCompiler, schema: dict[str, Any], feature: str
) -> None:
    with pytest.raises(ModelInvalidRequestError, match=feature):
        compile_schema(compiler, schema)


@pytest.mark.parametrize("schema", [None, False, "string", {"enum": [object()]}])
def test_what_is_no_schema_is_refused(schema: Any) -> None:
    with pytest.raises(ModelInvalidRequestError, match="JSON schema"):
        schema_rules("start", schema)


def test_too_few_tokens_are_refused_with_how_many_are_needed(compiler: GrammarCompiler) -> None:
    grammar = compile_schema(compiler, Person.model_json_schema())
    least = len(grammar.shortest)
    GrammarProcessor(grammar, least)
    with pytest.raises(ModelInvalidRequestError, match=f"may have {least - 1} tokens and needs at least {least}"):
        GrammarProcessor(grammar, least - 1)


def test_separators_are_as_json_dumps_writes_them(compiler: GrammarCompiler) -> None:
    grammar = compile_schema(compiler, Person.model_json_schema())
    for seed in range(5):
        text = answer(compiler, grammar, Weights(compiler, seed, 0.0), 60, 1.0)
        assert text == json.dumps(json.loads(text), ensure_ascii=False)


def test_far_from_the_limit_every_token_of_the_grammar_is_free(compiler: GrammarCompiler) -> None:
    import mlx.core as mx

    processor = GrammarProcessor(compile_schema(compiler, {"type": "string"}), 500)
    quote = compiler.tokenizer.tokenize_str('"')[0]
    processor(mx.array([1]), mx.zeros((1, VOCABULARY)))
    free = np.isfinite(np.array(processor(mx.array([1, quote]), mx.zeros((1, VOCABULARY)))))
    assert free.sum() > 300
    assert not free[0, compiler.tokenizer.vocab_size :].any()


def test_a_grammar_is_made_once_and_a_tokenizer_is_read_once(checkpoint: Folder) -> None:
    place = Checkpoint(str(checkpoint("gemma")))
    compiler = compiler_for(place)
    assert compiler is compiler_for(place)
    schema = Person.model_json_schema()
    assert compile_schema(compiler, schema) is compile_schema(compiler, schema)
    for number in range(70):
        compile_schema(compiler, {"const": number})
    assert len(compiler._compiled) <= 64


def test_a_failure_stays_with_its_own_answer(compiler: GrammarCompiler) -> None:
    """It must not raise on the engine's thread; the answer ends and the caller is told."""
    import mlx.core as mx

    processor = GrammarProcessor(compile_schema(compiler, {"type": "integer"}), 50)
    processor(mx.array([1]), mx.zeros((1, VOCABULARY)))
    word = compiler.tokenizer.tokenize_str("x")[0]
    logits = np.array(processor(mx.array([1, word]), mx.zeros((1, VOCABULARY))))
    assert set(np.flatnonzero(np.isfinite(logits[0]))) == set(compiler.stop_ids)
    assert processor.error is not None
    assert "grammar" in str(processor.error)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ('{"a": [1', JSONPosition(depth=2, number=b"1")),
        ('{"a[\\"', JSONPosition(quoted=True, depth=1)),
        ('"\\', JSONPosition(quoted=True, escaped=True)),
        ('[1e9, "1e9"]', JSONPosition()),
        ("[-1.5e", JSONPosition(depth=1, number=b"-1.5e")),
    ],
)
def test_where_a_text_ends(text: str, position: JSONPosition) -> None:
    assert JSONPosition().after(text.encode()) == position
    assert JSONPosition().after(text[:3].encode()).after(text[3:].encode()) == position
