"""`output.page_images`: the report of a PDF shows its pages, for one document and for several."""

import io
from pathlib import Path

import pytest

from graph.cli.main import main
from tests.pdfs import make_pdf, sheet
from tests.reports import ParsedHtml

TEXT = (
    "The harbour opens at six and the first boats leave\nbefore the fog has lifted from the water.\n"
    "Nobody had measured the tide at the old bridge,\nso the engineers built a gauge of their own."
)
PAGES = ["--no-cache", "--quiet", "--set", "output.page_images=true"]


@pytest.fixture(autouse=True)
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("harbour.pdf").write_bytes(make_pdf([sheet(TEXT)]))
    Path("bridge.pdf").write_bytes(make_pdf(["", sheet(TEXT)]))
    Path("notes.md").write_text(TEXT)


def pictures(file: str) -> int:
    return sum(name == "img" for name, _ in ParsedHtml(Path(file).read_text("utf-8")).elements)


def test_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "harbour.pdf", *PAGES, "--output", "report.html"]) == 0
    assert pictures("report.html") > 0
    assert main(["run", "harbour.pdf", "--no-cache", "--quiet", "--output", "plain.html"]) == 0
    assert pictures("plain.html") == 0
    assert capsys.readouterr() == ("", "")


def test_what_is_no_report_or_no_pdf_has_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "notes.md", *PAGES, "--output", "report.html"]) == 0
    assert pictures("report.html") == 0
    assert main(["run", "harbour.pdf", *PAGES]) == 0
    assert "<img" not in capsys.readouterr().out


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(Path("harbour.pdf").read_bytes()))
    monkeypatch.setattr("sys.stdin", stdin)
    assert main(["run", "-", *PAGES, "--output", "report.html"]) == 0
    assert pictures("report.html") > 0


def test_a_report_of_each_of_several_documents() -> None:
    assert (
        main(["run", "harbour.pdf", "bridge.pdf", "notes.md", *PAGES, "--format", "html", "--output", "out/"]) == 0
    )
    assert [pictures(f"out/{name}.html") > 0 for name in ("harbour", "bridge", "notes")] == [True, True, False]


def test_one_report_of_several_documents() -> None:
    together = ["--set", "summarize.together=true", "--output", "report.html"]
    assert main(["run", "bridge.pdf", "notes.md", *PAGES, *together]) == 0
    assert pictures("report.html") > 0
