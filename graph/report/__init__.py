"""A result as people and programs read it: Markdown, HTML, JSON. Pure functions; knows nothing of models."""

from __future__ import annotations

import json

from graph.report.html.report import to_html
from graph.report.markdown import footing, heading, to_markdown
from graph.results.types import Result

__all__ = ["footing", "heading", "render", "to_html", "to_json", "to_markdown"]


def render(result: Result, form: str) -> str:
    """The result in the `form` "md", "html" or "json"."""
    if form == "json":
        return to_json(result)
    return to_html(result) if form == "html" else to_markdown(result)


def to_json(result: Result, *, indent: int | None = 2) -> str:
    """The whole result: summary, tree, page ledger, warnings, statistics. Without `indent`, on one line."""
    return json.dumps(result, ensure_ascii=False, indent=indent) + "\n"
