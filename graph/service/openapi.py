"""What /openapi.json says beyond what FastAPI finds out: problems, uploads, and how to show a token."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, get_args

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from graph.asking.schema import answers_schema
from graph.results.schema import result_schema
from graph.service.problems import MEDIA_TYPE, Problem
from graph.service.settings import settings_schema
from graph.service.types import EventKind
from graph.service.uploads import Text
from graph.shipped import version

_ABOUT = (
    "Documents go in, summaries with the passages behind each sentence come out, and nothing leaves the machine."
)
_SETTINGS = {"$ref": "#/components/schemas/Settings"}
# What may come of any request, before it is looked at.
_ALWAYS = (400, 401, 403, 408, 413, 415, 421, 429, 500)


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The responses of a route for these statuses, and for those that any route has."""
    return {status: _response(status) for status in sorted({*statuses, *_ALWAYS})}


def _response(status: int) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 429:
        described["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."}}
    return described


def upload_body() -> dict[str, Any]:
    """The body of a new summary, which FastAPI leaves to us."""
    form = {
        "type": "object",
        "properties": {
            "files": {
                "type": "array",
                "items": {"type": "string", "format": "binary"},
                "minItems": 1,
                "description": "PDF, text or Markdown.",
            },
            "settings": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": _SETTINGS,
                "description": 'Settings for all of them, a JSON object: {"load.pages": "1-9"}.',
            },
        },
        "required": ["files"],
    }
    return {
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {"schema": form},
                "application/json": {"schema": {"$ref": "#/components/schemas/Text"}},
            },
        }
    }


def event_stream() -> dict[str, Any]:
    """Server-sent events; the schema is that of each."""
    event = {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "event": {"enum": list(get_args(EventKind))},
            "data": {"type": "string", "contentMediaType": "application/json"},
        },
    }
    return {"content": {"text/event-stream": {"schema": event}}}


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What `app.openapi` is to be."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    return openapi


def _described(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(title="Summaries", version=version(), description=_ABOUT, routes=app.routes)
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = Problem.model_json_schema()
    schemas["Text"] = Text.model_json_schema()
    for title, ours in (
        ("Settings", settings_schema(app.state.config)),
        ("Result", result_schema()),
        ("Answers", answers_schema()),
    ):
        schemas |= {f"{title}.{inner}": _moved(part, title) for inner, part in ours.pop("$defs").items()}
        schemas[title] = _moved(ours, title)
    for name, with_none in (("Text", False), ("Again", True)):
        whole = {"anyOf": [_SETTINGS, {"type": "null"}]} if with_none else _SETTINGS
        schemas[name]["properties"]["settings"] = whole
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}, {}]
    return schema


def _moved(schema: Any, name: str) -> Any:
    """A part of the schema `name`, which refers to its other parts where OpenAPI keeps them."""
    if isinstance(schema, dict):
        return {key: _moved(value, name) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_moved(value, name) for value in schema]
    return schema.replace("#/$defs/", f"#/components/schemas/{name}.") if isinstance(schema, str) else schema
