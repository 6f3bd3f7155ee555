"""What points to pages is left out; what only looks so stays."""

import re

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


FOUR = ["The Gauge", "The Storm", "The Repair", "What Comes Next"]


def left_of(*pages: list[str]) -> list[str]:
    lines = [[Line(text) for text in page] for page in pages]
    label_contents(lines)
    return [line.text for page in lines for line in page if not line.is_text]


def chapters(*titles: str) -> list[list[str]]:
    return [[title, f"It says of {title.lower()} what there is to say.", "It ends."] for title in titles]


@pytest.mark.parametrize("heading", ["Contents", "Inhalt", "차례"])
def test_a_table_without_page_numbers_goes_when_its_titles_come_again(heading: str) -> None:
    assert left_of([heading, *FOUR], *chapters(*FOUR)) == [heading, *FOUR]
    assert left_of([heading, *FOUR], *chapters("The Tide", "The Sand")) == []
    numbered = [f"{n}. {title}" for n, title in enumerate(FOUR, start=1)]
    assert left_of([heading, *numbered], *chapters(*FOUR)) == [heading, *numbered]


def test_a_list_that_stands_on_every_page_is_no_table_of_contents() -> None:
    sheet = ["Contents", "Boat", "Length", "Draught", "Harbour"]
    assert left_of(sheet, sheet, sheet) == []


@pytest.mark.parametrize(
    "amounts",
    [
        ["1,200", "1,240", "1,300", "2,410", "2,515", "3,600"],
        ["120", "140", "300", "410", "515", "Total 1485"],
        ["€ 12", "€ 14", "€ 30", "€ 41", "€ 51", "€ 60"],
        ["110", "140", "300", "410", "515", "690"],
    ],
    ids=["thousands", "a total", "a currency", "beyond the last page"],
)
def test_expenses_that_grow_stay(amounts: list[str]) -> None:
    names = ["Rent", "Light", "Repairs", "Boats", "Nets", "Lamps"]
    rows = [f"{name} ........ {amount}" for name, amount in zip(names, amounts, strict=True)]
    rows[-1] = re.sub(r"(.*) Total (\d+)", r"Total ........ \2", rows[-1])
    rows = [re.sub(r"(.*?)( \.+) €", r"\1 in €\2", row) for row in rows]
    assert left_of(["Expenses", *rows], *chapters(*FOUR)) == []


def test_an_agenda_goes_only_where_its_items_come_again() -> None:
    items = [
        "Opening",
        "Minutes of May",
        "Budget of the year",
        "Boats and nets",
        "Repairs of the pier",
        "Other matters",
    ]
    agenda = ["Agenda", *(f"{n}. {item} ........ {n + 1}" for n, item in enumerate(items, start=1))]
    assert left_of(agenda, *chapters(*FOUR)) == []
    assert left_of(agenda, *chapters(*(f"{n}. {item}" for n, item in enumerate(items, start=1)))) == agenda[1:]


def test_a_list_of_figures_and_one_of_tables_go_behind_the_contents() -> None:
    figures = [f"Figure {n}: The tide of {n} May ..... {n + 2}" for n in range(1, 6)]
    tables = [f"Table {n}: Boats ..... {n + 4}" for n in range(1, 6)]
    rows = ["Contents", *contents(" ..... "), "List of Figures", *figures, "List of Tables", *tables]
    assert left_of(rows, *chapters("The Tide")) == rows


def test_an_index_over_several_pages_goes_with_what_its_entries_need() -> None:
    entries = [f"{name}, {n + 3}, {n + 40}-{n + 44}" for n, name in enumerate(NAMES)]
    first = [
        "Index",
        "A",
        *entries,
        "boats",
        "built before the storm, in the yard of",
        "Eldena, 12",
        "see also nets",
    ]
    second = ["INDEX", *entries, "gauges of the council, all of which are", "listed elsewhere, 4, 19"]
    third = [*entries, "Z", "zinc, 7"]
    assert left_of(*chapters(*FOUR), first, second, third) == [*first, *second, *third]


@pytest.mark.parametrize(
    "lines",
    [
        ["Contents", "The tide came in at five", "and went at seven", "it took the sand", "and left us even"],
        [f"{n} And the boats of day {n} came in with the tide" for n in range(1, 20)],
        [
            line
            for n in range(5, 45, 5)
            for line in ("And the sand ran on", "and the boats were gone", f"for ever {n}")
        ],
    ],
    ids=["a poem", "verses", "lines counted in fives"],
)
def test_poems_and_verses_stay(lines: list[str]) -> None:
    assert left_of(lines) == []
