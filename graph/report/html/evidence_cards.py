"""What a sentence rests on: the chip behind it, and the card that the chip opens. Knows nothing of the summary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graph.report.html.markup import Html, foreign, tag, together
from graph.report.page_names import PageNames

# What a flag means to a reader. It is evidence and no verdict.
_MEANINGS = {
    "weak support": "No passage was found that says this in similar words. It may be put freely, or drawn from"
    " many places; read the pages before you rely on it.",
    "number not in source": "A number of this sentence was not found in the passages. It may be rounded or"
    " worked out; compare it with the page.",
    "name not in source": "A name of this sentence was not found in the passages. It may be spelled another"
    " way; compare it with the page.",
}


def needs_chip(sentence: Mapping[str, Any]) -> bool:
    """A heading rests on nothing, and says nothing that would have to."""
    return bool(sentence["pages"] or sentence["evidence"] or sentence["flags"] or sentence["support"] < 1)


def chip(number: int, sentence: Mapping[str, Any], names: PageNames) -> Html:
    """The button behind sentence `number`: its pages, and its flags in words."""
    if not needs_chip(sentence):
        return Html()
    flags = tag("span", " · ", " · ".join(sentence["flags"]), class_="flags") if sentence["flags"] else ""
    return together(
        Html(" "),
        tag(
            "button",
            tag("span", "Source: ", class_="unseen"),
            tag("sup", number, " ", class_="number"),
            foreign(names(sentence["pages"]) or "no page"),
            flags,
            type="button",
            class_="chip",
            popovertarget=f"e{number}",
        ),
    )


def card(number: int, sentence: Mapping[str, Any], names: PageNames) -> Html:
    """The passages that support sentence `number`, each in its page, with the words that do marked."""
    if not needs_chip(sentence):
        return Html()
    passages = [_passage(evidence, names) for evidence in sentence["evidence"]]
    return tag(
        "div",
        tag(
            "header",
            tag("h3", f"Source of sentence {number}", id=f"h{number}"),
            tag(
                "button",
                tag("span", "×", aria_hidden="true"),
                type="button",
                class_="close",
                popovertarget=f"e{number}",
                popovertargetaction="hide",
                aria_label="Close",
            ),
        ),
        tag("p", sentence["text"], class_="claim", dir="auto"),
        *(_flag(flag) for flag in sentence["flags"]),
        *passages or [tag("p", "No passage of the document was found for it.")],
        tag("p", *_support(sentence), class_="small"),
        id=f"e{number}",
        class_="card",
        popover="auto",
        role="dialog",
        aria_labelledby=f"h{number}",
        tabindex="-1",
        data_of=number,
    )


def _support(sentence: Mapping[str, Any]) -> tuple[str, str]:
    meaning = "how much of the sentence these passages say, as far as words tell."
    return f"Support {sentence['support']:.2f} of 1: ", meaning


def _flag(flag: str) -> Html:
    return tag("p", tag("strong", flag.capitalize(), "."), " ", _MEANINGS.get(flag, ""), class_="flag")


def _passage(evidence: Mapping[str, Any], names: PageNames) -> Html:
    position = names.position(evidence["page"])
    place = together(foreign(names([evidence["page"]])), f", {position}" if position else "")
    return tag(
        "figure",
        tag("figcaption", place),
        tag(
            "blockquote",
            tag("span", evidence["before"], " ", class_="around") if evidence["before"] else "",
            tag("span", *_marked(evidence["excerpt"], evidence["marks"]), class_="excerpt"),
            tag("span", " ", evidence["after"], class_="around") if evidence["after"] else "",
            dir="auto",
        ),
    )


def _marked(excerpt: str, marks: Sequence[Sequence[int]]) -> Iterator[object]:
    """The excerpt in pieces, with its marked ones as elements."""
    place = 0
    for start, end in sorted((mark[0], mark[1]) for mark in marks):
        if place <= start < end <= len(excerpt):
            yield excerpt[place:start]
            yield tag("mark", excerpt[start:end])
            place = end
    yield excerpt[place:]
