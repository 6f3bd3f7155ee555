"""Lists of references are told by their entries, not by their heading, and end where the next chapter begins."""

import pytest

from graph.documents.clean.references import label_references
from graph.documents.line import Line

BODY = [
    Line(f"The coast office repaired dike {letter} within a month of the tide.")
    for letter in "abcdefghijklmnopqrst"
]
NAMED = [
    "Philip Clarkson and Ronald Rosenfeld. 1997. Statistical",
    "language modeling using the CMU-Cambridge toolkit.",
    "In Proceedings of Eurospeech.",
    "Chris Dyer, Adam Lopez, Juri Ganitkevitch, Johnathan",
    "Weese, Ferhan Ture, Phil Blunsom, Hendra Setiawan,",
    "Vladimir Eidelman, and Philip Resnik. 2010. cdec: A",
    "Decoder for models of any kind. In Proceedings of ACL.",
    "Marcello Federico and Nicola Bertoldi. 2006. How",
    "many bits are needed to store them.",
    "Eugene Charniak. 1997. Parsing with statistics alone.",
    "In Proceedings of the Fourteenth National Conference.",
]
KEYED = [
    "[Gazder etal 85] G. Gazder, E. Klein and I. A. Sag.",
    "Generalized Phrase Structure Grammar. Blackwell, 1985.",
    "[Kaplan and Bresnan 82] R. Kaplan and J. Bresnan. Lexical",
    "Functional Grammar: a formal system. MIT Press, 1982.",
]
NUMBERED = [
    "[1] A. Smith. A title. Journal of Tides 3(2), 2019.",
    "[2] B. Lee. Another title. doi:10.1000/182, 2020.",
]
LETTERS = [
    "Ask for a letter of reference at least two weeks before you leave us.",
    "The office writes it, and your head of department signs it, as since 2019.",
    "It names the years of your work, for instance 2015 to 2020, and your tasks.",
    "Letters in other languages cost nothing, and take 3-4 weeks.",
    "Whoever has worked here for less than a year has a short one.",
]
SPRINGS = [
    "Die Quelle am Hang liefert seit 1820 warmes Wasser, und zwar 40-50 Liter.",
    "Im Jahr 1911 wurde sie neu gefasst, und 1954 kam ein Rohr dazu.",
    "Die zweite Quelle liegt im Wald und ist seit 2003 versiegt.",
    "Der Kreis prüft das Wasser, und 2024 war es rein.",
]
CASES = ["Smith, A. asked for his boat in 2019.", "The court found for him, and he sailed it home in May."] * 4


def left(*tail: list[Line]) -> list[str]:
    lines = [*BODY, *(line for part in tail for line in part)]
    label_references([lines])
    return [line.text for line in lines if not line.is_text]


def plain(*texts: str) -> list[Line]:
    return [Line(text) for text in texts]


@pytest.mark.parametrize("entries", [NAMED, KEYED, NUMBERED])
@pytest.mark.parametrize("heading", ["References", "5 References", "Literatur"])
def test_a_list_goes_with_its_heading(heading: str, entries: list[str]) -> None:
    assert left(plain(heading, *entries)) == [heading, *entries]


@pytest.mark.parametrize("heading", ["3 References", "References", "3 Quellen", "Literatur", "Bibliography"])
@pytest.mark.parametrize("chapter", [LETTERS, SPRINGS, LETTERS * 4, SPRINGS * 5, CASES])
def test_a_chapter_of_that_name_stays(heading: str, chapter: list[str]) -> None:
    assert left(plain(heading, *chapter)) == []


@pytest.mark.parametrize("entries", [NAMED, NUMBERED])
def test_a_numbered_chapter_behind_the_list_stays(entries: list[str]) -> None:
    chapter = plain("6 Notice", "You may leave at the end of any month, since 2019.", "Tell the office.")
    assert left(plain("5 References", *entries), chapter) == ["5 References", *entries]


def test_a_chapter_in_the_print_of_the_heading_stays() -> None:
    heading = Line("References", (72, 700, 200, 716), 14, bold=True, starts=True)
    entries = [Line(text, (72, 600, 400, 610), 10) for text in NUMBERED]
    following = Line("The authors", (72, 500, 200, 516), 14, bold=True, starts=True)
    about = Line("A. Smith, born in 1960, lives on the coast.", (72, 480, 400, 490), 10)
    assert left([heading, *entries, following, about]) == ["References", *NUMBERED]


def test_lists_at_the_ends_of_chapters_go_and_the_chapters_stay() -> None:
    chapter = [Line(line.text) for line in BODY]
    entries = NUMBERED * 4
    found = left(plain("References", *entries), chapter, plain("References", *NUMBERED))
    assert found == ["References", *entries, "References", *NUMBERED]


GLOSSARY = ["The gauge tells how high the water of the bay stands above the mean.",
            "A dike is a wall of earth that keeps the water out of the fields.",
            "The lock is the gate through which boats come in from the sea."]  # fmt: skip


def test_a_chapter_in_the_print_of_the_entries_ends_a_list() -> None:
    found = left(plain("References"), plain(*NUMBERED), [Line("Glossary", starts=True)], plain(*GLOSSARY))
    assert found == ["References", *NUMBERED]


def test_the_names_of_an_entry_are_no_chapter() -> None:
    entry = [
        Line("Anna Berg und Bruno Carl", starts=True),
        *plain("Tides of the bay, and what they did to the towns", "of it. Harbour Press, 2004."),
    ]
    found = left(plain("References"), plain(*NUMBERED), entry, plain(*NUMBERED))
    assert found == ["References", *NUMBERED, *(line.text for line in entry), *NUMBERED]
