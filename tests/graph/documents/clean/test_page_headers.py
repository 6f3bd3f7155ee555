"""Lines go that say the same at the same place on most pages: no figure, no row and no title is lost."""

from graph.documents.clean.page_headers import label_page_headers
from graph.documents.line import Line


def page(number: int, heads: list[str], feet: list[str] = []) -> list[Line]:  # noqa: B006 - not changed
    body = [
        f"Page {number} says that the office has written letter {letter} to the county." for letter in "abcdefgh"
    ]
    return [
        *(Line(text, (72, 800 - 14 * row, 300, 810 - 14 * row), 9, edge="top") for row, text in enumerate(heads)),
        *(Line(text, (72, 700 - 14 * row, 400, 711 - 14 * row), 11) for row, text in enumerate(body)),
        *(Line(text, (72, 40 - 12 * row, 300, 50 - 12 * row), 9, edge="bottom") for row, text in enumerate(feet)),
    ]


def left(pages: list[list[Line]], numbers: list[str] | None = None) -> list[list[str]]:
    label_page_headers(pages, numbers or [""] * len(pages))
    return [[line.text for line in lines if not line.is_text] for lines in pages]


def test_the_same_head_goes_but_for_the_first() -> None:
    assert left([page(n, ["A Book of Tides"]) for n in range(4)]) == [[], *[["A Book of Tides"]] * 3]


def test_heads_of_left_and_right_pages_take_turns() -> None:
    heads = ["A Book of Tides", "Ann Lee"] * 4
    assert left([page(n, [head]) for n, head in enumerate(heads)]) == [[], [], *([head] for head in heads[2:])]


def test_the_number_of_the_page_may_differ_and_no_other() -> None:
    pages = [page(n, [f"Ann Lee | {n + 7}"], [f"Costs: {n + 90} euros"]) for n in range(4)]
    found = left(pages, [str(n + 7) for n in range(4)])
    assert found == [[], ["Ann Lee | 8"], ["Ann Lee | 9"], ["Ann Lee | 10"]]


def test_record_sheets_invoices_and_decisions_keep_what_differs() -> None:
    for form in ("Site number {}", "Invoice 2024-{}", "Votes for {}, against 12", "Opened in {}", "Decision {}"):
        assert left([page(n, [form.format(n * 7 + 11)]) for n in range(5)]) == [[]] * 5
    for name in ("Name: {}", "Applicant {}", "Dike Report - {}"):
        words = ["Holm", "Berg", "Lund", "Dahl", "Vik"]
        assert left([page(n, [name.format(word)]) for n, word in enumerate(words)]) == [[]] * 5


def test_rows_of_a_table_that_goes_on_stay_and_one_title_too() -> None:
    pages = [page(n, ["Table 4. Tides", "Year Height", f"19{n}0 3.{n}", f"19{n}1 4.{n}"]) for n in range(5)]
    found = left(pages)
    assert found[0] == []
    assert all(set(lines) <= {"Table 4. Tides", "Year Height"} for lines in found)


def test_heads_by_chapter_go_from_their_second_page() -> None:
    heads = ["The Night"] * 4 + ["Repairs"] * 4
    assert left([page(n, [head]) for n, head in enumerate(heads)]) == [
        [],
        *[["The Night"]] * 3,
        [],
        *[["Repairs"]] * 3,
    ]


def test_what_ends_a_sentence_stays() -> None:
    pages = [page(n, [], ["in autumn."]) for n in range(4)]
    for lines in pages:
        lines[-2].text = "The office will report on it"
    assert left(pages) == [[]] * 4


def test_another_place_or_print_is_no_twin() -> None:
    pages = [page(n, ["Costs"]) for n in range(4)]
    for n, lines in enumerate(pages):
        lines[0].box, lines[0].size = (72, 800 - 20 * n, 300, 810 - 20 * n), 9 + n
    assert left(pages) == [[]] * 4
