"""The summaries of the chapters, below a list that leads to them."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from graph.report.citations import written_chapters
from graph.report.html.chips import chip
from graph.report.html.language import language_of
from graph.report.html.markup import foreign, tag, together
from graph.report.html.summary import to_blocks
from graph.report.words import cite, say
from graph.results.page_ranges import PageName
from graph.results.types import Result, SectionRecord


def chapter_summaries(result: Result, names: Mapping[int, PageName]) -> Markup:
    """Nothing, if no chapter has a summary. Their sentences are numbered behind those of the whole."""
    entries, chapters = list[Markup](), list[Markup]()
    number = len(result["sentences"])
    for index, (section, deeper) in enumerate(written_chapters(result), start=1):
        entries.append(_entry(index, section, names, deeper))
        chapters.append(_chapter(index, section, names, number, result["made"]["language"], deeper))
        number += len(section.get("sentences", []))
    if not chapters:
        return Markup()
    return together(tag("nav", tag("ol", *entries, class_="contents"), aria_label=say("Chapters")), *chapters)


def _entry(index: int, section: SectionRecord, names: Mapping[int, PageName], deeper: int) -> Markup:
    link = tag("a", section["title"], href=f"#chapter{index}", dir="auto")
    return tag("li", link, " ", _pages(section, names), class_=f"deeper-{min(deeper, 3)}" if deeper else None)


def _chapter(
    index: int, section: SectionRecord, names: Mapping[int, PageName], before: int, language: str, deeper: int
) -> Markup:
    sentences = section.get("sentences", [])

    def own_chip(place: int) -> Markup:
        return chip(before + place + 1, sentences[place], names)

    blocks = to_blocks(section["summary"], sentences, own_chip, before)
    return tag(
        "article",
        tag(f"h{min(3 + deeper, 6)}", section["title"], id=f"chapter{index}", dir="auto", tabindex="-1"),
        tag("p", _pages(section, names)),
        tag("div", blocks, class_="prose", lang=language_of(section["summary"], language)),
        aria_labelledby=f"chapter{index}",
    )


def _pages(section: SectionRecord, names: Mapping[int, PageName]) -> Markup:
    return tag("span", foreign(cite(names[page] for page in section["pages"])), class_="small")
