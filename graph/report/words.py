"""The words of a report, in the language of its summary where they are known, and in English elsewhere.

As with gettext, the English words are the names of the messages. The language is that of the context, which a
thread or a task has to itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from graph.report.korean import KOREAN
from graph.results.page_ranges import CiteWords, PageName
from graph.results.page_ranges import cite as cite_with
from llm.language.detect import detect_language

_CATALOGS: Mapping[str, Mapping[str, str]] = {"ko": KOREAN}

_catalog: ContextVar[Mapping[str, str]] = ContextVar("_catalog", default={})  # noqa: B039 - nothing writes into it


@contextmanager
def speaking(text: str) -> Iterator[str]:
    """Within the block, `say` speaks the language of `text`. Gives its tag: "en" for unknown ones."""
    language = detect_language(text, fallback="")
    token = _catalog.set(_CATALOGS.get(language, {}))
    try:
        yield language if language in _CATALOGS else "en"
    finally:
        _catalog.reset(token)


def say(message: str, **values: object) -> str:
    """The message, with values in place of names in braces."""
    return _catalog.get().get(message, message).format(**values)


def count(number: int, one: str, many: str, **values: object) -> str:
    """The message for one or for many, with {count} beside other values."""
    return say(one if number == 1 else many, count=f"{number:,}", **values)


def cite(names: Iterable[PageName]) -> str:
    """The pages as `graph.results.page_ranges.cite` has them, in the language of the report."""
    words = CiteWords(
        page=say("p. {pages}", pages="{pages}"),
        pages=say("pp. {pages}", pages="{pages}"),
        position=say("PDF p. {pages}", pages="{pages}"),
        positions=say("PDF pp. {pages}", pages="{pages}"),
        more=say("{pages} and {count} more", pages="{pages}", count="{count}"),
    )
    return cite_with(names, words)
