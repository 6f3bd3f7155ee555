"""Elements of HTML around texts that may say anything: what is not `Markup` is escaped, by MarkupSafe."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Elements that hold nothing.
_VOID = {"br", "hr", "img", "input", "meta"}

# What HTML forbids as text, or UTF-8 cannot write: controls, lone surrogates, non-characters.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def tag(name: str, /, *children: object, **attributes: object) -> Markup:
    """An element. `class_` is class, `aria_label` aria-label; True is an attribute alone, None and False none.

    Names of elements and attributes are words of this package, never of a result.
    """
    opening = Markup().join(
        _attribute(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{together(*children)}</{name}>")


def _attribute(name: str, value: object) -> Markup:
    return Markup(f" {name}" if value is True else f' {name}="{escape(value)}"')


def together(*parts: object) -> Markup:
    """One piece of markup made of several; whatever is not `Markup` is text."""
    return Markup().join(map(escape, parts))


def foreign(value: object) -> Markup:
    """A few words of the document's or the user's own: they keep their direction to themselves."""
    return tag("bdi", " ".join(str(value).split()))


def writable(html: str) -> str:
    """The page, with a replacement character for each that no page may have."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", html)
