"""Each kind of document becomes chapters, slides or sheets, with their sections, tables and labels."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest

from graph.documents import LoadConfig, Page, clean_pages, find_sections, read_document
from graph.documents.errors import NothingSelectedError
from tests.office_files import REPORT, P, W, by_pandoc, docx, grid, paragraph, pptx, run, shape, zipped

SUFFIXES = {"docx": "docx", "odt": "odt", "epub": "epub", "html": "html", "rtf": "rtf", "latex": "tex",
            "rst": "rst", "org": "org"}  # fmt: skip

BY = 'w:id="1" w:author="Ann" w:date="2026-01-01T00:00:00Z"'
WORDS = "of words " * 60


def read(path: Path, content: bytes | None = None, **settings: Any) -> tuple[list[Page], list[str]]:
    if content is not None:
        path.write_bytes(content)
    config = LoadConfig.model_validate(settings)
    reading = read_document(path, config)
    return clean_pages(reading["pages"], config), reading["warnings"]


def gone(page: Page) -> dict[str, str]:
    return {entry["reason"]: entry["text"] for entry in page.get("left_out", [])}


@pytest.mark.parametrize("to", SUFFIXES)
def test_a_report_is_its_chapters_whatever_wrote_it(tmp_path: Path, to: str) -> None:
    path = by_pandoc(REPORT, to, tmp_path / f"report.{SUFFIXES[to]}")
    pages, _ = read(path)
    first, last = pages
    assert [page["label"] for page in pages] == ["ch. 1", "ch. 2"]
    assert "The harbour took 412 crowns." in first["text"]
    assert "12 are owed" in first["text"] + last["text"] or to == "rtf"  # pandoc reads no such notes of RTF
    assert {"Place | Crowns", "Quay | 400", "Mole | 12"} <= set(first["text"].split("\n"))
    assert "Boats pay 3 crowns." in first["text"]
    assert "The costs rose by 5 percent" in last["text"]
    assert 'print("dredge")' in last["text"]
    sections = [(section["title"], section["level"]) for section in find_sections(pages)]
    below = to == "rst"  # there the title is a heading like all others
    assert [one for one in sections if one[0] != "Harbour report"] == [
        ("Income", 1 + below), ("Fees", 2 + below), ("Costs", 1 + below)
    ]  # fmt: skip


def test_the_title_is_that_of_the_properties(tmp_path: Path) -> None:
    path = by_pandoc(REPORT, "epub", tmp_path / "a.epub")
    assert read_document(path, LoadConfig())["title"] == "Harbour report"


def test_what_a_docx_does_not_show_is_left_out_and_named(tmp_path: Path) -> None:
    style = '<w:style w:type="character" w:styleId="Secret"><w:rPr><w:vanish/></w:rPr></w:style>'
    made = docx(
        paragraph(
            "The quay ",
            run("hushed by hand ", "<w:vanish/>"), run("hushed by style ", '<w:rStyle w:val="Secret"/>'),
            run("struck ", "<w:strike/>"), run("shown after all ", '<w:vanish w:val="0"/>'), "is new.",
        ),
        f"<w:p><w:r><w:t>It cost </w:t></w:r><w:del {BY}><w:r><w:delText>nothing</w:delText></w:r></w:del>"
        f"<w:ins {BY}><w:r><w:t>9 crowns.</w:t></w:r></w:ins></w:p>",
        styles=style,
        header1=f"<w:hdr {W}>{paragraph('Draft 7')}</w:hdr>",
    )  # fmt: skip
    (page,), _ = read(tmp_path / "a.docx", made)
    assert page["text"].split("\n\n") == ["The quay shown after all is new.", "It cost 9 crowns."]
    assert gone(page) == {
        "hidden text": "hushed by hand",
        "struck-out text": "struck",
        "tracked deletions": "nothing",
        "page headers": "Draft 7",
    }


def test_text_boxes_stand_behind_the_paragraph_that_holds_them(tmp_path: Path) -> None:
    inside = f"<w:txbxContent>{paragraph('Fees &amp; costs')}{paragraph('of 2026')}</w:txbxContent>"
    compatible = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    spaces = f'xmlns:mc="{compatible}" xmlns:v="urn:schemas-microsoft-com:vml"'
    box = (
        f"<w:p {spaces}><w:r><w:t>The quay </w:t></w:r><w:r><mc:AlternateContent><mc:Choice><w:drawing>{inside}"
        f"</w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{inside}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>is new.</w:t></w:r></w:p>"
    )
    (page,), _ = read(tmp_path / "a.docx", docx(box, paragraph("The mole is old.")))
    assert page["text"].split("\n\n") == ["The quay is new.", "Fees & costs", "of 2026", "The mole is old."]


def test_comments_stand_behind_their_paragraph(tmp_path: Path) -> None:
    comment = (
        f"<w:comments {W}>"
        '<w:comment w:id="0" w:author="Ann">' + paragraph("Is that so?") + "</w:comment></w:comments>"
    )
    made = docx(
        '<w:p><w:commentRangeStart w:id="0"/><w:r><w:t>The quay is new.</w:t></w:r><w:commentRangeEnd w:id="0"/>'
        '<w:r><w:commentReference w:id="0"/></w:r></w:p>',
        paragraph("The mole is old."),
        comments=comment,
    )
    (page,), _ = read(tmp_path / "a.docx", made)
    assert page["text"].split("\n\n") == ["The quay is new.", "[Note: Is that so?]", "The mole is old."]


def test_a_web_page_without_its_machinery(tmp_path: Path) -> None:
    html = (
        "<!DOCTYPE html><html><head><title>Quays - The harbour</title><style>p {color: red}</style></head><body>"
        "<nav><ul><li>Home<li>Contact</ul></nav><h1>Quays</h1><script>track()</script><p hidden>not yet<p>"
        'The quay <span style="display: none">that nobody sees </span>is <b>new</b>, <a href="/x">as told</a>.'
        '<img src="data:image/png;base64,AAAA" alt="A quay at dusk"><template>mould</template></body></html>'
    )
    (page,), _ = read(tmp_path / "a.html", html.encode())
    assert "The quay is new, as told. A quay at dusk" in " ".join(page["text"].split())
    assert gone(page) == {
        "navigation": "Home",
        "hidden text": "not yet",
        "scripts and styles": "p {color: red} track()",
    }


@pytest.mark.parametrize("name", ["windows-1252", "utf-8", "shift_jis"])
def test_a_web_page_names_its_encoding(tmp_path: Path, name: str) -> None:
    said = {"shift_jis": "港は新しい。"}.get(name, "Der Kai fährt über.")
    html = f'<html><head><meta charset="{name}"></head><body><p>{said}</p></body></html>'
    (page,), _ = read(tmp_path / "a.html", html.encode(name))
    assert page["text"] == said


def test_a_web_page_that_names_an_encoding_that_is_none(tmp_path: Path) -> None:
    html = '<html><head><meta charset="x-nobody"></head><body><p>Der Kai fährt über.</p></body></html>'
    (page,), _ = read(tmp_path / "a.html", html.encode("cp1252"))
    assert page["text"] == "Der Kai fährt über."


def test_slides_in_the_order_shown_with_notes_tables_and_footers(tmp_path: Path) -> None:
    made = pptx(
        shape("7", "sldNum") + shape("Boats pay\nRafts do not", "body") + shape("Fees", "title"),
        shape("Secret plan", "title"),
        shape("Costs", "ctrTitle") + grid(("Year", "Crowns"), ("2025", "412")),
        shape("A slide without a title."),
        hidden=(2,),
        notes={1: "Speak slowly here."},
    )
    pages, warnings = read(tmp_path / "a.pptx", made)
    assert [page["label"] for page in pages] == ["slide 1", "slide 2", "slide 3", "slide 4"]
    assert pages[0]["text"] == "# Fees\n\n- Boats pay\n- Rafts do not\n\n[Notes: Speak slowly here.]"
    assert gone(pages[0]) == {"page numbers": "7"}
    assert (pages[1]["status"], gone(pages[1])) == ("empty", {"hidden slides": "Secret plan"})
    assert pages[2]["text"] == "# Costs\n\nYear | Crowns\n2025 | 412\n\nFees of the quay by year"
    assert [one["title"] for one in find_sections(pages)] == ["Fees", "Costs"]
    assert warnings == ["Hidden in a.pptx, and left out: slide 2."]


def test_diagrams_charts_and_comments_of_a_slide(tmp_path: Path) -> None:
    chart = "http://schemas.openxmlformats.org/drawingml/2006/chart"
    words = "<a:p><a:r><a:t>{}</a:t></a:r></a:p>"
    parts = {
        "diagramData": f"<d {P}>{words.format('Plan')}{words.format('Dredge')}</d>",
        "chart": f'<c:c xmlns:c="{chart}" {P}>{words.format("Fees by year")}<c:v>412</c:v></c:c>',
        "comments": f"<p:cmLst {P}><p:cm><p:text>Is that so?</p:text></p:cm></p:cmLst>",
    }
    (page,), _ = read(tmp_path / "a.pptx", pptx(shape("Fees", "title"), parts=parts))
    assert page["text"] == "# Fees\n\nPlan\nDredge\n\nFees by year\n\n[Note: Is that so?]"
    assert gone(page) == {"values of charts": "412"}


def test_sheets_have_rows_as_they_are_shown(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Costs"
    sheet.append(["Place", "Crowns", "Share", "Day", "Secret"])
    sheet.append(["Quay", 4000.5, 0.125, datetime.date(2026, 3, 4), "x"])
    sheet["B2"].number_format, sheet["C2"].number_format = "#,##0.00", "0.0%"
    sheet.append(["Mole", 12, None, datetime.datetime(2026, 3, 5, 9, 30), "y"])
    sheet.append(["gone"])
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["E"].hidden = True
    book.create_sheet("Drafts").append(["nobody sees it"])
    book["Drafts"].sheet_state = "hidden"
    book.create_sheet("Plan").append(["Dredge in May", "=1+1"])
    book.save(tmp_path / "a.xlsx")
    pages, warnings = read(tmp_path / "a.xlsx")
    assert [page["label"] for page in pages] == ["sheet Costs", "sheet Drafts", "sheet Plan"]
    assert pages[0]["text"].split("\n") == [
        "Place | Crowns | Share | Day",
        "Quay | 4,000.50 | 12.5 % | 2026-03-04",
        "Mole | 12 | | 2026-03-05 09:30",
    ]
    assert gone(pages[0]) == {"hidden rows and columns": "Secret"}
    assert pages[1]["status"] == "empty"
    assert warnings == [
        "On sheet Plan, formulas without a value are left out (1): "
        "open the file in the program that made it, and save it.",
        "Hidden in a.xlsx, and left out: sheet Drafts.",
    ]


def test_pages_are_chosen_by_their_place(tmp_path: Path) -> None:
    made = pptx(shape("One"), shape("Two"), shape("Three"))
    pages, _ = read(tmp_path / "a.pptx", made, pages="2-")
    assert [page["text"] for page in pages] == ["", "Two", "Three"]
    with pytest.raises(NothingSelectedError, match="last page is 3"):
        read(tmp_path / "a.pptx", pages="9")


def test_a_text_without_headings_is_one_page_or_parts(tmp_path: Path) -> None:
    (page,), _ = read(tmp_path / "a.docx", docx(paragraph("Only this.")))
    assert (page["label"], page["text"]) == ("1", "Only this.")
    pages, _ = read(tmp_path / "a.docx", docx(*(paragraph(f"Paragraph {n} " + WORDS) for n in range(40))))
    assert [page["label"] for page in pages] == ["part 1", "part 2", "part 3", "part 4"]
    assert sum(page["text"].count("Paragraph") for page in pages) == 40


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["Preface", "1. Tides", "2. Fees", "Index of all"], ["Preface", "1", "2", "Index of all"]),
        (["Preface", "Chapter 1: Tides", "Chapter 2: Fees"], ["Preface", "1", "2"]),
        (["머리말", "제1장 조수", "제2장 요금"], ["머리말", "1", "2"]),
        (["Tides", "Fees", "3 boats"], ["1", "2", "3"]),
        (["2024 in short", "2023 in short"], ["1", "2"]),
        (["Tides", "Tides"], ["1", "2"]),
    ],
)
def test_chapters_are_called_by_their_own_numbers(tmp_path: Path, titles: list[str], names: list[str]) -> None:
    blocks = [
        paragraph(text, style=style) for title in titles for text, style in ((title, "Heading1"), (WORDS, ""))
    ]
    pages, _ = read(tmp_path / "a.docx", docx(*blocks))
    assert [page["label"] for page in pages] == [f"ch. {name}" for name in names]


def test_what_an_odt_does_not_show_is_left_out_and_named(tmp_path: Path) -> None:
    names = {
        name: f"urn:oasis:names:tc:opendocument:xmlns:{name}:1.0" for name in ("office", "text", "style", "fo")
    }
    spaces = " ".join(f'xmlns:{name}="{address}"' for name, address in names.items())
    content = (
        f"<office:document-content {spaces}><office:automatic-styles>"
        '<style:style style:name="T1"><style:text-properties text:display="none"/></style:style>'
        "</office:automatic-styles><office:body><office:text><text:tracked-changes>"
        '<text:changed-region text:id="c1"><text:deletion><text:p>removed words</text:p></text:deletion>'
        "</text:changed-region></text:tracked-changes>"
        '<text:p>The quay <text:span text:style-name="T1">hushed &amp; more </text:span>is new.</text:p>'
        '<text:section text:display="none" text:name="s"><text:p>a hidden section</text:p></text:section>'
        "</office:text></office:body></office:document-content>"
    )
    entries: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": content,
    }
    (page,), _ = read(tmp_path / "a.odt", zipped({**entries, "styles.xml": f"<office:document-styles {spaces}/>"}))
    assert page["text"] == "The quay is new."
    assert {entry["reason"]: entry["words"] for entry in page["left_out"]} == {
        "hidden text": 5,
        "tracked deletions": 2,
    }


def test_a_long_opening_is_a_page_and_a_long_chapter_several(tmp_path: Path) -> None:
    blocks = [paragraph("Before all. " * 60)]
    for name in ("One", "Two"):
        blocks += [paragraph(name, style="Heading1"), *([paragraph("It goes on. " * 20)] * 6)]
    pages, warnings = read(tmp_path / "a.docx", docx(*blocks), max_page_characters=1000)
    assert [page["label"] for page in pages] == [
        "opening", "ch. 1", "ch. 1, part 2", "ch. 2", "ch. 2, part 2"
    ]  # fmt: skip
    assert "".join(page["text"] for page in pages).count("It goes on.") == 240
    assert warnings == []
