"""What points to pages is left out; what only looks so stays."""

import pytest

from graph.documents.clean.contents import label_contents
from graph.documents.line import Line

TITLES = [
    "Introduction",
    "The Night of the Tide",
    "Repairs",
    "Costs and Who Pays",
    "The Gauges",
    "What Comes Next",
]
NUMBERS = [1, 5, 9, 14, 14, 30]
NAMES = [
    "Adams, Ann",
    "Berg, Per",
    "Dahl, Ida",
    "Eldena",
    "Ferries",
    "Gauges",
    "Holm, Jon",
    "Icebergs",
    "Kelp",
    "Lamps",
]


def left(*texts: str) -> list[str]:
    lines = [Line(text) for text in texts]
    label_contents([lines])
    return [line.text for line in lines if not line.is_text]


def contents(gap: str) -> list[str]:
    return [f"{title}{gap}{number}" for title, number in zip(TITLES, NUMBERS, strict=True)]


@pytest.mark.parametrize("gap", [" ..... ", "\t", " . . . . . ", "  "])
@pytest.mark.parametrize(
    "heading", ["Contents", "Table of Contents", "Inhaltsverzeichnis", "List of Figures", "목차", "目录"]
)
def test_a_table_under_its_heading_goes(heading: str, gap: str) -> None:
    rows = contents(gap)
    assert left(heading, *rows, "The tide came in January.", "It went in March, and left us sand.") == [
        heading,
        *rows,
    ]


def test_dots_are_enough() -> None:
    rows = contents(" .......... ")
    assert left("The Tide", *rows, "It came in January.") == rows


def test_roman_numbers_and_long_titles_are_rows() -> None:
    rows = ["Preface\tix", "A title that is so long that it goes on", "in the next line\t1", *contents("\t")[1:]]
    assert left("Contents", *rows) == ["Contents", *rows]


def test_an_index_of_names_goes() -> None:
    rows = [f"{name}, {n + 3}, {n + 40}-{n + 44}" for n, name in enumerate(NAMES * 2)]
    assert left("Index", *rows, "Printed on the coast.") == ["Index", *rows]


@pytest.mark.parametrize("prices", [[12, 7, 30, 9, 4, 18, 6, 11], [30, 25, 20, 18, 12, 9, 7, 3]])
def test_a_price_list_with_dots_stays(prices: list[int]) -> None:
    assert (
        left(
            "Fish of the day",
            *(f"Dish {n} ......... {price}" for n, price in zip("abcdefgh", prices, strict=True)),
        )
        == []
    )


def test_a_box_called_contents_stays() -> None:
    assert (
        left("Contents", "One lamp with its cable", "Two screws", "A sheet of paper that says how to do it") == []
    )
    assert left("Contents", "Screws 12", "Lamps 2", "Cables 4", "Sheets 1", "The box weighs three kilos.") == []


def test_a_table_with_rising_figures_stays() -> None:
    assert left("Harbours and their boats", *(f"Harbour {n} {n * 12}" for n in range(1, 9))) == []


def test_prose_that_ends_in_numbers_stays() -> None:
    assert left("Index", *(f"The index of prices was {n} in the year {2000 + n}" for n in range(5))) == []
