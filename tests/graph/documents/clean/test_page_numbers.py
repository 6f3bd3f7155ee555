"""A printed page number stands alone, at one place, on most pages; whatever else is numbered is not one."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, clean_pages, read_document
from tests.pdfs import Sheet, make_pdf

BODY = [
    "The office writes the letter, and the head signs it.",
    "It names the years of work and the tasks of each.",
    "Whoever asks early has it within a few days.",
    "Copies are kept in the archive of the county.",
]


def labels_and_texts(heads: list[str], feet: list[str], tmp_path: Path) -> tuple[list[str], list[str]]:
    sheets: list[Sheet | str] = []
    for number, (head, foot) in enumerate(zip(heads, feet, strict=True)):
        lines = [
            (72.0, 720.0 - 14 * row, 11.0, f"{text[:-1]} ({chr(97 + number)}).")
            for row, text in enumerate(BODY * 8)
        ]
        edges = [(72.0, 800.0, 11.0, head)] * bool(head) + [(300.0, 30.0, 11.0, foot)] * bool(foot)
        sheets.append(Sheet(edges[:1] * bool(head) + lines + edges[bool(head) :]))
    path = tmp_path / "file.pdf"
    path.write_bytes(make_pdf(sheets))
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
    assert labels == list("123456")
    assert all(text.startswith(head) for head, text in zip(heads, texts, strict=True))


@pytest.mark.parametrize(
    ("feet", "expected"),
    [
        (["A-3", "A-4", "A-5", "A-6", "A-7"], ["A-3", "A-4", "A-5", "A-6", "A-7"]),
        (["vii", "viii", "ix", "x", "xi"], ["vii", "viii", "ix", "x", "xi"]),
        (["i", "ii", "iii", "1", "2", "3", "4"], ["i", "ii", "iii", "1", "2", "3", "4"]),
        (["11", "", "13", "", "15", "", "17"], ["1", "2", "3", "4", "5", "6", "7"]),
        (["11", "12", "", "14", "15"], ["11", "12", "13", "14", "15"]),
        (["", "", "", "8", "9", "", ""], ["1", "2", "3", "4", "5", "6", "7"]),
        (["12", "7", "30", "2", "19"], ["1", "2", "3", "4", "5"]),
    ],
)
def test_runs_of_numbers(feet: list[str], expected: list[str], tmp_path: Path) -> None:
    assert labels_and_texts([""] * len(feet), feet, tmp_path)[0] == expected
