"""What the pages ask for beside themselves: two stylesheets, two scripts and an icon, ours and the report's."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from graph.report.html.report import SCRIPT, STYLE

_HERE = Path(__file__).parent
_FILES = {path.name: path for path in (STYLE, SCRIPT, *(_HERE / f"service.{end}" for end in ("css", "js", "svg")))}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def read_asset(name: str) -> tuple[bytes, str] | None:
    """The content of an asset and its media type; None if there is none of that name."""
    path = _FILES.get(name)
    return (path.read_bytes(), _TYPES[path.suffix]) if path else None


@cache
def address(name: str) -> str:
    """Where an asset is, below the root. It changes with its content, so that it may be kept for ever."""
    return f"/assets/{name}?v={hashlib.sha256(_FILES[name].read_bytes()).hexdigest()[:12]}"
