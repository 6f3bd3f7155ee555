"""Headings without bookmarks: by print, by numbers that count on, by the contents page; and what only looks so."""

import pytest

from graph.documents.line import Line
from tests.printed import PROSE, Row, bold, cleaned, large, printed, titles

WORDS = ["Gauge", "Storm", "Pier"]


def test_headings_by_print() -> None:
    pages = [
        printed(1, large("The Gauge"), PROSE, PROSE, large("The Storm"), PROSE),
        printed(2, PROSE, large("The Repair of the Pier and of All That Was Lost"), PROSE),
    ]
    assert titles(*pages) == [
        ("The Gauge", 1),
        ("The Storm", 1),
        ("The Repair of the Pier and of All That Was Lost", 1),
    ]


def test_smaller_headings_are_below_larger_ones() -> None:
    pages = [
        printed(
            n,
            (f"The {word}", 18, True),
            (f"Why the {word}", 14, True),
            PROSE,
            (f"How the {word}", 14, True),
            PROSE,
        )
        for n, word in enumerate(["Gauge", "Storm", "Pier"], start=1)
    ]
    assert [level for _, level in titles(*pages)] == [1, 2, 2] * 3


def test_a_heading_is_a_line_of_its_own_in_the_text() -> None:
    pages = cleaned(
        *(printed(n, PROSE, large(f"The {word}"), PROSE) for n, word in enumerate(["Gauge", "Storm", "Pier"], 1))
    )
    for page in pages:
        (section,) = page["sections"]
        assert page["text"][section["start"] :].startswith(section["title"] + "\n\nThe harbour")


@pytest.mark.parametrize(
    ("numbered", "levels"),
    [
        (["1 Introduction", "2 Methods", "2.1 The gauge", "2.2 The storm", "3 Results"], [1, 1, 2, 2, 1]),
        (["1. Introduction", "2. Methods", "3. Results", "4. What comes next"], [1, 1, 1, 1]),
        (["Artikel 1 Name", "Artikel 2 Zweck", "Artikel 3 Mitglieder"], [1, 1, 1]),
        (["§ 1 Name", "§ 2 Zweck", "§ 3 Mitglieder"], [1, 1, 1]),
        (["Chapter One", "Chapter Two", "Chapter Three"], [1, 1, 1]),
        (["Chapitre 1 : La mer", "Chapitre 2 : Le port", "Chapitre 3 : Le sable"], [1, 1, 1]),
        (["Capítulo I El mar", "Capítulo II El puerto", "Capítulo III La arena"], [1, 1, 1]),
        (["제1장 총칙", "제1조(목적)", "제2조(정의)", "제2장 운영", "제3조(회의)"], [1, 2, 2, 1, 2]),
        (["第一章 海", "第二章 港口", "第三章 沙"], [1, 1, 1]),
    ],
)
def test_numbers_that_count_on_are_enough(numbered: list[str], levels: list[int]) -> None:
    rows: list[Row] = []
    for title in numbered:
        rows += [title, PROSE, PROSE]
    assert titles(printed(1, *rows[:6]), printed(2, *rows[6:])) == list(zip(numbered, levels, strict=True))


def test_a_number_and_the_title_below_it_are_one_heading() -> None:
    pages = [
        printed(n, large(f"CHAPTER {count}"), large(f"The {word}"), PROSE, PROSE)
        for n, (count, word) in enumerate([("ONE", "Gauge"), ("TWO", "Storm"), ("THREE", "Pier")], start=1)
    ]
    assert [title for title, _ in titles(*pages)] == [
        "CHAPTER ONE The Gauge",
        "CHAPTER TWO The Storm",
        "CHAPTER THREE The Pier",
    ]


def test_a_paper_has_its_sections_and_not_its_title_or_authors() -> None:
    entries = [f"A. Smith. {year}. A title. In Proceedings, pages 1-9." for year in range(2001, 2009)]
    paper = [
        printed(
            1, ("On the Tides of Long Rivers", 18, True), ("Ann Berg and Per Dahl", 14, True), "Eldena",
            ("Abstract", 14, True), PROSE, ("1 Introduction", 14, True), PROSE, PROSE,
        ),
        printed(2, ("2 The Gauge", 14, True), PROSE, bold("2.1 Its Place"), PROSE, bold("2.2 Its Scale"), PROSE),
        printed(3, ("3 Conclusion", 14, True), PROSE, ("References", 14, True), *entries),
    ]  # fmt: skip
    assert titles(*paper) == [
        ("Abstract", 1), ("1 Introduction", 1), ("2 The Gauge", 1), ("2.1 Its Place", 2), ("2.2 Its Scale", 2),
        ("3 Conclusion", 1), ("References", 1),
    ]  # fmt: skip


def test_a_contents_page_bears_plain_titles_out() -> None:
    names = ["The Gauge", "The Storm", "The Repair", "What Comes Next"]
    contents = printed(1, "Contents", *(f"{name} ........ {n}" for n, name in enumerate(names, start=2)))
    chapters = [printed(n, name, PROSE, PROSE) for n, name in enumerate(names, start=2)]
    assert [title for title, _ in titles(contents, *chapters)] == names
    assert titles(*chapters) == []


CONTROLS: dict[str, list[list[Row]]] = {
    "letter": [["12 May 2020", "Dear Mrs Holm,", bold("Your boat"), PROSE, "Kind regards", "Ann Berg"]],
    "poem": [[large("The Tide"), "The tide came in", "and took the sand", "and left a boat", "ashore", "II"]],
    "verses": [[f"{n} And the boats of the {n}th day came in with the tide," for n in range(1, 12)]],
    "two bold lines": [[large("The Gauge"), PROSE, large("The Storm"), PROSE]],
    "a word that comes again": [[bold("Note"), PROSE, bold("Note"), PROSE]] * 3,
    "speakers": [[bold("Ms Adams"), PROSE, bold("Mr Berg"), PROSE]] * 3,
    "speakers with colons": [[bold("Ms Adams:"), PROSE, bold("Mr Berg:"), PROSE, bold("Ms Dahl:"), PROSE]],
    "a diary": [[bold(f"{day} May 1890"), PROSE] for day in (3, 4, 5, 9)],
    "captions": [[bold(f"Figure {n}: The tide"), PROSE, bold(f"Table {n}. Boats"), PROSE] for n in (1, 2, 3)],
    "heads of tables": [[PROSE, bold("Boat"), bold("Length"), "Ann 12", "Berta 14", PROSE]] * 2,
    "lead-ins": [[bold(f"The {word} came late. It was cold"), PROSE] for word in ("ferry", "boat", "train")],
    "half sentences": [[bold(f"The {word} of the pier"), "and " + PROSE] for word in WORDS],
    "a list": [[PROSE, "1. Take the lamp", "2. Put it on the table", "3. Light it", "4. Wait", PROSE]],
    "clauses": [[f"{n}. {PROSE}" for n in range(1, 6)]],
    "page headers": [[(f"The Harbour Review {n}", 9, False), PROSE, PROSE] for n in range(1, 6)],
    "a cover": [[large("The Tide"), large("Annual Report"), bold("Ann Berg"), bold("Eldena"), "2020"], [PROSE]],
    "prose in bold": [[bold(PROSE), bold("So it was."), bold(PROSE)]] * 3,
}  # fmt: skip


@pytest.mark.parametrize("kind", CONTROLS)
def test_thin_evidence_makes_no_sections(kind: str) -> None:
    assert titles(*(printed(n, *rows) for n, rows in enumerate(CONTROLS[kind], start=1))) == []


def test_a_page_header_that_names_the_chapter_is_no_heading() -> None:
    pages = [printed(n, *([large(f"The {WORDS[n // 3]}")] if n % 3 == 0 else []), PROSE) for n in range(9)]
    for n, page in enumerate(pages):
        head = Line(f"The {WORDS[n // 3]}", (72, 800, 200, 810), 12, True, True, "top")
        page["lines"].insert(0, head)
    assert [title for title, _ in titles(*pages)] == ["The Gauge", "The Storm", "The Pier"]
