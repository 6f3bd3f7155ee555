"""An answer on the page of its document: the question, the answer with its sources, and what is to be known."""

from __future__ import annotations

from markupsafe import Markup

from graph.asking.types import Answer, Answers
from graph.report.citations import is_claim
from graph.report.html.chips import card, chip
from graph.report.html.markup import tag
from graph.report.html.summary import to_blocks
from graph.report.words import say, speaking
from graph.results.page_ranges import page_names


def answer_block(result: Answers, before: int) -> Markup:
    """The answer to the one question. `before` is how many sentences the page has that are numbered already."""
    (answer,) = result["answers"]
    with speaking(answer["answer"]):
        return _block(result, answer, before)


def _block(result: Answers, answer: Answer, before: int) -> Markup:
    names, sentences = page_names(result["pages"]), answer["sentences"]
    blocks = to_blocks(
        answer["answer"], sentences, lambda i: chip(before + i + 1, sentences[i], names), before=before
    )
    unsupported = answer.get("unsupported_answer")
    return tag(
        "article",
        tag("h3", answer["question"], dir="auto"),
        tag("div", blocks, class_="prose"),
        tag(
            "details",
            tag("summary", say("What the model wrote, which the document does not support")),
            tag("p", unsupported, dir="auto"),
        )
        if unsupported
        else "",
        *(tag("p", warning, class_="small", dir="auto") for warning in result["warnings"]),
        *(card(before + i, one, names, {}, {}) for i, one in enumerate(sentences, start=1) if is_claim(one)),
        class_="answer",
        tabindex="-1",
    )
