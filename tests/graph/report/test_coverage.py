"""How much of a document is in its summary, in words."""

from __future__ import annotations

from typing import Any

import pytest

from graph.report import to_html, to_markdown
from graph.report.coverage import coverage_line, lost_much, percent, unused_documents
from graph.report.markdown import footing
from tests.reports import result


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0%"), (0.0004, "under 0.1%"), (0.013, "1.3%"), (0.09, "9.0%"), (0.096, "10%"), (1.0, "100%")],
)
def test_a_share_is_told_to_a_tenth_of_a_percent_where_that_matters(share: float, words: str) -> None:
    assert percent(share) == words


def test_a_summary_without_a_flag_is_not_called_true() -> None:
    made: Any = result()
    for sentence in made["sentences"]:
        sentence["flags"] = []
    assert coverage_line(made) == (
        "4 of 6 pages were read; the summary has 21 words, 3.1% of the text read. By word overlap, the summary"
        " draws on 4 of 4 pages (100% of the first third, 50% of the second, 0% of the last). No sentence is"
        " flagged; this is word overlap only, not a fact check."
    )


@pytest.mark.parametrize("flag", ["said twice", "says nothing", "weak support", "not a sentence"])
def test_no_sentence_is_flagged_is_never_said_above_a_flagged_one_of_a_chapter(flag: str) -> None:
    made: Any = result()
    for sentence in made["sentences"]:
        sentence["flags"] = []
    flagged = made["sentences"][0] | {"flags": [flag], "evidence": []}
    flagged |= {"start": 0, "end": len(flagged["text"])}
    made["sections"] = [
        {"title": "One", "level": 1, "first_page": 1, "last_page": 2, "start": 0, "end": 9, "pages": [1]}
        | {"summary": flagged["text"], "sentences": [flagged]}
    ]
    count = "1 of 5"  # four of the summary, and this one
    assert f'{count} sentences is flagged with "?" ({flag}: 1)' in coverage_line(made)
    assert f"{count} " in to_html(made)
    for text in (to_markdown(made), to_html(made)):
        assert "No sentence is flagged" not in text
        assert "None of" not in text


def test_it_is_said_that_warnings_count_pages_where_these_are_called_otherwise() -> None:
    made: Any = result()
    assert "\nWarnings:\n" in footing(made)
    for page in made["pages"]:
        page["label"] = f"A-{page['number']}"
    text = footing(made)
    assert "\nWarnings (pages are counted from the start of the file):\n" in text
    assert "\nNot in the summary: p. A-4 (no text); p. A-6 (not selected).\n" in text


def test_what_pages_lost_is_told_by_the_names_of_the_pages() -> None:
    made: Any = result()
    for page, label in zip(made["pages"], [None, "i", "ii", "1", "2", "3"], strict=True):
        page["label"] = label
    for number in (0, 2, 3, 5):
        made["pages"][number]["left_out"] = [{"reason": "page headers", "words": 301, "text": "The Harbour"}]
    made["pages"][2]["left_out"].append({"reason": "references", "words": 1, "text": "[1] A"})
    assert "\nLeft out: page headers (1,204 words), references on p. ii (1 word).\n" in footing(made)
    made["pages"][1]["left_out"] = [{"reason": "references", "words": 99, "text": "[1] B"}]
    assert "references on pp. i–ii (100 words)" in footing(made)


@pytest.mark.parametrize(("kept", "lost", "is_much"), [(900, 100, False), (899, 101, True), (0, 0, False)])
def test_a_page_lost_much_that_lost_more_than_a_tenth_of_its_words(kept: int, lost: int, is_much: bool) -> None:
    entry = {"reason": "references", "words": lost, "text": "[1]"}
    page: Any = {"number": 1, "label": None, "status": "read", "words": kept, "left_out": [entry]}
    assert lost_much(page) is is_much
    assert not lost_much(page | {"status": "references"})


def test_documents_that_no_sentence_draws_on_are_named() -> None:
    made: Any = result()
    for page in made["pages"]:
        page |= {"document": f"{'aabbcc'[page['number'] - 1]}.pdf"}
    made["coverage"]["weights"] = [1.0, 0.5, 0.0, 0.0, 0.1, 0.0]
    assert unused_documents(made) == ["b.pdf"]
    assert "No sentence draws on b.pdf." in coverage_line(made)
    made["coverage"]["weights"] = []  # without grounding
    assert unused_documents(made) == []
