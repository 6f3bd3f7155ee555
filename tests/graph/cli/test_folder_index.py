"""The index of a folder of reports: what is in it after one run and after several; whose files it leaves alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from graph.cli.main import main
from tests.pdfs import make_pdf
from tests.reports import ParsedHtml

QUICK = str(Path(__file__).parents[3] / "configs" / "quickstart.yaml")
HARBOUR = "The harbour opens at six and the first boats leave before the fog has lifted."
TOWN = "A report of forty pages says how much the town spent on roads, schools and water."
BRIDGE = "Nobody had measured the tide at the old bridge, so the engineers built a gauge."


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with papers in it, which is the current one."""
    monkeypatch.chdir(tmp_path)
    for name, text in {"harbour.pdf": HARBOUR, "town.pdf": TOWN, "index.pdf": BRIDGE}.items():
        Path(name).write_bytes(make_pdf([text]))
    Path("bad.pdf").write_bytes(b"%PDF-1.4 and then nothing that any reader knows")
    return tmp_path


def run(*inputs: str, form: str = "html", output: str = "out") -> int:
    return main(["run", QUICK, "--quiet", "--format", form, "--output", output, "--input", *inputs])


def rows(output: str = "out") -> dict[str, dict[str, Any]]:
    lines = Path(output, "index.jsonl").read_text("utf-8").splitlines()
    return {row["document"]: row for row in map(json.loads, lines)}


def page(output: str = "out") -> ParsedHtml:
    return ParsedHtml(Path(output, "index.html").read_text("utf-8"))


def test_the_index_leads_to_every_report_and_says_what_has_none() -> None:
    assert run("town.pdf", "bad.pdf", "harbour.pdf") == 3
    index = page()
    assert index.open == []
    links = index.values("href")
    assert links == ["./harbour.html", "./town.html"]
    assert all(Path("out", link).is_file() for link in links)
    said = " ".join(index.words["main"].split())
    assert HARBOUR in said
    assert said.index(HARBOUR) < said.index(TOWN) < said.index("Without a summary") < said.index("bad.pdf")
    assert "3 documents, 1 of them without a summary" in index.words["header"]
    assert rows()["bad.pdf"]["error"]
    assert (rows()["town.pdf"]["pages"], rows()["town.pdf"]["summary"]) == (1, TOWN)


def test_a_later_run_adds_to_the_index_and_takes_out_what_is_gone() -> None:
    run("harbour.pdf", "bad.pdf")
    run("town.pdf", "index.pdf")
    assert list(rows()) == ["bad.pdf", "harbour.pdf", "index.pdf", "town.pdf"]
    Path("out/harbour.html").unlink()
    Path("bad.pdf").write_bytes(make_pdf([BRIDGE]))
    assert run("bad.pdf", "town.pdf") == 0
    assert {name: row["fate"] for name, row in rows().items()} == dict.fromkeys(
        ["bad.pdf", "index.pdf", "town.pdf"], "done"
    )
    assert "Without a summary" not in page().words["main"]


def test_a_document_called_index_does_not_take_its_place() -> None:
    assert run("index.pdf", "harbour.pdf") == 0
    assert page().values("href") == ["./harbour.html", "./index-2.html"]
    assert BRIDGE in Path("out/index-2.html").read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["50% off #1?.pdf", "해양 보고서.pdf", "[a](b) <i>&.pdf", "a'b\"c.pdf", "tab\tline.pdf"]
)
@pytest.mark.parametrize("form", ["html", "md"])
def test_odd_names_are_led_to(name: str, form: str) -> None:
    Path(name).write_bytes(make_pdf([BRIDGE]))
    assert run(name, "harbour.pdf", form=form) == 0
    text = Path(f"out/index.{form}").read_text("utf-8")
    links = ParsedHtml(text).values("href") if form == "html" else re.findall(r"\]\((\./[^\s)]*)\)", text)
    assert sorted(Path("out", unquote(link)).is_file() for link in links) == [True, True]
    assert str(Path.cwd()) not in text
    if form == "html":
        assert {element for element, _ in ParsedHtml(text).elements} & {"i", "script", "img"} == set()


@pytest.mark.parametrize("theirs", ["index.html", "index.jsonl"])
def test_the_files_of_somebody_else_are_kept(theirs: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out", theirs).write_text("<p>My own page.</p>")
    assert run("harbour.pdf", "town.pdf") == 0
    assert Path("out", theirs).read_text() == "<p>My own page.</p>"
    assert sorted(path.name for path in Path("out").iterdir()) == ["harbour.html", theirs, "town.html"]
    assert f"{theirs} " in capsys.readouterr().err


def test_only_what_people_read_has_an_index_and_one_report_needs_none() -> None:
    run("harbour.pdf", "town.pdf", form="json")
    run("harbour.pdf", output="one/")
    Path("papers").mkdir()
    Path("papers/a.pdf").write_bytes(make_pdf([BRIDGE]))
    run("papers", output="folder")
    found = {path.name for name in ("out", "one", "folder") for path in Path(name).iterdir()}
    assert found == {"harbour.json", "town.json", "harbour.html", "a.html"}
