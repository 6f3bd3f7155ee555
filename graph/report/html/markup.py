"""HTML elements from texts that may say anything: what is not `Html` is escaped. Knows nothing of results."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

# Elements that hold nothing.
_VOID = {"br", "hr", "meta"}

# What HTML forbids as text, or UTF-8 cannot write: controls, lone surrogates, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


class Html(str):
    """Markup: put into a page as it is. Only this module makes it from text that may be anything."""

    __slots__ = ()


def text(value: object) -> Html:
    """What `value` reads as, for elements and for attributes alike."""
    return Html(escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", str(value)), quote=True))


def together(*parts: object) -> Html:
    """One piece of markup of several; parts that are not `Html` are text."""
    return Html("".join(part if isinstance(part, Html) else text(part) for part in parts))


def joined(separator: object, parts: Iterable[object]) -> Html:
    """Parts with the separator between them."""
    return Html(together(separator).join(together(part) for part in parts))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """An element. `class_` is class, `aria_label` aria-label; True is an attribute alone, None and False none."""
    opening = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{together(*children)}</{name}>")


def foreign(value: object) -> Html:
    """A few words of the document's or the user's own: they keep their direction to themselves."""
    return tag("bdi", " ".join(str(value).split()))
