"""The sentences that were mended, each as it was and as it is."""

from __future__ import annotations

from markupsafe import Markup

from graph.report.html.markup import tag
from graph.report.mended import revisions, why
from graph.report.words import say
from graph.results.types import Result


def mended_sentences(result: Result) -> Markup:
    """Nothing, if no sentence was changed."""
    entries = [
        tag(
            "li",
            tag("del", each["before"], dir="auto"),
            " → ",
            tag("ins", each["after"], dir="auto") if each["after"] else say("taken out"),
            " ",
            tag("span", f"({why(each)})", class_="small"),
        )
        for each in revisions(result)
    ]
    return tag("ul", *entries) if entries else Markup()
