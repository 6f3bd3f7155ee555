"""What the places of print say: which lines belong together, what begins, and what is not text."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, read_document
from graph.documents.clean.note_marks import resolve_raised
from graph.documents.line import text_of
from graph.documents.pdf.layout.page_text import arranged
from graph.documents.pdf.layout.printed_line import PrintedLine
from tests.pdfs import Line as Print
from tests.pdfs import Sheet, make_pdf

PAGE = (0, 0, 612, 842)
PROSE = [
    "The committee met to hear what the towns along the river",
    "thought of the plan, and it heard that they thought little",
    "of it, for nobody had asked them and nobody would pay for",
    "the bridges that the plan was silent about. It then went",
]


def read(tmp_path: Path, page: Sheet) -> list[str]:
    """The parts of the page that blank lines keep apart."""
    path = tmp_path / "page.pdf"
    path.write_bytes(make_pdf([page]))
    return read_document(path, LoadConfig())["pages"][0]["text"].split("\n\n")


def prose(x: float = 72, y: float = 700, size: float = 10) -> list[Print]:
    return [(x, y - 12 * row, size, line) for row, line in enumerate(PROSE)]


def show(matrix: str, text: str, size: int = 12) -> bytes:
    return f"BT /F1 {size} Tf {matrix} Tm ({text}) Tj ET\n".encode()


def drawn(lines: list[Print], *others: bytes) -> Sheet:
    shown = [show(f"1 0 0 1 {x} {y}", text, int(size)) for x, y, size, text in lines]
    return Sheet(content=b"".join([*shown, *others]))


WHOLE = "\n".join(PROSE)


def test_printers_marks_beside_the_page_go(tmp_path: Path) -> None:
    marks: list[Print] = [
        (640, 400, 10, "PROOF OF 7 MAY"),
        (72, 860, 10, "file.qxd page 12"),
        (-90, 300, 10, "33"),
    ]
    assert read(tmp_path, Sheet([*prose(), *marks])) == [WHOLE]


def test_a_page_with_nothing_on_it_but_beside_it_keeps_that(tmp_path: Path) -> None:
    assert read(tmp_path, Sheet([(640, 400, 10, "all there is")])) == ["all there is"]


def test_a_stamp_up_the_margin_and_a_word_across_the_page_go(tmp_path: Path) -> None:
    stamp, word = show("0 1 -1 0 30 200", "arXiv:2001.00001"), show("0.7 0.7 -0.7 0.7 200 500", "DRAFT", 90)
    assert read(tmp_path, drawn(prose(), stamp, word)) == [WHOLE]


def test_print_that_stands_on_its_side_within_the_text_stays(tmp_path: Path) -> None:
    assert "Profit" in " ".join(read(tmp_path, drawn(prose(), show("0 1 -1 0 100 300", "Profit"))))


@pytest.mark.parametrize(
    "following",
    [
        prose(y=700 - 4 * 12 - 10),  # a wider distance
        prose(y=700 - 4 * 12, size=13),  # larger print
        [(72, 700 - 4 * 12, 14, "What followed")],
    ],
    ids=["distance", "size", "heading"],
)
def test_what_begins_something_new_is_apart(tmp_path: Path, following: list[Print]) -> None:
    assert read(tmp_path, Sheet([*prose(), *following])) == [WHOLE, "\n".join(line[3] for line in following)]


def test_an_indent_begins_a_paragraph_after_a_full_stop(tmp_path: Path) -> None:
    one, *rest = PROSE
    lines: list[Print] = [(72, 700 - 12 * row, 10, line) for row, line in enumerate([*rest, "home that day."])]
    lines += [(84, 652, 10, one), *((72, 640 - 12 * row, 10, line) for row, line in enumerate(rest))]
    assert read(tmp_path, Sheet(lines)) == ["\n".join([*rest, "home that day."]), WHOLE]


def test_bold_lines_are_apart() -> None:
    def line(row: int, text: str, weight: int) -> PrintedLine:
        base = 700 - 12 * row
        return PrintedLine(text, (72, base - 2, 272, base + 8), (10, 10), weight, 0, base)

    lines = [line(row, text, 400) for row, text in enumerate(PROSE)]
    lines[1:1] = [line(0, "A heading in bold letters", 700)]
    lines = [line(row, each.text, each.weight) for row, each in enumerate(lines)]
    assert text_of(arranged(lines, PAGE)).split("\n\n") == [
        PROSE[0],
        "A heading in bold letters",
        "\n".join(PROSE[1:]),
    ]


def test_heads_and_feet_come_first_and_last_wherever_they_are_drawn(tmp_path: Path) -> None:
    left, right = prose(), prose(x=330)
    head: list[Print] = [(72, 800, 10, "Report"), (500, 800, 10, "May")]
    foot: list[Print] = [(300, 30, 10, "12")]
    assert read(tmp_path, Sheet([*foot, *left, *head, *right])) == ["Report May", WHOLE, WHOLE, "12"]


def test_double_spaced_lines_are_no_heads(tmp_path: Path) -> None:
    lines: list[Print] = [(72, 810 - 26 * row, 11, f"{PROSE[row % 4]} {row}") for row in range(28)]
    assert len(read(tmp_path, Sheet(lines))) == 1


def test_a_note_at_the_foot_of_a_column_comes_after_the_next_column(tmp_path: Path) -> None:
    note: list[Print] = [(72, 600, 8, "1 The plan itself says nothing of this.")]
    assert read(tmp_path, Sheet([*prose(), *note, *prose(x=330)])) == [WHOLE, WHOLE, note[0][3]]


def test_small_print_that_goes_on_in_the_next_column_stays_where_it_is(tmp_path: Path) -> None:
    lines = [*prose(), *prose(y=600, size=8), *prose(x=330, size=8), *prose(x=330, y=600)]
    assert len(read(tmp_path, Sheet(lines))) == 4
    small = "\n".join(PROSE)
    path = tmp_path / "page.pdf"
    assert read_document(path, LoadConfig())["pages"][0]["text"] == "\n\n".join([WHOLE, small, small, WHOLE])


def test_raised_digits_are_a_power_and_lowered_ones_are_not(tmp_path: Path) -> None:
    pieces = [(72, 700, 10, "It took 10"), (114.2, 704, 6, "6"), (117.6, 700, 10, " steps to make 20 g of H"), (
        223.2, 697, 6, "2"), (226.5, 700, 10, "O.")]  # fmt: skip
    text = [show(f"1 0 0 1 {x} {y}", piece, size) for x, y, size, piece in pieces]
    assert read(tmp_path, Sheet(content=b"".join(text))) == ["It took 10^6 steps to make 20 g of H2O."]


def test_pieces_of_a_line_are_put_together() -> None:
    def piece(text: str, left: float, right: float, base: float, size: float = 10) -> PrintedLine:
        return PrintedLine(text, (left, base - 2, right, base + size - 2), (size, size), 400, 0, base)

    line = [piece("a rate of 10", 72, 130, 700), piece("−5", 130, 137, 704, 6), piece("for n", 140, 165, 700)]
    line += [piece("i", 165, 167, 697, 6), piece("and so on", 172, 220, 700)]
    below = piece("The next line begins", 72, 220, 688)
    (lines,) = resolve_raised([arranged([*line, below], PAGE)])
    assert text_of(lines) == "a rate of 10^−5 for ni and so on\nThe next line begins"
    cells = [piece("one cell", 72, 120, 700), piece("another far away", 200, 280, 700)]
    assert text_of(arranged(cells, PAGE)) == "one cell\nanother far away"
    formula = [(x, 699.0, x + 8, 707.0) for x in range(121, 198, 9)]
    assert text_of(arranged(cells, PAGE, formula)) == "one cell another far away"
    assert text_of(arranged(cells, PAGE, formula[:4])) == "one cell\nanother far away"


def test_digits_of_one_height_are_one_number(tmp_path: Path) -> None:
    assert read(tmp_path, Sheet([(72, 700, 10, "In 2004 it was 1-2 of 106.")])) == ["In 2004 it was 1-2 of 106."]


@pytest.mark.parametrize(("initial", "rest", "expected"), [("T", "he plan", "The plan"), ("A", "plan", "A plan")])
def test_a_large_first_letter_belongs_to_its_word(tmp_path: Path, initial: str, rest: str, expected: str) -> None:
    lines: list[Print] = [(72, 676, 36, initial), (100, 700, 10, f"{rest} of the committee,")]
    lines += [(100, 688, 10, PROSE[0]), (100, 676, 10, PROSE[1]), *prose(y=664)]
    (text,) = read(tmp_path, Sheet(lines))
    assert text == "\n".join([f"{expected} of the committee,", PROSE[0], PROSE[1], WHOLE])


def test_accents_drawn_by_themselves_come_to_their_letters(tmp_path: Path) -> None:
    word = b"BT /F1 10 Tf 72 700 Td (Sch) Tj ET BT /F1 10 Tf 88.3 700 Td (u) Tj ET"
    word += b" BT /F1 10 Tf 93.9 700 Td (tze) Tj ET"
    accent = b" BT /F1 10 Tf 89.4 700 Td (\xa8) Tj ET"
    assert read(tmp_path, Sheet(content=word + accent)) == ["Schütze"]


@pytest.mark.parametrize(("gap", "expected"), [(1.6, "damaged. One"), (0.2, "damaged.One")])
def test_a_small_gap_behind_a_full_stop_parts_two_sentences(tmp_path: Path, gap: float, expected: str) -> None:
    first, second = "It was damaged.", "One is lost, of example.Org, e.g.This and 3.5."
    page = show("1 0 0 1 72 700", first, 10) + show(f"1 0 0 1 {72 + 73.37 + gap} 700", second, 10)
    assert read(tmp_path, Sheet(content=page)) == [f"It was {expected} is lost, of example.Org, e.g.This and 3.5."]
