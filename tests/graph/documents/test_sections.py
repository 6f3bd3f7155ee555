"""Sections: which stretch of the text each is, from PDFs, Markdown and text files, of one document or several."""

import io
from pathlib import Path

import pypdf
import pytest

from graph.documents import (
    LoadConfig,
    Page,
    Section,
    clean_pages,
    find_sections,
    pages_from_documents,
    read_document,
    read_together,
    split_pages,
    whole_text,
)
from tests.pdfs import make_pdf
from tests.printed import PROSE, large, outline, printed

WORDS = ["Gauge", "Storm", "Pier"]
NUMBERED = ["1. Gauge", "2. Storm", "3. Pier"]
BODY = "\n".join(["The harbour council met in the spring and decided to shorten the pier."] * 8)


def read(path: Path) -> list[Page]:
    return clean_pages(read_document(path, LoadConfig())["pages"], LoadConfig())


def named(sections: list[Section]) -> list[tuple[str, int, int, int]]:
    return [(s["title"], s["level"], s["first_page"], s["last_page"]) for s in sections]


def with_bookmarks(path: Path, *marks: tuple[str, int]) -> Path:
    """A PDF of three pages, with bookmarks to the pages given, counted from 1."""
    content = make_pdf([f"{BODY}\n\nThe {word}\n\n{BODY}" for word in WORDS])
    writer = pypdf.PdfWriter(clone_from=pypdf.PdfReader(io.BytesIO(content)))
    for title, page in marks:
        writer.add_outline_item(title=title, page_number=page - 1)
    writer.write(path)
    return path


def test_bookmarks_of_a_pdf(tmp_path: Path) -> None:
    path = with_bookmarks(tmp_path / "harbour.pdf", *((f"The {word}\x07\n", n) for n, word in enumerate(WORDS, 1)))
    pages = read(path)
    sections, text = find_sections(pages), whole_text(pages)
    assert named(sections) == [("The Gauge", 1, 1, 2), ("The Storm", 1, 2, 3), ("The Pier", 1, 3, 3)]
    for section, after in zip(sections, [*sections[1:], None], strict=True):
        assert text[section["start"] :].startswith(section["title"])
        assert section["end"] == (after["start"] if after else len(text))


@pytest.mark.parametrize("title", ["Untitled", "harbour.pdf", "_Toc123"])
def test_a_useless_bookmark_of_a_pdf(tmp_path: Path, title: str) -> None:
    assert find_sections(read(with_bookmarks(tmp_path / "harbour.pdf", (title, 1)))) == []


def test_bookmarks_that_go_round_in_a_circle(tmp_path: Path) -> None:
    path = with_bookmarks(tmp_path / "harbour.pdf", *((f"The {word}", n) for n, word in enumerate(WORDS, 1)))
    writer = pypdf.PdfWriter(clone_from=path)
    outlines = writer.root_object["/Outlines"].get_object()
    first, last = outlines["/First"], outlines["/Last"]  # type: ignore[index]
    last.get_object()[pypdf.generic.NameObject("/Next")] = first.indirect_reference
    writer.write(path)
    assert [section["title"] for section in find_sections(read(path))] == ["The Gauge", "The Storm", "The Pier"]


def test_headings_of_markdown(tmp_path: Path) -> None:
    path = tmp_path / "harbour.md"
    path.write_text(
        "# Gauge\n\nText.\n\n```sh\n# a comment\n```\n\n## Scale\n\nMore.\n\nStorm\n=====\n\nThe end.\n"
    )
    pages = read(path)
    sections, text = find_sections(pages), whole_text(pages)
    assert named(sections) == [("Gauge", 1, 1, 1), ("Scale", 2, 1, 1), ("Storm", 1, 1, 1)]
    gauge, scale, _ = sections
    assert text[gauge["start"] : gauge["end"]].endswith("## Scale\n\nMore.\n\n")
    assert scale["end"] == gauge["end"]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Gauge\n=====\n\nText.\n\nStorm\n-----\n\nMore.\n", ["Gauge", "Storm"]),
        ("".join(f"{title}\n\n{PROSE}\n\n" for title in NUMBERED), NUMBERED),
        (f"CHAPTER I\n\n{PROSE}\n\nCHAPTER II\n\n{PROSE}\n", ["CHAPTER I", "CHAPTER II"]),
        ("\n".join(["# first comment", "# second comment", "x = 1", "# third", "# fourth", "# fifth"]), []),
        ("Gauge\n\n" + PROSE + "\n\nStorm\n\n" + PROSE + "\n\nPier\n\n" + PROSE, []),
        ("\n".join(["The tide came in", "and took the sand", "", "and left a boat", "upon the land"] * 5), []),
    ],
    ids=["underlined", "numbered", "chapters", "comments", "plain titles", "a poem"],
)  # fmt: skip
def test_text_files_have_sections_where_they_are_marked(tmp_path: Path, text: str, titles: list[str]) -> None:
    path = tmp_path / "harbour.txt"
    path.write_text(text)
    assert [section["title"] for section in find_sections(read(path))] == titles


def test_documents_of_other_programs_have_sections_too() -> None:
    class Document:
        page_content = "# Gauge\n\nText.\n\n# Storm\n\nMore."
        metadata = {"source": "harbour.md"}  # noqa: RUF012

    pages = clean_pages(pages_from_documents([Document()])["pages"], LoadConfig())
    assert [section["title"] for section in find_sections(pages)] == ["Gauge", "Storm"]


def test_several_documents_have_sections_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# Gauge\n\nText.\f# Storm\n\nMore.\n")
    (tmp_path / "b.md").write_text("Before.\n\n# Pier\n\nText.\n")
    pages = read_together([tmp_path / "a.md", tmp_path / "b.md"], LoadConfig())["pages"]
    sections, text = find_sections(pages), whole_text(pages)
    assert named(sections) == [("Gauge", 1, 1, 1), ("Storm", 1, 2, 2), ("Pier", 1, 3, 3)]
    assert [text[s["start"] : s["end"]] for s in sections] == [
        "# Gauge\n\nText.\n\n",
        "# Storm\n\nMore.",
        "# Pier\n\nText.",
    ]


def test_what_is_left_out_has_its_place_in_the_outline() -> None:
    entries = [f"A. Smith. {year}. A title. In Proceedings, pages 1-9." for year in range(2001, 2012)]
    sections = outline(
        printed(1, large("1 The Gauge"), PROSE, PROSE, large("2 The Storm"), PROSE),
        printed(2, large("3 The Pier"), PROSE, large("References"), *entries),
    )
    assert named(sections)[-2:] == [("3 The Pier", 1, 2, 2), ("References", 1, 2, 2)]
    assert sections[-1]["start"] == sections[-1]["end"]


def test_a_chunk_knows_the_section_in_which_it_begins() -> None:
    pages = clean_pages(
        [printed(n, large(f"The {word}"), *[PROSE] * 24) for n, word in enumerate(WORDS, 1)], LoadConfig()
    )
    sections = find_sections(pages)
    chunks = split_pages(pages, budget_tokens=300, count_tokens=lambda text: len(text.split()))
    assert {chunk["section"] for chunk in chunks} == {0, 1, 2}
    for chunk in chunks:
        own = sections[chunk["section"]]
        assert own["start"] <= chunk["start"] < own["end"]
        assert chunk["start"] + len(chunk["text"]) <= own["end"]


def test_without_sections_a_chunk_names_none() -> None:
    chunks = split_pages(clean_pages([printed(1, PROSE)], LoadConfig()), budget_tokens=30, count_tokens=len)
    assert chunks
    assert not any("section" in chunk for chunk in chunks)
