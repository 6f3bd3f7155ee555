"""Lines with right-to-left script, from how they are printed to how they are read."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, clean_pages, read_document
from graph.documents.pdf.layout.bidi import reading_order, with_addresses, with_brackets
from tests.pdfs import Line, Sheet, make_pdf


def read_line(printed: str, *, right_to_left: bool = True) -> str:
    return "".join(printed[index] for index, _ in reading_order(printed, right_to_left=right_to_left))


# As it is read; as it is printed, where the letters between spaces are turned round by hand.
HEBREW = [
    ("היה 485,000 שקלים", "םילקש 485,000 היה"),
    ("ב-14 במרץ 2024", "2024 ץרמב 14-ב"),
    ("פחות מ-55 דציבלים", "םילביצד 55-מ תוחפ"),
    ("עלה 15% בשנה", "הנשב 15% הלע"),
    ("מחיר $45.90 כולל", "ללוכ $45.90 ריחמ"),
    ("היה -5 מעלות", "תולעמ -5 היה"),
    ("טל 03-6234567 ועוד", "דועו 03-6234567 לט"),
    ("חברת Harbour Works Ltd מחיפה", "הפיחמ Harbour Works Ltd תרבח"),
    ("אתר Python 3.11 ועוד", "דועו Python 3.11 רתא"),
    ("דואר a.b@example.org בלבד.", ".דבלב a.b@example.org ראוד"),
    ("שלום", "םולש"),
    ("בשנים 2020-2024 עלה", "הלע 2020-2024 םינשב"),
]
ARABIC = [
    ("ارتفع 15% سنة", "ةنس %15 عفترا"),
    ("في 12/05/2024 قال", "لاق 12/05/2024 يف"),
    ("العدد ١٢٣٤ قاربا", "ابراق ١٢٣٤ ددعلا"),
    ("بين 2020-2024 فقط", "طقف 2024-2020 نيب"),
]


@pytest.mark.parametrize(("read", "printed"), HEBREW + ARABIC)
def test_numbers_and_names_are_read_to_the_right_inside_lines_that_are_not(read: str, printed: str) -> None:
    assert read_line(printed) == read


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("the word שלום means", "the word םולש means"),
        ("it says שלום לכם twice", "it says םכל םולש twice"),
        ("no such letters, 3 of 4", "no such letters, 3 of 4"),
    ],
)
def test_words_in_a_latin_paragraph_are_turned_alone(read: str, printed: str) -> None:
    assert read_line(printed, right_to_left=False) == read


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (")א( ב", "(א) ב"),
        ("(א) ב", "(א) ב"),
        ("א) ב", "א) ב"),  # an item of a list
        ("א )ב) ג", "א (ב) ג"),
    ],
)
def test_brackets_are_turned_where_that_makes_pairs(line: str, expected: str) -> None:
    assert with_brackets(line, [True] * len(line)) == expected


def test_the_halves_of_an_address_come_to_their_places() -> None:
    line = "כתובת example.org@office בלבד"
    latin = [not character.isascii() or character == " " for character in line]
    assert with_addresses(line, latin) == "כתובת office@example.org בלבד"
    right = line.replace("example.org@office", "office@example.org")
    assert with_addresses(right, latin) == right


def page_of(tmp_path: Path, lines: list[Line]) -> str:
    path = tmp_path / "page.pdf"
    path.write_bytes(make_pdf([Sheet(lines)]))
    return clean_pages(read_document(path, LoadConfig(ocr="off"))["pages"], LoadConfig())[0]["text"]


SENTENCE = "היה 485,000 שקלים (ראו סעיף 12.3 בדוח) כל"
PRINTED = "לכ (חודב 12.3 ףיעס ואר) םילקש 485,000 היה"


@pytest.mark.parametrize("order", [1, -1], ids=["from the left", "from the right"])
def test_words_that_are_drawn_one_by_one_are_a_line(tmp_path: Path, order: int) -> None:
    """Every glyph of the font is as wide as it is high."""
    words: list[Line] = []
    x = 60.0
    for word in PRINTED.split(" "):
        words.append((x, 700, 8, word))
        x += 8 * (len(word) + 0.6) if not word.isascii() else 4.5 * len(word) + 4
    assert page_of(tmp_path, words[::order]) == SENTENCE


def test_letters_that_are_drawn_in_their_forms_are_written_plainly(tmp_path: Path) -> None:
    """A font that has the ligature for one character, and says so."""
    assert page_of(tmp_path, [(60, 700, 12, "\ufee1\ufefc\ufeb3 12 \ufee1\ufefc\ufeb3")]).split() == [
        "سلام",
        "12",
        "سلام",
    ]


def test_the_cell_on_the_right_is_read_first(tmp_path: Path) -> None:
    rows: list[Line] = [(60, 700, 8, "םולש"), (300, 700, 8, "תוריס"), (60, 680, 8, "חודב"), (300, 680, 8, "ףיעס")]
    assert page_of(tmp_path, rows).split() == ["סירות", "שלום", "סעיף", "בדוח"]


def test_a_latin_page_with_a_hebrew_word_keeps_its_order(tmp_path: Path) -> None:
    lines: list[Line] = [
        (72, 700, 11, "The harbour has 12 gauges, and the people there say"),
        (72, 680, 11, "םולש"),
        (72, 660, 11, "to each of them (see page 3) when the tide is low."),
    ]
    text = page_of(tmp_path, lines)
    assert "The harbour has 12 gauges, and the people there say" in text
    assert "שלום" in text
    assert "to each of them (see page 3) when the tide is low." in text
