"""Bookmarks are an outline when the pages bear them out."""

import pytest

from graph.documents.types import Page
from tests.printed import PROSE, bookmark, outline, printed, titles

NAMES = ["The Gauge", "2. The Storm", "THE REPAIR OF THE PIER"]


def pages(*marks: tuple[int, str], levels: tuple[int, ...] = ()) -> list[Page]:
    """Three pages, each with a title in plain print; bookmarks by the page that they lead to."""
    made = [printed(n, PROSE, name, PROSE) for n, name in enumerate(NAMES, start=1)]
    for place, (page, title) in enumerate(marks):
        level = levels[place] if levels else 1
        made[page - 1].setdefault("bookmarks", []).append(bookmark(title, place, level))
    return made


def test_they_begin_at_the_lines_that_they_name() -> None:
    made = pages((1, "The Gauge"), (2, "The storm"), (3, "The Repair of the Pier"), levels=(1, 2, 1))
    sections = outline(*made)
    assert [(s["title"], s["level"], s["first_page"], s["last_page"]) for s in sections] == [
        ("The Gauge", 1, 1, 3),
        ("The storm", 2, 2, 3),
        ("The Repair of the Pier", 1, 3, 3),
    ]
    assert all(section["start"] > 0 for section in sections)


def test_one_that_stands_nowhere_begins_with_its_page() -> None:
    made = pages((1, "The Gauge"), (2, "Winter"), (3, "The Repair of the Pier"))
    gauge, winter, pier = outline(*made)
    assert (winter["first_page"], winter["last_page"], gauge["last_page"]) == (2, 3, 1)
    assert winter["end"] == pier["start"]


def test_one_at_the_foot_of_a_page_is_found_on_the_next() -> None:
    made = pages((1, "The Gauge"), (1, "The Storm"), (3, "The Repair of the Pier"))
    assert [section["first_page"] for section in outline(*made)] == [1, 2, 3]


def test_levels_begin_at_one_and_leave_none_out() -> None:
    made = pages((1, "The Gauge"), (2, "The Storm"), (3, "The Repair of the Pier"), levels=(2, 7, 4))
    assert [level for _, level in titles(*made)] == [1, 2, 2]


@pytest.mark.parametrize(
    "marks",
    [
        [(1, "Untitled")],
        [(1, "The Gauge")],
        [(n, f"Page {n}") for n in (1, 2, 3)],
        [(n, f"Slide {n}") for n in (1, 2, 3)],
        [(n, str(n)) for n in (1, 2, 3)],
        [(1, "a.pdf"), (2, "b.pdf"), (3, "final report.docx")],
        [(n, f"_Toc12345{n}") for n in (1, 2, 3)],
        [(n, f"IMG_00{n}") for n in (1, 2, 3)],
        [(1, "Alpha"), (1, "Beta"), (1, "Gamma")],
        [(1, "The Gauge"), (1, "The Storm"), (1, "The Repair of the Pier")],
        [(3, "Alpha"), (1, "Beta"), (2, "Gamma")],
        [(n % 3 + 1, "Same") for n in range(9)],
        [(n, PROSE) for n in (1, 2, 3)],
        [(1 + n // 4000, f"Entry {n} of the great book of boats") for n in range(10_000)],
    ],
)  # fmt: skip
def test_useless_ones_are_not_believed(marks: list[tuple[int, str]]) -> None:
    assert titles(*pages(*marks)) == []


def test_an_outline_of_a_file_without_headings_is_believed_when_it_names_pages_in_order() -> None:
    assert titles(*pages((1, "Alpha"), (2, "Beta"), (3, "Gamma"))) == [("Alpha", 1), ("Beta", 1), ("Gamma", 1)]


def test_of_very_many_the_deepest_are_not_told() -> None:
    names = [f"The story of boat {'abcdefghij'[n // 100]}{n}" for n in range(700)]
    made = [printed(n, name, PROSE) for n, name in enumerate(names, start=1)]
    for place, (page, name) in enumerate(zip(made, names, strict=True)):
        page["bookmarks"] = [bookmark(name, place, 2 if place % 10 else 1)]
    assert [level for _, level in titles(*made)] == [1] * 70
