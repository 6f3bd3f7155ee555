"""How much of a document is in its summary, in words."""

from __future__ import annotations

from typing import Any

import pytest

from graph.report.coverage import coverage_line, percent, unused_documents
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
        "4 of 6 pages were read; the summary is 3.1% of their length. By word overlap, the summary draws on 4 of 4"
        " pages (100% of the first third, 50% of the second, 0% of the last). No sentence is flagged; this is word"
        " overlap only, not a fact check."
    )


def test_it_is_said_where_pages_are_counted_and_where_their_labels_are_read() -> None:
    made: Any = result()
    assert "as printed" not in coverage_line(made)
    made["pages"][0]["label"] = "iv"
    assert coverage_line(made).endswith(
        " Pages in brackets are as printed; elsewhere they are counted from the start of the file."
    )


def test_documents_that_no_sentence_draws_on_are_named() -> None:
    made: Any = result()
    for page in made["pages"]:
        page |= {"document": f"{'aabbcc'[page['number'] - 1]}.pdf"}
    made["coverage"]["weights"] = [1.0, 0.5, 0.0, 0.0, 0.1, 0.0]
    assert unused_documents(made) == ["b.pdf"]
    assert "No sentence draws on b.pdf." in coverage_line(made)
    made["coverage"]["weights"] = []  # without grounding
    assert unused_documents(made) == []
