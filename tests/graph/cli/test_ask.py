"""`ask` on the command line: what goes to stdout, one sentence for each error, and the exit codes."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest

from graph.cli.main import main
from graph.documents import LoadConfig
from graph.documents import read as reading
from tests.graph.asking.town import PAGES
from tests.pdfs import make_pdf

COST = "What did the new bridge cost?"
QUOTED = "“The new bridge cost 4.2 million dollars, a fifth more than planned.” [PDF p. 2]"
PENGUINS = "Which penguins are there?"


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bridge.pdf").write_bytes(make_pdf([page.rpartition("\n\n")[2] for page in PAGES], title="The Bridge"))


def one_sentence(err: str) -> str:
    assert "Traceback" not in err
    assert err.count("\n") == 1, err
    return err


@pytest.mark.parametrize(
    "argv",
    [
        ["bridge.pdf", COST],
        ["quickstart", "bridge.pdf", COST],
        ["quickstart", "--input", "bridge.pdf", COST],
        ["quickstart", COST, "--input", "bridge.pdf"],
        ["--input", "bridge.pdf", COST],
    ],
)
def test_a_question_is_answered_with_its_page(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", *argv, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"# The Bridge\n\n## {COST}\n\n{QUOTED}\n\n---\n\nMade by ")
    assert err == ""


def test_several_questions_and_those_of_a_file_are_answered_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    Path("more.txt").write_text("\ufeffWhat does a permit cost?\n\n  How many people cross the bridge?\n", "utf-8")
    assert main(["ask", "bridge.pdf", COST, "--questions", "more.txt", "--format", "json"]) == 0
    out, err = capsys.readouterr()
    answers = json.loads(out)["answers"]
    assert [answer["question"].split()[1] for answer in answers] == ["did", "does", "many"]
    assert [answer["sentences"][0]["pages"] for answer in answers] == [[2], [4], [3]]
    assert [line.split()[0] for line in err.splitlines()] == ["load", "find", "ground"]


def test_it_is_no_failure_that_the_document_does_not_say(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "bridge.pdf", PENGUINS, "--quiet"]) == 0
    out, err = capsys.readouterr()
    assert "\n\nThe document does not say.\n\n" in out
    assert err == one_sentence(err)
    assert err.startswith(f"warning: “{PENGUINS}”")


def test_answers_go_to_a_file_whose_ending_says_the_format(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", "bridge.pdf", COST, "--output", "answers.json"]) == 0
    assert capsys.readouterr().out == ""
    (answer,) = json.loads(Path("answers.json").read_text("utf-8"))["answers"]
    assert answer["supported"] is True
    assert main(["ask", "bridge.pdf", COST, "--output", "answers.md", "--quiet"]) == 0
    assert QUOTED in Path("answers.md").read_text("utf-8")


def test_a_text_from_standard_input_is_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PAGES[1].encode())))
    assert main(["ask", "-", COST, "--quiet"]) == 0
    assert QUOTED.replace("PDF p. 2", "p. 1") in capsys.readouterr().out


def test_several_documents_are_read_together_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mill.md").write_text("The mill was built in 1911 by Otto Grau. It grinds rye.")
    assert main(["ask", "bridge.pdf", "mill.md", "When was the mill built?", "--quiet"]) == 0
    assert "“The mill was built in 1911 by Otto Grau.” [mill.md p. 1]" in capsys.readouterr().out


def test_a_document_is_read_once_for_all_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    whole = reading.read_document

    def counted(path: Path, config: LoadConfig, **options: object) -> object:
        read.append(path)
        return whole(path, config, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("graph.reading.read_document", counted)
    assert main(["ask", "bridge.pdf", COST, "What does a permit cost?", "--quiet"]) == 0
    assert [path.name for path in read] == ["bridge.pdf"]


@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["nothere.pdf", COST], 3, "There is no file nothere.pdf"),
        (["https://example.com/a.pdf", COST], 3, "is an address"),
        (["quickstrat", COST, "--input", "bridge.pdf"], 2, "did you mean 'quickstart'"),
        (["bridge.pdf", COST, "--questions", "none.txt"], 2, "--questions none.txt: the file cannot be read"),
        (["bridge.pdf", COST, "--output", "answers.html"], 2, "answers are written to .md and .json files"),
        (["bridge.pdf", COST, "--output", "bridge.pdf", "--format", "md"], 2, "this run reads bridge.pdf"),
        (["bridge.pdf", COST, "--set", "prompts.file=none"], 2, "prompts.file: there is no file"),
        (["bridge.pdf", COST, "--set", "prompts.ask={document}"], 2, "ask: the prompt needs {question}"),
        (["bridge.pdf", ""], 2, "empty word"),
    ],
)
def test_an_error_is_one_sentence(
    argv: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", *argv, "--quiet"]) == code
    assert said in one_sentence(capsys.readouterr().err)


def test_without_a_question_it_says_how_to_ask(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["ask", "bridge.pdf"])
    assert 'give a question in quotation marks, such as "What did it cost?"' in capsys.readouterr().err


def test_the_schema_of_answers_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--answers"]) == 0
    schema = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert {"answers", "made"} <= schema["properties"].keys()
