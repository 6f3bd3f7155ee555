"""A result as one HTML file for people: to read, to check and to print. It asks for nothing from anywhere.

Whatever comes from the document, the model or the user is text in it (elements.py), and a Content-Security-Policy
lets no style or script in it work but the two that stand beside this file.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from graph.report.html.evidence_cards import card, chip
from graph.report.html.language import language_of
from graph.report.html.markup import Html, foreign, joined, tag, together
from graph.report.html.page_strip import in_words, resting, strip
from graph.report.html.provenance import coverage_facts, facts, making
from graph.report.html.summary import to_blocks
from graph.report.html.summary_tree import tree
from graph.report.page_names import PageNames

_HERE = Path(__file__).parent


def to_html(result: Mapping[str, Any], model: str) -> str:
    """The whole page. A result without sentences or coverage, of an older program, has a page without them.

    `model` is what made the summary, for results that do not say so themselves.
    """
    style, script = (Html((_HERE / name).read_text("utf-8")) for name in ("report.css", "report.js"))
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="format-detection", content="telephone=no, date=no, address=no, email=no"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", f"{' '.join(result['title'].split())} · summary"),
        tag("style", style),
    )
    body = tag("body", _page(result, model), tag("script", script))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}';"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(inline: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()}"


def _page(result: Mapping[str, Any], model: str) -> Html:
    sentences: Sequence[Mapping[str, Any]] = result.get("sentences") or ()
    names = PageNames(result["pages"])
    cards = [card(number, sentence, names) for number, sentence in enumerate(sentences, start=1)]
    return together(
        tag("a", "Skip to the summary", href="#summary", class_="skip"),
        tag(
            "div",
            _header(result, sentences),
            tag(
                "main",
                _summary(result, names),
                _section("sources", "Where each sentence comes from", *cards) if any(cards) else "",
                _warnings(result),
                _pages(result),
                _section("tree", "How it came together", _toggles(), tree(result)) if result["tree"] else "",
                _section("making", "How it was made", making(result, model)),
            ),
            class_="page",
        ),
    )


def _header(result: Mapping[str, Any], sentences: Sequence[Mapping[str, Any]]) -> Html:
    documents = [foreign(file["name"]) for file in result.get("files") or () if "refused" not in file]
    more = f" and {len(documents) - 3} more" if len(documents) > 3 else ""
    kicker = together("Summary of ", joined(", ", documents[:3]), more) if documents else "Summary"
    return tag(
        "header",
        tag("p", kicker, class_="kicker"),
        tag("h1", " ".join(result["title"].split()), dir="auto"),
        strip(result["pages"], _weights(result), resting(sentences)) if result["pages"] else "",
        class_="top",
    )


def _summary(result: Mapping[str, Any], names: PageNames) -> Html:
    sentences: Sequence[Mapping[str, Any]] = result.get("sentences") or ()
    language = language_of(result["summary"], (result.get("made") or {}).get("language") or "")
    blocks = to_blocks(result["summary"], sentences, lambda index: chip(index + 1, sentences[index], names))
    hint = tag("p", "Choose the pages behind a sentence to read what it rests on.", class_="small hint")
    return together(
        tag(
            "section",
            tag("h2", "Summary", class_="unseen"),
            tag(
                "div",
                blocks or tag("p", "There is no summary."),
                class_="prose",
                lang=language,
            ),
            id="summary",
            tabindex="-1",
        ),
        tag(
            "section",
            facts(coverage_facts(result)),
            hint if sentences else "",
            class_="glance",
            aria_label="At a glance",
        ),
    )


def _section(name: str, title: str, *inside: object) -> Html:
    return tag(
        "section", tag("h2", title, id=f"about-{name}"), *inside, class_=name, aria_labelledby=f"about-{name}"
    )


def _warnings(result: Mapping[str, Any]) -> Html:
    warnings = [tag("li", " ".join(warning.split()), dir="auto") for warning in result["warnings"]]
    if not warnings:
        return Html()
    positions = [str(page.get("document_page", page["number"])) for page in result["pages"]]
    counted = [page["label"] for page in result["pages"]] == positions
    note = "" if counted else tag("p", "Pages are counted here from the first of the file.", class_="small")
    return _section("warnings", "Warnings", tag("ul", *warnings), note)


def _pages(result: Mapping[str, Any]) -> Html:
    if not result["pages"]:
        return Html()
    words = in_words(result["pages"], resting(result.get("sentences") or ()))
    return _section("pages", "Page by page", words)


def _weights(result: Mapping[str, Any]) -> list[float]:
    """How much the summary rests on each page, 0..1; counted in sentences if nothing better is known."""
    ledger, known = result["pages"], (result.get("coverage") or {}).get("weights") or []
    if len(known) == len(ledger):
        return list(known)
    on = resting(result.get("sentences") or ())
    most = max(map(len, on.values()), default=1)
    return [len(on.get(page["number"], ())) / most for page in ledger]


def _toggles() -> Html:
    """For the script, without which they would do nothing."""
    open_all, close_all = (
        tag("button", name, type="button", data_tree=kind)
        for kind, name in (("open", "Open all"), ("closed", "Close all"))
    )
    return tag("p", open_all, " ", close_all, class_="toggles", hidden=True)
