"""Pages drawn line by line across their columns are read column by column; others keep their own order."""

from pathlib import Path

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


def test_absurd_coordinates_cost_nothing(tmp_path: Path) -> None:
    far = [(x * 1e7, 700 - 14 * row, 10, "far") for row, x in enumerate([0, 1, -1, 2, 0, 1] * 8)]
    assert "far" in read(tmp_path, [*across(LEFT, RIGHT), *far])
