"""The chip after each sentence, which names its pages, and the card that it opens, with the passages from them."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator, Mapping

from markupsafe import Markup

from graph.grounding.types import Evidence, Flag, Sentence
from graph.report.citations import is_claim, source_of
from graph.report.html.markup import foreign, tag, together
from graph.report.pdf_links import PageLinks
from graph.report.pictures import Pictures
from graph.report.words import cite, say
from graph.results.page_ranges import PageName, are_printed

# What a flag means to a reader: a reason to look, not a verdict.
MEANINGS: dict[Flag, str] = {
    "weak support": "No passage says this in similar words. It may be a paraphrase, or draw on many passages;"
    " read the pages before you rely on it.",
    "number not in source": "A number in this sentence does not appear in the passages. It may be rounded or"
    " calculated; compare it with the page.",
    "unit not in source": "A number in this sentence counts something else in the passages, such as months"
    " instead of years; compare it with the page.",
    "comparison not in source": "The passages say that a number is a bound, such as “at least” or “up to”, and"
    " this sentence does not, or says the other bound; compare it with the page.",
    "name not in source": "A name in this sentence does not appear in the passages, or is put together of two."
    " It may be spelled differently; compare it with the page.",
    "opposite in source": "A passage like this sentence has a “not” or an opposite word that the sentence lacks,"
    " or the other way round. Read which of them it is.",
    "roles differ from source": "A passage has the same words the other way round, as “A beats B” and “B beats A”."
    " Read who does what.",
    "stronger than source": "This sentence is wider or surer than the passages: “all”, “must” or “you” is not in"
    " them, or they say “may”. Read how far they go.",
    "said twice": "The summary has said this before.",
    "says nothing": "Any summary of any document could have this sentence.",
    "not a sentence": "This is a heading over nothing, a row of a table, or broken off.",
    "markup": "This holds tags that are no text.",
    "prompt text": "These are words of the prompt, not of the document.",
}

_SUPPORT = "Support {support} of 1. It measures shared words only and is not a fact check."


def chip(number: int, sentence: Sentence, names: Mapping[int, PageName]) -> Markup:
    """The button after sentence `number`: its pages, and its flags in words. Nothing after a heading.

    What it shows is drawn by the style sheet, so that whoever selects the summary copies the summary alone.
    """
    if not is_claim(sentence):
        return Markup()
    said = [" ".join(source_of(sentence, names).split()) or say("no page"), *map(say, sentence["flags"])]
    return together(
        tag("span", "\N{NO-BREAK SPACE}", class_="glue"),
        tag(
            "button",
            type="button",
            class_="chip",
            popovertarget=f"e{number}",
            aria_label=say("Source: {pages}", pages=", ".join(said)),
            data_flagged=bool(sentence["flags"]),
            data_number=number,
            data_label=" · ".join(said),
        ),
    )


def card(
    number: int, sentence: Sentence, names: Mapping[int, PageName], pictures: Pictures, links: PageLinks
) -> Markup:
    """The passages that support sentence `number`, each in its context, with the shared words marked.

    Each has a link to its page in the PDF, where there is one; the first from a page has the picture of the page,
    if there is one, below it.
    """
    if not is_claim(sentence):
        return Markup()
    of_page = {page: picture for (index, page), picture in pictures.items() if index == number - 1}
    passages = [
        _passage(found, names, of_page.pop(found["page"], None), links.get(found["page"], ""))
        for found in sentence["evidence"]
    ]
    return tag(
        "div",
        tag(
            "header",
            tag("h3", say("Source of sentence {number}", number=number), id=f"h{number}"),
            tag(
                "button",
                tag("span", "×", aria_hidden="true"),
                type="button",
                class_="close",
                popovertarget=f"e{number}",
                popovertargetaction="hide",
                aria_label=say("Close"),
            ),
        ),
        tag("p", sentence["text"], class_="claim", dir="auto"),
        *(_flag(flag) for flag in sentence["flags"]),
        *passages or [tag("p", say("No matching passage was found in the document."))],
        tag("p", say(_SUPPORT, support=f"{sentence['support']:.2f}"), class_="small"),
        id=f"e{number}",
        class_="card",
        popover="auto",
        role="dialog",
        aria_labelledby=f"h{number}",
        tabindex="-1",
        data_sentence=number,
    )


def _flag(flag: Flag) -> Markup:
    return tag("p", tag("strong", say(flag).capitalize(), "."), " ", say(MEANINGS[flag]), class_="flag")


def _passage(evidence: Evidence, names: Mapping[int, PageName], picture: bytes | str | None, link: str) -> Markup:
    name = names[evidence["page"]]
    position = " " + say("(page {position} of the file)", position=name.position) if are_printed([name]) else ""
    opened = tag("a", say("Open in the PDF"), href=link, target="_blank", rel="noopener") if link else ""
    return tag(
        "figure",
        tag("figcaption", foreign(cite([name])), position, " " if link else "", opened),
        tag(
            "blockquote",
            tag("span", evidence["before"], " ", class_="context") if evidence["before"] else "",
            tag("span", *_marked(evidence), class_="excerpt"),
            tag("span", " ", evidence["after"], class_="context") if evidence["after"] else "",
            dir="auto",
        ),
        _picture(picture, cite([name])) if picture else "",
        data_page=evidence["page"],
    )


def _picture(picture: bytes | str, page: str) -> Markup:
    """A small picture that a click makes a large one."""
    if isinstance(picture, str):
        return tag("p", say(picture), class_="small")
    width, height = struct.unpack(">II", picture[16:24])  # of every PNG
    image = tag(
        "img",
        src=f"data:image/png;base64,{base64.b64encode(picture).decode()}",
        alt=say("Picture of {page}, in which the passage is marked where it was found", page=page),
        width=width,
        height=height,
        decoding="async",
    )
    return tag("details", tag("summary", image), class_="page-image")


def _marked(evidence: Evidence) -> Iterator[str]:
    """The excerpt in pieces, with the words it shares with the sentence as elements."""
    excerpt, position = evidence["excerpt"], 0
    for start, end in evidence["marks"]:
        yield excerpt[position:start]
        yield tag("mark", excerpt[start:end])
        position = end
    yield excerpt[position:]
