"""A result as people and programs read it: Markdown, HTML, JSON. Pure functions; knows nothing of models."""

from __future__ import annotations

import json

from graph.report.html import to_html
from graph.report.markdown import footing, heading, to_markdown
from graph.state import OutputState

__all__ = ["footing", "heading", "to_html", "to_json", "to_markdown"]


def to_json(result: OutputState) -> str:
    """The whole result: summary, tree, page ledger, warnings, statistics."""
    return json.dumps(result, ensure_ascii=False, indent=2) + "\n"
