"""Pydantic's validation errors for people: one sentence that says what is wrong, where, and what to do."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

# Steps in pydantic's error locations that name the type of a value, not a key of the file.
_TYPES = {"text", "messages"}

# Values that no message or log may repeat.
_SECRET = {"password", "api_key"}


def explain(error: ValidationError, root: type[BaseModel]) -> str:
    """The first error of `error`, which validating `root` raised.

    An unknown key goes before a missing one: a key that is misspelt is often both.
    """
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    problem = problems[0]
    keys, model = _walk([str(step) for step in problem["loc"]], root)
    where = ".".join(keys)
    if problem["type"] == "extra_forbidden":
        return f"there is no key {where!r}; {_known_keys(keys[-1], model)}"
    if problem["type"] == "missing":
        return f"{where} is missing."
    message = problem["msg"].removeprefix("Value error, ").removeprefix(f"{keys[-1]}: ").removesuffix(".")
    message = message[0].lower() + message[1:]
    if keys[-1:] and keys[-1] in _SECRET:
        return f"{where}: {message}; put it in quotes."
    if isinstance(problem["input"], str | int | float) and problem["type"] != "value_error":
        message += f", and it is {problem['input']!r}"
    return f"{where}: {message}."


def _walk(location: list[str], root: type[BaseModel]) -> tuple[list[str], type[BaseModel]]:
    """The keys of `location` as the file has them, and the class of the section with the last one."""
    keys: list[str] = []
    models, holder = [root], root
    for step in location:
        if tagged := [model for model in models if step == _tag(model)]:
            models = tagged  # in a union, pydantic puts the class it chose between two keys
            continue
        if step in _TYPES:
            continue
        keys.append(step)
        holder = models[0] if models else holder
        models = [
            inner
            for model in models
            if step in model.model_fields
            for inner in _models(model.model_fields[step].annotation)
        ]
    return keys, holder


def _tag(model: type[BaseModel]) -> object:
    provider = model.model_fields.get("provider")
    return provider.default if provider else None


def _known_keys(key: str, model: type[BaseModel]) -> str:
    near = get_close_matches(key, model.model_fields, n=1)
    hint = f"did you mean {near[0]!r}? The" if near else "the"
    return f"{hint} keys here are {', '.join(model.model_fields)}."


def _models(annotation: Any) -> list[type[BaseModel]]:
    """Every pydantic class in `annotation`, including those inside unions and Annotated."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]
