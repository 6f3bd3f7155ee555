"""Pictures of the pages that a summary cites: of the right page, with the right marks, and not too many."""

import asyncio
import io
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image

from graph.documents import LoadConfig
from graph.report import pictures as pictures_module
from graph.report import render
from graph.report.pictures import Pictures, adraw_cited, draw_cited
from graph.results.types import Result
from tests.graph.documents.pdf.test_page_image import marked
from tests.pdfs import Sheet, encrypt, make_pdf
from tests.reports import ParsedHtml, evidence, result

HARBOUR, NETS = "The harbour opens at six each morning.", "Nets dry on the quay all day."
PAPER = make_pdf([HARBOUR, NETS, f"{HARBOUR} {NETS}", "The rest."])


def cited(*passages: list[tuple[int, str]], files: list[dict[str, Any]] | None = None) -> Result:
    """A result of which each sentence has this evidence: page and excerpt."""
    made = result("One. " * len(passages), [("One.", [], [])] * len(passages))
    for sentence, found in zip(made["sentences"], passages, strict=True):
        sentence["evidence"] = [evidence(page, excerpt) for page, excerpt in found]
        sentence["pages"] = sorted({page for page, _ in found})
    made["files"] = files or [{"name": "paper.pdf", "first_page": 1, "pages": 4}]
    return cast(Result, made)


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(PAPER)
    return path


def opened(picture: bytes | str) -> Image.Image:
    assert isinstance(picture, bytes), picture
    return Image.open(io.BytesIO(picture)).convert("RGB")


def test_each_sentence_has_each_of_its_pages_with_its_own_passages_marked(paper: Path) -> None:
    made = cited([(1, HARBOUR)], [(3, HARBOUR), (2, NETS), (3, NETS)], [(3, NETS)], [])
    drawn = draw_cited(made, [paper], LoadConfig())
    assert set(drawn) == {(0, 1), (1, 3), (1, 2), (2, 3)}
    boxes = {place: marked(opened(picture)) for place, picture in drawn.items()}
    assert None not in boxes.values()
    left = {place: box[0] for place, box in boxes.items() if box}
    right = {place: box[2] for place, box in boxes.items() if box}
    assert left[2, 3] > right[0, 1]  # only what follows on the line
    assert (left[1, 3], right[1, 3]) == (left[0, 1], right[2, 3])  # both


def test_pages_of_several_files_are_counted_on(paper: Path, tmp_path: Path) -> None:
    other, notes = tmp_path / "other.pdf", tmp_path / "notes.md"
    other.write_bytes(make_pdf(["Something else.", Sheet(content=b"0 0 1 rg 0 0 612 842 re f")]))
    notes.write_text("# Notes")
    files = [
        {"name": "paper.pdf", "first_page": 1, "pages": 4},
        {"name": "refused.pdf", "first_page": 5, "pages": 0, "refused": "It is damaged."},
        {"name": "notes.md", "first_page": 5, "pages": 1},
        {"name": "other.pdf", "first_page": 6, "pages": 2},
    ]
    made = cited([(7, "Blue"), (5, "Notes"), (4, "The rest.")], files=files)
    drawn = draw_cited(made, [paper, tmp_path / "refused.pdf", notes, other], LoadConfig())
    assert set(drawn) == {(0, 7), (0, 4)}
    assert opened(drawn[0, 7]).getpixel((5, 5)) == (0, 0, 255)


def test_what_is_no_pdf_or_is_gone_has_none_and_raises_nothing(tmp_path: Path, paper: Path) -> None:
    made = cited([(1, HARBOUR)])
    (tmp_path / "paper.txt").write_text(HARBOUR)
    paper.write_bytes(encrypt(PAPER, user="six boats"))
    for path in (tmp_path / "paper.txt", tmp_path / "none.pdf", paper):
        assert draw_cited(made, [path], LoadConfig()) == {}
    assert draw_cited(made, [], LoadConfig()) == {}
    assert len(draw_cited(made, [paper], LoadConfig.model_validate({"password": "six boats"}))) == 1


def test_a_page_that_cannot_be_drawn_says_so_in_its_place(paper: Path) -> None:
    paper.write_bytes(PAPER.replace(b"/Kids [10 0 R 12 0 R", b"/Kids [10 0 R 99 0 R"))
    drawn = draw_cited(cited([(1, HARBOUR), (2, NETS)]), [paper], LoadConfig())
    assert isinstance(drawn[0, 1], bytes)
    assert drawn[0, 2] == "This page has no picture: it cannot be drawn."


def test_of_too_many_the_best_evidence_of_each_sentence_comes_first(
    paper: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = cited([(1, HARBOUR), (2, NETS)], [(2, NETS), (3, NETS)], [(3, NETS)])
    monkeypatch.setattr(pictures_module, "MOST", 4)
    drawn = draw_cited(made, [paper], LoadConfig())
    assert [place for place, picture in drawn.items() if isinstance(picture, bytes)] == [
        (0, 1),
        (1, 2),
        (2, 3),
        (0, 2),
    ]
    assert drawn[1, 3] == "This page has no picture: a report has 60 at most, of 8 MB together."
    sizes = [len(picture) * 4 // 3 for picture in drawn.values() if isinstance(picture, bytes)]
    monkeypatch.setattr(pictures_module, "MOST_BYTES", sum(sizes[:2]))
    drawn = draw_cited(made, [paper], LoadConfig())
    assert [isinstance(picture, bytes) for picture in drawn.values()] == [True, True, False, False, False]


def test_a_coroutine_draws_the_same(paper: Path) -> None:
    made = cited([(1, HARBOUR)])
    assert asyncio.run(adraw_cited(made, [paper], LoadConfig())) == draw_cited(made, [paper], LoadConfig())


def test_the_report_has_them_in_the_cards_and_allows_no_others(paper: Path) -> None:
    made = cited([(1, HARBOUR)], [(3, HARBOUR), (2, NETS), (3, NETS)])
    drawn = draw_cited(made, [paper], LoadConfig())
    html = render(made, "html", drawn)
    images = [attributes for name, attributes in ParsedHtml(html).elements if name == "img"]
    assert len(images) == 3
    assert all((image["src"] or "").startswith("data:image/png;base64,") for image in images)
    assert [image["alt"] for image in images] == [
        f"Picture of p. {page}, in which the passage is marked where it was found" for page in (1, 3, 2)
    ]
    assert {(image["width"], image["decoding"]) for image in images} == {("760", "async")}
    assert "img-src data:;" in html
    none: Pictures = {(0, 1): "This page has no picture: it cannot be drawn."}
    for without in (render(made, "html"), render(made, "html", none)):
        assert "img-src" not in without
        assert "<img" not in without
    assert "This page has no picture: it cannot be drawn." in ParsedHtml(render(made, "html", none)).words["p"]
    assert render(made, "md", drawn) == render(made, "md")
