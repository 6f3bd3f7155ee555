"""The title: what the first page prints largest or the properties say, never a piece of a sentence."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, read_document
from graph.documents.read import choose_title
from tests.pdfs import Line, Sheet, make_pdf

BODY = [
    (72.0, 600.0 - 14 * row, 11.0, "The gauges report the height of the water every ten minutes.")
    for row in range(9)
]


def title_of(lines: list[Line], tmp_path: Path, named: str | None = None) -> str:
    path = tmp_path / "tide notes.pdf"
    path.write_bytes(make_pdf([Sheet(lines)], title=named))
    return read_document(path, LoadConfig())["title"]


@pytest.mark.parametrize(
    "lines",
    [
        ["The library will move into the former post office next year. It costs 2.4", "million euros in all."],
        [
            "The library will move into the old post office in",
            "May, when the forty seats are there.",
            "It opens late.",
        ],
        ["Tickets stay at three euros for the", "whole season, and bicycles travel free."],
        ["港口委员会星期二批准了新防波堤的建设。工程预计需要", "十一个月，费用约为四百万元。"],
    ],
)
def test_a_short_note_has_the_name_of_its_file(lines: list[str], tmp_path: Path) -> None:
    printed: list[Line] = [(72, 760 - 14 * row, 11, text) for row, text in enumerate(lines)]
    assert title_of(printed, tmp_path) == "tide notes"


@pytest.mark.parametrize(
    "lines", [["Case 41", "County Court"], ["The Tide of 1962", "A Report to the Council", "Ann Lee"]]
)
def test_a_cover_in_one_print_has_its_first_line(lines: list[str], tmp_path: Path) -> None:
    assert title_of([(72, 700 - 30 * row, 14, text) for row, text in enumerate(lines)], tmp_path) == lines[0]


@pytest.mark.parametrize(
    "largest",
    ["Table of Contents", "Contents", "doi:10.1000/182", "https://doi.org/10.1000/182", "10.1145/1542476.1542528"],
)
def test_what_names_no_document_is_no_title(largest: str, tmp_path: Path) -> None:
    assert title_of([(72, 700, 20, largest), *BODY], tmp_path) == "tide notes"


def test_the_first_page_wins_over_stale_properties(tmp_path: Path) -> None:
    lines: list[Line] = [(72, 700, 20, "Gauges on the Coast"), *BODY]
    assert title_of(lines, tmp_path, "Budget of the School 2009") == "Gauges on the Coast"
    assert title_of(lines, tmp_path, "Gauges on the Coast: a Report") == "Gauges on the Coast: a Report"
    small: Line = (72, 650, 11, "Eleven lamps for the piles")
    journal: list[Line] = [(72, 700, 20, "The Coast Monthly"), small, *BODY]
    assert title_of(journal, tmp_path, "Eleven Lamps for the Piles") == "Eleven Lamps for the Piles"
    assert title_of(BODY, tmp_path, "Eleven Lamps") == "Eleven Lamps", "nothing speaks against it"


@pytest.mark.parametrize(
    "title",
    ["What is a Tide? A Survey", "Vol. 3: The Coast", "St. Ives and the Sea", "The Contents of the Sea",
     "A/B tests of 3.5 million users",
     "We Were There.", "Dr. Lee on Tides", "Summary of Findings"],
)  # fmt: skip
def test_titles_that_look_like_none_are_titles(title: str) -> None:
    assert choose_title([title]) == title


@pytest.mark.parametrize(
    "title",
    [
        "The crossings begin again in summer. Tickets for residents stay at",
        "The height of the water and",
        "ISSN 1234-5678",
    ],
)
def test_pieces_of_sentences_are_no_titles(title: str) -> None:
    assert choose_title([title]) == ""


def test_a_cover_that_is_mostly_its_title_has_all_of_it(tmp_path: Path) -> None:
    cover: list[Line] = [
        (72, 700, 36, "Gauges on the Coast"),
        (72, 650, 36, "and in the Harbour"),
        (72, 500, 14, "Final report"),
        (72, 480, 14, "May 2021"),
    ]
    assert title_of(cover, tmp_path) == "Gauges on the Coast and in the Harbour"
    assert title_of(cover, tmp_path, "Budget of the School 2009") == "Gauges on the Coast and in the Harbour"


def test_a_short_letter_with_a_small_foot_is_no_cover(tmp_path: Path) -> None:
    lines = [
        "The board met on Monday and heard of the gauges,",
        "which stood too high. It left the lamps as they are.",
    ]
    letter: list[Line] = [(72, 700 - 14 * row, 12, text) for row, text in enumerate(lines)]
    assert title_of([*letter, (72, 60, 8, "Page 1")], tmp_path) == "tide notes"
