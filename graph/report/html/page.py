"""The page around a report or an index: one file, in which a Content-Security-Policy lets nothing else work."""

from __future__ import annotations

import base64
import hashlib

from markupsafe import Markup

from graph.report.html.markup import tag, writable


def whole_page(
    title: str, body: Markup, *, language: str, style: str, script: str = "", has_images: bool = False
) -> str:
    """`body` as a file of its own. `style` and `script` are texts of ours, which stand in it as they are."""
    policy = f"default-src 'none'; style-src '{_hash(style)}';"
    policy += f" script-src '{_hash(script)}';" if script else ""
    policy += " img-src data:;" if has_images else ""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=f"{policy} base-uri 'none'; form-action 'none'"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="format-detection", content="telephone=no, date=no, address=no, email=no"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    scripts = tag("script", Markup(script)) if script else ""
    html = tag("html", head, tag("body", body, scripts), lang=language)
    return f"<!DOCTYPE html>\n{writable(html)}\n"


def _hash(inline: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"
