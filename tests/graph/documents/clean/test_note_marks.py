"""Raised numbers: marks of notes, powers, ordinals, and what nobody can tell."""

from pathlib import Path

import pytest

from graph.documents import LoadConfig, clean_pages, read_document
from graph.documents.clean.note_marks import resolve_raised, without_raised
from graph.documents.line import LOWERED, RAISED, Line
from tests.pdfs import Sheet, make_pdf


def line(text: str, y: float, size: float = 11, starts: bool = True) -> Line:
    written = text.replace("<", RAISED).replace(">", LOWERED)
    return Line(written, (72, y, 500, y + size), size, starts=starts)


def resolved(text: str, *notes: str) -> str:
    page = [line("A line of the page that is long enough to have the usual size.", 720), line(text, 700)]
    page += [line(note, 80 - 12 * row, 8, starts=row == 0) for row, note in enumerate(notes)]
    (found,) = resolve_raised([page])
    return found[1].text


NOTES = ("2 Of the board.", "3 On Monday.", "12 Without tax.", "<a> In May.", "<*> He was ill.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paid 3,500<12> euros", "paid 3,500 euros"),
        ("the gauges<3> there", "the gauges there"),
        ("was lost.<3> Then", "was lost. Then"),
        ("“so it was”<2> (they say)<3> and", "“so it was” (they say) and"),
        ("the mayor<a> and the clerk<*> there<2,3>", "the mayor and the clerk there"),
        ("in 2021<3>", "in 2021"),
        ("지표<3>) 증가", "지표 증가"),
        ("(the gauges<3>) there", "(the gauges) there"),
    ],
)
def test_a_mark_of_a_note_goes(text: str, expected: str) -> None:
    assert resolved(text, *NOTES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("took 10<3> steps", "took 10^3 steps"),
        ("3 × 10<12> of them", "3 × 10^12 of them"),
        ("at 10<−2> m", "at 10^−2 m"),
        ("of 12 m<2> and 250 km<2>", "of 12 m2 and 250 km2"),
        ("x<2> + y<3> = 1", "x2 + y3 = 1"),
        ("E = mc<2>", "E = mc2"),
        ("2<3> = 8", "2^3 = 8"),
        ("(a+b)<2>", "(a+b)2"),
        ("of 48<2>/3 cents", "of 48 2/3 cents"),
        ("on the 1<st> and 2<nd>", "on the 1st and 2nd"),
        ("of 500<77> and gauges<77>", "of 500^77 and gauges77"),  # there is no such note
        ("the clerk<b>", "the clerkb"),
    ],
)
def test_what_is_no_mark_stays(text: str, expected: str) -> None:
    assert resolved(text, *NOTES) == expected


def test_without_notes_nothing_goes() -> None:
    assert resolved("paid 3,500<12> for gauges<3>") == "paid 3,500^12 for gauges3"


def test_notes_may_stand_at_the_end_of_the_document() -> None:
    first, last = [line("the gauges<7> there", 700)], [line("Notes", 700), line("<7> Of the coast.", 680)]
    pages = resolve_raised([first, last])
    assert [each.text for each in pages[0]] == ["the gauges there", "7"]
    assert pages[0][1].label == "note_mark"
    assert pages[1][1].text == "7 Of the coast."


def test_a_title_has_no_marks() -> None:
    title = "Gauges of 3,500<12> euros<3> in 10<6> m<2>".replace("<", RAISED).replace(">", LOWERED)
    assert without_raised(title) == "Gauges of 3,500 euros in 10^6 m2"


def show(pieces: list[tuple[float, float, int, str]]) -> bytes:
    return b"".join(
        f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n".encode() for x, y, size, text in pieces
    )


@pytest.mark.parametrize(
    ("before", "mark", "behind", "width", "expected"),
    [
        ("They paid 3,500", "12", " euros for it.", 71.7, "They paid 3,500 euros for it."),
        ("It was lost.", "12", " Then it was found.", 47.2, "It was lost. Then it was found."),
        ("It rose by 12%", "12", " in it.", 64.0, "It rose by 12% in it."),
        ("They paid 3,500", "12,12", " euros for it.", 71.7, "They paid 3,500 euros for it."),
        ("all the gauges", "12", " of the coast.", 62.3, "all the gauges of the coast."),
        ("It took 10", "12", " steps of it.", 41.2, "It took 10^12 steps of it."),
    ],
)
def test_marks_are_seen_on_the_page(
    tmp_path: Path, before: str, mark: str, behind: str, width: float, expected: str
) -> None:
    pieces = [(72.0, 700.0, 10, before), (72 + width, 704.0, 6, mark)]
    pieces += [(72 + width + 3.4 * len(mark), 700.0, 10, behind)]
    pieces += [(72.0, 660.0, 10, "Another line of the page, so that it has a usual size.")]
    pieces += [(72.0, 80.0, 7, "12 Without tax, which is a note.")]
    path = tmp_path / "page.pdf"
    path.write_bytes(make_pdf([Sheet(content=show(pieces))]))
    (page,) = clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())
    assert page["text"].startswith(expected)
    reasons = [entry["reason"] for entry in page.get("left_out", [])]
    assert reasons == ([] if "^" in expected else ["marks of notes"])
