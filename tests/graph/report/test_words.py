"""The words of a report: English, and Korean for a Korean summary, with nothing left untranslated."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import cast

import pytest

import graph.report
from graph.documents.line import LEFT_OUT as LEFT_OUT_OF_PAGES
from graph.report import to_html, to_markdown
from graph.report.coverage import LEFT_OUT
from graph.report.html.chips import MEANINGS
from graph.report.html.facts import PROMPTS, STEPS
from graph.report.html.index import DOCUMENT, FIGURES, FILTERS
from graph.report.html.summary_tree import LOSSES
from graph.report.korean import KOREAN
from graph.report.words import say, speaking
from graph.results.types import Result
from tests.reports import ParsedHtml, result

ROOM = Path(graph.report.__file__).parent
SUMMARY = "항구는 여섯 시에 문을 연다. 배는 안개가 걷히기 전에 떠난다."
SAID = [("항구는 여섯 시에 문을 연다.", [1], []), ("배는 안개가 걷히기 전에 떠난다.", [2, 3], ["weak support"])]


def texts_of(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may have for a value."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body)
        yield from texts_of(node.orelse)
    elif isinstance(node, ast.Tuple):
        for each in node.elts:
            yield from texts_of(each)


def names_of(targets: list[ast.expr]) -> set[str]:
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def messages() -> set[str]:
    """What the package says: the texts given to `say` and `count`, and those that tables hold for them."""
    found: set[str] = set()
    for path in ROOM.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("say", "count"):
                found |= {text for argument in node.args for text in texts_of(argument)}
            if isinstance(node, ast.Assign) and names_of(node.targets) & {"message", "one", "many"}:
                found |= set(texts_of(node.value))
    tables = (MEANINGS, STEPS, PROMPTS, LOSSES, LEFT_OUT, FILTERS)
    found |= {text for table in tables for text in table.values()} | set(MEANINGS)
    found |= {DOCUMENT, *FIGURES}
    found |= {text[0].upper() + text[1:] for text in LEFT_OUT.values()} | set(LEFT_OUT_OF_PAGES.values())
    return found


def test_every_message_has_its_korean_words() -> None:
    assert len(messages()) > 100
    assert messages() - KOREAN.keys() == set()


@pytest.mark.parametrize("message", sorted(KOREAN))
def test_the_korean_words_are_korean_and_have_the_same_values(message: str) -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    korean = KOREAN[message]
    assert names(korean) <= names(message)
    assert re.search("[가-힣]", korean)


def test_a_report_speaks_the_language_of_its_summary() -> None:
    page = to_html(cast(Result, result(SUMMARY, SAID)))
    assert '<html lang="ko">' in page
    assert '<html lang="en">' in to_html(cast(Result, result()))
    shown = ParsedHtml(page)
    labels = [chip["data-label"] for chip in shown.having(class_="chip")]
    assert labels == ["1쪽", "2–3쪽 · 근거 약함"]
    for words in (shown.words["h2"], shown.words["h3"], shown.words["dt"], shown.words["button"]):
        assert not re.search("[A-Za-z]{3}", words.replace("llm.temperature", "").replace("llm.max_tokens", ""))


def test_markdown_speaks_it_too() -> None:
    text = to_markdown(cast(Result, result(SUMMARY, SAID)))
    assert "[1쪽]" in text
    assert "[2–3쪽?]" in text
    assert "쪽을 읽었습니다" in text
    assert "were read" not in text


def test_a_language_without_words_of_its_own_has_english_ones() -> None:
    german = "Der Hafen öffnet um sechs Uhr und die Boote fahren hinaus, bevor der Nebel sich hebt."
    with speaking(german) as language:
        assert language == "en"
        assert say("Summary") == "Summary"


def test_the_language_ends_with_its_block() -> None:
    with speaking(SUMMARY):
        assert say("Summary") == "요약"
        with speaking("The harbour opens at six in the morning, and the boats leave."):
            assert say("Summary") == "Summary"
        assert say("Summary") == "요약"
    assert say("Summary") == "Summary"
