"""The language of a run's summary, where prompts.language is `same`: that of its document, under its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from chains.prompts import Prompts
from graph.documents.types import Page
from llm.language.detect import detect_language, dominant_language
from llm.language.names import language_name


def summary_language(prompts: Prompts, pages: Iterable[Page]) -> tuple[str, list[str]]:
    """What the prompts are to call the language, in Korean if they are; "" if they say it themselves.

    And warnings: of a language that cannot be told, and of several documents in more than one. That of most
    documents is then taken, and of those with as many the one that comes first.
    """
    if not prompts.follows_document:
        return "", []
    found: list[str] = []
    for _, own in groupby(pages, key=lambda page: page.get("document")):
        text = "\n\n".join(page["text"] for page in own if page["text"])
        found += [dominant_language(text)] if text else []
    counted = Counter(code for code in found if code)
    if not counted:
        what = "the document has" if len(found) < 2 else "the documents have"
        return "", [
            f"prompts.language: same: which language {what} cannot be told (there are several, or too few "
            "letters, or the program does not know it), so that is left to the model."
        ]
    ((code, _),) = counted.most_common(1)  # of those that are as frequent, the one that was met first
    name = language_name(code, in_korean=detect_language(prompts.text("final")) == "ko")
    if len(set(found)) == 1:
        return name, []
    others = ", ".join(
        f"{count} in {language_name(other)}" for other, count in counted.most_common() if other != code
    )
    unknown = f"{found.count('')} in another or several" if "" in found else ""
    rest = ", ".join(filter(None, [others, unknown]))
    return name, [
        f"prompts.language: same: {counted[code]} of {len(found)} documents are in {language_name(code)}, as the "
        f"summary is, {rest}."
    ]
