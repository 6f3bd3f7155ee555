"""What the nodes make of passages and of the model's answers: answers with their sources, and warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph.asking.passages import Finder
from graph.asking.question import Question
from graph.asking.state import Draft, Looked
from graph.asking.types import Answer, AskedPassage
from graph.asking.verdict import (
    absent,
    as_statement,
    is_in_document,
    is_supported,
    says_so,
    without_flags_of_summaries,
)
from graph.results.stats import HAPPENED
from llm.language.names import language_code

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What a passage that was given to the model counts as evidence, against the rest of the document.
_GIVEN = 1.5


def make_answer(question: Question, looked: Looked, draft: Draft | None, finder: Finder) -> Answer:
    """The answer with its sources; that the document does not say, where it bears out no answer."""
    said = looked["draft"] if "draft" in looked else draft["text"] if draft else ""
    is_quoted = "draft" in looked and bool(said)
    text = said if is_quoted else as_statement(said)
    answer = Answer(
        question=question.text,
        answer=text,
        supported=bool(is_quoted),
        quoted=is_quoted,
        sentences=[],
        passages=_passages(looked, finder),
        finish_reason=draft["finish_reason"] if draft else "stop",
    )
    traced = finder.tracer.trace(text, _preference(looked, finder)) if text else []
    denies = not is_quoted and says_so(text) and not is_in_document(traced)
    supported = True if is_quoted else is_supported(traced, question, finder)
    if text and not denies and supported is not False:
        sentences = [without_flags_of_summaries(one.sentence) for one in traced]
        return answer | {"supported": supported, "sentences": sentences}
    if text and not denies:
        answer["unsupported_answer"] = text
    return answer | {"answer": absent(language_code(looked["language"]) or ""), "supported": False}


def about_question(question: Question, *, quotes: bool) -> list[str]:
    """Warnings of what a question cannot be answered well for."""
    if question.crosses:
        why = "the question and the document are in different languages, so their words cannot be compared"
        if quotes:
            return [f"“{question.text}”: {why}; ask in the document's language, or choose a model that writes."]
        return [
            f"“{question.text}”: {why}; it is answered from the beginning of the document and its key sentences. "
            "Check the answer against the pages."
        ]
    if question.words and len(question.unknown) == len(question.words):
        words = ", ".join(f"“{word}”" for word in question.unknown)
        return [f"“{question.text}”: none of its words ({words}) stands in the document; ask it in other words."]
    return []


def about_draft(question: str, draft: Draft) -> list[str]:
    """Warnings of how a model's answer came out."""
    happened = HAPPENED.get(draft["finish_reason"])
    return [f"“{question}”: the answer {happened.format(key='llm.max_tokens')}."] if happened else []


def _passages(looked: Looked, finder: Finder) -> list[AskedPassage]:
    source = finder.source
    found = []
    for first, last in looked["spans"]:
        pages = source.pages[source.passages[first].first : source.passages[last].last + 1]
        found.append(
            AskedPassage(
                text=finder.between(first, last),
                pages=[page["number"] for page in pages],
                labels=[page["label"] for page in pages],
                start=source.passages[first].start,
                end=source.passages[last].end,
            )
        )
    return found


def _preference(looked: Looked, finder: Finder) -> NDArray[np.float64]:
    import numpy as np

    preference = np.ones(len(finder.source.passages))
    for first, last in looked["spans"]:
        preference[first : last + 1] = _GIVEN
    return preference
