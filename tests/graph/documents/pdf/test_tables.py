"""Rows of tables stay rows, however the file draws them; what only stands in columns is no table."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from graph.documents import LoadConfig, clean_pages, read_document
from tests.pdfs import Line, Sheet, make_pdf

_WIDTHS = {".": 0.278, ",": 0.278, "-": 0.333, "(": 0.333, ")": 0.333, " ": 0.278, "%": 0.889}
Row = Sequence[str]

HOUSES = [
    ["House", "Guests"], ["Hotel Adler", "4,210"], ["Hotel Krone", "1,875"], ["Pension Moser", "960"],
    ["Haus am Bach", "1,344"], ["Kurhaus", "7,020"],
]  # fmt: skip
ACCOUNTS = [
    ["Account", "2006", "2007", "Change"], ["Sales of tickets", "12,400", "13,050", "5.2%"],
    ["Sales of food", "8,210", "7,990", "-2.7%"], ["Gifts", "300", "1,150", "283.3%"],
    ["Costs of staff", "(9,400)", "(9,850)", "4.8%"], ["Result", "11,510", "12,340", "7.2%"],
]  # fmt: skip
RIVERS = [
    ["River", "Mouth", "Length", "Area", "Bridges"], ["Aller", "Weser", "215", "15,721", "61"],
    ["Eder", "Fulda", "176", "3,362", "48"], ["Fulda", "Weser", "220", "6,947", "70"],
    ["Leine", "Aller", "281", "6,512", "83"], ["Oker", "Aller", "128", "1,822", "35"],
]  # fmt: skip
ABOVE: list[Line] = [(72, 780, 11, "The table gives what was counted in the past season, and no more than that.")]
BELOW: list[Line] = [(72, 300, 11, "What was not counted is left out of it, for nobody knows how much it was.")]
PROSE = [
    "The committee met to hear what", "the towns along the river had to", "say of the plan, and it heard that",
    "they thought little of it, for no", "one had asked them and no one", "would pay for the bridges that",
    "the plan was silent about. It then", "went on to the schools, of which", "there are eleven, and to the one",
    "road that leads to them all, and", "came back to the bridges in the", "end, when most had gone home.",
]  # fmt: skip


def right_of(text: str, size: float) -> float:
    return size * sum(_WIDTHS.get(letter, 0.556) for letter in text)


def table(
    rows: Sequence[Row],
    xs: Sequence[float],
    *,
    by: str = "columns",
    top: float = 740,
    leading: float = 18,
    left: Sequence[int] = (0,),
) -> list[Line]:
    """Cells at `xs`: columns in `left` begin there, figures and their heads end there."""
    cells = [
        (row, column, (x if column in left else x - right_of(text, 11), top - leading * row, 11, text))
        for row, texts in enumerate(rows)
        for column, (text, x) in enumerate(zip(texts, xs, strict=True))
        if text
    ]
    if by == "columns":
        cells.sort(key=lambda cell: (cell[1], cell[0]))
    return [cell for _, _, cell in cells]


def read(tmp_path: Path, *pages: list[Line]) -> list[str]:
    """The lines of the cleaned pages."""
    path = tmp_path / "table.pdf"
    path.write_bytes(make_pdf([Sheet(lines) for lines in pages]))
    cleaned = clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())
    return [line for page in cleaned for line in page["text"].split("\n") if line]


def rows_of(rows: Sequence[Row]) -> list[str]:
    return [" | ".join(cell for cell in row if cell) for row in rows]


XS = {2: [90, 360], 4: [72, 300, 390, 480], 5: [72, 180, 330, 420, 500]}
LEFT = {2: (0,), 4: (0,), 5: (0, 1)}


@pytest.mark.parametrize("by", ["columns", "rows"])
@pytest.mark.parametrize("rows", [HOUSES, ACCOUNTS, RIVERS], ids=["two columns", "four columns", "five columns"])
def test_a_row_is_one_line_however_it_is_drawn(tmp_path: Path, rows: list[list[str]], by: str) -> None:
    drawn = table(rows, XS[len(rows[0])], by=by, left=LEFT[len(rows[0])])
    assert read(tmp_path, [*ABOVE, *drawn, *BELOW]) == [ABOVE[0][3], *rows_of(rows), BELOW[0][3]]


@pytest.mark.parametrize("by", ["columns", "rows"])
def test_an_empty_cell_leaves_the_figures_with_their_names(tmp_path: Path, by: str) -> None:
    rows = [list(row) for row in ACCOUNTS]
    rows[2][1] = rows[3][3] = ""
    found = read(tmp_path, [*ABOVE, *table(rows, XS[4], by=by), *BELOW])
    assert "Sales of food | | 7,990 | -2.7%" in found
    assert "Gifts | 300 | 1,150" in found


@pytest.mark.parametrize("by", ["columns", "rows"])
def test_names_that_wrap_are_one_cell(tmp_path: Path, by: str) -> None:
    names = ["Guests of", "the two inns and", "Guests of all the", "Others"]
    rest = ["the hotel", "of the hostel", "other houses", ""]
    figures = ["4,210", "1,875", "960", "731"]
    first = [(90.0, 740 - 36.0 * row, 11.0, name) for row, name in enumerate(names)]
    more = [(90.0, 728 - 36.0 * row, 11.0, name) for row, name in enumerate(rest) if name]
    last = [(360 - right_of(text, 11), 740 - 36.0 * row, 11.0, text) for row, text in enumerate(figures)]
    labels = sorted(first + more, key=lambda line: -line[1])
    drawn = labels + last if by == "columns" else sorted(labels + last, key=lambda line: (-line[1], line[0]))
    found = read(tmp_path, [*ABOVE, *drawn, *BELOW])
    assert found[1:-1] == [
        "Guests of the hotel | 4,210", "the two inns and of the hostel | 1,875",
        "Guests of all the other houses | 960", "Others | 731",
    ]  # fmt: skip


@pytest.mark.parametrize("by", ["columns", "rows"])
def test_a_name_that_begins_above_its_figure_is_whole(tmp_path: Path, by: str) -> None:
    rows = [["Others", "960"], ["Guests of the hotel and", ""], ["of the two inns", "4,210"], ["All", "5,170"]]
    found = read(tmp_path, [*ABOVE, *table(rows, [90, 360], by=by, leading=14), *BELOW])
    assert found[1:-1] == ["Others | 960", "Guests of the hotel and of the two inns | 4,210", "All | 5,170"]


def test_signs_of_money_belong_to_their_figures(tmp_path: Path) -> None:
    rows = [
        ["Cash", "$", "4,210", "$", "3,900"], ["Stocks", "", "1,875", "", "1,700"],
        ["Land", "", "960", "", "960"], ["All", "$", "7,045", "$", "6,560"],
    ]  # fmt: skip
    drawn = table(rows, [72, 250, 330, 390, 470], by="rows", left=(0, 1, 3))
    found = read(tmp_path, [*ABOVE, *drawn, *BELOW])
    assert found[1:-1] == [
        "Cash | $ 4,210 | $ 3,900", "Stocks | 1,875 | 1,700", "Land | 960 | 960", "All | $ 7,045 | $ 6,560",
    ]  # fmt: skip


def test_dots_lead_to_figures(tmp_path: Path) -> None:
    names = ["Wages", "Rent", "Light and heat", "Repairs"]
    figures = [("12,400", "11,950"), ("3,600", "3,600"), ("1,120", "990"), ("480", "1,310")]
    drawn: list[Line] = []
    for row, (name, (one, other)) in enumerate(zip(names, figures, strict=True)):
        y = 740 - 16.0 * row
        dots = " . . . . . . . . . . . . . ."
        drawn += [(72, y, 11, name + dots), (350 - right_of(one, 11), y, 11, one)]
        drawn += [(450 - right_of(other, 11), y, 11, other)]
    found = read(tmp_path, [*ABOVE, *drawn, *BELOW])
    assert [line.replace(" .", "") for line in found[1:-1]] == [
        f"{name} | {one} | {other}" for name, (one, other) in zip(names, figures, strict=True)
    ]


def test_a_table_in_one_column_of_a_page_leaves_the_other_alone(tmp_path: Path) -> None:
    left = [(60.0, 740 - 14.0 * row, 10.0, text) for row, text in enumerate(PROSE)]
    rows = table(HOUSES, [330, 520], top=740, leading=14)
    found = read(tmp_path, [*left, *rows])
    assert found[-6:] == rows_of(HOUSES)
    assert " ".join(found[:-6]) == " ".join(PROSE)


def test_heads_of_several_lines_are_one_row(tmp_path: Path) -> None:
    head: list[Line] = [(300, 770, 11, "Number of"), (400, 770, 11, "Nights in"), (90, 758, 11, "House")]
    head += [(300, 758, 11, "guests"), (400, 758, 11, "the year")]
    rows = [[name, figure, f"{index}1,20{index}"] for index, (name, figure) in enumerate(HOUSES)][1:]
    drawn = table(rows, [90, 345, 445], top=738)
    found = read(tmp_path, [(72, 800, 11, "Guests and nights of the year, house by house."), *head, *drawn])
    assert found[1:] == ["House | Number of guests | Nights in the year", *rows_of(rows)]


def test_a_table_that_goes_on_loses_no_row_and_no_title(tmp_path: Path) -> None:
    pages = []
    for number in range(4):
        rows = [["Item", "In stock", "Price"]]
        rows += [[f"Part {'abcdefgh'[row]}{number}", f"{row + 2}", f"{3 * row + number}.50"] for row in range(8)]
        pages.append([(72.0, 790.0, 12.0, f"Table {number + 1}. Parts of the pump"), *table(rows, [72, 300, 420])])
    found = read(tmp_path, *pages)
    for number in range(4):
        assert f"Table {number + 1}. Parts of the pump" in found
        for row in range(8):
            assert f"Part {'abcdefgh'[row]}{number} | {row + 2} | {3 * row + number}.50" in found
    assert found.count("Item | In stock | Price") == 4


def test_bars_of_a_chart_have_their_names(tmp_path: Path) -> None:
    names, shares = ["On foot", "By bicycle", "By bus", "By car"], ["12%", "31%", "7%", "50%"]
    drawn = [(130.0 + 4 * int(share[:-1]), 740 - 25.0 * row, 10.0, share) for row, share in enumerate(shares)]
    drawn += [(120 - right_of(name, 10), 740 - 25.0 * row, 10.0, name) for row, name in enumerate(names)]
    found = read(tmp_path, [*ABOVE, *drawn, *BELOW])
    assert found[1:-1] == [f"{name} | {share}" for name, share in zip(names, shares, strict=True)]


def test_a_text_that_goes_on_beside_a_table_is_no_part_of_it(tmp_path: Path) -> None:
    text: list[Line] = [(60.0, 760 - 14.0 * row, 10.0, line) for row, line in enumerate(PROSE)]
    rows = table(ACCOUNTS, [320, 450, 505, 560], by="rows", top=732, leading=14)
    found = read(tmp_path, [*text, *rows])
    assert [line for line in found if "|" in line] == rows_of(ACCOUNTS)
    assert " ".join(line for line in found if "|" not in line) == " ".join(PROSE)


# What is no table.


def columns_of(xs: Sequence[float], *, by: str) -> list[Line]:
    texts = [PROSE[index:] + PROSE[:index] for index in range(len(xs))]
    return table(list(zip(*texts, strict=True)), xs, by=by, leading=14, left=range(len(xs)))


NAMES = ["Anna Berg", "Bruno Carl", "Clara Dorn", "David Ernst", "Edith Fink", "Fritz Gross"]
TERMS = ["Bank", "Dike", "Lock", "Weir"]
CODE = ["x = 1", "y = x + 1", "z = x * y", "print(z)"]
CONTROLS: dict[str, list[Line]] = {
    "two columns of prose": columns_of([60, 330], by="columns"),
    "three columns of prose": columns_of([40, 220, 400], by="columns"),
    "a numbered list": [
        line
        for row, text in enumerate(PROSE[:6])
        for line in [(72.0, 740 - 14.0 * row, 11.0, f"{row + 1}."), (110.0, 740 - 14.0 * row, 11.0, text)]
    ],
    "numbered lines": [
        line
        for row, text in enumerate(PROSE)
        for line in [(50.0, 740 - 14.0 * row, 9.0, str(row + 1)), (90.0, 740 - 14.0 * row, 11.0, text)]
    ],
    "years and what happened in them": [
        line
        for row, text in enumerate(PROSE)
        for line in [(72.0, 740 - 14.0 * row, 11.0, str(1900 + 7 * row) if row % 2 == 0 else "")] * (row % 2 == 0)
        + [(120.0, 740 - 14.0 * row, 11.0, text)]
    ],
    "names in two columns": table([NAMES[i : i + 2] for i in range(0, 6, 2)], [72, 300], left=(0, 1)),
    "two addresses": table(
        [["Anna Berg", "Bruno Carl"], ["12 High Street", "3 Low Road"], ["Leeds LS1 4AB", "York YO1 7HH"]],
        [72, 330], left=(0, 1), leading=14,
    ),
    "speakers beside what they say": [
        line
        for row, text in enumerate(PROSE)
        for line in [(60.0, 740 - 14.0 * row, 11.0, NAMES[row // 4])] * (row % 4 == 0)
        + [(160.0, 740 - 14.0 * row, 11.0, text)]
    ],
    "terms and what they mean": [
        line
        for row, text in enumerate(PROSE)
        for line in [(60.0, 740 - 14.0 * row, 11.0, TERMS[row // 3])] * (row % 3 == 0)
        + [(160.0, 740 - 14.0 * row, 11.0, text)]
    ],
    "verse with every fifth line numbered": [
        line
        for row, text in enumerate(PROSE)
        for line in [(72.0, 740 - 14.0 * row, 11.0, text)]
        + [(400.0, 740 - 14.0 * row, 9.0, str(row + 1))] * (row % 5 == 4)
    ],
    "numbered formulas": [
        line
        for row, text in enumerate(["a = b + c", "d = e + f", "g = h + i", "k = l + m"])
        for line in [(150.0, 740 - 20.0 * row, 11.0, text), (480.0, 740 - 20.0 * row, 11.0, f"({row + 1})")]
    ],
    "the axis of a chart beside text": [
        line
        for row, text in enumerate(PROSE)
        for line in [(72.0, 740 - 14.0 * row, 9.0, f"{97 - row / 2:.1f}"), (330.0, 740 - 14.0 * row, 10.0, text)]
    ],
    "code and its comments": [
        line
        for row, text in enumerate(CODE)
        for line in [(72.0, 740 - 14.0 * row, 11.0, text), (250.0, 740 - 14.0 * row, 11.0, f"# step {row}")]
    ],
}  # fmt: skip


@pytest.mark.parametrize("lines", CONTROLS.values(), ids=CONTROLS)
def test_what_only_stands_in_columns_is_no_table(tmp_path: Path, lines: list[Line]) -> None:
    found = "\n".join(read(tmp_path, [*ABOVE, *lines]))
    assert "|" not in found


@pytest.mark.parametrize("by", ["columns", "rows"])
def test_rows_without_a_figure_are_rows_and_the_last_column_of_words_is_theirs(tmp_path: Path, by: str) -> None:
    rows = [
        ["harbour.lamps", "true", "whether lamps are lit at night"],
        ["harbour.doors", "true", "whether doors are locked"],
        ["harbour.berths", "45", "places for boats of any size"],
        ["harbour.depth", "10", "metres at low water"],
        ["harbour.cranes", "30", "cranes that stand on the quay"],
        ["harbour.name", "none", "what the sign says of it"],
        ["harbour.tide", "auto", "what the gauge tells of it"],
        ["harbour.weight", "1500", "tonnes that a crane lifts"],
        ["harbour.length", "1000", "metres of the longest quay"],
    ]
    page = ABOVE + table(rows, [72, 190, 240], by=by, left=(0, 1, 2))
    assert read(tmp_path, page)[-len(rows) :] == rows_of(rows)
