"""Templates and what every page of them is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from graph.report.html.markup import writable
from graph.service.context import base_of
from graph.service.pages import assets, words

# Whatever a template shows is escaped, but for what is Markup.
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["words"] = words


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page. Its addresses begin with the path under which a proxy shows the service."""
    return HTMLResponse(writable(fragment(request, template, **values)), status)


def fragment(request: Request, template: str, **values: Any) -> Markup:
    """A part of a page."""
    base = base_of(request.scope)
    html = _TEMPLATES.get_template(template).render(
        base=base, asset=lambda name: base + assets.address(name), **values
    )
    return Markup(html)
