"""Passages of cleaned text are found in a page's text as it was before, and nothing else is."""

import pytest

from graph.documents.pdf.passages import PageLetters

PAGE = (
    "The Harbour Gazette\r\n12 May 1911\r\n"
    "The harbour opens at six in the mor\x02ning, and the ﬁrst boats leave\r\n"
    "before the fog3 has lifted. “Nets dry on the quay,” said Ada.\r\n"
    "The keeper came home at nine and found the lamp burning."
)


def found(passage: str, page: str = PAGE) -> list[str]:
    return [page[start:end] for start, end in PageLetters(page).find(passage)]


def test_hyphens_line_ends_and_ligatures_do_not_matter() -> None:
    assert found("The harbour opens at six in the morning, and the first boats leave") == [
        "The harbour opens at six in the mor\x02ning, and the ﬁrst boats leave"
    ]


def test_a_mark_of_a_note_within_is_bridged() -> None:
    passage = "and the first boats leave before the fog has lifted."
    assert found(passage) == ["and the ﬁrst boats leave\r\nbefore the fog3 has lifted"]


@pytest.mark.parametrize("passage", ["THE KEEPER CAME HOME", "Ｔhe keeper came home", "The kéeper came home"])
def test_case_width_and_accents_do_not_matter(passage: str) -> None:
    assert found(passage) == ["The keeper came home"]


def test_of_a_passage_that_goes_on_elsewhere_what_is_here_is_found() -> None:
    behind = "The keeper came home at nine and found the lamp burning. Next to it lay a letter, which is lost."
    assert found(behind) == ["The keeper came home at nine and found the lamp burning"]
    before = "Nobody knows any more who it was that wrote down what follows: 12 May 1911 The harbour opens at six."
    assert found(before) == ["12 May 1911\r\nThe harbour opens at six"]


def test_the_lines_of_a_column_are_found_between_those_of_another() -> None:
    page = (
        "The council met again Boats went out before\r\n"
        "in the spring of that the lights were lit on\r\n"
        "year and voted for it. the breakwater."
    )
    assert found("The council met again in the spring of that year and voted for it.", page) == [
        "The council met again",
        "in the spring of that",
        "year and voted for it",
    ]


@pytest.mark.parametrize(
    "passage", ["", "—", "The fog", "The harbour was closed for a year, and nobody knew the reason why.", "灯台守"]
)
def test_what_is_not_there_is_not_found(passage: str) -> None:
    assert found(passage) == (["the fog"] if passage == "The fog" else [])


def test_a_page_without_letters_has_no_passage() -> None:
    assert found("The harbour", "— • —") == []
    assert found("The harbour", "") == []


def test_of_two_places_the_one_that_follows_is_meant() -> None:
    page = "It is so in the end. First came the boats. Then came the nets. It is so in the end. The rest is known."
    assert PageLetters(page).find("Then came the nets. 7 It is so in the end.") == [(43, 82)]


def test_other_scripts_are_found() -> None:
    assert found("등대지기는 집에 돌아왔다.", "어느 날 등대지\n기는 집에 돌아왔다. 끝") == [
        "등대지\n기는 집에 돌아왔다"
    ]
    # PDFium gives the letters of lam-alef, one glyph, in the wrong order.
    assert found("تحسين الإنتاجية وحل المشكلات", "تحسين اإلنتاجية وحل المشكالت من") == [
        "تحسين اإلنتاجية وحل المشكالت"
    ]


def test_a_long_passage_that_is_nowhere_takes_little() -> None:
    """A page and a passage in which everything is nearly equal everywhere."""
    assert PageLetters("ab" * 5_000).find("a" * 100_000) == []
    assert len(PageLetters("abcdefghijkl" * 5_000).find("abcdefghijklmnop" * 300)) > 0
