"""The index of a folder of reports: what is in it after one run and after several; whose files it leaves alone."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from graph.cli.main import main
from tests.pdfs import make_pdf
from tests.reports import ParsedHtml

ROOT = Path(__file__).parents[3]
QUICK = str(ROOT / "configs" / "quickstart.yaml")
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
    assert said.index("bad.pdf") < said.index(HARBOUR) < said.index(TOWN)
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
    assert page().words["header"].endswith("3 documents")


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
        assert {element for element, _ in ParsedHtml(text).elements} & {"i", "img"} == set()


@pytest.mark.parametrize("theirs", ["index.html", "index.jsonl"])
def test_the_files_of_somebody_else_are_kept(theirs: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").mkdir()
    Path("out", theirs).write_text("<p>My own page.</p>")
    assert run("harbour.pdf", "town.pdf") == 0
    assert Path("out", theirs).read_text() == "<p>My own page.</p>"
    assert sorted(path.name for path in Path("out").iterdir()) == ["harbour.html", theirs, "town.html"]
    assert f"{theirs} " in capsys.readouterr().err


def test_every_format_has_an_index_and_one_document_needs_none() -> None:
    run("harbour.pdf", "town.pdf", form="json")
    run("harbour.pdf", output="one/")
    Path("papers").mkdir()
    Path("papers/a.pdf").write_bytes(make_pdf([BRIDGE]))
    run("papers", output="folder", form="md")
    index = {"index.html", "index.csv", "index.jsonl"}
    found = [{path.name for path in Path(name).iterdir()} for name in ("out", "one", "folder")]
    assert found == [{"harbour.json", "town.json"} | index, {"harbour.html"}, {"a.md", "index.md"} | index]
    run("harbour.pdf", output="folder/", form="md")
    assert sorted(rows("folder")) == ["a.pdf", "harbour.pdf"]


def todo(err: str) -> str:
    """What a run says of how much there is to do."""
    return next((line for line in err.splitlines() if "up to date" in line), "")


def again(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    main(["run", QUICK, "papers", "--output", "out", *words])
    return capsys.readouterr().err


@pytest.fixture
def papers(folder: Path) -> Path:
    """A folder whose reports are made."""
    papers = folder / "papers"
    papers.mkdir()
    for name, text in {"harbour.pdf": HARBOUR, "town.pdf": TOWN}.items():
        (papers / name).write_bytes(make_pdf([text]))
    assert main(["run", QUICK, "--quiet", "papers", "--output", "out"]) == 0
    return papers


def test_only_what_is_new_or_changed_is_made(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("out/index.html").stat().st_mtime_ns
    assert todo(again(capsys)) == "2 of 2 documents are up to date; nothing to do."
    assert Path("out/index.html").stat().st_mtime_ns == before
    (papers / "a").mkdir()
    (papers / "a" / "town.pdf").write_bytes(make_pdf([BRIDGE]))  # sorted before the other town
    (papers / "harbour.pdf").write_bytes(make_pdf([HARBOUR + " It closes at nine."]))
    err = again(capsys)
    assert todo(err) == "1 of 3 documents is up to date; 2 to do."
    assert TOWN in Path("out/town.md").read_text()
    assert BRIDGE in Path("out/town-2.md").read_text()
    assert sorted(rows()) == ["a/town.pdf", "harbour.pdf", "town.pdf"]
    (papers / "harbour.pdf").touch()
    assert todo(again(capsys)) == "3 of 3 documents are up to date; nothing to do."
    Path("out/town.md").unlink()
    assert todo(again(capsys)) == "2 of 3 documents are up to date; 1 to do."


@pytest.mark.parametrize(
    ("words", "is_made_anew"),
    [
        (["--set", "prompts.focus=costs"], True),
        (["--set", "split.chunk_tokens=400"], True),
        (["--no-cache"], True),
        (["--set", "cache.enabled=false"], False),
        (["--set", "summarize.retries=5"], False),
    ],
)
def test_what_shapes_a_report_makes_it_anew(
    papers: Path, capsys: pytest.CaptureFixture[str], words: list[str], is_made_anew: bool
) -> None:
    assert ("2 documents: 2 done." in again(capsys, *words)) == is_made_anew


def test_a_prompt_that_changed_makes_reports_anew(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prompts = Path("mine.yaml")
    prompts.write_text((Path(QUICK).parent / "prompts" / "plain.yaml").read_text("utf-8"), "utf-8")
    words = ["--set", "prompts.file=mine.yaml"]
    again(capsys, *words)
    assert todo(again(capsys, *words)) == "2 of 2 documents are up to date; nothing to do."
    prompts.write_text(prompts.read_text("utf-8").replace("summary", "short summary"), "utf-8")
    assert "2 documents: 2 done." in again(capsys, *words)


def test_what_failed_three_times_is_left_until_it_changes(
    papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = papers / "bad.pdf"
    bad.write_bytes(Path("bad.pdf").read_bytes())
    assert [todo(again(capsys)) for _ in range(4)] == [
        *["2 of 3 documents are up to date; 1 to do."] * 3,
        "2 of 3 documents are up to date; 1 failed 3 times and is left (--retry-failed); nothing to do.",
    ]
    assert rows()["bad.pdf"]["fate"] == "refused"
    assert todo(again(capsys, "--retry-failed")) == "2 of 3 documents are up to date; 1 to do."
    bad.write_bytes(make_pdf([BRIDGE]))
    assert todo(again(capsys)) == "2 of 3 documents are up to date; 1 to do."
    assert rows()["bad.pdf"]["fate"] == "done"
    assert todo(again(capsys)) == "3 of 3 documents are up to date; nothing to do."


def test_a_row_that_was_torn_is_made_again_and_no_document_is_there_twice(
    papers: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path("out/index.jsonl")
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + first + second[:40])
    assert todo(again(capsys)) == "1 of 2 documents is up to date; 1 to do."
    assert path.read_bytes().count(b"\n") == 2
    assert sorted(rows()) == ["harbour.pdf", "town.pdf"]


def test_an_index_of_an_earlier_version_is_taken_over(papers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = Path("out/index.jsonl")
    old = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    for row in old:
        del row["origin"], row["coverage"]
    path.write_text("".join(json.dumps(row) + "\n" for row in old), "utf-8")
    assert "2 documents: 2 done." in again(capsys)
    assert sorted(path.name for path in Path("out").glob("*.md")) == ["harbour.md", "index.md", "town.md"]
    assert sorted(rows()) == ["harbour.pdf", "town.pdf"]


# Watching


def test_a_folder_is_watched_until_ctrl_c(papers: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "graph", "run", QUICK, "papers", "--output", "out", "--watch"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert todo(said) == "2 of 2 documents are up to date; nothing to do."
            assert process.stderr.readline().startswith("Watching papers for new and changed documents")
            (papers / "notes.txt").write_text("Nothing of this is a document of a folder.")
            (papers / "new.pdf").write_bytes(make_pdf([BRIDGE]))
            while not todo(said := process.stderr.readline()):
                assert said
            assert todo(said) == "2 of 3 documents are up to date; 1 to do."
            while not said.startswith("1 document: 1 done."):
                said = process.stderr.readline()
                assert said
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
    assert sorted(rows()) == ["harbour.pdf", "new.pdf", "town.pdf"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["papers"], "--watch makes a report of each document; name a folder for them with --output.\n"),
        (["town.pdf", "--output", "out/"], "--watch waits for files in a folder; name one, and not only files.\n"),
    ],
)
def test_what_cannot_be_watched_is_said(
    papers: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    capsys.readouterr()
    assert main(["run", QUICK, "--watch", *words]) == 2
    assert capsys.readouterr().err == sentence
