"""Formats: a note unless a pattern holds them, and every type of pydantic whose strings have one is held to it."""

from __future__ import annotations

import datetime
import decimal
import fractions
import ipaddress
import json
import re
import uuid
from typing import Any

import pydantic
import pytest
from pydantic import TypeAdapter

from llm import ChatMLX
from llm.mlx.structured.formats import FORMATS, PYDANTIC_FORMATS
from llm.mlx.structured.output_schema import read_schema
from llm.mlx.structured.pattern_examples import pattern_examples
from llm.mlx.structured.schema_check import hold

# Of the standard, of OpenAPI, of servers of tools, and of nobody.
NOTES = (
    "uri-reference iri iri-reference uri-template idn-email idn-hostname json-pointer relative-json-pointer regex"
)
NOTES += " byte decimal int64 phone color markdown timezone uuid hostname ipv4 ipv6 password whatever"


@pytest.mark.parametrize("name", NOTES.split())
def test_no_format_stands_in_the_way_of_a_tool(name: str) -> None:
    field = {"type": "string", "format": name}
    schema = {"title": "t", "type": "object", "properties": {"a": field, "b": {**field, "pattern": "^[0-9]"}}}
    model = ChatMLX(model="no-such/model")
    model.bind_tools([schema], tool_choice="any")
    model.with_structured_output(schema)
    hold({"type": ["string", "null"], "format": name})
    hold({"type": "string", "format": name, "pattern": "^https://", "maxLength": 2000})
    hold({"type": "integer", "format": name})


# What depends on the machine, the day, a checksum or the bytes inside is for pydantic to judge.
NOT_STRINGS = {"FilePath", "DirectoryPath", "NewPath", "SocketPath", "ImportString", "Json", "PaymentCardNumber"}
NOT_STRINGS |= {"FutureDate", "FutureDatetime", "EmailStr", "NameEmail", "Base64Str", "Base64UrlStr"}
TYPES = [
    *(kind for name in pydantic.__all__ if name not in NOT_STRINGS and (kind := getattr(pydantic, name, None))),
    *(datetime.date, datetime.time, datetime.datetime, datetime.timedelta, decimal.Decimal, uuid.UUID),
    *(ipaddress.IPv4Address, ipaddress.IPv6Address, ipaddress.IPv4Network, ipaddress.IPv6Network),
    *(ipaddress.IPv4Interface, ipaddress.IPv6Interface, fractions.Fraction, re.Pattern, complex),
]


def test_every_type_of_pydantic_takes_what_it_is_held_to() -> None:
    tried = []
    for kind in TYPES:
        try:
            adapter = TypeAdapter(kind)
            schema = read_schema(kind).json_schema
        except Exception:  # pydantic's functions, markers and abstract types are in __all__ too
            continue
        if schema.get("type") != "string":
            continue
        held = hold(schema)
        adapter.validate_json(held.example)
        for text in pattern_examples(held.schema["pattern"]) if "pattern" in held.schema else ():
            if int(schema.get("minLength", 0)) <= len(text):
                adapter.validate_json(json.dumps(text))
        tried.append(kind)
    assert len(tried) > 45


@pytest.mark.parametrize("name", sorted({**FORMATS, **PYDANTIC_FORMATS}))
def test_patterns_of_formats_are_patterns(name: str) -> None:
    pattern = {**FORMATS, **PYDANTIC_FORMATS}[name]
    assert pattern_examples(pattern)
    assert all(re.fullmatch(pattern, text) for text in pattern_examples(pattern))


def test_a_regex_of_a_foreign_schema_is_free_and_one_of_pydantic_always_compiles() -> None:
    assert "pattern" not in hold({"type": "string", "format": "regex"}).schema
    pattern = str(hold(read_schema(re.Pattern).json_schema).schema["pattern"])
    for text in ("^a.*$", r"\d+ x", "", "[", "(", "a**"):
        assert bool(re.fullmatch(pattern, text)) == (text not in ("[", "(", "a**"))


@pytest.mark.parametrize("kind", [pydantic.WebsocketUrl, pydantic.PostgresDsn, pydantic.NaiveDatetime], ids=str)
def test_types_that_narrow_a_format_narrow_the_answer(kind: Any) -> None:
    TypeAdapter(kind).validate_json(hold(read_schema(kind).json_schema).example)
