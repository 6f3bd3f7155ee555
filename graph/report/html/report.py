"""A result as one HTML file for people: to read, to check and to print. It asks for nothing from anywhere.

Whatever comes from the document, the model or the user is text in it (markup.py), and no style or script works in
it but the two that stand beside this file (page.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup, escape

from graph.report.citations import all_sentences
from graph.report.html.chapters import chapter_summaries
from graph.report.html.chips import card, chip
from graph.report.html.facts import coverage_facts, run_facts
from graph.report.html.language import language_of
from graph.report.html.markup import foreign, tag, together
from graph.report.html.mended import mended_sentences
from graph.report.html.page import whole_page
from graph.report.html.page_strip import page_facts, page_strip
from graph.report.html.summary import to_blocks
from graph.report.html.summary_tree import summary_tree
from graph.report.pdf_links import PageLinks
from graph.report.pictures import Pictures
from graph.report.words import say, speaking
from graph.results.page_ranges import PageName, are_printed, page_names
from graph.results.types import Result

STYLE = Path(__file__).with_name("report.css")
SCRIPT = Path(__file__).with_name("report.js")


class ReportBody(NamedTuple):
    """What a report shows. Its cards and links work with `SCRIPT`, and it looks as `STYLE` says."""

    header: Markup
    """Of which document, its title, and the strip of its pages; the page's only h1."""
    sections: Markup
    """The inside of `main`. The first is the summary, with the id "summary"."""


def to_html(result: Result, pictures: Pictures | None = None, links: PageLinks | None = None) -> str:
    """The whole report, with pictures of cited pages, and links to them, if there are any."""
    with speaking(result["summary"]) as language:
        return _page(result, pictures or {}, links or {}, language)


def _page(result: Result, pictures: Pictures, links: PageLinks, language: str) -> str:
    body = _body(result, pictures, links)
    skip = tag("a", say("Skip to the summary"), href="#summary", class_="skip")
    report = tag("div", body.header, tag("main", body.sections), class_="report")
    return whole_page(
        f"{' '.join(result['title'].split())} · {say('summary')}",
        together(skip, report),
        language=language,
        style=STYLE.read_text("utf-8"),
        script=SCRIPT.read_text("utf-8"),
        has_images=any(isinstance(picture, bytes) for picture in pictures.values()),
    )


def report_body(
    result: Result, pictures: Pictures | None = None, *, after_summary: Markup | str = ""
) -> ReportBody:
    """The report without the page around it, for a page of one's own, with a section of that after the summary."""
    with speaking(result["summary"]):
        return _body(result, pictures or {}, {}, after_summary)


def _body(result: Result, pictures: Pictures, links: PageLinks, after_summary: Markup | str = "") -> ReportBody:
    names = page_names(result["pages"])
    sentences = enumerate(all_sentences(result), start=1)
    cards = [card(number, sentence, names, pictures, links) for number, sentence in sentences]
    chapters = chapter_summaries(result, names)
    sections = together(
        _summary(result, names),
        after_summary,
        _section("chapters", say("Chapter by chapter"), chapters) if chapters else "",
        _section("sources", say("Where each sentence comes from"), *cards) if any(cards) else "",
        _section("mended", say("Mended sentences"), mended) if (mended := mended_sentences(result)) else "",
        _warnings(result, names),
        _section("pages", say("Page by page"), page_facts(result, names)) if result["pages"] else "",
        _tree(result, names),
        _section("run", say("How it was made"), run_facts(result)),
    )
    return ReportBody(_header(result, names), sections)


def _header(result: Result, names: Mapping[int, PageName]) -> Markup:
    documents = [foreign(file["name"]) for file in result["files"] if "refused" not in file]
    named = escape(", ").join(documents[:3])
    if len(documents) > 3:
        named = together(named, " ", say("and {count} more", count=len(documents) - 3))
    before, _, after = say("Summary of {documents}", documents="\0").partition("\0")
    kicker = together(before, named, after) if documents else say("Summary")
    return tag(
        "header",
        tag("p", kicker, class_="kicker"),
        tag("h1", " ".join(result["title"].split()), dir="auto"),
        page_strip(result, names) if result["pages"] else "",
    )


def _summary(result: Result, names: Mapping[int, PageName]) -> Markup:
    sentences, made = result["sentences"], result["made"]
    blocks = to_blocks(result["summary"], sentences, lambda index: chip(index + 1, sentences[index], names))
    hint = tag("p", say("Select the page numbers after a sentence to read its source."), class_="small hint")
    copied = tag("span", role="status", class_="small", data_said=say("Copied."))
    copy = tag("p", tag("button", say("Copy"), type="button"), " ", copied, class_="copy", hidden=True)
    return together(
        tag(
            "section",
            tag("h2", say("Summary"), class_="visually-hidden"),
            tag(
                "div",
                blocks or tag("p", say("There is no summary.")),
                class_="prose",
                lang=language_of(result["summary"], made["language"]),
            ),
            copy if blocks else "",
            id="summary",
            tabindex="-1",
        ),
        tag(
            "section",
            coverage_facts(result),
            hint if sentences else "",
            class_="glance",
            aria_label=say("At a glance"),
        ),
    )


def _section(name: str, title: str, *inside: object) -> Markup:
    return tag(
        "section", tag("h2", title, id=f"about-{name}"), *inside, class_=name, aria_labelledby=f"about-{name}"
    )


def _warnings(result: Result, names: Mapping[int, PageName]) -> Markup:
    warnings = [tag("li", " ".join(warning.split()), dir="auto") for warning in result["warnings"]]
    if not warnings:
        return Markup()
    note = say("Warnings count pages from the start of the file.") if are_printed(names.values()) else ""
    return _section(
        "warnings", say("Warnings"), tag("ul", *warnings), tag("p", note, class_="small") if note else ""
    )


def _tree(result: Result, names: Mapping[int, PageName]) -> Markup:
    if not result["tree"]:
        return Markup()
    return _section("tree", say("How the summary was put together"), _toggles(), summary_tree(result, names))


def _toggles() -> Markup:
    """For the script, without which they would do nothing."""
    open_all, close_all = (
        tag("button", name, type="button", data_tree=state)
        for state, name in (("open", say("Expand all")), ("closed", say("Collapse all")))
    )
    return tag("p", open_all, " ", close_all, class_="toggles", hidden=True)
