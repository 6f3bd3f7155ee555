"""Numbers in a margin of their own are line numbers; years, clauses, lists and scales are text."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, clean_pages, read_document
from graph.documents.clean.line_numbers import label_line_numbers
from graph.documents.line import Line
from tests.pdfs import Sheet, make_pdf

PROSE = (
    "The county shall keep all dikes in a state that withstands a tide of five metres above the mean, and it "
    "shall report every year to the council what it has done for them, what it has paid, and what is still to do "
    "before the winter comes. Whoever owns land behind a dike shall let the workers of the county pass at all "
    "hours, and shall not dig, plant or build within ten metres of its foot without a letter from the office "
    "that says where, how deep and for how long the work may go on. The office answers such a request within four "
    "weeks, and if it does not, the owner may begin the work after having told the master of the dike, who then "
    "looks at the place and writes down what he has seen there for the council."
)


def rows(width: int = 70) -> list[str]:
    found = [""]
    for word in PROSE.split(" "):
        if len(found[-1]) + len(word) > width:
            found.append("")
        found[-1] = f"{found[-1]} {word}".strip()
    return found


def texts_of(sheets: list[Sheet], tmp_path: Path) -> list[str]:
    path = tmp_path / "draft.pdf"
    path.write_bytes(make_pdf(list(sheets)))
    return [page["text"] for page in clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())]


def draft(first: int, step: int, x: float) -> Sheet:
    lines = [(90.0, 720.0 - 20 * row, 11.0, text) for row, text in enumerate(rows())]
    numbers = [
        (x, 720.0 - 20 * row, 9.0, str(first + row)) for row in range(len(rows())) if (first + row) % step == 0
    ]
    return Sheet([*lines, *numbers])


@pytest.mark.parametrize("x", [60.0, 540.0])
@pytest.mark.parametrize("step", [1, 2])
def test_numbers_left_or_right_of_all_lines_go_on_over_pages(x: float, step: int, tmp_path: Path) -> None:
    texts = texts_of([draft(1, step, x), draft(1 + len(rows()), step, x)], tmp_path)
    assert texts == [PROSE, PROSE]


def test_every_fifth_line_is_numbered(tmp_path: Path) -> None:
    tall = [(90.0, 780.0 - 13 * row, 11.0, text) for row, text in enumerate(rows(32))]
    fifth = [(60.0, 780.0 - 13 * row, 9.0, str(row + 1)) for row in range(4, len(tall), 5)]
    assert texts_of([Sheet([*tall, *fifth])], tmp_path) == [PROSE]


CHRONICLE = [f"The mill of village {letter} burnt down and was built anew." for letter in "abcdefghijkl"]


@pytest.mark.parametrize("first", [1, 1990, 101])
@pytest.mark.parametrize("gap", [" ", "\t", ". "])
def test_what_begins_a_line_of_its_own_is_text(first: int, gap: str) -> None:
    """Years, items of a list, the first column of a table."""
    lines = [Line(f"{first + row}{gap}{text}") for row, text in enumerate(CHRONICLE)]
    label_line_numbers([lines])
    assert all(line.is_text for line in lines)


def test_years_beside_full_lines_of_prose_stay() -> None:
    lines = [Line(f"{1990 + row} {text}") for row, text in enumerate(rows())]
    label_line_numbers([lines])
    assert [line.text[:4] for line in lines] == [str(1990 + row) for row in range(len(rows()))]


@pytest.mark.parametrize("right", ["{},000 euros", "{} metres", "Tide {}"])
@pytest.mark.parametrize("first", [1, 2010])
def test_a_column_of_a_table_stays(first: int, right: str, tmp_path: Path) -> None:
    cells = [(72.0, 700.0 - 16 * row, 11.0, str(first + row)) for row in range(10)]
    cells += [(200.0, 700.0 - 16 * row, 11.0, right.format(812 + 37 * row)) for row in range(10)]
    (text,) = texts_of([Sheet([(72.0, 740.0, 11.0, "The ferry earned more."), *cells])], tmp_path)
    for row in range(10):
        assert str(first + row) in text.split()


def test_the_scale_of_a_chart_beside_text_stays(tmp_path: Path) -> None:
    lines = [(120.0, 720.0 - 14 * row, 11.0, text) for row, text in enumerate(rows())]
    scale = [(60.0, 715.0 - 21.3 * row, 8.0, str(row + 1)) for row in range(6)]
    (text,) = texts_of([Sheet([*lines, *scale])], tmp_path)
    assert {"1", "2", "3", "4", "5", "6"} <= set(text.split())


def test_a_count_that_begins_anywhere_is_none() -> None:
    """The hours of a timetable: line numbers begin at 1, or go on from the page before."""
    lines = [Line(f"{6 + row} {text}") for row, text in enumerate(rows())]
    label_line_numbers([lines])
    assert all(line.is_text for line in lines)


def test_clauses_of_several_lines_stay() -> None:
    lines = [Line(f"{row // 2 + 1} {text}" if row % 2 == 0 else text) for row, text in enumerate(rows(40))]
    label_line_numbers([lines])
    assert all(line.is_text for line in lines)
