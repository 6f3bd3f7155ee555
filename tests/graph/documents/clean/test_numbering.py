"""How headings are numbered, and which numbers count on."""

import pytest

from graph.documents.clean.numbering import counting_on, numbering


@pytest.mark.parametrize(
    ("text", "scheme", "path", "title"),
    [
        ("2.1 The gauge", "decimal", (2, 1), "The gauge"),
        ("3. Results", "decimal", (3,), "Results"),
        ("IV. Results", "roman", (4,), "Results"),
        ("Ⅱ. 연준 통화정책", "roman", (2,), "연준 통화정책"),
        ("A.2 Proofs", "letter", (1, 2), "Proofs"),
        ("CHAPTER THREE: Catalogs", "chapter", (3,), "Catalogs"),
        ("Kapitel IX", "chapter", (9,), ""),
        ("Chapitre 1 : La mer", "chapter", (1,), "La mer"),
        ("Appendix B – Proofs", "appendix", (2,), "Proofs"),
        ("§ 12 Haftung", "article", (12,), "Haftung"),
        ("제12조(목적)", "article", (12,), "(목적)"),
        ("第二十三章 海", "chapter", (23,), "海"),
    ],
)
def test_numbers_of_headings(text: str, scheme: str, path: tuple[int, ...], title: str) -> None:
    found = numbering(text)
    assert found is not None
    assert (found.scheme, found.path, found.title) == (scheme, path, title)


@pytest.mark.parametrize(
    "text", ["Partial view", "A dog barked", "3D printing", "1984", "2,400 boats", "[서식 8]", ""]
)
def test_what_is_no_number(text: str) -> None:
    assert numbering(text) is None


def chosen(*texts: str) -> list[str]:
    found = [(number, 1.0) for text in texts if (number := numbering(text))]
    return [texts[index] for index in sorted(counting_on(found))]


def test_a_list_in_the_middle_does_not_count() -> None:
    real = ["1 Aim", "2 Tide", "2.1 Sand", "2.2 Mud", "3 Pier", "4 End"]
    assert chosen(*real[:3], "1. Take a lamp", "2. Light it", *real[3:]) == real


def test_one_that_is_lost_breaks_no_chain() -> None:
    real = ["1 Aim", "2 Tide", "4 Pier", "5 End"]
    assert chosen(*real) == real
    assert chosen("1 Aim", "2 Tide", "9 Pier", "3 End") == ["1 Aim", "2 Tide", "3 End"]
