"""A printed page number stands alone, at one place, on most pages; whatever else is numbered is not one."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, clean_pages, read_document
from graph.documents.clean.page_numbers import page_labels
from tests.pdfs import Sheet, make_pdf

BODY = [
    "The office writes the letter, and the head signs it.",
    "It names the years of work and the tasks of each.",
    "Whoever asks early has it within a few days.",
    "Copies are kept in the archive of the county.",
]


def labels_and_texts(
    heads: list[str], feet: list[str], tmp_path: Path, named: str | None = None
) -> tuple[list[str | None], list[str]]:
    sheets: list[Sheet | str] = []
    for number, (head, foot) in enumerate(zip(heads, feet, strict=True)):
        lines = [
            (72.0, 720.0 - 14 * row, 11.0, f"{text[:-1]} ({chr(97 + number)}).")
            for row, text in enumerate(BODY * 8)
        ]
        edges = [(72.0, 800.0, 11.0, head)] * bool(head) + [(300.0, 30.0, 11.0, foot)] * bool(foot)
        sheets.append(Sheet(edges[:1] * bool(head) + lines + edges[bool(head) :]))
    path = tmp_path / "file.pdf"
    path.write_bytes(make_pdf(sheets, labels=named))
    pages = clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())
    return [page["label"] for page in pages], [page["text"] for page in pages]


@pytest.mark.parametrize("form", ["{}", "- {} -", "Page {}", "Seite {}", "p. {}", "{} / 30", "Page {} of 30"])
def test_numbers_in_the_margin_are_labels(form: str, tmp_path: Path) -> None:
    feet = [form.format(number) for number in range(9, 15)]
    labels, texts = labels_and_texts([""] * 6, feet, tmp_path)
    assert labels == [str(number) for number in range(9, 15)]
    assert not any(foot in text.split("\n") for foot, text in zip(feet, texts, strict=True))


@pytest.mark.parametrize(
    "form", ["Case {}", "[Form {}]", "Chapter {}", "Decision {}", "No. {}", "Section {}", "Case No. {}"]
)
def test_numbers_of_something_else_are_none_and_stay(form: str, tmp_path: Path) -> None:
    heads = [form.format(number) for number in range(41, 47)]
    labels, texts = labels_and_texts(heads, [""] * 6, tmp_path)
    assert labels == [None] * 6
    assert all(text.startswith(head) for head, text in zip(heads, texts, strict=True))


def test_a_year_at_the_head_of_each_page_is_none(tmp_path: Path) -> None:
    years = [str(number) for number in range(1990, 1996)]
    labels, texts = labels_and_texts(years, [""] * 6, tmp_path)
    assert labels == [None] * 6
    assert all(text.startswith(year) for year, text in zip(years, texts, strict=True))
    assert labels_and_texts([""] * 6, years, tmp_path)[0] == years


@pytest.mark.parametrize(("size", "title"), [(16.0, ""), (11.0, ""), (16.0, "The Night")])
def test_a_number_in_the_largest_print_is_that_of_a_chapter(size: float, title: str, tmp_path: Path) -> None:
    sheets: list[Sheet | str] = [
        Sheet([
            (300.0, 800.0, size, str(number)),
            *[(72.0, 770.0, 20.0, title)] * bool(title),
            *[(72.0, 720.0 - 14 * row, 11.0, f"{text[:-1]} ({number}).") for row, text in enumerate(BODY * 8)],
        ])
        for number in range(1, 6)
    ]  # fmt: skip
    (tmp_path / "file.pdf").write_bytes(make_pdf(sheets))
    pages = clean_pages(read_document(tmp_path / "file.pdf", LoadConfig())["pages"], LoadConfig())
    is_chapter = size > 11 and not title
    assert [page["label"] for page in pages] == [None if is_chapter else str(number) for number in range(1, 6)]


@pytest.mark.parametrize(
    ("feet", "expected"),
    [
        (["A-3", "A-4", "A-5", "A-6", "A-7"], ["A-3", "A-4", "A-5", "A-6", "A-7"]),
        (["vii", "viii", "ix", "x", "xi"], ["vii", "viii", "ix", "x", "xi"]),
        (["i", "ii", "iii", "1", "2", "3", "4"], ["i", "ii", "iii", "1", "2", "3", "4"]),
        (["11", "", "13", "", "15", "", "17"], [""] * 7),
        (["11", "12", "", "14", "15"], ["11", "12", "13", "14", "15"]),
        (["", "", "", "8", "9", "", ""], [""] * 7),
        (["12", "7", "30", "2", "19"], [""] * 5),
        (["", "", "1", "2", "3", "4", "5", "6"], ["", "", "1", "2", "3", "4", "5", "6"]),
        (["", "", "13", "14", "15", "16", "17", ""], ["", "", "13", "14", "15", "16", "17", ""]),
        (["1", "2", "3", "", "1", "2", "3", "4"], ["1", "2", "3", "", "1", "2", "3", "4"]),
        (["4", "5", "6", "", "9", "10", "11"], ["4", "5", "6", "", "9", "10", "11"]),
    ],
)
def test_runs_of_numbers(feet: list[str], expected: list[str], tmp_path: Path) -> None:
    assert labels_and_texts([""] * len(feet), feet, tmp_path)[0] == [label or None for label in expected]


def test_a_number_beside_words_is_one_where_it_stands_on_the_outer_side(tmp_path: Path) -> None:
    turning = [f"{n} The Tides" if n % 2 == 0 else f"Two Harbours {n}" for n in range(8, 15)]
    assert labels_and_texts(turning, [""] * 7, tmp_path)[0] == [str(number) for number in range(8, 15)]
    same_side = [f"{n} The Tides" for n in range(8, 15)]
    assert labels_and_texts(same_side, [""] * 7, tmp_path)[0] == [None] * 7
    varied = [f"{n} {'abcdefg'[n - 8]} tide" if n % 2 == 0 else f"{'abcdefg'[n - 8]} {n}" for n in range(8, 15)]
    assert labels_and_texts(varied, [""] * 7, tmp_path)[0] == [None] * 7


def test_a_number_that_stands_alone_elsewhere_in_the_margin_joins_the_run_beside_it(tmp_path: Path) -> None:
    heads, feet = ["", "42", "43", "44", "45", ""], ["41", "", "", "", "", "7"]
    assert labels_and_texts(heads, feet, tmp_path)[0] == ["41", "42", "43", "44", "45", None]


@pytest.mark.parametrize(
    ("named", "printed", "labels"),
    [
        (["i", "ii", "1"], ["", "", ""], ["i", "ii", "1"]),
        ([None, None, None], ["7", "8", ""], ["7", "8", None]),
        (["Cover", "1", "2", "3"], ["", "1", "2", "3"], ["Cover", "1", "2", "3"]),  # they agree
        (["101", "102", "103", "104"], ["", "1", "2", "3"], [None, "1", "2", "3"]),  # and these do not
        (["IV", "V", "VI", "9"], ["iv", "v", "vi", "8"], ["iv", "v", "vi", "8"]),
        (["1", "2", "3"], ["5", "", "7"], ["1", "2", "3"]),  # a text file counts its pages
        (["1", "2", "3"], ["5", "6", "7"], ["5", "6", "7"]),
    ],
)
def test_the_names_of_the_file_and_the_numbers_on_its_pages(
    named: list[str | None], printed: list[str], labels: list[str | None]
) -> None:
    assert page_labels(named, printed) == labels


@pytest.mark.parametrize(
    ("labels", "feet", "expected"),
    [
        ("0 <</S /D>>", [""] * 4, [None] * 4),  # a count of the pages is written by programs
        ("0 <</S /D>>", ["21", "22", "23", "24"], ["21", "22", "23", "24"]),
        ("0 <</S /r>> 2 <</S /D>>", [""] * 4, ["i", "ii", "1", "2"]),
        ("0 <</S /D /St 9>>", ["21", "22", "23", "24"], ["21", "22", "23", "24"]),
        ("0 <</P (Cover)>> 1 <</S /D /St 22>>", ["", "22", "23", "24"], ["Cover", "22", "23", "24"]),
    ],
)
def test_labels_of_a_file(labels: str, feet: list[str], expected: list[str | None], tmp_path: Path) -> None:
    assert labels_and_texts([""] * 4, feet, tmp_path, labels)[0] == expected
