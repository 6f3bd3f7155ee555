"""How pages are written for people."""

from __future__ import annotations

from typing import Any, cast

import pytest

from graph.documents.types import FileRecord
from graph.results.page_ranges import cite, in_pages, page_names, page_ranges
from graph.results.types import PageRecord


def ledger(*labels: str, **more: Any) -> list[PageRecord]:
    """Pages with these labels; "" for one that has none."""
    return [
        cast(PageRecord, {"number": n, "label": label or None, "status": "read", **more})
        for n, label in enumerate(labels, start=1)
    ]


@pytest.mark.parametrize(
    ("pages", "words"), [([3], "3"), ([1, 2, 3], "1–3"), ([7, 1, 2, 9, 8], "1–2, 7–9"), ([], ""), ([2, 2], "2")]
)
def test_page_numbers_are_joined_to_ranges(pages: list[int], words: str) -> None:
    assert page_ranges(pages) == words


def test_of_several_files_each_has_its_own_numbers() -> None:
    files = [
        FileRecord(name="a.pdf", first_page=1, pages=3),
        FileRecord(name="b.pdf", first_page=4, pages=0),
        FileRecord(name="c.pdf", first_page=4, pages=9),
    ]
    assert in_pages([5, 2, 3], files) == "a.pdf pages 2–3, c.pdf page 2"
    assert in_pages([5], files[:1]) == "page 5"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["", "", "", ""], "PDF pp. 1–4"),
        (["1", "2", "3", "4"], "pp. 1–4"),
        (["i", "ii", "iii", "1"], "pp. i–iii, 1"),
        (["x", "x", "", ""], "PDF pp. 1–4"),  # no label names one page alone
        (["2", "", "5", ""], "p. 2, PDF p. 2, p. 5, PDF p. 4"),
        (["", "2", "3", "", "1"], "PDF p. 1, pp. 2–3, PDF p. 4, p. 1"),
        (["", "", "", "1", "2", "3"], "PDF pp. 1–3, pp. 1–3"),
        (["A-1", "A-2", "B-1", "B-2"], "pp. A-1–A-2, B-1–B-2"),
        (["IX", "X", "Cover", "1", "3"], "pp. IX–X, Cover, 1, 3"),
        (["1", "2", "3", "", "1", "2"], "PDF pp. 1–6"),  # an annex that starts again
        (["v", "V", "vi", "vii"], "PDF pp. 1–4"),
        (["ch. 1", "ch. 2", "ch. 4"], "ch. 1–2, 4"),
        (["opening", "ch. 1", "ch. 2, part 2"], "opening, ch. 1, ch. 2, part 2"),
        (["ch. Preface", "ch. 1", "ch. 2"], "ch. Preface, ch. 1–2"),
        (["slide 3"], "slide 3"),
        (["slide 3", "slide 4", "slide 9"], "slides 3–4, 9"),
        (["sheet Costs", "sheet p. 7"], "sheet Costs, sheet p. 7"),
    ],
)
def test_pages_are_cited_as_printed_and_as_positions_where_that_is_clear(labels: list[str], words: str) -> None:
    assert cite(page_names(ledger(*labels)).values()) == words


def test_no_page_is_cited_as_nothing_and_one_in_the_singular() -> None:
    assert cite([]) == ""
    assert cite(page_names(ledger("iv")).values()) == "p. iv"


def test_pages_of_several_documents_are_cited_with_their_names() -> None:
    two = [
        PageRecord(number=1, label="1", status="read", document="a b.pdf", document_page=1),
        PageRecord(number=2, label="2", status="read", document="a b.pdf", document_page=2),
        PageRecord(number=3, label="ii", status="read", document="c.pdf", document_page=1),
        PageRecord(number=4, label=None, status="read", document="c.pdf", document_page=2),
    ]
    assert cite(page_names(two).values()) == "a b.pdf pp. 1–2; c.pdf p. ii, PDF p. 2"
    assert cite(page_names(two[:1]).values()) == "p. 1"


def test_of_very_many_pages_the_first_are_named_and_the_others_counted() -> None:
    assert page_ranges([*range(1, 99, 2), 99, 100]) == "1, 3, 5, 7, 9, 11, 13 and 44 more"
    unprinted = list(page_names(ledger(*[""] * 40)).values())
    assert cite(unprinted[::2]) == "PDF pp. 1, 3, 5, 7, 9, 11, 13 and 13 more"
    half_printed = page_names(ledger(*(part for number in range(1, 40, 2) for part in (str(number), ""))))
    assert cite(half_printed.values()) == "p. 1, PDF p. 2, p. 3, PDF p. 4, p. 5, PDF p. 6, p. 7 and 33 more"


def test_so_are_very_many_documents() -> None:
    pages = [page | {"document": f"{page['number']}.pdf", "document_page": 1} for page in ledger(*["1"] * 30)]
    said = cite(page_names(cast(list[PageRecord], pages)).values())
    assert said == f"{'; '.join(f'{number}.pdf p. 1' for number in range(1, 8))} and 23 more"
