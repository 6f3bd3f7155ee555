"""Pages drawn line by line across their columns are read column by column; others keep their own order."""

from pathlib import Path
from textwrap import wrap

import pytest

from graph.documents import LoadConfig, read_document
from tests.pdfs import Line, Sheet, make_pdf

LEFT = [f"left line {word} of the first column, all" for word in "abcdefghijkl"]
RIGHT = [f"right line {word} of the second column it" for word in "abcdefghijkl"]


def read(tmp_path: Path, lines: list[Line]) -> list[str]:
    path = tmp_path / "columns.pdf"
    path.write_bytes(make_pdf([Sheet(lines)]))
    return [line for line in read_document(path, LoadConfig())["pages"][0]["text"].split("\n") if line]


def across(left: list[str], right: list[str], x: float = 320) -> list[Line]:
    """Lines of two columns in the order a careless program draws them; their base lines differ a little."""
    lines: list[Line] = []
    for row, (one, other) in enumerate(zip(left, right, strict=True)):
        lines += [(60, 700 - 14 * row, 10, one), (x, 694 - 14 * row, 10, other)]
    return lines


def test_columns_drawn_line_by_line_are_read_one_after_the_other(tmp_path: Path) -> None:
    assert read(tmp_path, across(LEFT, RIGHT)) == LEFT + RIGHT


def test_a_line_that_ends_in_the_gutter_is_no_part_of_the_one_beside_it(tmp_path: Path) -> None:
    """Their base lines differ, by less than those of two lines of a text."""
    left = [f"{LEFT[0]} out", *LEFT[1:]]
    lines = [(x, y + 3.5 if x > 60 else y, size, text) for x, y, size, text in across(left, RIGHT, x=240)]
    assert read(tmp_path, lines) == left + RIGHT


def test_a_heading_over_both_columns_stays_above_them(tmp_path: Path) -> None:
    heading = "A heading that goes over both of the columns and is therefore as wide as the page"
    assert read(tmp_path, [(60, 740, 11, heading), *across(LEFT, RIGHT)]) == [heading, *LEFT, *RIGHT]


def test_columns_drawn_one_after_the_other_are_left_alone(tmp_path: Path) -> None:
    lines = across(LEFT, RIGHT)
    assert read(tmp_path, lines[1::2] + lines[::2]) == RIGHT + LEFT


def test_a_table_keeps_its_rows(tmp_path: Path) -> None:
    names = [f"row {'x' * (3 * row % 17)} {row}" for row in range(12)]
    values = [f"{row * 37} and {'9' * (5 * row % 13)}" for row in range(12)]
    text = "\n".join(read(tmp_path, across(names, values)))
    assert text.index(values[5]) < text.index(names[6])


NEWS = (
    "The county pays for the gauges, but the villages must keep the huts dry and the paths open in winter. The "
    "men of the coast said that the piles of the gauges tear their nets when the fog is thick. The office put a "
    "lamp on every pile, and the nets were whole again. In the spring the council will hear what it has cost."
)


def narrow(columns: int, width: int) -> list[list[str]]:
    """The same news in each column, begun somewhere else, in lines of so many letters."""
    words = NEWS.split()
    return [wrap(" ".join(words[7 * n :] + words[: 7 * n]), width)[:18] for n in range(columns)]


def across_narrow(texts: list[list[str]], size: float) -> list[Line]:
    """Row by row, as far as each column goes."""
    pitch = 540 / len(texts)
    return [
        (36 + pitch * column, 760 - 1.2 * size * row, size, text)
        for row in range(max(map(len, texts)))
        for column, text in enumerate(each[row] if row < len(each) else "" for each in texts)
        if text
    ]


@pytest.mark.parametrize(("columns", "size"), [(4, 10), (5, 9), (6, 7)])
def test_narrow_columns_drawn_row_by_row_are_read_one_after_the_other(
    tmp_path: Path, columns: int, size: int
) -> None:
    texts = narrow(columns, 17)
    rows = min(map(len, texts))
    texts = [text[:rows] for text in texts]
    assert read(tmp_path, across_narrow(texts, size)) == [line for column in texts for line in column]


@pytest.mark.parametrize(("columns", "width", "size"), [(6, 13, 8), (7, 12, 7), (5, 15, 9)])
def test_lines_of_two_words_are_those_of_a_text_where_they_run_on(
    tmp_path: Path, columns: int, width: int, size: int
) -> None:
    texts = narrow(columns, width)
    assert read(tmp_path, across_narrow(texts, size)) == [line for column in texts for line in column]


def test_a_row_of_short_words_does_not_go_across(tmp_path: Path) -> None:
    texts = narrow(5, 17)
    for text in texts:
        text[8:9] = ["the office"]
    assert read(tmp_path, across_narrow(texts, 9)) == [line for column in texts for line in column]


def test_narrow_columns_of_chinese(tmp_path: Path) -> None:
    text = (
        "港口委员会星期二批准了新防波堤的建设。工程预计需要十一个月，费用约为四百万元。施工期间渔船仍可使用内港。"
    )
    texts = [[(text[5 * n :] + text * 3)[row * 9 :][:9] for row in range(14)] for n in range(5)]
    assert read(tmp_path, across_narrow(texts, 10)) == [line for column in texts for line in column]


def test_short_cells_are_read_by_row(tmp_path: Path) -> None:
    work = ["sweep halls", "wash cars", "read gauges", "mend nets", "paint huts"]
    texts = [[work[(column + row) % 5] for row in range(12)] for column in range(5)]
    found = " ".join(read(tmp_path, across_narrow(texts, 9)))
    assert found.startswith("sweep halls wash cars read gauges mend nets paint huts wash cars")


def test_cells_of_several_lines_are_no_columns_of_a_text(tmp_path: Path) -> None:
    names = ["the office of the coast", "the county and its men", "the villages by the sea"]
    lines: list[Line] = []
    for row in range(9):
        y = 760 - 60.0 * row
        cells = [
            wrap(f"{names[row % 3]} and so on", 17),
            wrap(NEWS[25 * row : 25 * row + 60], 17),
            ["all of the day"],
        ]
        for line in range(4):
            lines += [
                (36 + 108.0 * c, y - 11 * line, 9, cell[line]) for c, cell in enumerate(cells) if line < len(cell)
            ]
    text = "\n".join(read(tmp_path, lines))
    assert text.index("all of the day") < text.index("the villages by")


def test_absurd_coordinates_cost_nothing(tmp_path: Path) -> None:
    far = [(x * 1e7, 700 - 14 * row, 10, "far") for row, x in enumerate([0, 1, -1, 2, 0, 1] * 8)]
    assert "far" in read(tmp_path, [*across(LEFT, RIGHT), *far])
