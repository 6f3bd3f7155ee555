"""Links from a report to the PDF that lies beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from graph.report.pdf_links import page_links
from graph.results.types import Result


def links(paths: list[Path], report: Path | None, pages: int = 3) -> dict[int, str]:
    for path in paths:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    files = [
        {"name": path.name, "first_page": 1 + pages * place, "pages": pages} for place, path in enumerate(paths)
    ]
    ledger = [{"number": number} for number in range(1, 1 + pages * len(paths))]
    made: dict[str, Any] = {"files": files, "pages": ledger}
    return dict(page_links(cast(Result, made), paths, report))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("paper.pdf", "./paper.pdf"),
        ("a b#c%d?.PDF", "./a%20b%23c%25d%3F.PDF"),
        ("보고서.pdf", "./%EB%B3%B4%EA%B3%A0%EC%84%9C.pdf"),
        ("sub folder/paper.pdf", "./sub%20folder/paper.pdf"),
        ("javascript:alert(1).pdf", "./javascript%3Aalert%281%29.pdf"),
    ],
)
def test_a_pdf_beside_the_report_or_below_it_is_led_to_page_by_page(
    tmp_path: Path, name: str, address: str
) -> None:
    found = links([tmp_path / name], tmp_path / "report.html")
    assert found == {page: f"{address}#page={page}" for page in (1, 2, 3)}


def test_each_of_several_documents_counts_its_own_pages(tmp_path: Path) -> None:
    found = links([tmp_path / "a.pdf", tmp_path / "b.pdf"], tmp_path / "report.html")
    assert found[2] == "./a.pdf#page=2"
    assert found[5] == "./b.pdf#page=2"


def test_what_lies_elsewhere_or_is_no_pdf_is_not_led_to(tmp_path: Path) -> None:
    assert links([tmp_path / "paper.pdf"], tmp_path / "reports" / "report.html") == {}
    assert links([tmp_path / "notes.md"], tmp_path / "report.html") == {}
    assert links([tmp_path / "paper.pdf"], None) == {}


def test_a_folder_that_is_reached_by_another_name_is_the_same(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "other").symlink_to(tmp_path / "real")
    found = links([tmp_path / "real" / "paper.pdf"], tmp_path / "other" / "report.html")
    assert found[1] == "./paper.pdf#page=1"


def test_a_file_that_came_or_went_during_the_run_leads_to_no_wrong_page(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.pdf"):
        (tmp_path / name).touch()
    read = {"files": [{"name": "b.pdf", "first_page": 1, "pages": 1}], "pages": [{"number": 1}]}
    report = tmp_path / "report.html"
    assert page_links(cast(Result, read), [tmp_path / "a.pdf", tmp_path / "b.pdf"], report) == {}
    assert page_links(cast(Result, read), [tmp_path / "b.pdf"], report) == {1: "./b.pdf#page=1"}
    (tmp_path / "b.pdf").unlink()
    assert page_links(cast(Result, read), [tmp_path / "b.pdf"], report) == {}
