"""Pages whose lines run down: told by where the letters stand, and told from tables and labels."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, Reading, clean_pages, read_document
from graph.documents.pdf.layout.vertical import Glyph, columns_as_text, is_vertical
from tests.pdfs import Line, Sheet, make_pdf

TEXT = (
    "港の委員会は火曜日に新しい防波堤の建設を承認した。工事は十一か月かかり、費用は四億円になる見込みである。"
    "漁船は工事の間も内港を使うことができる。委員会は三月に再び集まり、業者を選ぶ予定である。"
)
COLUMN = 18
SIZE = 12.0


def letters(text: str = TEXT, top: float = 700, right: float = 500, behind: str = " ") -> list[Line]:
    """A text in columns, letter by letter; pdfium sees nothing of what has no width, as a letter alone here."""
    return [
        (right - 22 * (place // COLUMN), top - 13 * (place % COLUMN), SIZE, letter + behind)
        for place, letter in enumerate(text)
    ]


def read(tmp_path: Path, lines: list[Line]) -> Reading:
    path = tmp_path / "page.pdf"
    path.write_bytes(make_pdf([Sheet(lines)]))
    return read_document(path, LoadConfig(ocr="off"))


def text_of(reading: Reading) -> str:
    return clean_pages(reading["pages"], LoadConfig())[0]["text"]


@pytest.mark.parametrize("key", [lambda x: 0, lambda x: (-x[1], x[0]), lambda x: (-x[1], -x[0])])
def test_columns_are_read_down_and_to_the_left_however_they_are_drawn(tmp_path: Path, key: object) -> None:
    assert text_of(read(tmp_path, sorted(letters(), key=key))) == TEXT  # type: ignore[arg-type]


def test_letters_that_pdfium_does_not_see_are_asked_of_pypdf(tmp_path: Path) -> None:
    assert text_of(read(tmp_path, letters(behind=""))) == TEXT


CHINESE = (
    "港口委员会星期二批准了新防波堤的建设。工程预计需要十一个月，费用约为四百万元。施工期间渔船仍可使用内港。"
    "委员会将于三月再次开会选择承包商。居民可以在二月底之前提交意见。"
)


@pytest.mark.parametrize("behind", ["", " "])
def test_chinese_has_few_marks_and_forms_of_them_for_lines_that_run_down(tmp_path: Path, behind: str) -> None:
    assert text_of(read(tmp_path, letters(CHINESE, behind=behind))) == CHINESE
    down = CHINESE.translate(str.maketrans("。，", "\ufe12\ufe10"))
    assert text_of(read(tmp_path, letters(down, behind=behind))) == CHINESE


def test_two_tiers_are_read_one_after_the_other(tmp_path: Path) -> None:
    other = TEXT.replace("港", "湾").replace("火曜日", "水曜日")
    lines = letters(TEXT * 2) + letters(other * 2, top=340)
    assert text_of(read(tmp_path, lines)).replace("\n", "") == TEXT * 2 + other * 2


def test_head_and_page_number_stand_across(tmp_path: Path) -> None:
    reading = read(tmp_path, [*letters(), (200, 790, 9, "Harbour 2024"), (300, 40, 9, "17")])
    first, *_, last = reading["pages"][0]["lines"]
    assert (first.text, first.edge) == ("Harbour 2024", "top")
    assert (last.text, last.edge) == ("17", "bottom")


def test_two_digits_side_by_side_are_a_number(tmp_path: Path) -> None:
    text = TEXT.replace("十一", "十")
    lines = letters(text)
    place = text.index("十")
    x, y, *_ = lines[place]
    lines[place : place + 1] = [(x, y, SIZE, "1"), (x + 6.5, y, SIZE, "2")]
    assert text_of(read(tmp_path, lines)) == text.replace("十", "12")


def glyphs(lines: list[Line]) -> list[Glyph]:
    return [Glyph(text, place, (x, y, x + size, y + size)) for place, (x, y, size, text) in enumerate(lines)]


def test_places_alone_are_enough() -> None:
    assert columns_as_text(glyphs(letters(behind=""))) == "\n".join(
        TEXT[start : start + COLUMN] for start in range(0, len(TEXT), COLUMN)
    )


ACROSS: list[Line] = [(60 + 12.0 * (i % 30), 700 - 20.0 * (i // 30), SIZE, c) for i, c in enumerate(TEXT)]
CELLS: list[Line] = [(60 + 60.0 * (i % 5), 700 - 14.0 * (i // 5), SIZE, "可否可良可"[i % 5]) for i in range(100)]
GRID: list[Line] = [(60 + 14.0 * (i % 10), 700 - 14.0 * (i // 10), SIZE, c) for i, c in enumerate(TEXT)]
LABELS: list[Line] = [*ACROSS, *((500.0, 600 - 12.0 * i, SIZE, c) for i, c in enumerate("港の使用料（円）"))]
LATIN: list[Line] = [(60 + 24.0 * (i % 5), 700 - 12.0 * (i // 5), SIZE, "ABCDE"[i % 5]) for i in range(100)]


@pytest.mark.parametrize(
    "lines", [ACROSS, CELLS, GRID, LABELS, LATIN], ids=["across", "cells", "grid", "labels", "latin"]
)
def test_other_pages_are_not_vertical(lines: list[Line]) -> None:
    assert not is_vertical(glyphs(lines))
    assert columns_as_text(glyphs(lines)) is None


def test_lines_across_stay_as_they_are(tmp_path: Path) -> None:
    rows: list[Line] = [(60, 700 - 20.0 * row, SIZE, TEXT[30 * row :][:30]) for row in range(4)]
    assert text_of(read(tmp_path, rows)) == TEXT
