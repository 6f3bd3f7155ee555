"""A result as people and programs read it: Markdown, HTML, JSON. Knows nothing of models.

All are pure functions but those of pictures.py, which has the document's pages drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from graph.report.html.report import to_html
from graph.report.markdown import footing, heading, to_markdown
from graph.report.pdf_links import PageLinks
from graph.report.pictures import Pictures
from graph.results.types import Result

__all__ = ["footing", "heading", "render", "to_html", "to_json", "to_markdown"]


def render(result: Result, form: str, pictures: Pictures | None = None, links: PageLinks | None = None) -> str:
    """The result in the `form` "md", "html" or "json"; only HTML shows pictures and leads to pages of PDFs."""
    if form == "json":
        return to_json(result)
    return to_html(result, pictures, links) if form == "html" else to_markdown(result)


def to_json(result: Mapping[str, Any], *, indent: int | None = 2) -> str:
    """The whole result: summary, tree, page ledger, warnings, statistics. Without `indent`, on one line."""
    return json.dumps(result, ensure_ascii=False, indent=indent) + "\n"
