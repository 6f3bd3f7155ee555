"""What /openapi.json says beyond what FastAPI finds out: problems, uploads, and how to show a token."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from graph.service.problems import MEDIA_TYPE, Problem
from graph.service.uploads import Text
from graph.shipped import version

_ABOUT = (
    "Documents go in, summaries with the passages behind each sentence come out, and nothing leaves the machine."
)
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
                "application/json": {"schema": Text.model_json_schema()},
            },
        }
    }


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
    for ours in ("HTTPValidationError", "ValidationError"):
        schemas.pop(ours, None)
    schemas["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"token": []}, {}]
    return schema
